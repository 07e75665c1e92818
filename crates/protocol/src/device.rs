//! The device that models run on.

use serde::{Deserialize, Serialize};

/// Whether a model can run here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Probe {
    /// A GPU is usable.
    Ready(Device),
    /// No GPU is usable, with the reason and what to do in plain sentences.
    Missing(String),
}

/// A GPU and its limits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The adapter's name from the driver. Browsers may give only a vendor, or nothing.
    pub adapter: String,
    /// The backend, such as `vulkan` or `webgpu`. `cpu` for the reference path.
    pub backend: String,
    /// Whether the adapter is known to be software.
    pub software: bool,
    /// Largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Largest storage binding in bytes. Bigger tensors are bound in tiles of rows.
    pub max_binding_bytes: u64,
    /// Memory in bytes that a model must fit into, if known.
    pub memory_bytes: Option<u64>,
    /// Whether shaders may use 16-bit floats.
    pub shader_f16: bool,
    /// Smallest and largest subgroup size; `None` if subgroups cannot be used.
    pub subgroups: Option<(u32, u32)>,
}

/// How fast a device reads weights in the matrix products of a decode, in bytes per second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadSpeed {
    /// Speed for matrices of 1 MiB, as in the layers of a small model.
    pub small: f64,
    /// Speed for matrices of 32 MiB.
    pub large: f64,
}
