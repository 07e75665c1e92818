//! Loads models and runs them to answer, score and judge. Holds the byte sources and the engine's state machine. Does
//! not depend on a browser.

mod add_ons;
pub mod cache;
pub mod card;
pub mod chat;
mod clock;
mod commands;
mod cpu_model;
mod error;
pub mod fit;
pub mod generate;
mod host;
pub mod judge;
pub mod load;
mod model;
#[cfg(not(target_arch = "wasm32"))]
pub mod native;
mod score;
pub mod self_test;
pub mod serve;
pub mod shelf;
mod source;

pub use error::{RuntimeError, StoreError};
pub use generate::Generation;
pub use model::LoadedModel;
pub use source::{ByteSource, Ending};
