//! An experiment or a run card inside a link: deflated (RFC 1951), in base64url (RFC 4648).

use std::io::{Read, Write};

use data_encoding::BASE64URL_NOPAD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use askew_domain::text::plain::host;
use askew_domain::view::is_beside_page;

/// First character of a packed text. An address never begins with it.
const PACKED: char = '.';
/// Longest address, in bytes, that is fetched.
const MAX_ADDRESS_BYTES: usize = 2_000;
/// Longest text, in bytes, that a link may unpack to.
const MAX_BYTES: u64 = 8 << 20;

/// Packs a text for a link.
#[must_use]
pub fn pack(text: &str) -> String {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let packed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    format!("{PACKED}{}", BASE64URL_NOPAD.encode(&packed))
}

/// The contents of a link's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Linked {
    /// The text itself.
    Text(String),
    /// The address of a text: relative to the page, or on the web.
    At(String),
}

impl Linked {
    /// Reads a link's value.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn read(value: &str) -> Result<Self, LinkError> {
        if value.starts_with(PACKED) {
            return unpack(value).map(Self::Text).ok_or(LinkError::Cut);
        }
        // An address that has no plain host could be read as another host than it shows.
        let is_address = value.len() <= MAX_ADDRESS_BYTES
            && (host(value).is_some() || is_beside_page(value) && value.ends_with(".json"));
        if is_address { Ok(Self::At(value.to_owned())) } else { Err(LinkError::NoAddress) }
    }
}

/// Why a link contains no experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// A packed text that cannot be unpacked.
    #[error(
        "The experiment in this link cannot be read: the link was cut short or changed. Ask the sender for it again, or for the run card as a file."
    )]
    Cut,
    /// The value is not a packed text and not an address.
    #[error(
        "This link contains no experiment: the value of run= must be a packed run, or the http or https address of a JSON file with a plain host."
    )]
    NoAddress,
}

/// Unpacks the text of a link. `None` if it was cut or is not a packed text.
#[must_use]
fn unpack(value: &str) -> Option<String> {
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
            prop_assert!(packed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte)));
            prop_assert_eq!(Linked::read(&packed), Ok(Linked::Text(text)));
        }

        #[test]
        fn whatever_stands_in_a_link_is_read_or_not(value in ".{0,80}") {
            let _text = unpack(&value);
        }
    }

    #[test]
    fn addresses_are_told_from_garbage() {
        for address in ["https://a.example/run.json?x=1", "http://127.0.0.1:1/x", "pocket/experiment.json"] {
            assert_eq!(Linked::read(address), Ok(Linked::At(address.to_owned())));
        }
        let long = format!("https://a.example/{}", "A".repeat(100_000));
        for other in [
            "garbage",
            "index.html",
            "//a.example/x.json",
            "data:application/json,[]",
            "",
            "https://",
            "https://a.example@b.example/x",
            "https://\u{202e}b.example/x",
            &long,
        ] {
            assert_eq!(Linked::read(other), Err(LinkError::NoAddress), "{other:.60}");
        }
        assert_eq!(Linked::read(".lVvZ"), Err(LinkError::Cut));
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
