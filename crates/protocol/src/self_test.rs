//! What the page and the self-test worker say to each other. As in [`crate`], nothing here names the GPU.

use serde::{Deserialize, Serialize};

use super::wire::Message;
use crate::Device;

/// Raised whenever a message changes shape.
const VERSION: u16 = 1;

impl Message for SelfTestCommand {
    const VERSION: u16 = VERSION;
}

impl Message for SelfTestEvent {
    const VERSION: u16 = VERSION;
}

/// What the page asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SelfTestCommand {
    /// Every kernel beside its CPU twin.
    Kernels,
    /// A model on the GPU beside the CPU reference. Its `File` is the message's attachment.
    Model {
        /// What the reader calls it.
        name: String,
    },
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckResult {
    /// What was checked.
    pub name: String,
    /// Normalised mean square error against the CPU; for choices, the share of wrong ones.
    pub error: f64,
    /// The most that it may be.
    pub limit: f64,
    /// Whether the check holds.
    pub holds: bool,
    /// What else a reader should know: why a check could not run, or which tokens came.
    pub note: String,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
}

/// What the worker says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SelfTestEvent {
    /// Where the checks run.
    Device(Device),
    /// What is being done, in words.
    Doing(String),
    /// A check is over.
    Checked(CheckResult),
    /// All that was asked for is done.
    Done,
    /// It could not be done: why, as a sentence.
    Failed(String),
}
