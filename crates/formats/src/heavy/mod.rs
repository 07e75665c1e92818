//! Containers and binary tables: ZIP, gzip, Zstandard, Inspect logs, Parquet.
//!
//! The only entry point is [`unpack`]: bytes go in, named members with plain bytes (tables and JSON) come out in
//! chunks. Nothing else in `formats` uses this module, so the page can load it only when such a file is opened.

pub mod checked;
pub mod inspect;
pub mod parquet;
pub mod source;
pub mod stream;
pub mod zip;

use std::io::Read;

use self::checked::{Checker, Sum};
use self::source::{At, Held, Source};
use super::error::{FormatError, Packed};
use super::sniff::{Kind, kind_of};
use crate::members::Members;

/// Most levels of containers inside containers.
const MAX_DEPTH: usize = 3;
/// Bytes read or passed on at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// Bytes that may be held at a time for each packed byte, on top of [`FREE_HELD_BYTES`]: containers inside containers, and
/// the current pages of Parquet. With the rows of an input this stays below four times its bytes plus 64 MiB.
const HELD_RATIO: u64 = 3;
const FREE_HELD_BYTES: u64 = 24 << 20;
/// Most bytes held at a time.
const MAX_HELD_BYTES: u64 = 512 << 20;
/// Unpacked bytes accepted for each packed byte, on top of [`FREE_BYTES`]. Very repetitive text reaches a third of
/// this.
const MAX_RATIO: u64 = 256;
const FREE_BYTES: u64 = 64 << 20;
/// Most unpacked bytes accepted from one file.
const MAX_BYTES: u64 = 8 << 30;

/// Number of bytes that may still come out of a file, and that may be held at a time. Protects against decompression
/// bombs.
#[derive(Debug)]
pub struct Budget {
    left: u64,
    limit: u64,
    held: u64,
    held_limit: u64,
}

impl Budget {
    /// The budget of a packed file of `num_bytes`.
    #[must_use]
    pub fn new(num_bytes: u64) -> Self {
        let limit = num_bytes.saturating_mul(MAX_RATIO).saturating_add(FREE_BYTES).min(MAX_BYTES);
        let held_limit = num_bytes.saturating_mul(HELD_RATIO).saturating_add(FREE_HELD_BYTES).min(MAX_HELD_BYTES);
        Self { left: limit, limit, held: 0, held_limit }
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

    /// Counts bytes of `member` that are about to be held.
    ///
    /// # Errors
    /// [`FormatError::TooLarge`] if too many are held at the same time.
    pub fn hold(&mut self, num_bytes: u64, member: &str) -> Result<(), FormatError> {
        self.held = self.held.saturating_add(num_bytes);
        if self.held <= self.held_limit {
            return Ok(());
        }
        Err(FormatError::TooLarge { member: member.to_owned(), limit_bytes: self.held_limit })
    }

    /// Uncounts bytes that are no longer held.
    pub const fn release(&mut self, num_bytes: u64) {
        self.held = self.held.saturating_sub(num_bytes);
    }

    /// Bytes that are held now.
    #[must_use]
    pub const fn held(&self) -> u64 {
        self.held
    }

    /// Uncounts all bytes that were held since [`Budget::held`] returned `held`.
    pub const fn release_to(&mut self, held: u64) {
        self.held = held;
    }
}

/// Unpacks a file. Members that cannot be read are reported to `members`; the others still come out.
///
/// # Errors
/// [`FormatError`] if nothing can be unpacked.
pub fn unpack(name: &str, source: &dyn Source, members: &mut dyn Members) -> Result<(), FormatError> {
    let budget = Budget::new(source.len());
    let mut unpacking = Unpacking { members, checker: Checker::new(budget.limit), budget };
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
    checker: Checker,
}

impl Unpacking<'_> {
    fn open(&mut self, name: &str, packed: Packed, source: &dyn Source, depth: usize) -> Result<(), FormatError> {
        if depth == MAX_DEPTH {
            return Err(FormatError::BrokenArchive(format!("{name} is packed more than {MAX_DEPTH} times over")));
        }
        match packed {
            Packed::Gzip => self.checked(name, None, &|| Ok(Box::new(stream::gzip(At::new(source)))), depth),
            Packed::Zstd => self.checked(name, None, &|| Ok(Box::new(stream::Zstd::new(At::new(source)))), depth),
            Packed::Zip => self.zip(name, source, depth),
            Packed::Parquet => self.parquet(name, source),
        }
    }

    /// Passes a compressed stream on, if it is not damaged. `open` may be called twice.
    fn checked<'s>(
        &mut self,
        name: &str,
        sum: Option<Sum>,
        open: &dyn Fn() -> Result<Box<dyn Read + 's>, FormatError>,
        depth: usize,
    ) -> Result<(), FormatError> {
        let mut from = self.checker.open(name, sum, open)?;
        self.stream(name, &mut from, depth)
    }

    /// Passes a stream on as a member, or unpacks it if it is packed again.
    pub(super) fn stream(&mut self, name: &str, from: &mut dyn Read, depth: usize) -> Result<(), FormatError> {
        let mut from = Chunks { from, name, broken: None };
        let mut chunk = vec![0; CHUNK_BYTES];
        let mut len = from.fill(&mut chunk, &mut self.budget)?;
        if let Ok(Kind::Packed(packed)) = kind_of(&chunk[..len.min(super::sniff::HEAD_BYTES)]) {
            let (before, mut held) = (self.budget.held(), Held::default());
            while len > 0 {
                self.budget.hold(len as u64, name)?;
                held.push(&chunk[..len]);
                len = from.fill(&mut chunk, &mut self.budget)?;
            }
            let result = self.open(name, packed, &held, depth + 1);
            self.budget.release_to(before);
            return result;
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
