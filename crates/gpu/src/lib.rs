//! wgpu device, buffers and kernels. The kernel of every `ops/<op>.rs` is in `<op>.wgsl` in the same directory.
//!
//! `forward.rs` runs the same steps as `model::reference::forward`, in the same order. Each kernel has a CPU version
//! with the same name there.

mod adapter;
mod allocation;
mod bandwidth;
mod buffers;
pub mod checks;
mod device;
mod error;
mod forward;
pub mod fused_norm;
pub mod kernel;
mod lanes;
pub mod lora;
pub mod matrix;
pub mod model;
pub mod ops;
pub mod pack;
mod weights;

pub use allocation::Allocation;
pub use buffers::SampledToken;
pub use device::{Counts, DeviceCaps, Gpu, GpuOptions};
pub use error::GpuError;
pub use lanes::Lane;
pub use model::{Choice, GpuModel, Layout};
pub use weights::{GpuWeights, GpuWeightsBuilder, LayerWeights};
