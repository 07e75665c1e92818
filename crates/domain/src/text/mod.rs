//! Texts: search, comparison, quotations, hashes and formats.

pub mod csv;
pub mod diff;
pub mod harm;
pub mod hash;
pub mod quotes;
pub mod search;
pub mod words;
