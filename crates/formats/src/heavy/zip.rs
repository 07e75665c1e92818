//! ZIP archives. Each member is a file, or all of them together are one Inspect log.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator};

use super::source::Source;
use super::stream::Zstd;
use super::{Unpacking, inspect};
use crate::error::FormatError;

/// Most members in an archive.
const MAX_MEMBERS: usize = 1_000_000;
/// Bytes of the directory held in memory at a time.
const BUFFER_BYTES: usize = 64 << 10;

/// A member as the directory lists it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path in the archive.
    pub name: String,
    /// Unpacked size in bytes, according to the directory.
    pub num_bytes: u64,
    method: CompressionMethod,
    is_encrypted: bool,
    place: ZipArchiveEntryWayfinder,
}

/// An archive with its directory already read.
pub struct Archive<'a> {
    archive: ZipArchive<Reader<'a>>,
    /// Its files, in the order of the directory.
    pub entries: Vec<Entry>,
}

/// Adapts a source to the ZIP library.
#[derive(Clone, Copy)]
pub struct Reader<'a>(&'a dyn Source);

impl ReaderAt for Reader<'_> {
    fn read_at(&self, into: &mut [u8], at: u64) -> io::Result<usize> {
        self.0.read_at(at, into)
    }
}

fn broken(error: impl std::fmt::Display) -> FormatError {
    FormatError::BrokenArchive(error.to_string())
}

impl<'a> Archive<'a> {
    /// Reads the directory of an archive.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if there is no directory. Most such archives were cut off.
    pub fn open(source: &'a dyn Source) -> Result<Self, FormatError> {
        let mut buffer = vec![0; BUFFER_BYTES];
        let archive = ZipLocator::new()
            .locate_in_reader(Reader(source), &mut buffer, source.len())
            .map_err(|(_, error)| broken(format!("{error}; it may have been cut off")))?;
        let mut entries = Vec::new();
        let mut listed = archive.entries(&mut buffer);
        while let Some(entry) = listed.next_entry().map_err(broken)? {
            if entries.len() == MAX_MEMBERS {
                return Err(broken(format!("it lists more than {MAX_MEMBERS} files")));
            }
            if entry.is_dir() {
                continue;
            }
            entries.push(Entry {
                name: String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned(),
                num_bytes: entry.uncompressed_size_hint(),
                method: entry.compression_method(),
                is_encrypted: entry.flags().is_encrypted(),
                place: entry.wayfinder(),
            });
        }
        Ok(Self { archive, entries })
    }

    /// Unpacks a member.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if its compression method is unknown or it is not where the directory says.
    pub fn read(&self, entry: &Entry) -> Result<Box<dyn Read + '_>, FormatError> {
        if entry.is_encrypted {
            return Err(broken(format!("{} is encrypted: unpack the archive with its password", entry.name)));
        }
        let member = self.archive.get_entry(entry.place).map_err(|error| broken(format!("{}: {error}", entry.name)))?;
        let packed = member.reader();
        Ok(match entry.method {
            CompressionMethod::STORE => Box::new(packed),
            CompressionMethod::DEFLATE => Box::new(DeflateDecoder::new(packed)),
            CompressionMethod::ZSTD | CompressionMethod::ZSTD_DEPRECATED => Box::new(Zstd::new(packed)),
            other => {
                let what = format!("{} is packed with an unknown method ({other:?}): unpack it", entry.name);
                return Err(broken(what));
            }
        })
    }
}

/// Whether a file in an archive was added by the operating system that packed it.
fn is_by_the_way(name: &str) -> bool {
    name.starts_with("__MACOSX/") || name.rsplit('/').next().is_some_and(|file| file.starts_with('.'))
}

impl Unpacking<'_> {
    pub(super) fn zip(&mut self, name: &str, source: &dyn Source, depth: usize) -> Result<(), FormatError> {
        let archive = Archive::open(source)?;
        if inspect::is_log(&archive) {
            return self.stream(name, &mut inspect::Log::new(&archive), depth);
        }
        for entry in archive.entries.iter().filter(|entry| !is_by_the_way(&entry.name)) {
            let member = format!("{name}/{}", entry.name);
            let result = self
                .check_size(&member, entry.num_bytes)
                .and_then(|()| archive.read(entry))
                .and_then(|mut from| self.stream(&member, &mut from, depth));
            match result {
                Ok(()) => {}
                // The other members would not come out either.
                Err(error @ FormatError::TooLarge { .. }) if self.budget.left == 0 => return Err(error),
                Err(error) => self.members.refuse(&member, error),
            }
        }
        if archive.entries.is_empty() {
            return Err(broken("it holds no files"));
        }
        Ok(())
    }

    /// Checks a member's declared size against the budget without unpacking it.
    fn check_size(&self, member: &str, num_bytes: u64) -> Result<(), FormatError> {
        if num_bytes <= self.budget.left {
            return Ok(());
        }
        Err(FormatError::TooLarge { member: member.to_owned(), limit_bytes: self.budget.limit })
    }
}
