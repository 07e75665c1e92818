//! Worker protocols, byte sources and the engine's state machine.

mod clock;
pub mod data_engine;
pub mod data_protocol;
pub mod engine;
mod error;
pub mod generate;
pub mod load;
mod model;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
pub mod protocol;
mod source;
pub mod wire;

#[cfg(target_arch = "wasm32")]
pub mod web;

pub use error::RuntimeError;
pub use generate::Generation;
pub use model::LoadedModel;
pub use source::ByteSource;
