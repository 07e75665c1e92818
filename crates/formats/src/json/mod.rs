//! JSON as result files contain it: lines, lists and documents, read in chunks.
//!
//! We read it by hand because no library reads a document larger than memory in chunks, accepts the bare `NaN` that
//! Python writes, and survives any nesting. Rows are cut out of the stream (`scan.rs`), each is indexed in place
//! (`tape.rs`), and its values become columns named by their path (`flatten.rs`).

mod cut;
mod escapes;
pub mod flatten;
pub mod place;
pub mod reader;
pub mod scan;
pub mod tape;

pub use escapes::unescape;
