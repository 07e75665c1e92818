//! Asking the model, and its answers next to each other.

pub mod answer;
pub mod ask;
pub mod columns;
pub mod tokens;
