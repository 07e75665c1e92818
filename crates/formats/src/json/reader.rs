//! Reads rows from JSON in chunks: from a document with rows inside, or from lines with one row each.

use memchr::memchr;

use super::place::{Context, Found, Place};
use super::scan::{MAX_VALUE_BYTES, Progress, Scanner};
use super::tape::{Kind, Tape};
use crate::error::FormatError;
use crate::figures::document_figures;
use crate::shapes;
use crate::shapes::{Ending, Item, Out, Shape, plain};

/// Longest document in bytes that is searched for figures if it has no rows.
const MAX_FIGURES_BYTES: usize = 4 << 20;

/// A push parser for JSON.
#[derive(Debug)]
pub struct JsonParser {
    mode: Mode,
    scanner: Scanner,
    items: Items,
}

#[derive(Debug)]
enum Mode {
    /// Documents that are cut out of the stream.
    Documents,
    /// One row per line. Holds the incomplete last line, and the number of the line where it begins.
    Lines { partial: Vec<u8>, line: u64 },
    /// The JSON is broken and nothing more is read.
    Broken,
}

/// Handles the values that are found.
#[derive(Debug, Default)]
struct Items {
    tape: Tape,
    shape: Option<Box<dyn Shape>>,
    /// The place of the rows in the document.
    place: Option<Place>,
    num: u64,
    /// The first value, if it may be a document of figures.
    first: Vec<u8>,
}

impl Default for JsonParser {
    fn default() -> Self {
        Self { mode: Mode::Documents, scanner: Scanner::default(), items: Items::default() }
    }
}

impl Items {
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
    /// Reads the next bytes.
    ///
    /// # Errors
    /// [`FormatError`] if the file is refused. If rows were read before the file breaks, they stay.
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

    /// Reads up to the end of a document. Returns the bytes after it.
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

    /// Ends the file.
    ///
    /// # Errors
    /// [`FormatError`] if the file is refused.
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

    /// A single document without rows may contain figures.
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

/// Reads lines. The last one may continue in the next chunk.
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

fn a_line(items: &mut Items, out: &mut Out<'_>, bytes: &[u8], line: u64) -> Result<(), FormatError> {
    let bytes = bytes.trim_ascii();
    if bytes.is_empty() {
        return Ok(());
    }
    let found = Found { place: Place::Root, names: Vec::new(), bytes, line };
    items.take(&found, &Context::default(), out)
}
