//! Reads the values of one column of a row group, page by page. At any time it holds the bytes of one page and of the
//! dictionary, and nothing for each value.

use std::fmt::Write;
use std::io::Read;

use super::encoding::{Decoder, Dictionary, Item};
use super::runs::Runs;
use super::thrift::{self, Value};
use super::{Leaf, Type, broken};
use crate::error::FormatError;
use crate::heavy::source::{Source, exactly};
use crate::heavy::stream::{Zstd, gzip};
use crate::heavy::{Budget, MAX_RATIO};
use askew_domain::text::csv::quoted;

/// Bytes read for a page's header at first, and if it has more (statistics).
const HEADER_BYTES: [u64; 2] = [512, 64 << 10];
/// Largest page in bytes.
const MAX_PAGE_BYTES: usize = 256 << 20;
/// Most values in a page.
const MAX_PAGE_VALUES: usize = 16 << 20;
/// Bytes subtracted from the budget for each page, even if it is empty, because reading its header takes time.
const PAGE_COST: u64 = 64;
/// Largest text in bytes. No row that is longer could be read.
const MAX_TEXT_BYTES: usize = 8 << 20;
/// Window that a page packed with Zstandard may ask for, even if it unpacks to less.
const MIN_WINDOW_BYTES: u64 = 8 << 20;

/// A column that is being read.
pub struct Column<'a> {
    source: &'a dyn Source,
    leaf: &'a Leaf,
    codec: i64,
    /// Where the next page begins and where the last one ends.
    at: u64,
    end: u64,
    dictionary: Option<Dictionary>,
    page: Page,
}

/// A page, unpacked, and how far it was read.
#[derive(Debug)]
struct Page {
    rows_left: usize,
    /// One level per row, if values may be missing.
    levels: Option<(Vec<u8>, Runs)>,
    bytes: Vec<u8>,
    /// Where the values begin.
    start: usize,
    values: Decoder,
}

/// What a page's own header says about its values.
struct About {
    num_rows: usize,
    encoding: Option<i64>,
}

impl Page {
    const EMPTY: Self = Self { rows_left: 0, levels: None, bytes: Vec::new(), start: 0, values: Decoder::Nothing };

    fn new(
        about: &About,
        kind: Type,
        levels: Option<(Vec<u8>, Runs)>,
        bytes: Vec<u8>,
        start: usize,
    ) -> Result<Self, FormatError> {
        let values = Decoder::new(about.encoding, kind, bytes.get(start..).unwrap_or_default(), about.num_rows)?;
        Ok(Self { rows_left: about.num_rows, levels, bytes, start, values })
    }

    /// Bytes of memory that it takes. Texts with shared prefixes also need the text before, which may be as long as the
    /// page.
    fn num_held(&self) -> u64 {
        let copies = if matches!(self.values, Decoder::Prefixed { .. }) { 2 } else { 1 };
        (self.bytes.len() * copies + self.levels.as_ref().map_or(0, |(bytes, _)| bytes.len())) as u64
    }
}

impl<'a> Column<'a> {
    /// A column as a row group describes it.
    ///
    /// # Errors
    /// [`FormatError::BrokenArchive`] if the description is incomplete.
    pub fn new(source: &'a dyn Source, meta: &Value, leaf: &'a Leaf) -> Result<Self, FormatError> {
        let place = |number: i64| meta.int(number).and_then(|at| u64::try_from(at).ok());
        let data = place(9).ok_or_else(|| broken("a column's place"))?;
        // Some writers put 0 if there is no dictionary.
        let at = place(11).filter(|at| *at > 0).map_or(data, |dictionary| dictionary.min(data));
        let end = place(7).and_then(|len| at.checked_add(len)).ok_or_else(|| broken("a column's size"))?;
        let codec = meta.int(4).unwrap_or(0);
        Ok(Self { source, leaf, codec, at, end, dictionary: None, page: Page::EMPTY })
    }

    /// Writes the next row's value as a CSV cell.
    ///
    /// # Errors
    /// [`FormatError`] if the value cannot be read.
    pub fn write(&mut self, budget: &mut Budget, name: &str, text: &mut String) -> Result<(), FormatError> {
        while self.page.rows_left == 0 {
            self.next_page(budget, name)?;
        }
        let page = &mut self.page;
        page.rows_left -= 1;
        if let Some((bytes, levels)) = &mut page.levels
            && levels.next(bytes)? < self.leaf.max_level
        {
            return Ok(());
        }
        let bytes = page.bytes.get(page.start..).unwrap_or_default();
        match page.values.next(bytes, self.leaf.kind, self.dictionary.as_ref())? {
            // Writing to a String cannot fail.
            Item::Int(value) => write!(text, "{value}").unwrap_or_default(),
            Item::Float(value) => write!(text, "{value}").unwrap_or_default(),
            Item::Double(value) => write!(text, "{value}").unwrap_or_default(),
            Item::Text(bytes) if bytes.len() > MAX_TEXT_BYTES => {
                return Err(broken(&format!("a text of {} bytes (at most {MAX_TEXT_BYTES})", bytes.len())));
            }
            Item::Text(bytes) => text.push_str(&quoted(&String::from_utf8_lossy(bytes))),
        }
        Ok(())
    }

    /// The header of the next page, and where the page itself begins.
    fn header(&self) -> Result<(Value, u64), FormatError> {
        let rest = self.source.len().saturating_sub(self.at);
        let read = |most: u64| thrift::read(&exactly(self.source, self.at, most.min(rest))?);
        let (header, num_bytes) = read(HEADER_BYTES[0]).or_else(|_longer| read(HEADER_BYTES[1]))?;
        Ok((header, self.at + num_bytes as u64))
    }

    fn next_page(&mut self, budget: &mut Budget, name: &str) -> Result<(), FormatError> {
        if self.at >= self.end {
            return Err(broken("a column: it has too few values"));
        }
        let (header, start) = self.header()?;
        let (Some(packed), Some(unpacked)) = (header.size(3), header.size(2)) else {
            return Err(broken("a page's header"));
        };
        if packed > MAX_PAGE_BYTES || unpacked > MAX_PAGE_BYTES {
            return Err(broken("a page, which is too large"));
        }
        budget.release(self.page.num_held());
        self.page = Page::EMPTY;
        budget.take(unpacked as u64 + PAGE_COST, name)?;
        budget.hold(unpacked as u64, name)?;
        let bytes = exactly(self.source, start, packed as u64)?;
        self.at = start + packed as u64;
        check_sum(&header, &bytes)?;
        let held = match header.int(1) {
            Some(2) => {
                let about = header.field(7).ok_or_else(|| broken("a dictionary"))?;
                budget.release(self.dictionary.take().map_or(0, |old| old.num_held()));
                let bytes = self.unpack(bytes, unpacked)?;
                self.dictionary.insert(Dictionary::new(bytes, self.leaf.kind, num_values(about)?)?).num_held()
            }
            Some(0) => {
                let bytes = self.unpack(bytes, unpacked)?;
                self.page = self.page_1(header.field(5).unwrap_or(&Value::Other), bytes)?;
                self.page.num_held()
            }
            Some(3) => {
                self.page = self.page_2(header.field(8).unwrap_or(&Value::Other), bytes, unpacked)?;
                self.page.num_held()
            }
            // An index page.
            _ => 0,
        };
        budget.release(unpacked as u64);
        budget.hold(held, name)
    }

    /// A page of version 1: levels and values are compressed together.
    fn page_1(&self, about: &Value, bytes: Vec<u8>) -> Result<Page, FormatError> {
        let (mut levels, mut start) = (None, 0);
        if self.leaf.max_level > 0 {
            let cut_off = || broken("a page's levels");
            let (len, rest) = bytes.split_first_chunk::<4>().ok_or_else(cut_off)?;
            let len = u32::from_le_bytes(*len) as usize;
            levels = Some(self.levels(rest.get(..len).ok_or_else(cut_off)?)?);
            start = 4 + len;
        }
        let about = About { num_rows: num_values(about)?, encoding: about.int(2) };
        Page::new(&about, self.leaf.kind, levels, bytes, start)
    }

    /// A page of version 2: its levels come before the compressed values.
    fn page_2(&self, about: &Value, mut bytes: Vec<u8>, unpacked: usize) -> Result<Page, FormatError> {
        let (levels_len, lists_len) = (about.size(5).unwrap_or(0), about.size(6).unwrap_or(0));
        let before = levels_len.checked_add(lists_len).filter(|len| *len <= bytes.len() && *len <= unpacked);
        let before = before.ok_or_else(|| broken("a page's levels"))?;
        let levels = match self.leaf.max_level {
            0 => None,
            _ => Some(self.levels(&bytes[lists_len..before])?),
        };
        let is_packed = about.int(7) != Some(0);
        if is_packed {
            bytes = self.unpack(bytes.split_off(before), unpacked - before)?;
        }
        let start = if is_packed { 0 } else { before };
        let about = About { num_rows: num_values(about)?, encoding: about.int(4) };
        Page::new(&about, self.leaf.kind, levels, bytes, start)
    }

    fn levels(&self, bytes: &[u8]) -> Result<(Vec<u8>, Runs), FormatError> {
        Ok((bytes.to_vec(), Runs::new(0, level_bits(self.leaf.max_level))?))
    }

    /// Unpacks a page. The result must have exactly `num_bytes` bytes, for which there is room in the budget.
    fn unpack(&self, bytes: Vec<u8>, num_bytes: usize) -> Result<Vec<u8>, FormatError> {
        let damaged = |error: String| FormatError::BrokenArchive(format!("a page of the Parquet file: {error}"));
        let read = |from: &mut dyn Read| {
            let mut out = Vec::with_capacity(num_bytes);
            let result = from.take(num_bytes as u64 + 1).read_to_end(&mut out);
            result.map(|_len| out).map_err(|error| damaged(error.to_string()))
        };
        let out = match self.codec {
            // The bytes as they are. In a page with a larger size than it has, the values end early.
            0 => return Ok(bytes),
            1 => {
                let len = snap::raw::decompress_len(&bytes).map_err(|error| damaged(error.to_string()))?;
                // Snappy cannot compress better than 64 bytes to three.
                if len != num_bytes || len as u64 > bytes.len() as u64 * MAX_RATIO {
                    return Err(broken("a page's size"));
                }
                snap::raw::Decoder::new().decompress_vec(&bytes).map_err(|error| damaged(error.to_string()))?
            }
            2 => read(&mut gzip(bytes.as_slice()))?,
            6 => read(&mut Zstd::with_window(bytes.as_slice(), MIN_WINDOW_BYTES.max(num_bytes as u64)))?,
            other => {
                let names = ["", "", "", "LZO", "Brotli", "LZ4", "", "LZ4"];
                let name =
                    usize::try_from(other).ok().and_then(|at| names.get(at)).copied().unwrap_or("another method");
                let what = format!("its pages are packed with {name}: write it again with snappy or zstd");
                return Err(FormatError::BrokenArchive(what));
            }
        };
        if out.len() == num_bytes { Ok(out) } else { Err(broken("a page's size")) }
    }
}

/// Compares a page with its checksum, if it has one.
fn check_sum(header: &Value, bytes: &[u8]) -> Result<(), FormatError> {
    let Some(stated) = header.int(4) else { return Ok(()) };
    let mut sum = flate2::Crc::new();
    sum.update(bytes);
    // The field is a signed number with the same bits.
    if stated & 0xFFFF_FFFF == i64::from(sum.sum()) {
        Ok(())
    } else {
        Err(broken("a page that is damaged: its checksum is wrong"))
    }
}

fn num_values(about: &Value) -> Result<usize, FormatError> {
    about.size(1).filter(|n| *n <= MAX_PAGE_VALUES).ok_or_else(|| broken("a page's count of values"))
}

/// Number of bits needed for levels up to `max`.
const fn level_bits(max: u32) -> u32 {
    32 - max.leading_zeros()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_a_checksum_is_compared_with_it() {
        // The check value of CRC-32 is 0xCBF43926, which is negative as a signed number.
        let header = |sum: i64| Value::Struct(vec![(4, Value::Int(sum))]);
        assert_eq!(check_sum(&header(0xCBF4_3926 - (1 << 32)), b"123456789"), Ok(()));
        assert_eq!(check_sum(&Value::Struct(Vec::new()), b"anything"), Ok(()));
        let error = check_sum(&header(0xCBF4_3926 - (1 << 32)), b"123456788").unwrap_err();
        assert!(error.to_string().contains("its checksum is wrong"), "{error}");
    }
}
