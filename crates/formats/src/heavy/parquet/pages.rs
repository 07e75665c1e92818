//! Reads the values of one column of a row group, page by page.

use std::fmt::Write;
use std::io::Read;

use super::encoding::{Type, Values, delta_strings, delta_texts, deltas, plain, runs, split_bytes};
use super::thrift::{self, Value};
use super::{Leaf, broken};
use crate::error::FormatError;
use crate::heavy::source::{Source, exactly};
use crate::heavy::stream::{Zstd, gzip};
use crate::heavy::{Budget, MAX_RATIO};
use askew_domain::text::csv::quoted;

/// Bytes read for a page's header. It may contain statistics.
const HEADER_BYTES: u64 = 64 << 10;
/// Largest page in bytes.
const MAX_PAGE_BYTES: usize = 256 << 20;
/// Most values in a page.
const MAX_PAGE_VALUES: usize = 16 << 20;

/// A column that is being read.
pub struct Column<'a> {
    source: &'a dyn Source,
    leaf: &'a Leaf,
    codec: i64,
    /// Where the next page begins and where the last one ends.
    at: u64,
    end: u64,
    dictionary: Option<Values>,
    page: Page,
    row: usize,
    value: usize,
}

/// Values of a page, and the levels that say which rows have one.
#[derive(Debug, Default)]
struct Page {
    num_rows: usize,
    /// One level per row, if values may be missing.
    levels: Option<Vec<u32>>,
    values: Option<PageValues>,
}

#[derive(Debug)]
enum PageValues {
    Own(Values),
    /// Positions of the values in the dictionary.
    Numbers(Vec<u32>),
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
        Ok(Self { source, leaf, codec, at, end, dictionary: None, page: Page::default(), row: 0, value: 0 })
    }

    /// Writes the next row's value as a CSV cell.
    ///
    /// # Errors
    /// [`FormatError`] if the value cannot be read.
    pub fn write(&mut self, budget: &mut Budget, name: &str, text: &mut String) -> Result<(), FormatError> {
        while self.row == self.page.num_rows {
            self.next_page(budget, name)?;
        }
        let level = self.page.levels.as_ref().map(|levels| levels.get(self.row).copied().unwrap_or(0));
        self.row += 1;
        if level.is_some_and(|level| level < self.leaf.max_level) {
            return Ok(());
        }
        let at = self.value;
        self.value += 1;
        let (values, at) = match &self.page.values {
            Some(PageValues::Own(values)) => (values, at),
            Some(PageValues::Numbers(numbers)) => match (numbers.get(at), &self.dictionary) {
                (Some(number), Some(dictionary)) => (dictionary, *number as usize),
                _ => return Err(broken("a page without its dictionary")),
            },
            None => return Err(broken("a page")),
        };
        write_value(values, at, self.leaf.kind, text).ok_or_else(|| broken("a page: it has too few values"))
    }

    fn next_page(&mut self, budget: &mut Budget, name: &str) -> Result<(), FormatError> {
        if self.at >= self.end {
            return Err(broken("a column: it has too few values"));
        }
        let header = exactly(self.source, self.at, HEADER_BYTES.min(self.source.len().saturating_sub(self.at)))?;
        let (header, num_header) = thrift::read(&header)?;
        let (Some(packed), Some(unpacked)) = (header.size(3), header.size(2)) else {
            return Err(broken("a page's header"));
        };
        if packed > MAX_PAGE_BYTES || unpacked > MAX_PAGE_BYTES {
            return Err(broken("a page, which is too large"));
        }
        self.at += num_header as u64;
        let bytes = exactly(self.source, self.at, packed as u64)?;
        self.at += packed as u64;
        budget.take(unpacked as u64, name)?;
        match header.int(1) {
            Some(2) => {
                let about = header.field(7).ok_or_else(|| broken("a dictionary"))?;
                let n = num_values(about)?;
                self.dictionary = Some(plain(&self.unpack(&bytes, unpacked)?, self.leaf.kind, n)?);
            }
            Some(0) => self.page_1(header.field(5).unwrap_or(&Value::Other), &self.unpack(&bytes, unpacked)?)?,
            Some(3) => self.page_2(header.field(8).unwrap_or(&Value::Other), &bytes, unpacked)?,
            // An index page.
            _ => {}
        }
        Ok(())
    }

    /// A page of version 1: levels and values are compressed together.
    fn page_1(&mut self, about: &Value, bytes: &[u8]) -> Result<(), FormatError> {
        let n = num_values(about)?;
        let (mut levels, mut rest) = (None, bytes);
        if self.leaf.max_level > 0 {
            let cut_off = || broken("a page's levels");
            let (len, after) = rest.split_first_chunk::<4>().ok_or_else(cut_off)?;
            let len = u32::from_le_bytes(*len) as usize;
            levels = Some(runs(after.get(..len).ok_or_else(cut_off)?, level_bits(self.leaf.max_level), n)?);
            rest = &after[len..];
        }
        self.set_page(n, levels, about.int(2), rest)
    }

    /// A page of version 2: its levels come before the compressed values.
    fn page_2(&mut self, about: &Value, bytes: &[u8], unpacked: usize) -> Result<(), FormatError> {
        let n = num_values(about)?;
        let (levels_len, lists_len) = (about.size(5).unwrap_or(0), about.size(6).unwrap_or(0));
        let before = levels_len.checked_add(lists_len).filter(|len| *len <= bytes.len() && *len <= unpacked);
        let before = before.ok_or_else(|| broken("a page's levels"))?;
        let (levels, packed) = bytes.split_at(before);
        let levels = match self.leaf.max_level {
            0 => None,
            max => Some(runs(&levels[lists_len..], level_bits(max), n)?),
        };
        let is_packed = about.int(7) != Some(0);
        let values = if is_packed { self.unpack(packed, unpacked - before)? } else { packed.to_vec() };
        self.set_page(n, levels, about.int(4), &values)
    }

    fn set_page(
        &mut self,
        n: usize,
        levels: Option<Vec<u32>>,
        encoding: Option<i64>,
        bytes: &[u8],
    ) -> Result<(), FormatError> {
        let max = self.leaf.max_level;
        let num = levels.as_ref().map_or(n, |levels| levels.iter().filter(|level| **level == max).count());
        let kind = self.leaf.kind;
        let values = match encoding {
            _ if num == 0 => PageValues::Numbers(Vec::new()),
            Some(0) => PageValues::Own(plain(bytes, kind, num)?),
            Some(2 | 8) => {
                let (width, rest) = bytes.split_first().ok_or_else(|| broken("a page"))?;
                PageValues::Numbers(runs(rest, u32::from(*width), num)?)
            }
            Some(3) if kind == Type::Bool => {
                let rest = bytes.get(4..).ok_or_else(|| broken("a page"))?;
                PageValues::Own(Values::Ints(runs(rest, 1, num)?.into_iter().map(i64::from).collect()))
            }
            Some(5) => PageValues::Own(Values::Ints(deltas(bytes, num)?.0)),
            Some(6) => PageValues::Own(delta_texts(bytes, num)?),
            Some(7) => PageValues::Own(delta_strings(bytes, num, MAX_PAGE_BYTES)?),
            Some(9) => PageValues::Own(split_bytes(bytes, kind, num)?),
            other => {
                let what = format!("the Parquet file has values in an unknown encoding ({other:?})");
                return Err(FormatError::BrokenArchive(what));
            }
        };
        self.page = Page { num_rows: n, levels, values: Some(values) };
        (self.row, self.value) = (0, 0);
        Ok(())
    }

    /// Unpacks a page. The result must have exactly `num_bytes` bytes.
    fn unpack(&self, bytes: &[u8], num_bytes: usize) -> Result<Vec<u8>, FormatError> {
        let damaged = |error: String| FormatError::BrokenArchive(format!("a page of the Parquet file: {error}"));
        let mut out = Vec::new();
        let most = num_bytes as u64 + 1;
        match self.codec {
            0 => return Ok(bytes.to_vec()),
            1 => {
                let len = snap::raw::decompress_len(bytes).map_err(|error| damaged(error.to_string()))?;
                // Snappy cannot compress better than 64 bytes to three.
                if len != num_bytes || len as u64 > bytes.len() as u64 * MAX_RATIO {
                    return Err(broken("a page's size"));
                }
                out = snap::raw::Decoder::new().decompress_vec(bytes).map_err(|error| damaged(error.to_string()))?;
            }
            2 => {
                gzip(bytes).take(most).read_to_end(&mut out).map_err(|error| damaged(error.to_string()))?;
            }
            6 => {
                Zstd::new(bytes).take(most).read_to_end(&mut out).map_err(|error| damaged(error.to_string()))?;
            }
            other => {
                let names = ["", "", "", "LZO", "Brotli", "LZ4", "", "LZ4"];
                let name =
                    usize::try_from(other).ok().and_then(|at| names.get(at)).copied().unwrap_or("another method");
                let what = format!("its pages are packed with {name}: write it again with snappy or zstd");
                return Err(FormatError::BrokenArchive(what));
            }
        }
        if out.len() == num_bytes { Ok(out) } else { Err(broken("a page's size")) }
    }
}

fn num_values(about: &Value) -> Result<usize, FormatError> {
    about.size(1).filter(|n| *n <= MAX_PAGE_VALUES).ok_or_else(|| broken("a page's count of values"))
}

/// Number of bits needed for levels up to `max`.
const fn level_bits(max: u32) -> u32 {
    32 - max.leading_zeros()
}

fn write_value(values: &Values, at: usize, kind: Type, text: &mut String) -> Option<()> {
    match values {
        // Writing to a String cannot fail.
        Values::Ints(list) => write!(text, "{}", list.get(at)?).ok()?,
        Values::Floats(list) => write!(text, "{}", list.get(at)?).ok()?,
        Values::Doubles(list) => write!(text, "{}", list.get(at)?).ok()?,
        Values::Texts(..) => {
            let bytes = values.text(at)?;
            if kind != Type::Int96 {
                text.push_str(&quoted(&String::from_utf8_lossy(bytes)));
            }
        }
    }
    Some(())
}
