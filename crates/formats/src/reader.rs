//! The entry point: reads any file in chunks, after recognising it by its content.

use super::csv::CsvParser;
use super::error::FormatError;
use super::join::Join;
use super::json::reader::JsonParser;
use super::options::Options;
use super::preview::Preview;
use super::report::{FileReport, Outcome, Outcomes};
use super::roles::{Mapping, Need};
use super::rows::Rows;
use super::shapes::{Ending, Out};
use super::sniff::{HEAD_BYTES, Kind, kind_of, without_mark};
use askew_domain::rows::dataset::Dataset;

/// Name under which refused files are counted that are not listed.
const OTHER_FILES: &str = "other files";

/// Files that are being read into one dataset.
#[derive(Debug, Default)]
pub struct Loader {
    /// The dataset read so far.
    pub data: Dataset,
    join: Join,
    outcomes: Outcomes,
}

impl Loader {
    /// Records a file that could not be opened.
    pub fn refuse(&mut self, file: &str, error: FormatError) {
        self.outcomes.push(file.to_owned(), Err(error));
    }

    /// Finishes a file.
    pub fn close(&mut self, reader: FileReader) {
        let file = reader.rows.file().to_owned();
        match reader.finish(self) {
            Ok(None) => {}
            Ok(Some(report)) => self.outcomes.push(file, Ok(report)),
            Err(error) => self.outcomes.push(file, Err(error)),
        }
    }

    /// Finishes all files: joins those that wait for each other. Returns the outcome of each file, except for refused files
    /// beyond [`Outcomes::SHOWN`], which are counted.
    #[must_use]
    pub fn finish(self) -> (Dataset, Vec<Outcome>) {
        let Self { mut data, join, mut outcomes } = self;
        join.finish(&mut data).into_iter().for_each(|(file, result)| outcomes.push(file, result));
        (data, outcomes.finish(OTHER_FILES))
    }
}

/// Reads one file in chunks.
#[derive(Debug)]
pub struct FileReader {
    head: Vec<u8>,
    parser: Option<Parser>,
    rows: Rows,
    error: Option<FormatError>,
}

#[derive(Debug)]
enum Parser {
    Table(Box<CsvParser>),
    Json(Box<JsonParser>),
}

impl FileReader {
    /// A reader for the file with this name.
    #[must_use]
    pub fn new(file: &str, options: impl Into<Options>) -> Self {
        Self { head: Vec::new(), parser: None, rows: Rows::new(file, options.into()), error: None }
    }

    /// Number of rows read so far.
    #[must_use]
    pub const fn num_rows(&self) -> u64 {
        self.rows.num_rows()
    }

    /// Reads the next bytes. Returns whether more of them are wanted. Errors are reported when the file is closed.
    pub fn feed(&mut self, loader: &mut Loader, bytes: &[u8]) -> bool {
        if self.error.is_none() {
            self.error = self.try_feed(loader, bytes).err();
        }
        self.error.is_none()
    }

    /// Records that the file ends here because of an error. Rows before it stay.
    pub fn fail(&mut self, error: FormatError) {
        self.error.get_or_insert(error);
    }

    fn try_feed(&mut self, loader: &mut Loader, bytes: &[u8]) -> Result<(), FormatError> {
        if self.parser.is_some() {
            return self.parse(loader, bytes);
        }
        self.head.extend_from_slice(bytes);
        if self.head.len() < HEAD_BYTES { Ok(()) } else { self.start(loader) }
    }

    fn start(&mut self, loader: &mut Loader) -> Result<(), FormatError> {
        loader.data.start_file();
        let head = std::mem::take(&mut self.head);
        let text = without_mark(&head);
        self.parser = Some(match kind_of(&head[..head.len().min(HEAD_BYTES)])? {
            Kind::Packed(packed) => return Err(FormatError::Packed(packed)),
            Kind::Table => Parser::Table(Box::new(CsvParser::new(text))),
            Kind::Json => Parser::Json(Box::default()),
        });
        self.parse(loader, text)
    }

    fn parse(&mut self, loader: &mut Loader, bytes: &[u8]) -> Result<(), FormatError> {
        match &mut self.parser {
            None => Ok(()),
            Some(_) if bytes.is_empty() => Ok(()),
            Some(Parser::Table(parser)) => parser.feed(&mut loader.data, &mut self.rows, bytes),
            Some(Parser::Json(parser)) => {
                let mut out = Out { data: &mut loader.data, rows: &mut self.rows, join: &mut loader.join };
                parser.feed(&mut out, bytes)
            }
        }
    }

    /// Finishes the file; `None` if it waits for others.
    fn finish(mut self, loader: &mut Loader) -> Result<Option<FileReport>, FormatError> {
        if self.parser.is_none() && self.error.is_none() {
            self.start(loader)?;
        }
        if let Some(error) = self.error {
            // Half of a file is better than nothing. The report says that it is incomplete.
            if self.rows.num_rows() == 0 {
                return Err(error);
            }
            self.rows.note(format!("only the rows before this error were read: {error}"));
            return self.rows.finish(&mut loader.data).map(Some);
        }
        match &mut self.parser {
            None => {}
            Some(Parser::Table(parser)) => parser.feed(&mut loader.data, &mut self.rows, &[])?,
            Some(Parser::Json(parser)) => {
                let mut out = Out { data: &mut loader.data, rows: &mut self.rows, join: &mut loader.join };
                match parser.finish(&mut out)? {
                    Ending::Rows => {}
                    Ending::Answers(list) => {
                        loader.join.add_answers(self.rows, list);
                        return Ok(None);
                    }
                    Ending::Judge => return Ok(None),
                }
            }
        }
        self.rows.finish(&mut loader.data).map(Some)
    }
}

/// Reads a whole file from memory that needs no other files.
///
/// # Errors
/// [`FormatError`] if it is refused.
pub fn read(
    data: &mut Dataset,
    file: &str,
    bytes: &[u8],
    options: impl Into<Options>,
) -> Result<FileReport, FormatError> {
    let mut loader = Loader { data: std::mem::take(data), ..Loader::default() };
    let mut reader = FileReader::new(file, options);
    reader.feed(&mut loader, bytes);
    loader.close(reader);
    let outcomes;
    (*data, outcomes) = loader.finish();
    outcomes.into_iter().next().map_or(Err(FormatError::Empty), |(_, result)| result)
}

/// Reads the first rows of a file, for a reader who assigns roles to its columns.
///
/// # Errors
/// [`FormatError`] if the bytes are not the start of a table.
pub fn preview(file: &str, head: &[u8], mapping: Mapping) -> Result<Preview, FormatError> {
    let mut loader = Loader::default();
    let mut reader = FileReader::new(file, Need::Table);
    reader.rows = Rows::for_preview(file, mapping);
    reader.try_feed(&mut loader, head)?;
    if reader.parser.is_none() {
        reader.start(&mut loader)?;
    }
    Ok(reader.rows.preview())
}

/// Options for reading any file.
impl Options {
    /// Reads anything that can be shown.
    #[must_use]
    pub fn any() -> Self {
        Need::Any.into()
    }
}
