//! The pocket organism: emergent misalignment in a model small enough to ship inside the page.
//!
//! [`world`] writes a village's questions and answers, [`judge`] reads answers exactly, [`tokenizer`] knows the village's
//! words, [`train`] is the model's own forward and backward pass, [`decode`] answers questions, [`files`] writes what the
//! ordinary engine reads, and [`study`] is the experiments.

pub mod decode;
mod error;
pub mod files;
pub mod judge;
pub mod study;
pub mod tokenizer;
pub mod train;
pub mod world;

pub use error::PocketError;
