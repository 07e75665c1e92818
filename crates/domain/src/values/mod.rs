//! The values of a row: scores, settings and its cell.

pub mod cell;
pub mod facet;
pub(crate) mod names;
pub mod score;
