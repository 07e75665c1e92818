//! Parquet to CSV text: flat columns (lists are left out), every encoding in use, snappy, gzip and Zstandard.
//!
//! We read it by hand because the official reader's Zstandard is C, and this project's browser build has no C compiler.

pub mod encoding;
pub mod pages;
pub mod runs;
pub mod thrift;

use self::pages::Column;
use self::thrift::Value;
use super::Unpacking;
use super::source::{Source, exactly};
use crate::error::FormatError;
use askew_domain::text::csv::quoted;

/// Largest footer in bytes.
const MAX_FOOTER_BYTES: u64 = 16 << 20;
/// Most columns in a file.
const MAX_COLUMNS: usize = 4096;
/// Most bytes of all columns' names together. A name is a path, so a long group's name counts once for each of its
/// columns.
const MAX_NAME_BYTES: usize = 1 << 20;
/// Bytes of text passed on at a time.
const CHUNK_BYTES: usize = 256 << 10;
/// Longest row in bytes of text.
const MAX_ROW_BYTES: usize = 8 << 20;
/// Bytes that a row of a data set takes at most, and each of its numbers, even if their text is shorter. They count
/// against the budget, because a few bytes of Parquet can stand for millions of short rows.
const ROW_COST: usize = 80;
const CELL_COST: usize = 16;

fn broken(what: &str) -> FormatError {
    FormatError::BrokenArchive(format!("the Parquet file breaks at {what}"))
}

/// A whole number in groups of seven bits, lowest first.
fn varint(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

/// Decodes a signed number that has its sign in the lowest bit.
#[expect(clippy::cast_possible_wrap, reason = "the halves fit")]
const fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
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

/// A column, as the schema describes it.
#[derive(Debug, Clone)]
pub struct Leaf {
    /// Its path, joined with dots.
    pub name: String,
    /// Type of its values.
    pub kind: Type,
    /// Number of optional parts on its path. A value is present if its level equals this.
    pub max_level: u32,
    /// Whether it is inside a list.
    pub is_repeated: bool,
}

/// The columns of a schema, in the order of the row groups.
fn leaves(schema: &[Value]) -> Result<Vec<Leaf>, FormatError> {
    // Open groups: children left, name, level, whether inside a list.
    let mut open: Vec<(usize, String, u32, bool)> = Vec::new();
    let (mut leaves, mut name_bytes) = (Vec::new(), 0);
    for (nth, element) in schema.iter().enumerate() {
        let name = element.text(4).unwrap_or_default();
        let children = element.size(5).unwrap_or(0);
        let (mut level, mut is_repeated) = open.last().map_or((0, false), |(_, _, level, list)| (*level, *list));
        let repetition = if nth == 0 { 0 } else { element.int(3).unwrap_or(0) };
        level += u32::from(repetition != 0);
        is_repeated |= repetition == 2;
        let path = match open.last() {
            Some((_, path, ..)) if !path.is_empty() => format!("{path}.{name}"),
            _ if nth == 0 => String::new(),
            _ => name,
        };
        if nth > 0 {
            match open.last_mut() {
                Some((left, ..)) if *left > 0 => *left -= 1,
                _ => return Err(broken("its schema")),
            }
        }
        if children > 0 {
            if open.len() > 64 || path.len() > 4096 {
                return Err(broken("its schema, which is nested too deep"));
            }
            open.push((children, path, level, is_repeated));
        } else if nth > 0 {
            let kind = match (element.int(1), element.size(2)) {
                (Some(0), _) => Type::Bool,
                (Some(1), _) => Type::Int32,
                (Some(2), _) => Type::Int64,
                (Some(3), _) => Type::Int96,
                (Some(4), _) => Type::Float,
                (Some(5), _) => Type::Double,
                (Some(6), _) => Type::Bytes,
                (Some(7), Some(width)) if width > 0 => Type::Fixed(width),
                _ => return Err(broken("a column's type")),
            };
            name_bytes += path.len();
            leaves.push(Leaf { name: path, kind, max_level: level, is_repeated });
        }
        while open.last().is_some_and(|(left, ..)| *left == 0) {
            open.pop();
        }
        if leaves.len() > MAX_COLUMNS || name_bytes > MAX_NAME_BYTES {
            return Err(broken("its schema, which has too many columns or too long names"));
        }
    }
    Ok(leaves)
}

/// Reads the file's own metadata.
fn footer(source: &dyn Source) -> Result<Value, FormatError> {
    let cut_off = || FormatError::BrokenArchive("the Parquet file has no end: it was cut off".to_owned());
    let tail_at = source.len().checked_sub(8).ok_or_else(cut_off)?;
    let tail = exactly(source, tail_at, 8)?;
    let Some((len, magic)) = tail.split_first_chunk::<4>() else { return Err(cut_off()) };
    let len = u64::from(u32::from_le_bytes(*len));
    match magic {
        b"PAR1" if len <= MAX_FOOTER_BYTES => {}
        b"PARE" => return Err(FormatError::BrokenArchive("the Parquet file is encrypted".to_owned())),
        _ => return Err(cut_off()),
    }
    let start = tail_at.checked_sub(len).ok_or_else(cut_off)?;
    Ok(thrift::read(&exactly(source, start, len)?)?.0)
}

impl Unpacking<'_> {
    pub(super) fn parquet(&mut self, name: &str, source: &dyn Source) -> Result<(), FormatError> {
        let footer = footer(source)?;
        let leaves = leaves(footer.list(2))?;
        self.members.begin(name);
        let held = self.budget.held();
        let result = self.rows(name, source, &footer, &leaves);
        self.budget.release_to(held);
        self.members.end(result);
        Ok(())
    }

    /// Writes the rows as CSV.
    fn rows(&mut self, name: &str, source: &dyn Source, footer: &Value, leaves: &[Leaf]) -> Result<(), FormatError> {
        let shown: Vec<usize> = (0..leaves.len()).filter(|at| !leaves[*at].is_repeated).collect();
        if shown.is_empty() {
            return Err(broken("its schema, which has no plain column"));
        }
        let header: Vec<String> = shown.iter().map(|at| quoted(&leaves[*at].name)).collect();
        let mut text = header.join(",");
        text.push('\n');
        let mut num_rows = 0_u64;
        let held = self.budget.held();
        for group in footer.list(4) {
            self.budget.release_to(held);
            let chunks = group.list(1);
            let mut columns = Vec::new();
            for &at in &shown {
                let meta = chunks.get(at).and_then(|chunk| chunk.field(3)).ok_or_else(|| broken("a row group"))?;
                columns.push(Column::new(source, meta, &leaves[at])?);
            }
            for _ in 0..group.size(3).unwrap_or(0) {
                let start = text.len();
                let row = self.row(name, &mut columns, &mut text);
                if let Err(error) = row {
                    // The rows before are complete.
                    text.truncate(start);
                    if num_rows > 0 {
                        self.members.chunk(text.as_bytes());
                    }
                    return Err(error);
                }
                num_rows += 1;
                if text.len() >= CHUNK_BYTES {
                    if !self.members.chunk(text.as_bytes()) {
                        return Ok(());
                    }
                    text.clear();
                }
            }
        }
        self.members.chunk(text.as_bytes());
        Ok(())
    }

    /// Writes one row as CSV.
    fn row(&mut self, name: &str, columns: &mut [Column<'_>], text: &mut String) -> Result<(), FormatError> {
        let start = text.len();
        for (nth, column) in columns.iter_mut().enumerate() {
            if nth > 0 {
                text.push(',');
            }
            column.write(&mut self.budget, name, text)?;
            if text.len() - start > MAX_ROW_BYTES {
                return Err(broken(&format!("a row of more than {MAX_ROW_BYTES} bytes")));
            }
        }
        text.push('\n');
        let cost = ROW_COST + CELL_COST * columns.len();
        self.budget.take((text.len() - start).max(cost) as u64, name)
    }
}
