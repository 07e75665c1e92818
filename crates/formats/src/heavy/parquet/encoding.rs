//! Parquet's encodings: plain, dictionary, run length, delta, byte streams.
//!
//! Values are decoded one at a time from the bytes of their page. Nothing is stored for each value: a run of 5 bytes, or a
//! block of differences of width zero, can stand for millions of values, so decoded pages could take thousands of times
//! the memory of the file.

use super::runs::{Deltas, Runs};
use super::{Type, broken};
use crate::error::FormatError;

/// One value, borrowed from its page or dictionary.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'a> {
    /// A whole number or a boolean (1 is true).
    Int(i64),
    /// A 32-bit float.
    Float(f32),
    /// A 64-bit float.
    Double(f64),
    /// The bytes of a text. Empty for a 12-byte timestamp.
    Text(&'a [u8]),
}

fn cut_off() -> FormatError {
    broken("a page: it is cut off")
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

impl Type {
    /// Bytes of a plain value; `None` if it is not a whole number of bytes, or differs from value to value.
    const fn width(self) -> Option<usize> {
        match self {
            Self::Int32 | Self::Float => Some(4),
            Self::Int64 | Self::Double => Some(8),
            Self::Int96 => Some(12),
            Self::Fixed(width) => Some(width),
            Self::Bool | Self::Bytes => None,
        }
    }

    /// The value in these bytes, which are as many as [`Type::width`] says.
    fn item(self, bytes: &[u8]) -> Item<'_> {
        match self {
            Self::Int32 => Item::Int(i64::from(i32::from_le_bytes(array(bytes)))),
            Self::Int64 => Item::Int(i64::from_le_bytes(array(bytes))),
            Self::Float => Item::Float(f32::from_le_bytes(array(bytes))),
            Self::Double => Item::Double(f64::from_le_bytes(array(bytes))),
            Self::Int96 => Item::Text(&[]),
            Self::Bool | Self::Bytes | Self::Fixed(_) => Item::Text(bytes),
        }
    }

    /// The plain value that starts at `at`, and where the next one starts.
    fn plain(self, bytes: &[u8], at: usize) -> Result<(Item<'_>, usize), FormatError> {
        let rest = bytes.get(at..).ok_or_else(cut_off)?;
        let (start, width) = match self.width() {
            Some(width) => (0, width),
            None => (4, u32::from_le_bytes(*rest.first_chunk::<4>().ok_or_else(cut_off)?) as usize),
        };
        let value = rest.get(start..).and_then(|rest| rest.get(..width)).ok_or_else(cut_off)?;
        Ok((self.item(value), at + start + width))
    }
}

/// The values to which a column's pages refer by number.
#[derive(Debug)]
pub struct Dictionary {
    bytes: Vec<u8>,
    num: usize,
    /// Where each text starts; empty if all values have the same width.
    starts: Vec<u32>,
}

impl Dictionary {
    /// A dictionary of `num` plain values.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if there are fewer.
    pub fn new(bytes: Vec<u8>, kind: Type, num: usize) -> Result<Self, FormatError> {
        let mut starts = Vec::new();
        match (kind, kind.width()) {
            (_, Some(width)) if num.checked_mul(width).is_some_and(|len| len <= bytes.len()) => {}
            // Each text has at least the 4 bytes of its length.
            (Type::Bytes, _) if num <= bytes.len() / 4 => {
                starts.reserve_exact(num);
                let mut at = 0;
                for _ in 0..num {
                    starts.push(u32::try_from(at).map_err(|_too_long| cut_off())?);
                    at = kind.plain(&bytes, at)?.1;
                }
            }
            _ => return Err(cut_off()),
        }
        Ok(Self { bytes, num, starts })
    }

    /// Bytes of memory that it takes.
    #[must_use]
    pub const fn num_held(&self) -> u64 {
        (self.bytes.len() + 4 * self.starts.len()) as u64
    }

    /// The value with this number.
    fn get(&self, kind: Type, number: u32) -> Option<Item<'_>> {
        let number = usize::try_from(number).ok().filter(|number| *number < self.num)?;
        let at = match kind.width() {
            Some(width) => number * width,
            None => *self.starts.get(number)? as usize,
        };
        kind.plain(&self.bytes, at).ok().map(|(item, _)| item)
    }
}

/// Decodes the values of one page in order.
#[derive(Debug)]
pub enum Decoder {
    /// A page without values: all of its rows are null.
    Nothing,
    /// Plain values; the next one starts here.
    Plain(usize),
    /// Plain booleans; number of the next bit.
    Bits(usize),
    /// Booleans in runs.
    Bools(Runs),
    /// Numbers in the dictionary.
    Numbers(Runs),
    /// Differences of whole numbers.
    Deltas(Deltas),
    /// Texts after all of their lengths; the next one starts at this byte.
    Texts(Deltas, usize),
    /// Texts that each share a prefix with the one before.
    Prefixed {
        /// Length of the shared prefix.
        prefixes: Deltas,
        /// Length of the rest.
        lengths: Deltas,
        /// Where the next rest starts.
        at: usize,
        /// The text before.
        last: Vec<u8>,
    },
    /// Values of this type, as one stream for each of their bytes.
    Split {
        /// Number of the next value.
        nth: usize,
        /// The value, put together.
        value: Vec<u8>,
    },
}

impl Decoder {
    /// A decoder for values with Parquet's number of an `encoding`. There are at most `most` values.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if the encoding is unknown, or the values do not start as it demands.
    pub fn new(encoding: Option<i64>, kind: Type, bytes: &[u8], most: usize) -> Result<Self, FormatError> {
        Ok(match encoding {
            _ if bytes.is_empty() => Self::Nothing,
            Some(0) if kind == Type::Bool => Self::Bits(0),
            Some(0) => Self::Plain(0),
            Some(2 | 8) => Self::Numbers(Runs::new(1, u32::from(bytes[0]))?),
            // The runs follow the 4 bytes of their length.
            Some(3) if kind == Type::Bool => Self::Bools(Runs::new(4, 1)?),
            Some(5) => Self::Deltas(Deltas::new(bytes, 0, most)?),
            Some(6) => {
                let lengths = Deltas::new(bytes, 0, most)?;
                let at = lengths.end(bytes)?;
                Self::Texts(lengths, at)
            }
            Some(7) => {
                let prefixes = Deltas::new(bytes, 0, most)?;
                let lengths = Deltas::new(bytes, prefixes.end(bytes)?, most)?;
                let at = lengths.end(bytes)?;
                Self::Prefixed { prefixes, lengths, at, last: Vec::new() }
            }
            Some(9) => {
                let width = kind.width().filter(|_| kind != Type::Int96);
                let width = width.ok_or_else(|| broken("an encoding that its type cannot have"))?;
                Self::Split { nth: 0, value: vec![0; width.min(bytes.len())] }
            }
            other => {
                let what = format!("the Parquet file has values in an unknown encoding ({other:?})");
                return Err(FormatError::BrokenArchive(what));
            }
        })
    }

    /// The next value. `bytes` are those with which the decoder was made.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if there is none.
    pub fn next<'a>(
        &'a mut self,
        bytes: &'a [u8],
        kind: Type,
        dictionary: Option<&'a Dictionary>,
    ) -> Result<Item<'a>, FormatError> {
        match self {
            Self::Nothing => Err(broken("a page: it has too few values")),
            Self::Plain(at) => {
                let (item, next) = kind.plain(bytes, *at)?;
                *at = next;
                Ok(item)
            }
            Self::Bits(nth) => {
                let byte = bytes.get(*nth / 8).ok_or_else(cut_off)?;
                let bit = byte >> (*nth % 8) & 1;
                *nth += 1;
                Ok(Item::Int(i64::from(bit)))
            }
            Self::Bools(runs) => Ok(Item::Int(i64::from(runs.next(bytes)?))),
            Self::Numbers(runs) => {
                let dictionary = dictionary.ok_or_else(|| broken("a page without its dictionary"))?;
                let number = runs.next(bytes)?;
                dictionary.get(kind, number).ok_or_else(|| broken("a page: its dictionary has too few values"))
            }
            Self::Deltas(deltas) => Ok(Item::Int(deltas.next(bytes)?)),
            Self::Texts(lengths, at) => Ok(Item::Text(text(lengths, bytes, at)?)),
            Self::Prefixed { prefixes, lengths, at, last } => {
                let shared = usize::try_from(prefixes.next(bytes)?).ok().filter(|shared| *shared <= last.len());
                last.truncate(shared.ok_or_else(|| broken("a text's beginning"))?);
                last.extend_from_slice(text(lengths, bytes, at)?);
                Ok(Item::Text(last))
            }
            Self::Split { nth, value } => {
                let num = bytes.len() / value.len().max(1);
                if *nth >= num {
                    return Err(cut_off());
                }
                for (stream, byte) in value.iter_mut().enumerate() {
                    *byte = bytes.get(stream * num + *nth).copied().ok_or_else(cut_off)?;
                }
                *nth += 1;
                Ok(kind.item(value))
            }
        }
    }
}

/// The next text of those that are stored one after the other.
fn text<'a>(lengths: &mut Deltas, bytes: &'a [u8], at: &mut usize) -> Result<&'a [u8], FormatError> {
    let len = usize::try_from(lengths.next(bytes)?).map_err(|_negative| broken("a text's length"))?;
    let text = bytes.get(*at..).and_then(|rest| rest.get(..len));
    *at = at.saturating_add(len);
    text.ok_or_else(|| broken("a page: its texts are cut off"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_values_and_dictionaries() {
        let bytes = [&[2, 0, 0, 0][..], b"ab", &[0, 0, 0, 0], &[1, 0, 0, 0], b"c"].concat();
        let mut plain = Decoder::new(Some(0), Type::Bytes, &bytes, 3).unwrap();
        for text in [b"ab".as_slice(), b"", b"c"] {
            assert_eq!(plain.next(&bytes, Type::Bytes, None).unwrap(), Item::Text(text));
        }
        assert!(plain.next(&bytes, Type::Bytes, None).is_err());
        let dictionary = Dictionary::new(bytes.clone(), Type::Bytes, 3).unwrap();
        assert_eq!(dictionary.get(Type::Bytes, 2), Some(Item::Text(b"c")));
        assert_eq!(dictionary.get(Type::Bytes, 3), None);
        assert!(Dictionary::new(bytes.clone(), Type::Bytes, 4).is_err());
        assert!(Dictionary::new(bytes, Type::Bytes, usize::MAX).is_err());
    }

    #[test]
    fn streams_of_bytes() {
        // 0x0201 and 0x0403 as 4-byte numbers: first all lowest bytes, then the next ones.
        let bytes = [1, 3, 2, 4, 0, 0, 0, 0];
        let mut split = Decoder::new(Some(9), Type::Int32, &bytes, 2).unwrap();
        assert_eq!(split.next(&bytes, Type::Int32, None).unwrap(), Item::Int(0x0201));
        assert_eq!(split.next(&bytes, Type::Int32, None).unwrap(), Item::Int(0x0403));
        assert!(split.next(&bytes, Type::Int32, None).is_err());
    }

    #[test]
    fn a_million_values_in_a_few_bytes_take_no_memory_of_their_own() {
        // One run of a million zeros: the decoder is as large as for one value.
        let bytes = [1, 0x80, 0x89, 0x7A, 0];
        let mut runs = Decoder::new(Some(8), Type::Int32, &bytes, 1_000_000).unwrap();
        let dictionary = Dictionary::new(vec![7, 0, 0, 0], Type::Int32, 1).unwrap();
        for _ in 0..1_000_000 {
            assert_eq!(runs.next(&bytes, Type::Int32, Some(&dictionary)).unwrap(), Item::Int(7));
        }
        assert!(runs.next(&bytes, Type::Int32, Some(&dictionary)).is_err());
    }
}
