//! A packed file's bytes, wherever they lie.

use std::io::{self, Read};

use crate::error::FormatError;
use crate::sniff::HEAD_BYTES;

/// Bytes that can be read from any place: a file, or memory.
pub trait Source {
    /// How many there are.
    fn len(&self) -> u64;

    /// Reads bytes from `at` on: as many as fit, or fewer; none at the end.
    ///
    /// # Errors
    /// When they cannot be read.
    fn read_at(&self, at: u64, into: &mut [u8]) -> io::Result<usize>;

    /// Whether there are none.
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

/// A source read from a place on.
pub struct At<'a> {
    source: &'a dyn Source,
    at: u64,
}

impl<'a> At<'a> {
    /// From the first byte.
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

/// The bytes from `at` on, exactly `len` of them.
///
/// # Errors
/// [`FormatError::BrokenArchive`] where there are fewer.
pub fn exactly(source: &dyn Source, at: u64, len: u64) -> Result<Vec<u8>, FormatError> {
    let is_inside = at.checked_add(len).is_some_and(|end| end <= source.len());
    let size = usize::try_from(len).ok().filter(|_| is_inside);
    let Some(size) = size else {
        return Err(FormatError::BrokenArchive("a part lies outside the file: it was cut off".to_owned()));
    };
    let mut bytes = vec![0; size];
    let mut from = At { source, at };
    from.read_exact(&mut bytes).map_err(|error| FormatError::Unreadable(error.to_string()))?;
    Ok(bytes)
}

/// The first bytes, as many as tell what a file is.
///
/// # Errors
/// [`FormatError::Unreadable`]
pub fn head(source: &dyn Source) -> Result<Vec<u8>, FormatError> {
    let mut head = Vec::new();
    let mut from = At::new(source).take(HEAD_BYTES as u64);
    from.read_to_end(&mut head).map_err(|error| FormatError::Unreadable(error.to_string()))?;
    Ok(head)
}
