//! Containers and binary tables: ZIP, gzip, Zstandard, Inspect logs, Parquet.
//!
//! The only entry point is [`unpack`]: bytes go in, named members with plain bytes (tables and JSON) come out in
//! chunks. Nothing else in `formats` uses this module, so the page can load it only when such a file is opened.

pub mod inspect;
pub mod parquet;
pub mod source;
pub mod stream;
pub mod zip;

use std::io::Read;

use self::source::{At, Source};
use super::error::{FormatError, Packed};
use super::sniff::{Kind, kind_of};
use crate::members::Members;

/// Most levels of containers inside containers.
const MAX_DEPTH: usize = 3;
/// Bytes read or passed on at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// A container inside a container is held in memory whole, up to this many bytes.
const MAX_HELD_BYTES: u64 = 512 << 20;
/// Unpacked bytes accepted for each packed byte, on top of [`FREE_BYTES`]. Very repetitive text reaches a third of
/// this.
const MAX_RATIO: u64 = 256;
const FREE_BYTES: u64 = 64 << 20;
/// Most unpacked bytes accepted from one file.
const MAX_BYTES: u64 = 8 << 30;

/// Number of bytes that may still come out of a file. Protects against decompression bombs.
#[derive(Debug)]
pub struct Budget {
    left: u64,
    limit: u64,
}

impl Budget {
    /// The budget of a packed file of `num_bytes`.
    #[must_use]
    pub fn new(num_bytes: u64) -> Self {
        let limit = num_bytes.saturating_mul(MAX_RATIO).saturating_add(FREE_BYTES).min(MAX_BYTES);
        Self { left: limit, limit }
    }

    /// Subtracts bytes that came out of `member`.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`] if the budget is used up.
    pub fn take(&mut self, num_bytes: u64, member: &str) -> Result<(), FormatError> {
        match self.left.checked_sub(num_bytes) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(FormatError::TooLarge { member: member.to_owned(), limit_bytes: self.limit }),
        }
    }
}

/// Unpacks a file. Members that cannot be read are reported to `members`; the others still come out.
///
/// # Errors
/// [`FormatError`] if nothing can be unpacked.
pub fn unpack(name: &str, source: &dyn Source, members: &mut dyn Members) -> Result<(), FormatError> {
    let mut unpacking = Unpacking { members, budget: Budget::new(source.len()) };
    let head = source::head(source)?;
    match kind_of(&head)? {
        Kind::Packed(packed) => unpacking.open(name, packed, source, 0),
        Kind::Table | Kind::Json => unpacking.stream(name, &mut At::new(source), 0),
    }
}

/// State while one file is unpacked.
pub(super) struct Unpacking<'a> {
    members: &'a mut dyn Members,
    budget: Budget,
}

impl Unpacking<'_> {
    fn open(&mut self, name: &str, packed: Packed, source: &dyn Source, depth: usize) -> Result<(), FormatError> {
        if depth == MAX_DEPTH {
            return Err(FormatError::BrokenArchive(format!("{name} is packed more than {MAX_DEPTH} times over")));
        }
        match packed {
            Packed::Gzip => self.stream(name, &mut stream::gzip(At::new(source)), depth),
            Packed::Zstd => self.stream(name, &mut stream::Zstd::new(At::new(source)), depth),
            Packed::Zip => self.zip(name, source, depth),
            Packed::Parquet => self.parquet(name, source),
        }
    }

    /// Passes a stream on as a member, or unpacks it if it is packed again.
    pub(super) fn stream(&mut self, name: &str, from: &mut dyn Read, depth: usize) -> Result<(), FormatError> {
        let mut from = Chunks { from, name, broken: None };
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut len = from.fill(&mut chunk, &mut self.budget)?;
        if let Ok(Kind::Packed(packed)) = kind_of(&chunk[..len.min(super::sniff::HEAD_BYTES)]) {
            let mut held = Vec::new();
            while len > 0 {
                held.extend_from_slice(&chunk[..len]);
                if held.len() as u64 > MAX_HELD_BYTES {
                    return Err(FormatError::TooLarge { member: name.to_owned(), limit_bytes: MAX_HELD_BYTES });
                }
                len = from.fill(&mut chunk, &mut self.budget)?;
            }
            return self.open(name, packed, &held, depth + 1);
        }
        self.members.begin(name);
        let mut end = Ok(());
        while len > 0 && self.members.chunk(&chunk[..len]) {
            len = from.fill(&mut chunk, &mut self.budget).unwrap_or_else(|error| {
                end = Err(error);
                0
            });
        }
        self.members.end(end);
        Ok(())
    }
}

/// Reads a stream in chunks. Every chunk but the last is full.
struct Chunks<'a> {
    from: &'a mut dyn Read,
    name: &'a str,
    /// An error after bytes that are still worth reading.
    broken: Option<FormatError>,
}

impl Chunks<'_> {
    fn fill(&mut self, chunk: &mut [u8], budget: &mut Budget) -> Result<usize, FormatError> {
        let mut len = 0;
        while len < chunk.len() && self.broken.is_none() {
            match self.from.read(&mut chunk[len..]) {
                Ok(0) => break,
                Ok(more) => len += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => self.broken = Some(FormatError::BrokenArchive(format!("{}: {error}", self.name))),
            }
        }
        budget.take(len as u64, self.name)?;
        match &self.broken {
            Some(broken) if len == 0 => Err(broken.clone()),
            _ => Ok(len),
        }
    }
}
