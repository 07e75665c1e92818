//! Which rows a query uses, and by which judge.

pub mod judge;
pub mod labelling;
pub mod scope;
