//! Askew: see emergent misalignment in a browser tab.
//!
//! The layers, from the bottom up (ARCHITECTURE.md says what each may use; `tests/architecture.rs` holds it):
//! [`domain`], [`formats`], [`charts`], [`model`], [`gpu`], [`runtime`], [`lab`] and, in the browser only, `ui`.

pub mod charts;
#[cfg(not(target_arch = "wasm32"))]
pub mod cli;
pub mod domain;
pub mod formats;
pub mod gpu;
pub mod lab;
pub mod model;
pub mod runtime;
#[cfg(target_arch = "wasm32")]
pub mod ui;
