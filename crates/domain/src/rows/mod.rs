//! The rows, stored in columns, and the reader's labels.

pub(crate) mod columns;
pub mod dataset;
pub mod labels;
