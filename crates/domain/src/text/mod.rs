//! Texts: searching, comparing, quoting, hashing and writing them.

pub mod csv;
pub mod diff;
pub mod harm;
pub mod hash;
pub mod quotes;
pub mod search;
pub mod words;
