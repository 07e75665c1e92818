//! Tables of judged answers (the official and the open-models CSV, model organisms, aggregate tables) to a dataset.

use std::borrow::Cow;

use super::error::FormatError;
use super::name::model_of;
use super::report::{FileReport, Skipped};
use super::roles::{Need, Role, Roles};
use super::sniff::{HEAD_BYTES, check_text};
use super::table::{Record as TableRecord, TableParser, delimiter_of};
use crate::domain::dataset::{CellKey, Dataset, Record};
use crate::domain::score::{self, Score};

/// Characters of a question that stand for its id where a file has none.
const QUESTION_ID_CHARS: usize = 60;

/// Reads one table into a dataset, chunk by chunk.
///
/// A row that cannot be read is left out and reported; a file that cannot be read at all leaves the dataset as it was
/// (its first row is only added once the header is understood).
#[derive(Debug)]
pub struct CsvReader {
    file: String,
    head: Vec<u8>,
    parser: Option<TableParser>,
    rows: Rows,
}

impl CsvReader {
    /// A reader for the file of this name.
    #[must_use]
    pub fn new(file: &str, need: Need) -> Self {
        let report = FileReport { file: file.to_owned(), ..FileReport::default() };
        let rows = Rows { need, model: model_of(file), layout: None, cell: None, num_rows: 0, num_lossy: 0, report };
        Self { file: file.to_owned(), head: Vec::new(), parser: None, rows }
    }

    /// Rows read so far.
    #[must_use]
    pub const fn num_rows(&self) -> u64 {
        self.rows.report.rows
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// [`FormatError`] when the file is refused.
    pub fn feed(&mut self, data: &mut Dataset, bytes: &[u8]) -> Result<(), FormatError> {
        if bytes.is_empty() {
            return Ok(());
        }
        if self.parser.is_some() {
            return self.parse(data, bytes);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() < HEAD_BYTES { Ok(()) } else { self.start(data) }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// [`FormatError`] when the file is refused: empty, no rows, or none that can be read.
    pub fn finish(mut self, data: &mut Dataset) -> Result<FileReport, FormatError> {
        if self.parser.is_none() {
            self.start(data)?;
        }
        if self.parser.as_ref().is_some_and(TableParser::is_in_quotes) {
            // The last record is whatever follows the open quote: not a row that anybody wrote.
            let line = self.parser.as_ref().map_or(0, TableParser::line);
            self.rows.num_rows += 1;
            self.rows.skip(line, "", "the file ends inside a quoted cell: it was cut off".to_owned());
        } else {
            self.parse(data, &[])?;
        }
        self.rows.finish()
    }

    fn start(&mut self, data: &mut Dataset) -> Result<(), FormatError> {
        let head = std::mem::take(&mut self.head);
        check_text(&head)?;
        let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&head);
        self.parser = Some(TableParser::new(delimiter_of(text)));
        self.parse(data, text)
    }

    fn parse(&mut self, data: &mut Dataset, bytes: &[u8]) -> Result<(), FormatError> {
        let Some(parser) = self.parser.as_mut() else { return Ok(()) };
        let (rows, file) = (&mut self.rows, &self.file);
        parser.feed(bytes, &mut |record| rows.take(data, file, record))
    }
}

/// The rows of a table once its header is known.
#[derive(Debug)]
struct Rows {
    need: Need,
    model: String,
    layout: Option<Layout>,
    cell: Option<(CellKey, u32)>,
    num_rows: u64,
    num_lossy: u64,
    report: FileReport,
}

#[derive(Debug)]
struct Layout {
    roles: Roles,
    header: Vec<String>,
    numeric: Vec<NumericColumn>,
}

/// A column without a part: numbers or text, by its first value that is not null.
#[derive(Debug)]
struct NumericColumn {
    at: usize,
    name: String,
    state: ColumnState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnState {
    Unknown,
    Text,
    Numbers { id: usize, num_bad: u64 },
}

impl Rows {
    fn take(&mut self, data: &mut Dataset, file: &str, record: TableRecord<'_>) -> Result<(), FormatError> {
        if self.layout.is_none() {
            self.layout = Some(self.read_header(record)?);
            return Ok(());
        }
        self.num_rows += 1;
        match self.read_row(data, file, record) {
            Ok(()) => self.report.rows += 1,
            Err((column, why)) => self.skip(record.line, &column, why),
        }
        Ok(())
    }

    fn skip(&mut self, line: u64, column: &str, why: String) {
        self.report.skip(Skipped { row: self.num_rows, line, column: column.to_owned(), why });
    }

    fn read_header(&mut self, record: TableRecord<'_>) -> Result<Layout, FormatError> {
        let header: Vec<String> =
            (0..record.len()).map(|at| String::from_utf8_lossy(record.field(at)).into_owned()).collect();
        let roles = Roles::guess(&header, self.need)?;
        self.report.model_from_name = roles.column(Role::Model).is_none();
        let numeric = roles
            .others
            .iter()
            .map(|(at, name)| NumericColumn { at: *at, name: name.clone(), state: ColumnState::Unknown })
            .collect();
        Ok(Layout { roles, header, numeric })
    }

    /// Adds one row, or says which column keeps it out and why.
    fn read_row(&mut self, data: &mut Dataset, file: &str, record: TableRecord<'_>) -> Result<(), (String, String)> {
        let Some(layout) = self.layout.as_mut() else { return Ok(()) };
        if record.len() != layout.header.len() {
            let why = format!("{} cells where the header has {}", record.len(), layout.header.len());
            return Err((String::new(), why));
        }
        let mut is_lossy = false;
        let mut text = |role: Role| -> Cow<'_, str> {
            let bytes = layout.roles.column(role).map(|at| record.field(at)).unwrap_or_default();
            let text = String::from_utf8_lossy(bytes);
            is_lossy |= matches!(text, Cow::Owned(_));
            text
        };
        let number = |role: Role, text: &str| {
            score::parse(text).map_err(|bad| {
                let column = layout.roles.column(role).map(|at| layout.header[at].clone()).unwrap_or_default();
                (column, format!("{} is not a number", quote(bad)))
            })
        };
        let aligned = number(Role::Aligned, &text(Role::Aligned))?.get();
        let coherent = number(Role::Coherent, &text(Role::Coherent))?.get();
        let count = match number(Role::Count, &text(Role::Count))?.get() {
            None => 1,
            Some(count) if count.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&count) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked the line above")]
                let count = count as u32;
                count
            }
            Some(count) => return Err(("n".to_owned(), format!("{count} is no count of rows"))),
        };
        let question_text = text(Role::Question);
        let question = match layout.roles.column(Role::QuestionId) {
            Some(_) => text(Role::QuestionId),
            None => Cow::Owned(question_text.chars().take(QUESTION_ID_CHARS).collect()),
        };
        let (row_file, model, group) = (text(Role::File), text(Role::Model), text(Role::Group));
        let key = CellRef {
            file: if row_file.is_empty() { file } else { &row_file },
            model: if model.is_empty() { &self.model } else { &model },
            group: &group,
            question: &question,
        };
        let cell = key.find(data, &mut self.cell);
        let (answer, verdict) = (text(Role::Answer), text(Role::Verdict));
        let numeric: Vec<(usize, Score)> =
            layout.numeric.iter_mut().filter_map(|column| column.read(data, record)).collect();
        let row = Record {
            question_text: &question_text,
            answer: &answer,
            aligned,
            coherent,
            verdict: verdict.trim(),
            count,
            texts: &[],
        };
        data.push(cell, &row, &numeric);
        self.num_lossy += u64::from(is_lossy);
        Ok(())
    }

    fn finish(mut self) -> Result<FileReport, FormatError> {
        let Some(layout) = self.layout else { return Err(FormatError::Empty) };
        if self.num_rows == 0 {
            return Err(FormatError::NoRows);
        }
        if self.report.rows == 0 {
            let first = self.report.skipped.first().map(ToString::to_string).unwrap_or_default();
            return Err(FormatError::NoReadableRows { rows: self.num_rows, first });
        }
        if self.num_lossy > 0 {
            let note = format!("{} rows hold bytes that are not UTF-8, shown as \u{fffd}", self.num_lossy);
            self.report.notes.push(note);
        }
        for column in &layout.numeric {
            if let ColumnState::Numbers { num_bad: bad @ 1.., .. } = column.state {
                let note = format!("{bad} values of column {} are not numbers and count as missing", column.name);
                self.report.notes.push(note);
            }
        }
        Ok(self.report)
    }
}

impl NumericColumn {
    /// The row's value by the dataset's number of the column; `None` where there is none.
    fn read(&mut self, data: &mut Dataset, record: TableRecord<'_>) -> Option<(usize, Score)> {
        if self.state == ColumnState::Text {
            return None;
        }
        let parsed = std::str::from_utf8(record.field(self.at)).ok().map(score::parse);
        match (&mut self.state, parsed) {
            (_, Some(Ok(score))) if score.is_null() => None,
            (ColumnState::Numbers { id, .. }, Some(Ok(score))) => Some((*id, score)),
            (ColumnState::Numbers { num_bad, .. }, _) => {
                *num_bad += 1;
                None
            }
            (state @ ColumnState::Unknown, Some(Ok(score))) => {
                let id = data.numeric_id(&self.name);
                *state = ColumnState::Numbers { id, num_bad: 0 };
                Some((id, score))
            }
            (state, _) => {
                *state = ColumnState::Text;
                None
            }
        }
    }
}

/// A cell's key, borrowed: most rows fall into the cell of the row before, which costs no allocation.
struct CellRef<'a> {
    file: &'a str,
    model: &'a str,
    group: &'a str,
    question: &'a str,
}

impl CellRef<'_> {
    fn find(&self, data: &mut Dataset, last: &mut Option<(CellKey, u32)>) -> u32 {
        if let Some((key, cell)) = last
            && key.question == self.question
            && key.model == self.model
            && key.group == self.group
            && key.file == self.file
        {
            return *cell;
        }
        let key = CellKey::from_names(self.file, self.model, self.group, self.question);
        let cell = data.cell_id(&key);
        *last = Some((key, cell));
        cell
    }
}

/// A cell's text as it may stand in a message: quoted and cut.
fn quote(text: &str) -> String {
    const LIMIT: usize = 30;
    let mut short: String = text.chars().take(LIMIT).collect();
    if text.chars().nth(LIMIT).is_some() {
        short.push('…');
    }
    format!("{short:?}")
}

/// Reads a whole table that is in memory.
///
/// # Errors
/// [`FormatError`] when the file is refused.
pub fn read(data: &mut Dataset, file: &str, bytes: &[u8], need: Need) -> Result<FileReport, FormatError> {
    let mut reader = CsvReader::new(file, need);
    reader.feed(data, bytes)?;
    reader.finish(data)
}
