//! GGUF version 2 and 3: headers are parsed incrementally, then weights are streamed in whole rows.
//!
//! Format: <https://github.com/ggml-org/ggml/blob/master/docs/gguf.md>. Every length is untrusted: nothing is allocated
//! from a length before it was checked against the bytes received or a limit below.

mod header;
mod reader;
mod stream;
mod value;

pub use header::{Header, HeaderParser, MAX_HEADER_BYTES, TensorInfo};
pub use stream::{RowSink, WeightStream};
pub use value::{StringList, Value};
