//! Which rows a question is about, and by which judge.

pub mod filter;
pub mod judge;
pub mod scope;
