//! ZIP archives. Each member is a file, or all of them together are one Inspect log.

use std::io::{self, Read};

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ReaderAt, ZipArchive, ZipArchiveEntryWayfinder, ZipLocator};

use super::checked::Sum;
use super::source::Source;
use super::stream::Zstd;
use super::{Unpacking, inspect};
use crate::error::FormatError;
use crate::roles::shorten;

/// Most members in an archive.
const MAX_MEMBERS: usize = 1_000_000;
/// Bytes of the directory held in memory at a time.
const BUFFER_BYTES: usize = 64 << 10;
/// Longest name with its extra fields at a member's place: both lengths are 16-bit numbers.
const MAX_NAME_BYTES: usize = 2 << 16;

/// A member as the directory lists it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its path in the archive.
    pub name: String,
    /// Unpacked size in bytes and CRC-32, according to the directory.
    pub sum: Sum,
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
        let mut num_listed = 0;
        while let Some(entry) = listed.next_entry().map_err(broken)? {
            num_listed += 1;
            if entries.len() == MAX_MEMBERS {
                return Err(broken(format!("it lists more than {MAX_MEMBERS} files")));
            }
            if entry.is_dir() {
                continue;
            }
            entries.push(Entry {
                name: String::from_utf8_lossy(entry.file_path().as_bytes()).into_owned(),
                sum: Sum { crc: entry.crc32(), num_bytes: entry.uncompressed_size_hint() },
                method: entry.compression_method(),
                is_encrypted: entry.flags().is_encrypted(),
                place: entry.wayfinder(),
            });
        }
        // Some programs store only the lowest 16 bits of the number.
        if (num_listed ^ archive.entries_hint()) & 0xFFFF != 0 {
            let found = format!("its directory lists {num_listed} files instead of {}", archive.entries_hint());
            return Err(broken(format!("{found}: export or download it again")));
        }
        Ok(Self { archive, entries })
    }

    /// Compares the name in the directory with the one at the member's place. A name that is changed by damage could make
    /// a member look like another one, or like one that is not read.
    ///
    /// # Errors
    /// [`FormatError::Damaged`] if they differ.
    pub fn check_name(&self, entry: &Entry) -> Result<(), FormatError> {
        let damaged =
            |why: String| FormatError::Damaged { member: entry.name.clone(), why: format!("{why} at its place") };
        let member = self.archive.get_entry(entry.place).map_err(|error| damaged(error.to_string()))?;
        let mut buffer = vec![0; MAX_NAME_BYTES];
        let header = member.local_header(&mut buffer).map_err(|error| damaged(error.to_string()))?;
        let name = String::from_utf8_lossy(header.file_path().as_bytes()).into_owned();
        if name == entry.name { Ok(()) } else { Err(damaged(format!("it has the name {:?}", shorten(&name)))) }
    }

    /// Unpacks a member, without a check of its bytes.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if its compression method is unknown or it is not where the directory says.
    pub fn read(&self, entry: &Entry) -> Result<Box<dyn Read + '_>, FormatError> {
        if entry.is_encrypted {
            return Err(broken(format!("{} is encrypted: unpack the archive with its password", entry.name)));
        }
        let member = self.archive.get_entry(entry.place).map_err(|error| broken(format!("{}: {error}", entry.name)))?;
        self.check_name(entry)?;
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
            let mut log = inspect::Log::new(name, &archive, self.budget.limit);
            let result = self.stream(name, &mut log, depth);
            for (member, part) in log.into_refused() {
                part.err().into_iter().for_each(|error| self.members.refuse(&member, error));
            }
            return result;
        }
        for entry in &archive.entries {
            let member = format!("{name}/{}", entry.name);
            let result = if is_by_the_way(&entry.name) {
                archive.check_name(entry)
            } else {
                self.check_size(&member, entry.sum.num_bytes)
                    .and_then(|()| self.checked(&member, Some(entry.sum), &|| archive.read(entry), depth))
            };
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
