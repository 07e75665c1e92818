//! A model's bytes from this browser's copy, from the server, or the first part from the copy and the rest from the
//! server.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use super::story::Story;
use super::{Cache, Entry, Store, StoreError, StoreFile};
use crate::RuntimeError;
use crate::source::{ByteSource, Ending};
use askew_protocol::Sha256Sum;

/// Bytes of a copy that are read at once. Each chunk is in wasm memory once.
const CHUNK_BYTES: u64 = 1 << 20;
/// Downloaded bytes between two checkpoints.
const CHECKPOINT_BYTES: u64 = 16 << 20;

/// A server's answer.
#[derive(Debug)]
pub struct Answer<B> {
    /// Index of the first byte that is sent: 0, or the requested one if the server sends parts.
    pub first_byte: u64,
    /// Length of the whole file, if known.
    pub total: Option<u64>,
    /// Whether that is certain to be the file's length. It is not if a server only stated it.
    pub is_total_exact: bool,
    /// See [`Entry::version`].
    pub version: Option<String>,
    /// The bytes that follow.
    pub body: B,
}

/// Fetches bytes that are not saved here.
pub trait Http {
    /// The body of an answer.
    type Body: Body;

    /// Requests a file from byte `from`. A server may still send it from the start. `None` if the file has no such
    /// byte.
    ///
    /// # Errors
    /// [`RuntimeError::Source`].
    fn get(&self, address: &str, from: u64) -> impl Future<Output = Result<Option<Answer<Self::Body>>, RuntimeError>>;
}

/// The bytes of an answer as they arrive.
pub trait Body {
    /// The next chunk, or `None` at the end.
    ///
    /// # Errors
    /// [`RuntimeError::Source`] when the connection is cut.
    fn next(&mut self) -> impl Future<Output = Result<Option<Vec<u8>>, RuntimeError>>;
}

/// The file that a load asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The address. For a file from disk, its name and size.
    pub address: String,
    /// The name that the page shows.
    pub name: String,
    /// Whether to save a copy.
    pub keep: bool,
    /// The SHA-256 that the file must have, if known.
    pub pin: Option<Sha256Sum>,
}

/// A stored file that this load reads or writes.
pub(super) struct Copy<S: Store> {
    pub(super) cache: Cache<S>,
    pub(super) key: String,
    pub(super) file: S::File,
    pub(super) entry: Entry,
    /// Whether arriving bytes are written to it.
    pub(super) is_growing: bool,
}

/// A model's bytes, checked and saved while they are read.
pub struct KeptSource<S: Store, B> {
    pub(super) wanted: Wanted,
    pub(super) copy: Option<Copy<S>>,
    pub(super) body: Option<B>,
    /// SHA-256 of all bytes so far.
    pub(super) hasher: Sha256,
    pub(super) at: u64,
    pub(super) total: Option<u64>,
    pub(super) is_total_exact: bool,
    pub(super) story: Story,
}

impl<S: Store, B: Body> KeptSource<S, B> {
    /// Reads everything from a complete copy.
    pub(super) fn whole(wanted: Wanted, copy: Copy<S>) -> Self {
        let num_bytes = copy.entry.num_bytes;
        let story = Story { from_copy: num_bytes, is_checked: true, ..Story::default() };
        let (total, is_total_exact) = (Some(num_bytes), true);
        Self { wanted, copy: Some(copy), body: None, hasher: Sha256::new(), at: 0, total, is_total_exact, story }
    }

    async fn read_copy(&mut self) -> Result<Vec<u8>, RuntimeError> {
        let left = self.story.from_copy - self.at;
        let mut chunk = vec![0; usize::try_from(left.min(CHUNK_BYTES)).unwrap_or_default()];
        let Some(copy) = &self.copy else { return Err(self.damaged().await) };
        match copy.file.read(self.at, &mut chunk).await {
            Ok(len) if len == chunk.len() => {}
            Ok(_) => return Err(self.damaged().await),
            Err(error) => return Err(RuntimeError::Source(error.to_string())),
        }
        let expected = copy.entry.sha256;
        self.pass(&chunk);
        if self.at == self.story.from_copy && self.sum() != expected {
            return Err(self.damaged().await);
        }
        Ok(chunk)
    }

    /// Counts and hashes bytes that were read.
    fn pass(&mut self, bytes: &[u8]) {
        self.hasher.update(bytes);
        self.at += bytes.len() as u64;
    }

    /// SHA-256 of all bytes so far.
    fn sum(&self) -> Sha256Sum {
        self.hasher.clone().finalize().into()
    }

    /// The copy differs from what was written, so it is deleted.
    async fn damaged(&mut self) -> RuntimeError {
        self.forget().await;
        RuntimeError::DamagedCopy(self.wanted.name.clone())
    }

    async fn forget(&mut self) {
        if let Some(Copy { cache, key, file, .. }) = self.copy.take() {
            // An open file cannot be removed.
            drop(file);
            cache.remove(&key).await.ok();
        }
    }

    async fn read_body(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        let Some(body) = &mut self.body else { return Ok(None) };
        match body.next().await {
            Ok(Some(chunk)) => {
                self.write(&chunk).await;
                Ok(Some(chunk))
            }
            Ok(None) => {
                self.body = None;
                self.complete().await.map(|()| None)
            }
            Err(error) => {
                self.body = None;
                self.checkpoint(false).await;
                let growing = self.copy.as_ref().filter(|copy| copy.is_growing);
                Err(growing.map_or(error.clone(), |copy| with_rest(error, &copy.entry)))
            }
        }
    }

    async fn write(&mut self, chunk: &[u8]) {
        let at = self.at;
        self.pass(chunk);
        self.story.fetched += chunk.len() as u64;
        let Some(copy) = self.copy.as_ref().filter(|copy| copy.is_growing) else { return };
        if let Err(error) = copy.file.write(at, chunk) {
            self.give_up(&error).await;
        } else if self.at - copy.entry.num_bytes >= CHECKPOINT_BYTES {
            self.checkpoint(false).await;
        }
    }

    /// Continues the load without a copy.
    async fn give_up(&mut self, error: &StoreError) {
        self.story.not_kept = Some(error.to_string());
        self.forget().await;
    }

    /// Writes an entry for the bytes that are certain to be written.
    async fn checkpoint(&mut self, is_complete: bool) {
        let sha256 = self.sum();
        let (at, total) = (self.at, self.total);
        let Some(copy) = self.copy.as_mut().filter(|copy| copy.is_growing) else { return };
        if at < copy.entry.num_bytes {
            // Stopped while the copy was still being read: the entry is still correct.
            return;
        }
        let entry = &mut copy.entry;
        (entry.num_bytes, entry.sha256, entry.is_complete) = (at, sha256, is_complete);
        entry.total = if is_complete { Some(at) } else { total };
        entry.saved_ms = copy.cache.store.now_ms();
        let mut written = copy.file.flush();
        if written.is_ok() {
            written = copy.cache.write_entry(&copy.key, &copy.entry).await;
        }
        if let Err(error) = written {
            self.give_up(&error).await;
        }
    }

    /// A note for the reader about what happened. Empty if neither a copy nor a check was wanted.
    fn told(&self) -> String {
        let is_of_interest = self.wanted.keep || self.wanted.pin.is_some() || self.story.from_copy > 0;
        if is_of_interest { self.story.tell(self.sum(), self.copy.is_some()) } else { String::new() }
    }

    async fn complete(&mut self) -> Result<(), RuntimeError> {
        let found = self.sum();
        if let Some(pin) = self.wanted.pin.filter(|pin| *pin != found) {
            self.forget().await;
            let (found, expected) = (HEXLOWER.encode(&found), HEXLOWER.encode(&pin));
            return Err(RuntimeError::AnotherFile { name: self.wanted.name.clone(), found, expected });
        }
        self.story.is_checked = self.wanted.pin.is_some();
        self.checkpoint(true).await;
        Ok(())
    }
}

/// Adds to an error how many bytes are saved.
pub(super) fn with_rest(error: RuntimeError, entry: &Entry) -> RuntimeError {
    match error {
        RuntimeError::Source(why) => RuntimeError::Cut { why, kept: entry.num_bytes, total: entry.total },
        other => other,
    }
}

impl<S: Store, B: Body> ByteSource for KeptSource<S, B> {
    fn total_bytes(&self) -> Option<u64> {
        self.total
    }

    /// A server that compresses in transit states the compressed length.
    fn is_total_exact(&self) -> bool {
        self.is_total_exact
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        if self.at < self.story.from_copy { self.read_copy().await.map(Some) } else { self.read_body().await }
    }

    fn sha256(&self) -> Option<String> {
        Some(HEXLOWER.encode(&self.sum()))
    }

    async fn close(&mut self, ending: Ending) -> Result<String, RuntimeError> {
        self.body = match ending {
            Ending::Loaded => return Ok(self.told()),
            Ending::Refused | Ending::Stopped => None,
        };
        if ending == Ending::Refused {
            // A damaged copy may look like a file that cannot run. Its SHA-256 distinguishes the two.
            while self.at < self.story.from_copy {
                self.read_copy().await?;
            }
            if self.copy.as_ref().is_some_and(|copy| copy.is_growing) {
                self.forget().await;
            }
        }
        self.checkpoint(false).await;
        Ok(String::new())
    }
}
