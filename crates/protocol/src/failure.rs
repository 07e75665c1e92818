//! Failures, in words for the reader.

use serde::{Deserialize, Serialize};

/// A failure, in words for the reader.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The step that failed.
    pub what: FailedStep,
    /// The problem and what to do, in plain sentences.
    pub message: String,
    /// Whether all models are lost (device lost, out of memory) and must be loaded again.
    pub model_lost: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FailedStep {
    /// The load into this slot.
    Load(u32),
    /// The layout of this slot's model.
    LayOut(u32),
    /// The answer, the scores, the lens or the judgement with this id.
    Generate(u32),
    /// A message that could not be read, or that came at the wrong time.
    Message,
    /// The GPU itself.
    Device,
    /// The models that are saved in this browser.
    Shelf,
}
