//! What can go wrong on a GPU, in words a reader can act on.

use askew_model::ModelError;

/// Why the GPU cannot do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// The browser has no WebGPU; the text says why and what to do.
    #[error("{0}")]
    NoWebGpu(String),
    /// There is no adapter.
    #[error(
        "no usable GPU was found ({0}): update the graphics driver and the browser, or turn hardware acceleration on"
    )]
    NoAdapter(String),
    /// The adapter refuses a device.
    #[error("the GPU refused to start ({0}): close other pages that use it and try again")]
    NoDevice(String),
    /// Memory ran out.
    #[error("the GPU is out of memory: close other pages that use it, or choose a smaller model")]
    OutOfMemory,
    /// The device is gone: driver reset, GPU removed, or the browser took it back.
    #[error("the GPU was lost ({0}): load the model again")]
    Lost(String),
    /// The driver refused a shader or a command: a bug here or there.
    #[error("the GPU refused a command ({0}): this is a bug, please report it with the GPU's name")]
    Refused(String),
    /// The model itself is the problem.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl GpuError {
    /// Whether the model's buffers are gone or not to be trusted.
    pub fn loses_model(&self) -> bool {
        matches!(self, Self::OutOfMemory | Self::Lost(_) | Self::Refused(_))
    }
}

impl From<wgpu::Error> for GpuError {
    fn from(error: wgpu::Error) -> Self {
        match error {
            wgpu::Error::OutOfMemory { .. } => Self::OutOfMemory,
            other => Self::Refused(other.to_string()),
        }
    }
}
