//! Text that may not grow for ever.

use std::io;

/// Longest text that a template may make, far beyond any context.
const MAX_TEXT_BYTES: usize = 4 << 20;

/// Takes text up to a limit.
#[derive(Debug, Default)]
pub(super) struct LimitedText(pub(super) Vec<u8>);

impl io::Write for LimitedText {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_TEXT_BYTES {
            return Err(io::Error::other("it makes more than 4 MiB of text"));
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
