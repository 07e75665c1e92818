//! Reads rows from JSON that arrives in chunks: documents that contain rows, or lines with one row each (JSONL).

use memchr::memchr;

use super::place::{Context, Found, Place};
use super::scan::{MAX_VALUE_BYTES, Progress, Scanner};
use super::tape::{Kind, Tape};
use crate::error::FormatError;
use crate::figures::document_figures;
use crate::shapes;
use crate::shapes::{Ending, Item, Out, Shape, plain};

/// Longest document, in bytes, that is searched for figures if it has no rows. The document is copied for this.
const MAX_FIGURES_BYTES: usize = 4 << 20;

/// A push parser for JSON: [`JsonParser::feed`] takes each chunk of a file, then [`JsonParser::finish`] ends the file.
#[derive(Debug)]
pub struct JsonParser {
    mode: Mode,
    scanner: Scanner,
    items: Items,
}

#[derive(Debug)]
enum Mode {
    /// The scanner cuts values out of the bytes, which are one document or several. A file starts in this mode.
    Documents,
    /// One row per line. `partial` is the incomplete last line, and `line` is its number.
    Lines { partial: Vec<u8>, line: u64 },
    /// The JSON is broken. The rows before this place are used, and the rest of the file is ignored.
    Broken,
}

/// Passes the values that were found to the file's shape, which turns them into rows.
#[derive(Debug, Default)]
struct Items {
    /// Index of the current value.
    tape: Tape,
    /// Layout of the source that wrote the file. It is recognized from the first row.
    shape: Option<Box<dyn Shape>>,
    /// The place of the rows in the document. Values in other places are ignored.
    place: Option<Place>,
    /// Number of values so far.
    num: u64,
    /// The bytes of the first value if it may be a document of figures, otherwise empty.
    first: Vec<u8>,
}

impl Default for JsonParser {
    fn default() -> Self {
        Self { mode: Mode::Documents, scanner: Scanner::default(), items: Items::default() }
    }
}

impl Items {
    /// Indexes a value and passes it to the shape. A value that cannot be indexed is listed in the report as skipped.
    fn take(&mut self, found: &Found<'_>, context: &Context, out: &mut Out<'_>) -> Result<(), FormatError> {
        let value = match self.tape.parse(found.bytes) {
            Ok(value) => value,
            Err(broken) => {
                out.rows.skip(found.line, broken.to_string());
                return Ok(());
            }
        };
        let Found { place, names, bytes, line } = found;
        let item = Item { place: *place, names, value, bytes, line: *line, context };
        self.num += 1;
        if self.num == 1 && *place == Place::Root && bytes.len() <= MAX_FIGURES_BYTES {
            self.first = bytes.to_vec();
        } else if self.num == 2 {
            self.first = Vec::new();
        }
        // All rows of a document are in one place. Something like a task's figures may come before the rows.
        match self.place {
            Some(known) if known == *place => {}
            Some(Place::TaskResult) | None => {
                self.place = Some(*place);
                self.shape = Some(shapes::of(&item));
            }
            Some(_) => return Ok(()),
        }
        self.shape.as_mut().map_or(Ok(()), |shape| shape.item(&item, out))
    }
}

impl JsonParser {
    /// Reads the next chunk of the file and passes complete rows to `out`.
    ///
    /// # Errors
    /// [`FormatError`] if the file is refused. JSON that breaks after some rows is not an error: these rows are used,
    /// and the report says on which line the file breaks.
    pub fn feed(&mut self, out: &mut Out<'_>, mut bytes: &[u8]) -> Result<(), FormatError> {
        while !bytes.is_empty() {
            bytes = match &mut self.mode {
                Mode::Broken => return Ok(()),
                Mode::Lines { partial, line } => {
                    lines(&mut self.items, out, partial, line, bytes)?;
                    &[]
                }
                Mode::Documents => self.documents(out, bytes)?,
            };
        }
        Ok(())
    }

    /// Reads up to the end of a document, or up to the end of `bytes`. Returns the bytes that are left. If the document
    /// is on one line and has no rows inside, the rest of the file is read line by line.
    fn documents<'a>(&mut self, out: &mut Out<'_>, bytes: &'a [u8]) -> Result<&'a [u8], FormatError> {
        let Self { scanner, items, .. } = self;
        let progress = scanner.feed(bytes, &mut |found, context| items.take(&found, context, out));
        match progress {
            Ok(Progress::More) => Ok(&[]),
            Ok(Progress::Ended { used, had_rows, is_line }) => {
                if !had_rows && is_line {
                    self.mode = Mode::Lines { partial: Vec::new(), line: self.scanner.line() };
                }
                Ok(&bytes[used..])
            }
            Err(
                error @ (FormatError::BrokenJson { .. } | FormatError::TooDeep { .. } | FormatError::TooLong { .. }),
            ) => {
                self.mode = Mode::Broken;
                if out.rows.num_found() == 0 {
                    return Err(error);
                }
                out.rows.skip(self.scanner.line(), error.to_string());
                Ok(&[])
            }
            Err(other) => Err(other),
        }
    }

    /// Reads what is left after the last chunk: a last line without a newline, and rows or figures that need the whole
    /// file. Returns the kind of the file: all rows are in `out`, or the file waits to be joined with other files.
    ///
    /// # Errors
    /// [`FormatError`] if the file is refused, for example because it ends inside a value and has no rows, or because
    /// it is a single document without rows or figures.
    pub fn finish(&mut self, out: &mut Out<'_>) -> Result<Ending, FormatError> {
        match &mut self.mode {
            Mode::Lines { partial, line } => {
                let rest = std::mem::take(partial);
                if !rest.trim_ascii().is_empty() {
                    a_line(&mut self.items, out, &rest, *line)?;
                }
            }
            Mode::Documents if !self.scanner.is_between() => {
                let cut_off = "the file ends inside a value: it was cut off";
                if out.rows.num_found() == 0 && self.items.num == 0 {
                    return Err(FormatError::BrokenJson { line: self.scanner.line(), found: cut_off.to_owned() });
                }
                out.rows.skip(self.scanner.line(), cut_off.to_owned());
            }
            Mode::Documents | Mode::Broken => {}
        }
        let ending = match &mut self.items.shape {
            Some(shape) => shape.finish(self.scanner.context(), out)?,
            None => Ending::Rows,
        };
        self.figures(out)?;
        Ok(ending)
    }

    /// Reads figures from a file that is a single document without rows.
    ///
    /// # Errors
    /// [`FormatError::UnknownJson`] if it has no figures either.
    fn figures(&mut self, out: &mut Out<'_>) -> Result<(), FormatError> {
        let first = std::mem::take(&mut self.items.first);
        if self.items.num != 1 || first.is_empty() || !out.rows.may_be_figures() {
            return Ok(());
        }
        let Ok(value) = self.items.tape.parse(&first) else { return Ok(()) };
        if value.kind() != Kind::Object {
            return Ok(());
        }
        let figures = document_figures(out.rows.file(), value);
        if figures.is_empty() {
            return Err(FormatError::UnknownJson { found: plain::names_of(value) });
        }
        out.rows.add_figures(figures)
    }
}

/// Reads the complete lines of a chunk. The rest stays in `partial`, because it may continue in the next chunk. `line`
/// is the number of the line that `partial` belongs to.
///
/// # Errors
/// [`FormatError::TooLong`] if a line is longer than [`MAX_VALUE_BYTES`], and errors of the shape.
fn lines(
    items: &mut Items,
    out: &mut Out<'_>,
    partial: &mut Vec<u8>,
    line: &mut u64,
    mut bytes: &[u8],
) -> Result<(), FormatError> {
    while let Some(end) = memchr(b'\n', bytes) {
        let (whole, rest) = bytes.split_at(end);
        if partial.is_empty() {
            a_line(items, out, whole, *line)?;
        } else {
            partial.extend_from_slice(whole);
            a_line(items, out, partial, *line)?;
            partial.clear();
        }
        *line += 1;
        bytes = &rest[1..];
    }
    partial.extend_from_slice(bytes);
    if partial.len() > MAX_VALUE_BYTES {
        return Err(FormatError::TooLong { what: "a line".to_owned(), limit_bytes: MAX_VALUE_BYTES, line: *line });
    }
    Ok(())
}

/// Reads one line as a row. An empty line is not a row.
fn a_line(items: &mut Items, out: &mut Out<'_>, bytes: &[u8], line: u64) -> Result<(), FormatError> {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return Ok(());
    }
    let found = Found { place: Place::Root, names: Vec::new(), bytes, line };
    items.take(&found, &Context::default(), out)
}
