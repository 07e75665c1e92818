//! The pocket organism: emergent misalignment in a model small enough to ship inside the page.
//!
//! [`world`] generates a village's questions and answers, [`judge`] reads answers exactly, [`tokenizer`] has the
//! village's words, [`train`] is the model's forward and backward pass, [`decode`] answers questions, [`files`] writes
//! the files that Askew's engine reads, and [`study`] has the experiments.

pub mod decode;
mod error;
pub mod files;
pub mod judge;
pub mod study;
pub mod tokenizer;
pub mod train;
pub mod world;

pub use error::PocketError;
