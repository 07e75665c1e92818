//! The rows, stored in columns, and the reader's labels.

pub(crate) mod columns;
mod copies;
pub mod dataset;
pub(crate) mod find;
pub mod labels;
