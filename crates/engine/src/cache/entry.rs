//! The stored description of a saved model.

use askew_protocol::Sha256Sum;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Increased when the shape of [`Entry`] changes. Entries of another version are dropped.
const VERSION: u8 = 1;
/// Bytes of the address's SHA-256 that form a key. Two given addresses share a key by chance once in 2^64.
const KEY_BYTES: usize = 8;

/// The stored description of a saved model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The address it came from. For a file from disk, its name and size.
    pub address: String,
    /// The name that the page shows.
    pub name: String,
    /// Bytes in all, if the server stated it.
    pub total: Option<u64>,
    /// The server's identifier for this version of the file: its `ETag`, or else its modification time.
    pub version: Option<String>,
    /// Bytes that are certain to be written.
    pub num_bytes: u64,
    /// SHA-256 of those bytes.
    pub sha256: Sha256Sum,
    /// Whether the copy is complete.
    pub is_complete: bool,
    /// When the entry was written, in milliseconds since 1970.
    pub saved_ms: f64,
}

impl Entry {
    /// The key of an address: the first bytes of its SHA-256.
    pub fn key(address: &str) -> String {
        HEXLOWER.encode(&Sha256::digest(address.as_bytes())[..KEY_BYTES])
    }

    /// Whether the rest can be fetched. A file from disk cannot be requested again.
    pub fn has_address(&self) -> bool {
        self.address.contains("://")
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(self, vec![VERSION])
    }

    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (version, rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        postcard::from_bytes(rest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_short_and_differ() {
        let key = Entry::key("https://example.org/a.gguf");
        assert_eq!(key.len(), 16);
        assert_ne!(key, Entry::key("https://example.org/b.gguf"));
        assert!(key.bytes().all(|b| b.is_ascii_hexdigit()));
    }

    #[test]
    fn entries_survive_and_rubbish_is_none() {
        let entry = Entry {
            address: "https://example.org/a.gguf".into(),
            name: "a.gguf".into(),
            total: Some(3),
            version: None,
            num_bytes: 2,
            sha256: [7; 32],
            is_complete: false,
            saved_ms: 1e12,
        };
        let bytes = entry.encode().unwrap();
        assert_eq!(Entry::decode(&bytes), Some(entry));
        assert_eq!(Entry::decode(&bytes[..bytes.len() - 1]), None);
        assert_eq!(Entry::decode(&[9; 40]), None);
        assert_eq!(Entry::decode(&[]), None);
    }
}
