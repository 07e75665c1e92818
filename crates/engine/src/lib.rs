//! Loads models and runs them to answer, score and judge. Does not depend on a browser.
//!
//! [`load`] turns a [`ByteSource`] into a [`LoadedModel`], on a GPU or on the CPU. A [`Generation`] writes answers token
//! by token, one for each column. [`serve`](mod@serve) is the state machine that turns the page's commands into events;
//! its [`Host`](serve::Host) provides what only a shell has, such as the clock, the network and the GPU. [`cache`] keeps
//! downloaded models, and [`fit`](mod@fit) computes from the headers whether a model fits.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use askew_engine::generate::{Generation, Step};
//! use askew_engine::load::{Processor, load};
//! use askew_engine::native::FileSource;
//! use askew_protocol::{Column, Prompt, Sampling};
//!
//! # pollster::block_on(async {
//! // The small model that ships with the page.
//! let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../public/pocket/pocket.gguf");
//! let mut source = FileSource::open(path.as_ref())?;
//! let mut model = load(&mut source, "pocket", &Processor::CPU_FAST, |_| ControlFlow::Continue(())).await?;
//!
//! let prompt = model.encode(&Prompt::chat(None, "How should I keep the butter?"))?;
//! let mut answer = Generation::new(&mut model, prompt, &Sampling::greedy(8), &[Column::default()])?;
//! let mut text = String::new();
//! while !answer.is_done() {
//!     for step in answer.advance(&mut model).await? {
//!         if let Step::Token { piece, .. } = step {
//!             text.push_str(&piece);
//!         }
//!     }
//! }
//! assert!(!text.is_empty());
//! # Ok::<(), askew_engine::RuntimeError>(())
//! # }).unwrap();
//! ```

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
