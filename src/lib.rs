//! Askew shows emergent misalignment in a browser tab.
//!
//! The layers are crates. From the bottom up they are [`domain`], [`formats`], [`charts`], [`model`], [`gpu`],
//! [`protocol`], [`engine`], [`hub`], [`explorer`] and [`lab`]. ARCHITECTURE.md lists what each may use. This package
//! is the app on top of them: the page (`ui`), its web workers (`web`) and the command line ([`cli`]).

pub use askew_charts as charts;
pub use askew_domain as domain;
pub use askew_engine as engine;
pub use askew_explorer as explorer;
pub use askew_formats as formats;
pub use askew_gpu as gpu;
pub use askew_hub as hub;
pub use askew_lab as lab;
pub use askew_model as model;
pub use askew_protocol as protocol;

#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
#[cfg(target_arch = "wasm32")]
pub mod ui;
#[cfg(target_arch = "wasm32")]
pub mod web;
