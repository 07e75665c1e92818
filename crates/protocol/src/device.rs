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

/// A GPU, and what it grants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The adapter's name as the driver gives it; browsers may give only a vendor, or nothing.
    pub adapter: String,
    /// `vulkan`, `webgpu`, ... or `cpu` for the reference path.
    pub backend: String,
    /// Whether the adapter is known to be software.
    pub software: bool,
    /// Largest buffer in bytes.
    pub max_buffer_bytes: u64,
    /// Largest storage binding in bytes; bigger tensors are bound in row tiles.
    pub max_binding_bytes: u64,
    /// Memory in bytes that a model must fit into, where anybody says.
    pub memory_bytes: Option<u64>,
    /// Whether shaders may use 16-bit floats.
    pub shader_f16: bool,
    /// Smallest and largest subgroup size, where subgroups are usable.
    pub subgroups: Option<(u32, u32)>,
}

/// How fast a device reads weights in the products that decoding consists of, in bytes a second.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadSpeed {
    /// In matrices of 1 MiB, as a small model's layers have.
    pub small: f64,
    /// In matrices of 32 MiB.
    pub large: f64,
}
