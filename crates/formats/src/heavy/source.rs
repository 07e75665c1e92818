//! Access to a packed file's bytes, in a file or in memory.

use std::io::{self, Read};

use crate::error::FormatError;
use crate::sniff::HEAD_BYTES;

/// Bytes that can be read from any position.
pub trait Source {
    /// Number of bytes.
    fn len(&self) -> u64;

    /// Reads bytes starting at `at` into `into`. Returns how many were read: 0 at the end.
    ///
    /// # Errors
    /// An I/O error if they cannot be read.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Whether there are no bytes.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Source for Vec<u8> {
    fn len(&self) -> u64 {
        self.as_slice().len() as u64
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(at).ok().and_then(|at| self.get(at..)).unwrap_or_default();
        let len = rest.len().min(into.len());
        into[..len].copy_from_slice(&rest[..len]);
        Ok(len)
    }
}

/// Bytes in memory, in chunks of equal length (the last one may be shorter). So they can grow without ever being copied.
#[derive(Debug, Default)]
pub struct Held {
    chunks: Vec<Box<[u8]>>,
    len: u64,
}

impl Held {
    /// Adds a chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        self.len += chunk.len() as u64;
        self.chunks.push(chunk.into());
    }
}

impl Source for Held {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize> {
        let size = self.chunks.first().map_or(1, |chunk| chunk.len() as u64);
        let chunk = usize::try_from(at / size).ok().and_then(|nth| self.chunks.get(nth));
        let rest = chunk.zip(usize::try_from(at % size).ok()).and_then(|(chunk, at)| chunk.get(at..));
        let mut rest = rest.unwrap_or_default();
        rest.read(into)
    }
}

/// A reader over a source, starting at a position.
pub struct At<'a> {
    source: &'a dyn Source,
    at: u64,
}

impl<'a> At<'a> {
    /// A reader that starts at the first byte.
    #[must_use]
    pub const fn new(source: &'a dyn Source) -> Self {
        Self { source, at: 0 }
    }
}

impl Read for At<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let len = self.source.read_at(self.at, into)?;
        self.at += len as u64;
        Ok(len)
    }
}

/// Reads exactly `len` bytes starting at `at`.
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there are fewer.
pub fn exactly(source: &dyn Source, at: u64, len: u64) -> Result<Vec<u8>, FormatError> {
    let is_inside = at.checked_add(len).is_some_and(|end| end <= source.len());
    let size = usize::try_from(len).ok().filter(|_| is_inside);
    let Some(size) = size else {
        return Err(FormatError::BrokenArchive("a part is outside the file: it was cut off".to_owned()));
    };
    let mut bytes = vec![0; size];
    let mut from = At { source, at };
    from.read_exact(&mut bytes).map_err(|error| FormatError::Unreadable(error.to_string()))?;
    Ok(bytes)
}

/// Reads up to [`HEAD_BYTES`] bytes from the start: enough to recognise a file.
///
/// # Errors
/// [`FormatError::Unreadable`] if they cannot be read.
pub fn head(source: &dyn Source) -> Result<Vec<u8>, FormatError> {
    let mut head = Vec::new();
    let mut from = At::new(source).take(HEAD_BYTES as u64);
    from.read_to_end(&mut head).map_err(|error| FormatError::Unreadable(error.to_string()))?;
    Ok(head)
}
