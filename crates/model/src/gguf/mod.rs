//! GGUF version 2 and 3: headers over an incremental byte source, then weights as a stream of whole rows.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Every length is untrusted: nothing is allocated
//! from one before it was checked against the bytes at hand or a limit below.

mod header;
mod reader;
mod stream;
mod value;

pub use header::{Header, HeaderParser, MAX_HEADER_BYTES, TensorInfo};
pub use stream::{RowSink, WeightStream};
pub use value::{StringList, Value};
