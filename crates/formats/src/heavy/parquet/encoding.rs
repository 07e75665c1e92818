//! Parquet's encodings: plain, dictionary, run length, delta.

use super::{broken, varint, zigzag};
use crate::error::FormatError;

/// Values of one page or one dictionary.
#[derive(Debug, Clone)]
pub enum Values {
    /// Whole numbers and booleans.
    Ints(Vec<i64>),
    /// 32-bit floats.
    Floats(Vec<f32>),
    /// 64-bit floats.
    Doubles(Vec<f64>),
    /// Texts, concatenated, and the end of each.
    Texts(Vec<u8>, Vec<usize>),
}

/// Parquet's physical types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Booleans.
    Bool,
    /// 32-bit whole numbers.
    Int32,
    /// 64-bit whole numbers.
    Int64,
    /// 12-byte timestamps. They are written as empty cells.
    Int96,
    /// 32-bit floats.
    Float,
    /// 64-bit floats.
    Double,
    /// Texts of any length.
    Bytes,
    /// Texts of a fixed length in bytes.
    Fixed(usize),
}

impl Values {
    #[must_use]
    pub const fn len(&self) -> usize {
        match self {
            Self::Ints(values) => values.len(),
            Self::Floats(values) => values.len(),
            Self::Doubles(values) => values.len(),
            Self::Texts(_, ends) => ends.len(),
        }
    }

    /// Whether there are no values.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The text at a position, if the values are texts.
    #[must_use]
    pub fn text(&self, at: usize) -> Option<&[u8]> {
        let Self::Texts(bytes, ends) = self else { return None };
        let start = if at == 0 { 0 } else { *ends.get(at - 1)? };
        bytes.get(start..*ends.get(at)?)
    }
}

/// The first `n` items of `width` bytes each.
fn items(bytes: &[u8], width: usize, n: usize) -> Result<impl Iterator<Item = &[u8]>, FormatError> {
    let len = n.checked_mul(width).ok_or_else(|| broken("a page's size"))?;
    Ok(bytes.get(..len).ok_or_else(|| broken("a page: it is cut off"))?.chunks_exact(width.max(1)))
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    bytes.try_into().unwrap_or([0; N])
}

/// Reads `n` plain-encoded values.
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there are fewer.
pub fn plain(bytes: &[u8], kind: Type, n: usize) -> Result<Values, FormatError> {
    Ok(match kind {
        Type::Bool => {
            let bytes = bytes.get(..n.div_ceil(8)).ok_or_else(|| broken("a page: it is cut off"))?;
            Values::Ints((0..n).map(|at| i64::from(bytes[at / 8] >> (at % 8) & 1)).collect())
        }
        Type::Int32 => {
            Values::Ints(items(bytes, 4, n)?.map(|item| i64::from(i32::from_le_bytes(array(item)))).collect())
        }
        Type::Int64 => Values::Ints(items(bytes, 8, n)?.map(|item| i64::from_le_bytes(array(item))).collect()),
        Type::Float => Values::Floats(items(bytes, 4, n)?.map(|item| f32::from_le_bytes(array(item))).collect()),
        Type::Double => Values::Doubles(items(bytes, 8, n)?.map(|item| f64::from_le_bytes(array(item))).collect()),
        Type::Int96 => Values::Texts(Vec::new(), items(bytes, 12, n)?.map(|_| 0).collect()),
        Type::Fixed(width) => {
            let len =
                n.checked_mul(width).and_then(|len| bytes.get(..len)).ok_or_else(|| broken("a page: it is cut off"))?;
            Values::Texts(len.to_vec(), (1..=n).map(|at| at * width).collect())
        }
        Type::Bytes => {
            let (mut texts, mut ends, mut rest) = (Vec::new(), Vec::new(), bytes);
            for _ in 0..n {
                let cut_off = || broken("a page: it is cut off");
                let (len, after) = rest.split_first_chunk::<4>().ok_or_else(cut_off)?;
                let len = u32::from_le_bytes(*len) as usize;
                texts.extend_from_slice(after.get(..len).ok_or_else(cut_off)?);
                ends.push(texts.len());
                rest = &after[len..];
            }
            Values::Texts(texts, ends)
        }
    })
}

/// Reads `n` numbers of `width` bits from runs and bit-packed groups.
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there are fewer.
pub fn runs(bytes: &[u8], width: u32, n: usize) -> Result<Vec<u32>, FormatError> {
    if width > 32 {
        return Err(broken("a page's bit width"));
    }
    let (mut values, mut at) = (Vec::new(), 0);
    let num_bytes = width.div_ceil(8) as usize;
    while values.len() < n {
        let head = varint(bytes, &mut at).ok_or_else(|| broken("a page: its runs are cut off"))?;
        let left = n - values.len();
        let count = usize::try_from(head >> 1).unwrap_or(usize::MAX);
        if head & 1 == 0 {
            let run = bytes.get(at..at + num_bytes).ok_or_else(|| broken("a page: a run is cut off"))?;
            let value = run.iter().rev().fold(0_u32, |value, byte| value << 8 | u32::from(*byte));
            at += num_bytes;
            if count == 0 {
                return Err(broken("a page: an empty run"));
            }
            values.resize(values.len() + count.min(left), value);
        } else {
            // Groups of eight values, lowest bits first. The last group may be cut off after the last value.
            let packed = bytes.get(at..).unwrap_or_default();
            let len = count.saturating_mul(width as usize);
            let packed = &packed[..packed.len().min(len)];
            let num = count.saturating_mul(8).min(left);
            if count == 0 || num.saturating_mul(width as usize).div_ceil(8) > packed.len() {
                return Err(broken("a page: a group is cut off"));
            }
            values.extend((0..num).map(|nth| bits(packed, nth * width as usize, width)));
            at = at.saturating_add(len);
        }
    }
    Ok(values)
}

/// `width` bits starting at bit `start`, lowest first.
fn bits(bytes: &[u8], start: usize, width: u32) -> u32 {
    let mut window = [0; 8];
    let from = bytes.get(start / 8..).unwrap_or_default();
    let len = from.len().min(8);
    window[..len].copy_from_slice(&from[..len]);
    let mask = (1_u64 << width) - 1;
    #[expect(clippy::cast_possible_truncation, reason = "masked to at most 32 bits")]
    let value = (u64::from_le_bytes(window) >> (start % 8) & mask) as u32;
    value
}

/// Reads delta-encoded whole numbers. Returns the numbers and how many bytes they take.
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there are fewer than the header says.
pub fn deltas(bytes: &[u8], limit: usize) -> Result<(Vec<i64>, usize), FormatError> {
    let cut_off = || broken("a page: its differences are cut off");
    let mut at = 0;
    let next = |at: &mut usize| varint(bytes, at).and_then(|number| usize::try_from(number).ok());
    let block = next(&mut at).ok_or_else(cut_off)?;
    let num_blocks = next(&mut at).ok_or_else(cut_off)?;
    let total = next(&mut at).ok_or_else(cut_off)?;
    let mut value = varint(bytes, &mut at).map(zigzag).ok_or_else(cut_off)?;
    let per_block = block.checked_div(num_blocks).unwrap_or(0);
    if total > limit || per_block == 0 || per_block % 8 != 0 || block > 1 << 20 {
        return Err(broken("a page's header of differences"));
    }
    let mut values = Vec::new();
    if total > 0 {
        values.push(value);
    }
    while values.len() < total {
        let least = varint(bytes, &mut at).map(zigzag).ok_or_else(cut_off)?;
        let widths = bytes.get(at..at + num_blocks).ok_or_else(cut_off)?;
        at += num_blocks;
        for &width in widths {
            if values.len() == total {
                break;
            }
            let len = per_block / 8 * usize::from(width);
            let packed = bytes.get(at..at + len).filter(|_| width <= 64).ok_or_else(cut_off)?;
            at += len;
            for nth in 0..per_block.min(total - values.len()) {
                value = value.wrapping_add(least).wrapping_add(wide_bits(packed, nth * usize::from(width), width));
                values.push(value);
            }
        }
    }
    Ok((values, at))
}

/// Up to 64 bits starting at bit `start`, lowest first.
fn wide_bits(bytes: &[u8], start: usize, width: u8) -> i64 {
    let mut window = [0; 16];
    let from = bytes.get(start / 8..).unwrap_or_default();
    let len = from.len().min(16);
    window[..len].copy_from_slice(&from[..len]);
    let mask = (1_u128 << width) - 1;
    #[expect(clippy::cast_possible_truncation, reason = "masked to at most 64 bits")]
    let value = (u128::from_le_bytes(window) >> (start % 8) & mask) as i64;
    value
}

/// Reads texts. Their lengths come first, delta-encoded.
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there are fewer than the header says.
pub fn delta_texts(bytes: &[u8], limit: usize) -> Result<Values, FormatError> {
    let (lengths, at) = deltas(bytes, limit)?;
    let (mut ends, mut end) = (Vec::with_capacity(lengths.len()), 0_usize);
    for len in lengths {
        end =
            usize::try_from(len).ok().and_then(|len| end.checked_add(len)).ok_or_else(|| broken("a text's length"))?;
        ends.push(end);
    }
    let texts =
        bytes.get(at..).and_then(|rest| rest.get(..end)).ok_or_else(|| broken("a page: its texts are cut off"))?;
    Ok(Values::Texts(texts.to_vec(), ends))
}

/// Reads texts that each share a prefix with the one before. At most `most` bytes may come out.
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there are fewer than the header says, or more bytes.
pub fn delta_strings(bytes: &[u8], limit: usize, most: usize) -> Result<Values, FormatError> {
    let (prefixes, at) = deltas(bytes, limit)?;
    let suffixes = delta_texts(bytes.get(at..).unwrap_or_default(), limit)?;
    let (mut texts, mut ends, mut start): (Vec<u8>, Vec<usize>, usize) = (Vec::new(), Vec::new(), 0);
    for (nth, prefix) in prefixes.iter().enumerate() {
        let from = start;
        start = texts.len();
        let shared = usize::try_from(*prefix).ok().and_then(|len| from.checked_add(len)).filter(|end| *end <= start);
        let suffix = suffixes.text(nth);
        let (Some(end), Some(suffix)) = (shared, suffix) else { return Err(broken("a text's beginning")) };
        if texts.len() + (end - from) + suffix.len() > most {
            return Err(broken("texts that are too long"));
        }
        texts.extend_from_within(from..end);
        texts.extend_from_slice(suffix);
        ends.push(texts.len());
    }
    Ok(Values::Texts(texts, ends))
}

/// Reassembles floats from byte streams (Parquet's `BYTE_STREAM_SPLIT`).
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there are too few bytes.
pub fn split_bytes(bytes: &[u8], kind: Type, n: usize) -> Result<Values, FormatError> {
    let width = match kind {
        Type::Float | Type::Int32 => 4,
        Type::Double | Type::Int64 => 8,
        Type::Fixed(width) => width,
        _ => return Err(broken("an encoding that its type cannot have")),
    };
    let len = n.checked_mul(width).filter(|len| *len <= bytes.len()).ok_or_else(|| broken("a page: it is cut off"))?;
    let together: Vec<u8> = (0..len).map(|at| bytes[at % width * n + at / width]).collect();
    plain(&together, kind, n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_groups() {
        // The example from the format's specification: 0 to 7 in three bits.
        assert_eq!(runs(&[0x03, 0x88, 0xC6, 0xFA], 3, 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(runs(&[0x08, 0x05], 3, 4).unwrap(), [5; 4]);
        assert!(runs(&[0x08], 3, 4).is_err() && runs(&[0x00, 0x00], 1, 4).is_err() && runs(&[], 1, 1).is_err());
        assert_eq!(runs(&[0x08], 0, 4).unwrap(), [0; 4]);
    }

    #[test]
    fn differences() {
        // The example from the format's specification: 7, 5, 3, 1, 2, 3, 4, 5 in a block of 8 with one miniblock.
        let bytes = [0x08, 0x01, 0x08, 0x0E, 0x03, 0x02, 0xC0, 0x3F];
        assert_eq!(deltas(&bytes, 100).unwrap(), (vec![7, 5, 3, 1, 2, 3, 4, 5], 8));
        assert!(deltas(&bytes, 7).is_err() && deltas(&bytes[..6], 100).is_err());
    }
}
