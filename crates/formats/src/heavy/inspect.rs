//! Inspect's `.eval` logs: a ZIP with one file per sample. It is read as the single JSON document that Inspect writes
//! as `.json`.

use std::io::{self, Cursor, Read};

use super::zip::{Archive, Entry};

/// Largest header in bytes. It holds settings and totals.
const MAX_HEADER_BYTES: u64 = 16 << 20;

/// Whether an archive is a log. An interrupted log has only the file written at its start.
#[must_use]
pub fn is_log(archive: &Archive<'_>) -> bool {
    header(archive).is_some()
}

fn header<'a>(archive: &'a Archive<'_>) -> Option<&'a Entry> {
    let find = |name: &str| archive.entries.iter().find(|entry| entry.name == name);
    find("header.json").or_else(|| find("_journal/start.json"))
}

/// A log as one document: its header, and its samples under `samples`.
pub struct Log<'a> {
    archive: &'a Archive<'a>,
    entries: std::slice::Iter<'a, Entry>,
    part: Box<dyn Read + 'a>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Sample { is_first: bool },
    End,
}

impl<'a> Log<'a> {
    /// Reads an archive for which [`is_log`] is true.
    #[must_use]
    pub fn new(archive: &'a Archive<'a>) -> Self {
        Self { archive, entries: archive.entries.iter(), part: Box::new(io::empty()), state: State::Header }
    }

    /// Moves to the next part. Returns whether there is one.
    fn next_part(&mut self) -> io::Result<bool> {
        match self.state {
            State::Header => {
                let mut text = Vec::new();
                if let Some(entry) = header(self.archive) {
                    let from = self.archive.read(entry).map_err(io::Error::other)?;
                    from.take(MAX_HEADER_BYTES).read_to_end(&mut text)?;
                }
                let open = text.trim_ascii().strip_suffix(b"}").unwrap_or(b"{").to_vec();
                let comma: &[u8] = if open.trim_ascii() == b"{" { b"" } else { b"," };
                self.part = Box::new(Cursor::new([&open, comma, b"\"samples\":["].concat()));
                self.state = State::Sample { is_first: true };
            }
            State::Sample { is_first } => {
                let is_sample = |entry: &&Entry| entry.name.starts_with("samples/") && entry.name.ends_with(".json");
                match self.entries.find(is_sample) {
                    Some(entry) => {
                        let comma: &[u8] = if is_first { b"\n" } else { b",\n" };
                        let sample = self.archive.read(entry).map_err(io::Error::other)?;
                        self.part = Box::new(comma.chain(sample));
                        self.state = State::Sample { is_first: false };
                    }
                    None => {
                        self.part = Box::new(&b"]}\n"[..]);
                        self.state = State::End;
                    }
                }
            }
            State::End => return Ok(false),
        }
        Ok(true)
    }
}

impl Read for Log<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let len = self.part.read(into)?;
            if len > 0 || into.is_empty() {
                return Ok(len);
            }
            if !self.next_part()? {
                return Ok(0);
            }
        }
    }
}
