//! Parquet's compact numbers: runs and bit-packed groups, and differences. Both are read one number at a time.

use super::{broken, varint, zigzag};
use crate::error::FormatError;

/// Largest number of differences in a block.
const MAX_BLOCK: usize = 1 << 20;

/// Reads numbers of a fixed width in bits from runs of equal numbers and from bit-packed groups.
#[derive(Debug)]
pub struct Runs {
    /// Where the next run or group starts.
    at: usize,
    width: u32,
    run: Run,
}

/// What is left of the current run.
#[derive(Debug)]
enum Run {
    Equal {
        left: u64,
        value: u32,
    },
    /// The next number starts at this bit.
    Packed {
        left: u64,
        bit: usize,
    },
}

impl Runs {
    /// A reader of numbers that start at byte `at`.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if they have more than 32 bits.
    pub fn new(at: usize, width: u32) -> Result<Self, FormatError> {
        let run = Run::Equal { left: 0, value: 0 };
        if width > 32 { Err(broken("a page's bit width")) } else { Ok(Self { at, width, run }) }
    }

    /// The next number.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if there is none.
    pub fn next(&mut self, bytes: &[u8]) -> Result<u32, FormatError> {
        loop {
            match &mut self.run {
                Run::Equal { left: left @ 1.., value } => {
                    *left -= 1;
                    return Ok(*value);
                }
                Run::Packed { left: left @ 1.., bit } => {
                    *left -= 1;
                    let start = *bit;
                    *bit = start.saturating_add(self.width as usize);
                    // The last group may be cut off after the last number.
                    let cut_off = bit.div_ceil(8) > bytes.len();
                    #[expect(clippy::cast_possible_truncation, reason = "at most 32 bits")]
                    let value = bits(bytes, start, self.width) as u32;
                    return if cut_off { Err(broken("a page: a group is cut off")) } else { Ok(value) };
                }
                _ => self.run = self.next_run(bytes)?,
            }
        }
    }

    fn next_run(&mut self, bytes: &[u8]) -> Result<Run, FormatError> {
        let head = varint(bytes, &mut self.at).ok_or_else(|| broken("a page: its runs are cut off"))?;
        let (count, start) = (head >> 1, self.at);
        if count == 0 {
            return Err(broken("a page: an empty run"));
        }
        if head & 1 == 0 {
            let len = self.width.div_ceil(8) as usize;
            let run = bytes.get(start..start + len).ok_or_else(|| broken("a page: a run is cut off"))?;
            self.at += len;
            let value = run.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            return Ok(Run::Equal { left: count, value });
        }
        // Groups of eight numbers, lowest bits first.
        let len = usize::try_from(count.saturating_mul(u64::from(self.width))).unwrap_or(usize::MAX);
        self.at = start.saturating_add(len);
        Ok(Run::Packed { left: count.saturating_mul(8), bit: start.saturating_mul(8) })
    }
}

/// `width` bits (at most 64) starting at bit `start`, lowest first.
fn bits(bytes: &[u8], start: usize, width: u32) -> u64 {
    let mut window = [0; 16];
    let from = bytes.get(start / 8..).unwrap_or_default();
    let len = from.len().min(16);
    window[..len].copy_from_slice(&from[..len]);
    let mask = (1_u128 << width) - 1;
    #[expect(clippy::cast_possible_truncation, reason = "masked to at most 64 bits")]
    let value = (u128::from_le_bytes(window) >> (start % 8) & mask) as u64;
    value
}

/// Reads delta-encoded whole numbers.
#[derive(Debug, Clone)]
pub struct Deltas {
    /// Where the next block starts, or the current group of differences.
    at: usize,
    /// Groups in a block, and numbers in a group.
    num_groups: usize,
    per_group: usize,
    /// Numbers left. The first one is in the header.
    left: usize,
    is_first: bool,
    value: i64,
    least: i64,
    /// Where the widths of the current block's groups are.
    widths_at: usize,
    /// The current group, and the numbers that it has given.
    group: usize,
    num_given: usize,
}

impl Deltas {
    /// A reader of numbers with a header at byte `at`. At most `most` numbers are accepted.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] for a header that cannot be.
    pub fn new(bytes: &[u8], mut at: usize, most: usize) -> Result<Self, FormatError> {
        let next = |at: &mut usize| varint(bytes, at).and_then(|number| usize::try_from(number).ok());
        let block = next(&mut at).ok_or_else(cut_off)?;
        let num_groups = next(&mut at).ok_or_else(cut_off)?;
        let left = next(&mut at).ok_or_else(cut_off)?;
        let value = varint(bytes, &mut at).map(zigzag).ok_or_else(cut_off)?;
        let per_group = block.checked_div(num_groups).unwrap_or(0);
        if left > most || per_group == 0 || per_group % 8 != 0 || block > MAX_BLOCK {
            return Err(broken("a page's header of differences"));
        }
        let (group, num_given) = (num_groups, 0);
        Ok(Self { at, num_groups, per_group, left, is_first: true, value, least: 0, widths_at: at, group, num_given })
    }

    /// The next number.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if there is none.
    pub fn next(&mut self, bytes: &[u8]) -> Result<i64, FormatError> {
        self.left = self.left.checked_sub(1).ok_or_else(|| broken("a page: it has too few values"))?;
        if std::mem::take(&mut self.is_first) {
            return Ok(self.value);
        }
        let (group, width) = self.group(bytes)?;
        let packed = bytes.get(group..self.at).unwrap_or_default();
        let difference = bits(packed, self.num_given * width as usize, width).cast_signed();
        self.num_given += 1;
        self.value = self.value.wrapping_add(self.least).wrapping_add(difference);
        Ok(self.value)
    }

    /// Moves to the group of the next number if the current one is used up. Returns where it starts, and its width in
    /// bits; it ends at `self.at`.
    fn group(&mut self, bytes: &[u8]) -> Result<(usize, u32), FormatError> {
        let is_new = self.group == self.num_groups || self.num_given == self.per_group;
        if is_new {
            self.num_given = 0;
            self.group += 1;
            if self.group >= self.num_groups {
                self.least = varint(bytes, &mut self.at).map(zigzag).ok_or_else(cut_off)?;
                self.widths_at = self.at;
                self.at = self.at.checked_add(self.num_groups).filter(|at| *at <= bytes.len()).ok_or_else(cut_off)?;
                self.group = 0;
            }
        }
        let width = bytes.get(self.widths_at + self.group).filter(|width| **width <= 64).ok_or_else(cut_off)?;
        let len = self.per_group / 8 * usize::from(*width);
        if is_new {
            self.at = self.at.checked_add(len).filter(|at| *at <= bytes.len()).ok_or_else(cut_off)?;
        }
        Ok((self.at - len, u32::from(*width)))
    }

    /// Where the numbers end. Goes from group to group, without decoding them.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if there are fewer than the header says.
    pub fn end(&self, bytes: &[u8]) -> Result<usize, FormatError> {
        let mut ahead = self.clone();
        let mut left = ahead.left.saturating_sub(1);
        while left > 0 {
            ahead.num_given = ahead.per_group;
            ahead.group(bytes)?;
            left = left.saturating_sub(ahead.per_group);
        }
        Ok(ahead.at)
    }
}

fn cut_off() -> FormatError {
    broken("a page: its differences are cut off")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(bytes: &[u8], width: u32, n: usize) -> Result<Vec<u32>, FormatError> {
        let mut runs = Runs::new(0, width)?;
        (0..n).map(|_| runs.next(bytes)).collect()
    }

    #[test]
    fn runs_and_groups() {
        // The example from the format's specification: 0 to 7 in three bits.
        assert_eq!(runs(&[0x03, 0x88, 0xC6, 0xFA], 3, 8).unwrap(), [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(runs(&[0x08, 0x05], 3, 4).unwrap(), [5; 4]);
        assert!(runs(&[0x08], 3, 4).is_err() && runs(&[0x00, 0x00], 1, 4).is_err() && runs(&[], 1, 1).is_err());
        assert!(runs(&[0x03, 0x88, 0xC6], 3, 8).is_err());
        assert_eq!(runs(&[0x08], 0, 4).unwrap(), [0; 4]);
        // A run, then a group, then a run.
        assert_eq!(runs(&[0x04, 1, 0x03, 0b10, 0x02, 0], 1, 11).unwrap(), [1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn differences() {
        // The example from the format's specification: 7, 5, 3, 1, 2, 3, 4, 5 in a block of 8 with one miniblock.
        let bytes = [0x08, 0x01, 0x08, 0x0E, 0x03, 0x02, 0xC0, 0x3F];
        let mut deltas = Deltas::new(&bytes, 0, 100).unwrap();
        assert_eq!(deltas.end(&bytes).unwrap(), 8);
        let values: Vec<i64> = (0..8).map(|_| deltas.next(&bytes).unwrap()).collect();
        assert_eq!(values, [7, 5, 3, 1, 2, 3, 4, 5]);
        assert!(deltas.next(&bytes).is_err());
        assert!(Deltas::new(&bytes, 0, 7).is_err());
        let mut cut = Deltas::new(&bytes[..6], 0, 100).unwrap();
        assert!(cut.end(&bytes[..6]).is_err() && cut.next(&bytes[..6]) == Ok(7) && cut.next(&bytes[..6]).is_err());
    }
}
