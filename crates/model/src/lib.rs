//! Language models on the CPU: everything between a model's file and the next token.
//!
//! [`gguf`] reads a file's headers and streams its weights, and [`ModelFile`] turns the headers into a [`Config`], a
//! [`Tokenizer`] and a [`ChatTemplate`]. [`quant`] decodes blocks of weights. [`reference`] is the forward pass in f32
//! that everything else is measured against, and [`cpu`] is the same pass in SIMD. [`sampler`] chooses a token from the
//! logits. An [`Adapter`] (LoRA) or [`Steering`] vectors can be added to a model at a scale. Files are not trusted: no
//! length in one of them allocates memory before it is checked.
//!
//! ```
//! use askew_model::quant::Quant;
//! use askew_model::sampler::{Sampler, SamplerSettings, SeenTokens};
//!
//! // A block of Q8_0: the scale 0.5 as a 16-bit float, then 32 signed bytes.
//! let mut block = vec![0x00, 0x38];
//! block.extend(0..32u8);
//! let mut weights = [0.0; 32];
//! Quant::Q8_0.dequantize(&block, &mut weights);
//! assert_eq!(weights[3], 1.5);
//!
//! // At temperature 0, the most likely token is chosen.
//! let greedy = SamplerSettings { temperature: 0.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.0, seed: 0 };
//! let logits = [0.1, 2.0, -1.0];
//! let token = Sampler::new(greedy)?.choose(&logits, &SeenTokens::new(logits.len()), 0);
//! assert_eq!(token, Some(1));
//! # Ok::<(), askew_model::ModelError>(())
//! ```

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
