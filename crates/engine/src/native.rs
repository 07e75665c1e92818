//! The native shell: models from files.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{ByteSource, RuntimeError};

/// Bytes read at once.
const CHUNK_BYTES: usize = 4 << 20;

/// A file on disk.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    total_bytes: u64,
}

impl FileSource {
    /// Opens a file.
    ///
    /// # Errors
    /// [`RuntimeError::Source`].
    pub fn open(path: &Path) -> Result<Self, RuntimeError> {
        let failed = |error: std::io::Error| RuntimeError::Source(format!("{}: {error}", path.display()));
        let file = File::open(path).map_err(failed)?;
        let total_bytes = file.metadata().map_err(failed)?.len();
        Ok(Self { file, total_bytes })
    }
}

impl ByteSource for FileSource {
    fn total_bytes(&self) -> Option<u64> {
        Some(self.total_bytes)
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let len = self.file.read(&mut chunk).map_err(|error| RuntimeError::Source(error.to_string()))?;
        chunk.truncate(len);
        Ok((len > 0).then_some(chunk))
    }
}
