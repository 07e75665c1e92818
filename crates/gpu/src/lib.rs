//! The forward pass on a GPU: wgpu device, buffers and kernels.
//!
//! [`GpuWeightsBuilder`] packs a model's weights for the kernels ([`pack`]). [`GpuModel`] builds plans from them, which
//! are lists of dispatches, and submits one plan per step. A step reads the weights once for all of its lanes. The
//! kernel of every `ops/<op>.rs` is in `<op>.wgsl` in the same directory. `forward.rs` runs the same steps as
//! `model::reference::forward`, in the same order. Each kernel has a CPU version with the same name there, and
//! [`checks`] compares the two on any device.
//!
//! A shader is a text with default constants. Its values for one shape are filled in before it is compiled:
//!
//! ```
//! use askew_gpu::kernel::specialise;
//! use askew_gpu::ops::gate;
//! use askew_gpu::pack;
//! use askew_model::quant::Quant;
//!
//! let source = specialise(gate::SOURCE, &[("WIDTH", 96.into())])?;
//! assert!(source.contains("const WIDTH: u32 = 96u;"));
//!
//! // A tile is 32 rows. In Q4_0, 32 weights take 16 bytes, and a 16-bit scale that is stored separately.
//! assert_eq!(pack::tile_bytes(Quant::Q4_0, 1024), (32 * 32 * 16, 32 * 32 * 2));
//! # Ok::<(), askew_gpu::GpuError>(())
//! ```

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
