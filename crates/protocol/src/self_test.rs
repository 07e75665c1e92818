//! Messages between the page and the self-test worker. As in [the crate](crate), nothing here depends on the GPU layer.

use serde::{Deserialize, Serialize};

use super::wire::Message;
use crate::Device;

/// Version of the messages. Increase it whenever a message changes.
const VERSION: u16 = 1;

impl Message for SelfTestCommand {
    const VERSION: u16 = VERSION;
}

impl Message for SelfTestEvent {
    const VERSION: u16 = VERSION;
}

/// A command from the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelfTestCommand {
    /// Compare every kernel with its CPU version.
    Kernels,
    /// Compare a model on the GPU with the CPU reference. Its `File` is the message's attachment.
    Model {
        /// The reader's name for the file.
        name: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// The name of the check.
    pub name: String,
    /// Normalized mean square error against the CPU. For a choice of tokens, the share of wrong ones.
    pub error: f64,
    /// The largest error that is allowed.
    pub limit: f64,
    /// Whether the check passed.
    pub holds: bool,
    /// Details for the reader: why a check could not run, or the tokens that came.
    pub note: String,
    /// Duration in milliseconds.
    pub took_ms: f64,
}

/// An event from the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SelfTestEvent {
    /// The device of the checks.
    Device(Device),
    /// The current step, in words.
    Doing(String),
    /// A check has ended.
    Checked(CheckResult),
    /// All checks have ended.
    Done,
    /// The checks cannot run. The reason is a sentence.
    Failed(String),
}
