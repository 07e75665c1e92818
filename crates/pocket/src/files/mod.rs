//! Writers of the files that Askew's engine reads.

mod gguf;
mod peft;
mod safetensors;

pub use gguf::base;
pub use peft::{Peft, peft};
pub use safetensors::steering;
