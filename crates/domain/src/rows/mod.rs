//! Rows in columns, with the labels that a reader gave them.

pub(crate) mod columns;
pub mod dataset;
pub mod labels;
