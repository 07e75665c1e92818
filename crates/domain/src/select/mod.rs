//! Which rows a question is about, and by which judge.

pub mod judge;
pub mod labelling;
pub mod scope;
