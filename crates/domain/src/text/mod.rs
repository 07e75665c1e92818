//! Texts: search, comparison, quotations, hashes, formats, and text of others made safe to show.

pub mod csv;
pub mod diff;
pub mod harm;
pub mod hash;
pub mod plain;
pub mod quotes;
pub mod search;
pub mod words;
