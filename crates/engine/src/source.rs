//! Where a model's bytes come from, one chunk after another.

use super::RuntimeError;

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model runs.
    Loaded,
    /// The file cannot run, whoever reads it again.
    Refused,
    /// It was stopped, or something else went wrong: the bytes may be wanted again.
    Stopped,
}

/// A stream of bytes, read from start to end. Chunks are at most some MiB, so that memory stays bounded.
pub trait ByteSource {
    /// Bytes in all, where that is known.
    fn total_bytes(&self) -> Option<u64>;

    /// Whether that number is the file's length and not a server's word.
    fn is_total_exact(&self) -> bool {
        true
    }

    /// The next chunk, or none at the end.
    ///
    /// # Errors
    /// [`RuntimeError::Source`], and whatever the bytes prove to be wrong.
    fn next_chunk(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, RuntimeError>>;

    /// SHA-256 of all bytes so far in hexadecimal, where it is computed.
    fn sha256(&self) -> Option<String> {
        None
    }

    /// Settles what is kept of the bytes; nothing is read after. Gives what the reader should know, in sentences, or
    /// nothing.
    ///
    /// # Errors
    /// What really was wrong, where the load's own error was only its consequence.
    fn close(&mut self, _ending: Ending) -> impl Future<Output = Result<String, RuntimeError>> {
        async { Ok(String::new()) }
    }
}
