//! What a file's rows become: scores, settings and labels in columns.

pub(crate) mod cell;
pub(crate) mod columns;
pub mod dataset;
pub mod facet;
pub mod labels;
pub mod score;
