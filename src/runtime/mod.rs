//! Worker protocols, byte sources and the engine's state machine.

pub mod cache;
pub mod catalogue;
mod chat;
mod clock;
pub mod consent;
mod cpu_model;
pub mod data_engine;
pub mod data_protocol;
pub mod engine;
mod error;
pub mod explore;
pub mod explorer;
pub mod fit;
pub mod generate;
mod host;
pub mod hub;
pub mod judge;
pub mod load;
mod model;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
pub mod protocol;
mod report;
mod score;
pub mod self_test;
pub mod self_test_protocol;
pub mod shelf;
mod sides;
mod source;
pub mod status;
pub mod wire;

#[cfg(target_arch = "wasm32")]
pub mod web;

pub(crate) use error::sentence;
pub use error::{RuntimeError, size_text};
pub use generate::Generation;
pub use model::LoadedModel;
pub use source::{ByteSource, Ending};
