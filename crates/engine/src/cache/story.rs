//! Describes to the reader what happened to a model's bytes.

use askew_domain::text::words::size_text;
use askew_protocol::Sha256Sum;
use data_encoding::HEXLOWER;

/// Hexadecimal digits of a SHA-256 that are shown.
const SUM_CHARS: usize = 12;

/// What happened to a model's bytes during a load.
#[derive(Clone, Debug, Default)]
pub(super) struct Story {
    /// Bytes that were read from this browser's copy.
    pub(super) from_copy: u64,
    /// Bytes that were downloaded or read from disk.
    pub(super) fetched: u64,
    /// Why an interrupted download could not be resumed.
    pub(super) began_again: Option<&'static str>,
    /// Why no copy was saved although one was wanted.
    pub(super) not_kept: Option<String>,
    /// Whether the SHA-256 was compared with one that was known before.
    pub(super) is_checked: bool,
}

impl Story {
    /// The whole description, in a sentence or two. `sum` is the SHA-256 of all bytes. `is_kept` says whether a copy is
    /// in the browser now.
    pub(super) fn tell(&self, sum: Sha256Sum, is_kept: bool) -> String {
        let mut text = match (self.from_copy, self.fetched) {
            (0, fetched) => format!("{} were read", size_text(fetched)),
            (here, 0) => format!("{} were read from this browser's copy", size_text(here)),
            (here, fetched) => {
                format!("{} were in this browser already, {} were downloaded", size_text(here), size_text(fetched))
            }
        };
        if let Some(why) = self.began_again {
            text.push_str(&format!(" from the start again, because {why}"));
        }
        let checked = if self.is_checked { ", checked" } else { "" };
        text.push_str(&format!("; SHA-256 {}…{checked}", &HEXLOWER.encode(&sum)[..SUM_CHARS]));
        match &self.not_kept {
            Some(why) => text.push_str(&format!(". No copy is kept: {why}.")),
            None if self.fetched > 0 && is_kept => text.push_str("; a copy is kept in this browser."),
            None => text.push('.'),
        }
        text
    }
}
