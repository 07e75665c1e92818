//! Reads rows from delimited tables (the official and the open-models CSV, model organisms, aggregate tables).

use std::borrow::Cow;

use super::cell::{Cell, Fields};
use super::error::FormatError;
use super::report::FileReport;
use super::roles::{Need, shorten};
use super::rows::Rows;
use super::table::{Record, TableParser, delimiter_of};
use askew_domain::rows::dataset::Dataset;
use askew_domain::values::score;

/// Reads one table in chunks.
///
/// A row that cannot be read is left out and reported. A table that cannot be read at all leaves the dataset unchanged:
/// the first row is added only after the header is understood.
#[derive(Debug)]
pub struct CsvParser {
    parser: TableParser,
    /// Number of cells in the header; 0 before it is read.
    num_columns: usize,
    /// Name of the last column.
    last_column: String,
    /// The last byte so far.
    last_byte: u8,
}

impl Fields for Record<'_> {
    fn get(&self, column: usize) -> Cell<'_> {
        Cell::Text(self.field(column))
    }
}

impl CsvParser {
    /// A parser for a table with these first bytes.
    #[must_use]
    pub fn new(head: &[u8]) -> Self {
        let parser = TableParser::new(delimiter_of(head));
        Self { parser, num_columns: 0, last_column: String::new(), last_byte: b'\n' }
    }

    /// Reads the next bytes. An empty slice ends the file.
    ///
    /// # Errors
    /// [`FormatError`] if the table is refused.
    pub fn feed(&mut self, data: &mut Dataset, rows: &mut Rows, bytes: &[u8]) -> Result<(), FormatError> {
        if bytes.is_empty() && self.parser.is_in_quotes() {
            // The last record is everything after the open quote. Nobody wrote it as a row.
            rows.skip(self.parser.line(), "the file ends inside a quoted cell: it was cut off".to_owned());
            return Ok(());
        }
        self.last_byte = bytes.last().copied().unwrap_or(self.last_byte);
        // A row that comes only now has no line end. After a digit it may have been cut off inside the number.
        let may_be_cut = bytes.is_empty() && self.last_byte.is_ascii_digit();
        let (num_columns, last_column) = (&mut self.num_columns, &mut self.last_column);
        self.parser.feed(bytes, &mut |record| {
            let last = || String::from_utf8_lossy(record.field(record.len().saturating_sub(1)));
            if *num_columns == 0 {
                *num_columns = record.len();
                *last_column = last().into_owned();
                let name = |at| String::from_utf8_lossy(record.field(at)).into_owned();
                rows.set_columns(&(0..record.len()).map(name).collect::<Vec<_>>());
                return rows.settle(data);
            }
            if record.len() == *num_columns {
                let last = if may_be_cut { last() } else { Cow::default() };
                if score::parse(&last).is_ok_and(|number| !number.is_null()) {
                    let place = format!("the number {last} in column {}", shorten(last_column));
                    rows.note(format!(
                        "the file ends after {place} without a line end: it may have been cut off there"
                    ));
                }
                return rows.row(data, record.line, &record);
            }
            rows.skip(record.line, format!("{} cells where the header has {num_columns}", record.len()));
            Ok(())
        })
    }
}

/// Reads a whole table from memory.
///
/// # Errors
/// [`FormatError`] if the file is refused.
pub fn read(data: &mut Dataset, file: &str, bytes: &[u8], need: Need) -> Result<FileReport, FormatError> {
    super::reader::read(data, file, bytes, need)
}
