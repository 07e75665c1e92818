//! GGUF, quantized blocks, tokenizer, chat template, sampler, adapters, steering and the CPU reference forward pass.

pub mod adapter;
mod chat;
pub mod config;
pub mod cpu;
pub mod digits;
mod error;
mod file;
mod floats;
pub mod gguf;
pub mod quant;
pub mod reference;
pub mod rope;
pub mod safetensors;
pub mod sampler;
mod steering;
pub mod tensors;
mod tokenizer;

pub use adapter::{Adapter, AdapterError, AdapterReader, LowRank};
pub use chat::{Chat, ChatTemplate, LocalTime};
pub use config::Config;
pub use error::ModelError;
pub use file::ModelFile;
pub use sampler::Sampler;
pub use steering::{Steering, SteeringReader};
pub use tokenizer::{StopStrings, Tokenizer, Utf8Stream};
