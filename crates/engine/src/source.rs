//! A source of a model's bytes, read chunk by chunk.

use super::RuntimeError;

/// How reading ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The model was loaded and runs.
    Loaded,
    /// The file itself cannot be used, so reading it again changes nothing.
    Refused,
    /// The load was stopped, or something else went wrong. The bytes may be needed again.
    Stopped,
}

/// A stream of bytes, read from start to end. Chunks are at most some MiB, so that memory stays bounded.
pub trait ByteSource {
    /// Bytes in all, if known.
    fn total_bytes(&self) -> Option<u64>;

    /// Whether that number is certain to be the file's length. It is not if a server only stated it.
    fn is_total_exact(&self) -> bool {
        true
    }

    /// The next chunk, or `None` at the end.
    ///
    /// # Errors
    /// [`RuntimeError::Source`], or an error that the bytes reveal, such as [`RuntimeError::DamagedCopy`].
    fn next_chunk(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, RuntimeError>>;

    /// SHA-256 of all bytes so far in hexadecimal, if it is computed.
    fn sha256(&self) -> Option<String> {
        None
    }

    /// Decides whether the bytes are saved. Nothing is read afterwards. Returns a note for the reader in full
    /// sentences, which may be empty.
    ///
    /// # Errors
    /// The real cause, if the load's own error was only its consequence.
    fn close(&mut self, _ending: Ending) -> impl Future<Output = Result<String, RuntimeError>> {
        async { Ok(String::new()) }
    }
}
