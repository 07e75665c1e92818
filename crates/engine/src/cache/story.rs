//! What happened to a model's bytes, in words for the reader.

use super::entry::hex;
use askew_domain::text::words::size_text;
use askew_protocol::Sha256Sum;

/// Letters of a sum that are shown.
const SUM_CHARS: usize = 12;

/// What happened.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    /// Bytes that were here.
    pub(super) from_copy: u64,
    /// Bytes that came from elsewhere.
    pub(super) fetched: u64,
    /// Why an interrupted download could not go on.
    pub(super) began_again: Option<&'static str>,
    /// Why no copy is kept although one was wanted.
    pub(super) not_kept: Option<String>,
    /// Whether the sum was compared with one that was known before.
    pub(super) is_checked: bool,
}

impl Story {
    /// All of it, in a sentence or two. `sum` is that of all bytes; `is_kept` says whether a copy stands in the browser
    /// now.
    pub(super) fn tell(&self, sum: Sha256Sum, is_kept: bool) -> String {
        let mut text = match (self.from_copy, self.fetched) {
            (0, fetched) => format!("{} were read", size_text(fetched)),
            (here, 0) => format!("{} were read from this browser's copy", size_text(here)),
            (here, fetched) => {
                format!("{} were in this browser already, {} were downloaded", size_text(here), size_text(fetched))
            }
        };
        if let Some(why) = self.began_again {
            text.push_str(&format!(" from the start again, for {why}"));
        }
        let checked = if self.is_checked { ", checked" } else { "" };
        text.push_str(&format!("; SHA-256 {}…{checked}", &hex(&sum)[..SUM_CHARS]));
        match &self.not_kept {
            Some(why) => text.push_str(&format!(". No copy is kept: {why}.")),
            None if self.fetched > 0 && is_kept => text.push_str("; a copy is kept in this browser."),
            None => text.push('.'),
        }
        text
    }
}
