//! The encoding of a message for `postMessage`: postcard bytes after a protocol version.
//!
//! It is pure, so native tests cover it. `web::port` sends the bytes.

use serde::{Serialize, de::DeserializeOwned};

/// A message type of one of the worker protocols.
pub trait Message: Serialize + DeserializeOwned {
    /// Version of the protocol. It increases with every change of a message. Page and worker are separate downloads,
    /// and a version distinguishes an old one from a broken one.
    const VERSION: u16;
}

/// Why bytes could not be read as a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// The other side has another version of the protocol.
    #[error("the page and its worker are different versions ({found} and {expected}): reload the page")]
    Version {
        /// Version of this side.
        expected: u16,
        /// Version in the message.
        found: u16,
    },
    /// The bytes are not a message of this protocol.
    #[error("a message between the page and its worker could not be read ({0}): reload the page")]
    Malformed(String),
}

/// Encodes a message after its protocol version: two bytes, little-endian.
///
/// # Errors
/// [`WireError::Malformed`] if the value cannot be serialized.
pub fn encode<T: Message>(message: &T) -> Result<Vec<u8>, WireError> {
    let bytes = T::VERSION.to_le_bytes().to_vec();
    postcard::to_extend(message, bytes).map_err(|error| WireError::Malformed(error.to_string()))
}

/// Decodes the bytes from [`encode`].
///
/// # Errors
/// [`WireError::Version`] for another protocol version, [`WireError::Malformed`] for anything else.
pub fn decode<T: Message>(bytes: &[u8]) -> Result<T, WireError> {
    let (version, payload) =
        bytes.split_first_chunk::<2>().ok_or_else(|| WireError::Malformed("too short".to_owned()))?;
    let found = u16::from_le_bytes(*version);
    if found != T::VERSION {
        return Err(WireError::Version { expected: T::VERSION, found });
    }
    postcard::from_bytes(payload).map_err(|error| WireError::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    enum Ping {
        Text(String),
        Number(f64),
    }
    impl Message for Ping {
        const VERSION: u16 = 3;
    }

    #[test]
    fn round_trip() {
        for message in [Ping::Text("é🦀".to_owned()), Ping::Number(-0.5)] {
            assert_eq!(decode::<Ping>(&encode(&message).unwrap()), Ok(message));
        }
    }

    #[test]
    fn another_version_is_told_apart_from_rubbish() {
        let mut bytes = encode(&Ping::Number(1.0)).unwrap();
        bytes[0] = 9;
        assert_eq!(decode::<Ping>(&bytes), Err(WireError::Version { expected: 3, found: 9 }));
        assert!(matches!(decode::<Ping>(&[3]), Err(WireError::Malformed(_))));
        assert!(matches!(decode::<Ping>(&[3, 0, 77]), Err(WireError::Malformed(_))));
    }
}
