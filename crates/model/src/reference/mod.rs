//! The forward pass on the CPU in f32: slow and simple. The GPU is compared with it.
//!
//! There is one file per operation, with the same name as its kernel in `gpu/ops/`. Start reading at
//! [`forward`](mod@forward).

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
