//! Inspect's `.eval` logs: a ZIP with one file per sample. It is read as the single JSON document that Inspect writes
//! as `.json`.

use std::io::{self, Cursor, Read};

use super::checked::Checker;
use super::zip::{Archive, Entry};
use crate::report::{Outcome, Outcomes};

/// Largest header in bytes. It holds settings and totals.
const MAX_HEADER_BYTES: u64 = 16 << 20;
/// Names of the file with the settings and totals. An interrupted log has only the one written at its start.
const HEADERS: [&str; 2] = ["header.json", "_journal/start.json"];

/// Whether an archive is a log.
#[must_use]
pub fn is_log(archive: &Archive<'_>) -> bool {
    archive.entries.iter().any(|entry| HEADERS.contains(&entry.name.as_str()))
}

fn is_sample(entry: &Entry) -> bool {
    entry.name.starts_with("samples/") && entry.name.ends_with(".json")
}

/// A log as one document: its header, and its samples under `samples`. Damaged samples are left out.
pub struct Log<'a> {
    name: String,
    archive: &'a Archive<'a>,
    entries: std::slice::Iter<'a, Entry>,
    part: Box<dyn Read + 'a>,
    state: State,
    checker: Checker,
    refused: Outcomes,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    Sample { is_first: bool },
    End,
}

impl<'a> Log<'a> {
    /// Reads an archive for which [`is_log`] is true. At most `most_bytes` of damaged samples are unpacked.
    #[must_use]
    pub fn new(name: &str, archive: &'a Archive<'a>, most_bytes: u64) -> Self {
        Self {
            name: name.to_owned(),
            archive,
            entries: archive.entries.iter(),
            part: Box::new(io::empty()),
            state: State::Header,
            checker: Checker::new(most_bytes),
            refused: Outcomes::default(),
        }
    }

    /// The parts that could not be read, with the reasons.
    #[must_use]
    pub fn into_refused(self) -> Vec<Outcome> {
        self.refused.finish(&format!("{}/samples", self.name))
    }

    /// Opens a part after a check of its bytes; `None` if it is damaged, which is noted.
    fn open(&mut self, entry: &'a Entry) -> Option<Box<dyn Read + 'a>> {
        let (member, archive) = (format!("{}/{}", self.name, entry.name), self.archive);
        let opened = self.checker.open(&member, Some(entry.sum), &|| archive.read(entry));
        opened.map_err(|error| self.refused.push(member, Err(error))).ok()
    }

    /// The start of the document: everything in the header, and the start of the list of samples.
    fn header(&mut self) -> io::Result<Vec<u8>> {
        let archive = self.archive;
        let named = |name: &&str| archive.entries.iter().find(|entry| entry.name == *name);
        let header = HEADERS.iter().filter_map(named).find_map(|entry| self.open(entry));
        let header = header.ok_or_else(|| io::Error::other("its header is damaged: download or export it again"))?;
        let mut text = Vec::new();
        header.take(MAX_HEADER_BYTES).read_to_end(&mut text)?;
        let open = text.trim_ascii().strip_suffix(b"}").unwrap_or(b"{");
        let comma: &[u8] = if open.trim_ascii() == b"{" { b"" } else { b"," };
        Ok([open, comma, b"\"samples\":["].concat())
    }

    /// Moves to the next part. Returns whether there is one.
    fn next_part(&mut self) -> io::Result<bool> {
        match self.state {
            State::Header => {
                self.part = Box::new(Cursor::new(self.header()?));
                self.state = State::Sample { is_first: true };
            }
            State::Sample { is_first } => match self.next_sample() {
                Some(sample) => {
                    let comma: &[u8] = if is_first { b"\n" } else { b",\n" };
                    self.part = Box::new(comma.chain(sample));
                    self.state = State::Sample { is_first: false };
                }
                None => {
                    self.part = Box::new(&b"]}\n"[..]);
                    self.state = State::End;
                }
            },
            State::End => return Ok(false),
        }
        Ok(true)
    }

    /// The next sample that is not damaged.
    fn next_sample(&mut self) -> Option<Box<dyn Read + 'a>> {
        while let Some(entry) = self.entries.next() {
            if is_sample(entry) {
                if let Some(sample) = self.open(entry) {
                    return Some(sample);
                }
            } else if let Err(error) = self.archive.check_name(entry) {
                // It may be a sample.
                self.refused.push(format!("{}/{}", self.name, entry.name), Err(error));
            }
        }
        None
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
