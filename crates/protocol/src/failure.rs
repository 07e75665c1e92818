//! What failed, and what to do about it.

use serde::{Deserialize, Serialize};

/// What went wrong, in words for the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Which command failed.
    pub what: FailedStep,
    /// What was wrong and what to do, in plain sentences.
    pub message: String,
    /// Whether all models had to be given up (device lost, out of memory) and must be loaded again.
    pub model_lost: bool,
}

/// The step that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailedStep {
    /// The load into this slot.
    Load(u32),
    /// The layout of this slot's model.
    LayOut(u32),
    /// The answer, the scores or the judgement with this id.
    Generate(u32),
    /// A message that could not be read, or one that came at the wrong moment.
    Message,
    /// The GPU itself.
    Device,
    /// The models kept in this browser.
    Shelf,
}
