//! A writer for text with a size limit.

use std::io;

/// Longest text in bytes that a template may produce, far beyond any context.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// Collects text up to the limit.
#[derive(Debug, Default)]
pub(super) struct LimitedText(pub(super) Vec<u8>);

impl io::Write for LimitedText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT_BYTES {
            return Err(io::Error::other("it produces more than 4 MiB of text"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
