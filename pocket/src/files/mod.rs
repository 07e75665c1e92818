//! The files that the ordinary engine reads.

mod gguf;
mod peft;

pub use gguf::{base, steering};
pub use peft::{Peft, peft};
