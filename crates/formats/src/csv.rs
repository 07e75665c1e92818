//! Delimited tables (the official and the open-models CSV, model organisms, aggregate tables) to rows.

use super::cell::{Cell, Fields};
use super::error::FormatError;
use super::report::FileReport;
use super::roles::Need;
use super::rows::Rows;
use super::table::{Record, TableParser, delimiter_of};
use askew_domain::rows::dataset::Dataset;

/// Reads one table, chunk by chunk.
///
/// A row that cannot be read is left out and reported; a table that cannot be read at all leaves the dataset as it was
/// (its first row is only added once the header is understood).
#[derive(Debug)]
pub struct CsvParser {
    parser: TableParser,
    /// Cells of the header; 0 before it.
    num_columns: usize,
}

impl Fields for Record<'_> {
    fn get(&self, column: usize) -> Cell<'_> {
        Cell::Text(self.field(column))
    }
}

impl CsvParser {
    /// A parser for a table that begins so.
    #[must_use]
    pub fn new(head: &[u8]) -> Self {
        Self { parser: TableParser::new(delimiter_of(head)), num_columns: 0 }
    }

    /// Reads the next bytes; none end the file.
    ///
    /// # Errors
    /// [`FormatError`] when the table is refused.
    pub fn feed(&mut self, data: &mut Dataset, rows: &mut Rows, bytes: &[u8]) -> Result<(), FormatError> {
        if bytes.is_empty() && self.parser.is_in_quotes() {
            // The last record is whatever follows the open quote: not a row that anybody wrote.
            rows.skip(self.parser.line(), "the file ends inside a quoted cell: it was cut off".to_owned());
            return Ok(());
        }
        let num_columns = &mut self.num_columns;
        self.parser.feed(bytes, &mut |record| {
            if *num_columns == 0 {
                *num_columns = record.len();
                let name = |at| String::from_utf8_lossy(record.field(at)).into_owned();
                rows.set_columns(&(0..record.len()).map(name).collect::<Vec<_>>());
                return rows.settle(data);
            }
            if record.len() == *num_columns {
                return rows.row(data, record.line, &record);
            }
            rows.skip(record.line, format!("{} cells where the header has {num_columns}", record.len()));
            Ok(())
        })
    }
}

/// Reads a whole table that is in memory.
///
/// # Errors
/// [`FormatError`] when the file is refused.
pub fn read(data: &mut Dataset, file: &str, bytes: &[u8], need: Need) -> Result<FileReport, FormatError> {
    super::reader::read(data, file, bytes, need)
}
