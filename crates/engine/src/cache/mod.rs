//! Models saved for the next visit: pure logic over a [`Store`] of files. The browser's private file system implements
//! it, and so do tests.
//!
//! A model is two files: its bytes, and an [`Entry`] that describes them and says how many are certain to be written.
//! The entry is rewritten at every checkpoint with the SHA-256 of the bytes so far. An interrupted download can
//! therefore resume from bytes that can be checked, and a complete copy can be checked on every load.

mod entry;
mod open;
mod source;
mod story;

pub use super::error::StoreError;
pub use entry::Entry;
pub use open::open;
pub use source::{Answer, Body, Http, KeptSource, Wanted};

/// Suffixes of the two files' names.
const BYTES: &str = ".gguf";
const ENTRY: &str = ".entry";

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// For reading. The file is not created.
    Read,
    /// For writing. Creates the file if it is missing. No other tab can write it at the same time.
    Write,
}

/// A folder of files.
pub trait Store {
    /// An open file, closed when dropped.
    type File: StoreFile;

    /// Opens a file. `None` if it is opened for reading and does not exist.
    fn open(&self, name: &str, mode: Mode) -> impl Future<Output = Result<Option<Self::File>, StoreError>>;

    /// Removes a file. Succeeds if there is no such file.
    fn remove(&self, name: &str) -> impl Future<Output = Result<(), StoreError>>;

    /// Names of all files.
    fn names(&self) -> impl Future<Output = Result<Vec<String>, StoreError>>;

    /// Bytes that may still be written, if known.
    fn room(&self) -> impl Future<Output = Option<u64>>;

    /// The current time in milliseconds since 1970.
    fn now_ms(&self) -> f64;
}

/// An open file.
pub trait StoreFile {
    /// Length of the file in bytes.
    fn num_bytes(&self) -> Result<u64, StoreError>;

    /// Reads from byte `at`. Reads fewer bytes than asked for only at the end of the file.
    fn read(&self, at: u64, into: &mut [u8]) -> impl Future<Output = Result<usize, StoreError>>;

    /// Writes all of `bytes` at byte `at`.
    fn write(&self, at: u64, bytes: &[u8]) -> Result<(), StoreError>;

    /// Truncates the file to `num_bytes` bytes.
    fn truncate(&self, num_bytes: u64) -> Result<(), StoreError>;

    /// Makes sure that the written bytes are durable.
    fn flush(&self) -> Result<(), StoreError>;
}

/// The models saved in a store.
#[derive(Debug)]
pub struct Cache<S> {
    store: S,
}

impl<S: Store> Cache<S> {
    /// A cache in a store.
    pub fn new(store: S) -> Self {
        Self { store }
    }

    /// The saved models with their keys, newest first. Entries that cannot be read are removed together with their
    /// bytes.
    ///
    /// # Errors
    /// [`StoreError`] if the store cannot be read at all.
    pub async fn list(&self) -> Result<Vec<(String, Entry)>, StoreError> {
        let names = self.store.names().await?;
        let mut kept = Vec::new();
        for key in names.iter().filter_map(|name| name.strip_suffix(ENTRY)) {
            if let Some(entry) = self.entry(key).await {
                kept.push((key.to_owned(), entry));
            }
        }
        // Removes bytes that have no entry any more.
        for key in names.iter().filter_map(|name| name.strip_suffix(BYTES)) {
            if !kept.iter().any(|(kept, _)| kept == key) {
                self.remove(key).await.ok();
            }
        }
        kept.sort_by(|(_, a), (_, b)| b.saved_ms.total_cmp(&a.saved_ms));
        Ok(kept)
    }

    /// The entry of a key, or `None` if there is none or it cannot be read.
    pub async fn entry(&self, key: &str) -> Option<Entry> {
        let file = self.store.open(&format!("{key}{ENTRY}"), Mode::Read).await.ok()??;
        let mut bytes = vec![0; usize::try_from(file.num_bytes().ok()?).ok()?];
        let len = file.read(0, &mut bytes).await.ok()?;
        Entry::decode(bytes.get(..len)?)
    }

    /// Removes a model: its bytes and its entry.
    ///
    /// # Errors
    /// [`StoreError::Busy`] while it is open elsewhere.
    pub async fn remove(&self, key: &str) -> Result<(), StoreError> {
        self.store.remove(&format!("{key}{BYTES}")).await?;
        self.store.remove(&format!("{key}{ENTRY}")).await
    }

    /// Bytes that may still be written, if known.
    pub async fn room(&self) -> Option<u64> {
        self.store.room().await
    }

    async fn write_entry(&self, key: &str, entry: &Entry) -> Result<(), StoreError> {
        let file = self.store.open(&format!("{key}{ENTRY}"), Mode::Write).await?;
        let file = file.ok_or_else(|| StoreError::Failed("the file could not be created".to_owned()))?;
        let bytes = entry.encode().map_err(|error| StoreError::Failed(error.to_string()))?;
        file.truncate(0)?;
        file.write(0, &bytes)?;
        file.flush()
    }

    async fn open_bytes(&self, key: &str, mode: Mode) -> Result<Option<S::File>, StoreError> {
        self.store.open(&format!("{key}{BYTES}"), mode).await
    }
}
