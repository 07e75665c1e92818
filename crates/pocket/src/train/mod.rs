//! The training code: forward pass, backward pass and AdamW for exactly the llama block, in plain f32 on one thread.
//!
//! We use our own code rather than a framework: it is seven kinds of product, one norm and one attention. One test
//! compares the gradients with finite differences, another compares the forward pass with the engine's reference.

mod adamw;
mod attention;
mod backward;
mod exp;
mod forward;
mod linear;
mod lora;
mod norm;
mod weights;

pub use adamw::{AdamW, Schedule};
pub use backward::{Gradients, Trained, backward};
pub(crate) use forward::silu;
pub use forward::{Batch, Tape, forward};
pub use linear::matmul_nt;
pub use lora::Lora;
pub(crate) use norm::{angles as forward_angles, rms_norm, rotate};
pub use weights::{CONTEXT, MATRICES, Matrix, NORM_EPS, ROPE_THETA, Shape, Weights};
