//! GGUF, quantized blocks, tokenizer, chat template, sampler and the CPU reference forward pass.

mod chat;
pub mod config;
mod error;
mod file;
pub mod gguf;
pub mod quant;
pub mod reference;
pub mod rope;
pub mod sampler;
pub mod tensors;
mod tokenizer;

pub use chat::{ChatTemplate, LocalTime};
pub use config::Config;
pub use error::ModelError;
pub use file::ModelFile;
pub use sampler::Sampler;
pub use tokenizer::{StopStrings, Tokenizer, Utf8Stream};
