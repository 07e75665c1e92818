//! Checks a compressed stream to its end before any of its rows are used, because the checksum comes last.
//!
//! A short stream is held while it is checked. A longer one is unpacked twice: the first time only to check it. So a
//! damaged stream gives no rows at all, and the rows of others need no memory until they are known to be right.

use std::io::{self, Cursor, Read};

use crate::error::FormatError;
use crate::sniff::{HEAD_BYTES, kind_of};

/// Most unpacked bytes that are held while they are checked.
const HELD_BYTES: u64 = 8 << 20;

/// The checksum and the size of a stream's bytes, where they are stored outside the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sum {
    pub crc: u32,
    pub num_bytes: u64,
}

/// Checks streams. Damaged ones are never passed on, so the bytes that they unpack to are counted here.
#[derive(Debug)]
pub struct Checker {
    most_bytes: u64,
    bytes_left: u64,
}

impl Checker {
    /// A checker that unpacks at most `most_bytes` of one stream, and of all damaged streams together.
    #[must_use]
    pub const fn new(most_bytes: u64) -> Self {
        Self { most_bytes, bytes_left: most_bytes }
    }

    /// Opens a stream of bytes that are known to be right. `open` may be called twice. With a `sum`, nothing but exactly
    /// these bytes will do. Otherwise the stream has its own checksum, and may be cut off: what is there is then read, with
    /// an error at its end.
    ///
    /// # Errors
    /// [`FormatError::Damaged`], [`FormatError::TooLarge`], and the errors of `open`.
    pub fn open<'a>(
        &mut self,
        member: &str,
        sum: Option<Sum>,
        open: &dyn Fn() -> Result<Box<dyn Read + 'a>, FormatError>,
    ) -> Result<Box<dyn Read + 'a>, FormatError> {
        let mut from = Summed { from: open()?, crc: flate2::Crc::new(), most: self.bytes_left };
        let mut held = Vec::new();
        let first = (&mut from).take(HELD_BYTES).read_to_end(&mut held);
        let is_long = held.len() as u64 == HELD_BYTES;
        if is_long && first.is_ok() && kind_of(held.get(..HEAD_BYTES).unwrap_or(&held)).is_err() {
            // A picture, for example. The first bytes are enough to refuse it.
            return open();
        }
        let result = first.and_then(|_len| if is_long { io::copy(&mut from, &mut io::sink()) } else { Ok(0) });
        let found = Sum { crc: from.crc.sum(), num_bytes: u64::from(from.crc.amount()) };
        let why = match (result, sum) {
            _ if from.most == 0 => {
                return Err(FormatError::TooLarge { member: member.to_owned(), limit_bytes: self.most_bytes });
            }
            (Ok(_), Some(sum)) if !sum.is_of(found) => "its checksum is wrong".to_owned(),
            (Ok(_), _) if is_long => return open(),
            (Ok(_), _) => return Ok(Box::new(Cursor::new(held))),
            (Err(error), None) if error.kind() == io::ErrorKind::UnexpectedEof => return open(),
            (Err(error), _) => error.to_string(),
        };
        self.bytes_left = from.most;
        Err(FormatError::Damaged { member: member.to_owned(), why })
    }
}

impl Sum {
    /// Whether bytes with the sum `found` are those that were packed. `found` counts bytes modulo 2^32.
    fn is_of(self, found: Self) -> bool {
        self.crc == found.crc && self.num_bytes & u64::from(u32::MAX) == found.num_bytes
    }
}

/// Computes a checksum of what is read. Ends after `most` bytes.
struct Summed<R> {
    from: R,
    crc: flate2::Crc,
    most: u64,
}

impl<R: Read> Read for Summed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.most).unwrap_or(usize::MAX).min(into.len());
        let len = self.from.read(&mut into[..most])?;
        self.crc.update(&into[..len]);
        self.most -= len as u64;
        Ok(len)
    }
}
