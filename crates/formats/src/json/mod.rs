//! JSON as results hold it: lines, lists and documents, pushed in chunks.
//!
//! Read by hand, because nothing else reads a document larger than memory in chunks, takes the bare `NaN` that Python
//! writes, and survives any nesting: rows are cut out of the stream (`scan.rs`), each is indexed in place (`tape.rs`)
//! and its values become columns named by their path (`flatten.rs`).

mod cut;
mod escapes;
pub mod flatten;
pub mod place;
pub mod reader;
pub mod scan;
pub mod tape;

pub use escapes::unescape;
