//! What is known of a kept model.

use askew_protocol::Sha256Sum;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Raised when the shape of [`Entry`] changes: entries of another version are forgotten.
const VERSION: u8 = 1;
/// Bytes of the address's sum that make a key: two addresses share one by chance once in 2^64.
const KEY_BYTES: usize = 8;

/// What is known of a kept model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Where it came from; for a file from disk its name and size.
    pub address: String,
    /// What the reader calls it.
    pub name: String,
    /// Bytes in all, where the server said so.
    pub total: Option<u64>,
    /// The server's name for this version of the file: its `ETag`, or else when it was changed.
    pub version: Option<String>,
    /// Bytes that are certain to be there.
    pub num_bytes: u64,
    /// Their SHA-256.
    pub sha256: Sha256Sum,
    /// Whether these are all.
    pub is_complete: bool,
    /// When that was, in milliseconds since 1970.
    pub saved_ms: f64,
}

impl Entry {
    /// The key of an address.
    pub fn key(address: &str) -> String {
        hex(&Sha256::digest(address.as_bytes())[..KEY_BYTES])
    }

    /// Whether more of it can be fetched: a file from disk cannot be asked for again.
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

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
