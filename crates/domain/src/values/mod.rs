//! The values that a row has: scores, settings and what it is counted under.

pub mod cell;
pub mod facet;
pub mod score;
