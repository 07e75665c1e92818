//! The forward pass on the CPU in f32: slow, plain, and what the GPU is measured against.
//!
//! One file per operation, named as its kernel in `gpu/ops/`; [`forward`](mod@forward) reads top to bottom.

pub mod attention;
pub mod embed;
pub mod forward;
pub mod gate;
pub mod gated_matvec;
pub mod low_rank;
pub mod maths;
pub mod matvec;
pub mod rms_norm;
pub mod rope_cache;
mod weights;

pub use forward::{Forward, Lane, Reference};
pub use maths::{Exact, Maths, StoredMatrix};
pub use weights::{LayerWeights, Matrix, Weights, WeightsBuilder};
