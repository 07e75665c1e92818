//! wgpu device, buffers and kernels: every `ops/<op>.rs` stands beside its `<op>.wgsl`.
//!
//! [`forward`](mod@forward) performs the steps of `model::reference::forward` in the same order; each kernel has a CPU twin of the same
//! name there.

mod device;
mod error;
pub mod forward;
pub mod kernel;
mod lanes;
pub mod matrix;
pub mod normed;
pub mod ops;
pub mod pack;
pub mod side;
mod weights;

pub use device::{Counts, DeviceCaps, Gpu, GpuOptions};
pub use error::GpuError;
pub use forward::{Choice, Chosen, GpuModel, Layout};
pub use lanes::Lane;
pub use weights::{GpuWeights, GpuWeightsBuilder, LayerWeights};
