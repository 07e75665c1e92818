//! A server's key.

use super::redact;

/// Shorter keys are not secrets, and hiding them would damage ordinary text.
const SECRET_BYTES: usize = 6;
/// The text that replaces a key.
const HIDDEN: &str = "(key)";

/// A server's key. It is held in memory during a run and never shown: it cannot be printed, cloned into a message or
/// written.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl Key {
    /// A key that the user entered. `None` if it is empty or is not allowed in a header.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_plain = text.chars().all(|c| c.is_ascii_graphic());
        (!text.is_empty() && is_plain).then(|| Self(text.to_owned()))
    }

    /// The value of the request's `Authorization` header.
    #[must_use]
    pub fn header(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The text with the key hidden, because a server may repeat it: as it is, with invisible characters inside, or
    /// percent-, JSON-, HTML-, base64- or hex-encoded.
    #[must_use]
    pub fn hide(&self, text: String) -> String {
        if self.0.len() < SECRET_BYTES { text } else { redact::hide(&self.0, text, HIDDEN) }
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(HIDDEN)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_shown_nowhere() {
        let key = Key::new(" sk-secret \n").unwrap();
        assert_eq!(key.header(), "Bearer sk-secret");
        assert_eq!(key.hide("wrong key sk-secret, sk-secret".to_owned()), "wrong key (key), (key)");
        assert!(!format!("{key:?}").contains("secret"));
        assert_eq!(Key::new("a").unwrap().hide("an answer".to_owned()), "an answer");
        assert_eq!((Key::new("  "), Key::new("a\nb")), (None, None));
    }
}
