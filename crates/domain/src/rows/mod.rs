//! Rows in columns, with the labels that a reader gave them.

pub(crate) mod columns;
pub mod dataset;
pub(crate) mod find;
pub mod labels;
