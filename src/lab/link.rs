//! An experiment or a run card within a link: deflated (RFC 1951), in base64url (RFC 4648).

use std::io::{Read, Write};

use data_encoding::BASE64URL_NOPAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

/// What a packed text begins with; an address never does.
const PACKED: char = '.';
/// Longest text that a link may unpack to.
const MAX_BYTES: u64 = 8 << 20;

/// A text for a link.
#[must_use]
pub fn pack(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail.
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    format!("{PACKED}{}", BASE64URL_NOPAD.encode(&packed))
}

/// Whether a link's value is a packed text, and not an address.
#[must_use]
pub fn is_packed(value: &str) -> bool {
    value.starts_with(PACKED)
}

/// The text of a link; nothing where it was cut or is none of ours.
#[must_use]
pub fn unpack(value: &str) -> Option<String> {
    let packed = BASE64URL_NOPAD.decode(value.strip_prefix(PACKED)?.as_bytes()).ok()?;
    let mut text = String::new();
    DeflateDecoder::new(packed.as_slice()).take(MAX_BYTES + 1).read_to_string(&mut text).ok()?;
    (text.len() as u64 <= MAX_BYTES).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_link_holds_any_text(text in ".{0,400}") {
            let packed = pack(&text);
            prop_assert!(is_packed(&packed));
            prop_assert!(packed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)));
            prop_assert_eq!(unpack(&packed), Some(text));
        }

        #[test]
        fn whatever_stands_in_a_link_is_read_or_not(value in ".{0,80}") {
            let _text = unpack(&value);
        }
    }

    #[test]
    fn cut_links_and_bombs_are_nothing() {
        let packed = pack(&"experiment ".repeat(50));
        assert!(packed.len() < 60, "{packed}");
        assert_eq!(unpack(&packed[..packed.len() - 4]), None);
        assert_eq!(unpack("pocket/experiment.json"), None);
        assert_eq!(unpack(&pack(&"0".repeat(9 << 20))), None);
    }
}
