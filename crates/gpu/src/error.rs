//! Everything that can go wrong on a GPU. Each message says what to do.

use askew_model::ModelError;

/// Why the GPU cannot do what was requested.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GpuError {
    /// The browser does not have WebGPU. The text says why and what to do.
    #[error("{0}")]
    NoWebGpu(String),
    /// No suitable adapter was found.
    #[error(
        "no usable GPU was found ({0}): update the graphics driver and the browser, or turn hardware acceleration on"
    )]
    NoAdapter(String),
    /// The adapter refused to open a device.
    #[error("the GPU refused to start ({0}): close other pages that use it and try again")]
    NoDevice(String),
    /// The GPU's memory ran out.
    #[error("the GPU is out of memory: close other pages that use it, or choose a smaller model")]
    OutOfMemory,
    /// The device was lost: the driver was reset, the GPU was removed, or the browser closed the device.
    #[error("the GPU was lost ({0}): load the model again")]
    Lost(String),
    /// The driver refused a shader or a command, because of a bug in this code or in the driver.
    #[error("the GPU refused a command ({0}): this is a bug, please report it with the GPU's name")]
    Refused(String),
    /// The problem is in the model, not in the GPU.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl GpuError {
    /// Whether the model's buffers are lost or can no longer be trusted.
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
