//! What can go wrong while a model loads or answers.

use crate::gpu::GpuError;
use crate::model::ModelError;

/// Why a command failed, in words a reader can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// The model file or the request.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The GPU.
    #[error(transparent)]
    Gpu(GpuError),
    /// The bytes could not be read.
    #[error("the model could not be read ({0}): check the file or the address and the connection")]
    Source(String),
    /// Rounded activations were asked of a GPU.
    #[error("the fast maths runs on the CPU only: choose the CPU, or the exact maths")]
    FastGpu,
    /// A prompt came before a model.
    #[error("no model is loaded: choose one first")]
    NoModel,
    /// The reader asked to stop.
    #[error("stopped")]
    Stopped,
}

impl From<GpuError> for RuntimeError {
    fn from(error: GpuError) -> Self {
        match error {
            GpuError::Model(error) => Self::Model(error),
            other => Self::Gpu(other),
        }
    }
}

impl RuntimeError {
    /// Whether the loaded model, if any, must be given up.
    pub fn loses_model(&self) -> bool {
        matches!(self, Self::Gpu(error) if error.loses_model())
    }
}
