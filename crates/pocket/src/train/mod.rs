//! The model's own training: forward, backward and AdamW for exactly the llama block, in plain f32 on one thread.
//!
//! Own code rather than a framework: seven kinds of product, one norm, one attention, whose gradients a test holds to finite
//! differences and whose forward pass another holds to the engine's reference.

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
pub(crate) use norm::angles as forward_angles;
pub(crate) use norm::{rms_norm, rotate};
pub use weights::{CONTEXT, MATRICES, Matrix, NORM_EPS, ROPE_THETA, Shape, Weights};
