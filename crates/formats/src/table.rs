//! Splits delimited text into records. Accepts chunks of any size.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use super::error::FormatError;

/// Longest record in bytes. Without this limit, a missing closing quote would swallow the rest of a large file.
pub const MAX_RECORD_BYTES: usize = 16 << 20;
/// Most columns in a table.
const MAX_COLUMNS: usize = 4096;

/// The fields of a record, as bytes.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    bytes: &'a [u8],
    ends: &'a [usize],
    /// Line of the file where the record begins, from 1.
    pub line: u64,
}

impl<'a> Record<'a> {
    /// Number of fields.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the record has no fields. This is never true.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// A field's bytes; empty after the last field.
    #[must_use]
    pub fn field(&self, at: usize) -> &'a [u8] {
        let start = if at == 0 { 0 } else { self.ends.get(at - 1).copied().unwrap_or(0) };
        self.ends.get(at).and_then(|&end| self.bytes.get(start..end)).unwrap_or_default()
    }
}

/// A push parser for delimited text.
#[derive(Debug)]
pub struct TableParser {
    core: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    num_bytes: usize,
    num_ends: usize,
    line: u64,
    next_line: u64,
    is_in_quotes: bool,
    is_started: bool,
}

impl TableParser {
    /// A parser for cells separated by `delimiter`.
    #[must_use]
    pub fn new(delimiter: u8) -> Self {
        Self {
            core: ReaderBuilder::new().delimiter(delimiter).build(),
            bytes: vec![0; 16 << 10],
            ends: vec![0; 64],
            num_bytes: 0,
            num_ends: 0,
            line: 1,
            next_line: 1,
            is_in_quotes: false,
            is_started: false,
        }
    }

    /// Whether the bytes so far end inside a quoted cell. If so at the end of the file, the file was cut off.
    #[must_use]
    pub const fn is_in_quotes(&self) -> bool {
        self.is_in_quotes
    }

    /// Line where the current record begins, from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// Reads a chunk and passes every complete record to `each`. An empty chunk ends the file.
    ///
    /// # Errors
    /// [`FormatError::TooLong`] for a record over [`MAX_RECORD_BYTES`], and any error that `each` returns.
    pub fn feed(
        &mut self,
        mut chunk: &[u8],
        each: &mut dyn FnMut(Record<'_>) -> Result<(), FormatError>,
    ) -> Result<(), FormatError> {
        // A quote inside a quoted cell is doubled, so an odd number of quotes so far means an open cell.
        self.is_in_quotes ^= chunk.iter().filter(|&&byte| byte == b'"').count() % 2 == 1;
        let ends_file = chunk.is_empty();
        loop {
            if !self.is_started {
                chunk = self.skip_line_ends(chunk);
                if chunk.is_empty() && !ends_file {
                    return Ok(());
                }
            }
            self.is_started = true;
            let (result, num_in, num_out, num_ends) =
                self.core.read_record(chunk, &mut self.bytes[self.num_bytes..], &mut self.ends[self.num_ends..]);
            self.next_line += chunk[..num_in].iter().filter(|&&byte| byte == b'\n').count() as u64;
            chunk = &chunk[num_in..];
            self.num_bytes += num_out;
            self.num_ends += num_ends;
            match result {
                ReadRecordResult::InputEmpty if !ends_file => return Ok(()),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.grow_bytes()?,
                ReadRecordResult::OutputEndsFull => self.grow_ends()?,
                ReadRecordResult::Record => {
                    let record = Record {
                        bytes: &self.bytes[..self.num_bytes],
                        ends: &self.ends[..self.num_ends],
                        line: self.line,
                    };
                    each(record)?;
                    (self.num_bytes, self.num_ends, self.is_started) = (0, 0, false);
                    self.line = self.next_line;
                }
                ReadRecordResult::End => return Ok(()),
            }
        }
    }

    /// Skips line ends before a record, so that the record's line is the line of its first cell.
    fn skip_line_ends<'a>(&mut self, chunk: &'a [u8]) -> &'a [u8] {
        let num_ends = chunk.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let (ends, rest) = chunk.split_at(num_ends);
        self.next_line += ends.iter().filter(|&&byte| byte == b'\n').count() as u64;
        self.line = self.next_line;
        rest
    }

    fn grow_bytes(&mut self) -> Result<(), FormatError> {
        if self.bytes.len() >= MAX_RECORD_BYTES {
            return Err(self.too_long(MAX_RECORD_BYTES));
        }
        self.bytes.resize(self.bytes.len() * 2, 0);
        Ok(())
    }

    fn grow_ends(&mut self) -> Result<(), FormatError> {
        if self.ends.len() >= MAX_COLUMNS {
            return Err(self.too_long(self.num_bytes));
        }
        self.ends.resize(self.ends.len() * 2, 0);
        Ok(())
    }

    fn too_long(&self, limit_bytes: usize) -> FormatError {
        FormatError::TooLong { what: "a row".to_owned(), limit_bytes, line: self.line }
    }
}

/// The delimiter of a table, chosen by its first line: the one of `,` `;` and tab that occurs most often outside
/// quotes.
#[must_use]
pub fn delimiter_of(head: &[u8]) -> u8 {
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut is_in_quotes = false;
    for &byte in head {
        match byte {
            b'"' => is_in_quotes = !is_in_quotes,
            b'\n' if !is_in_quotes => break,
            _ if is_in_quotes => {}
            _ => {
                for (delimiter, count) in &mut counts {
                    *count += i32::from(byte == *delimiter);
                }
            }
        }
    }
    // On a tie the first one wins: a comma if there is no delimiter at all.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |&(delimiter, _)| delimiter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str, step: usize) -> Vec<(u64, Vec<String>)> {
        let mut parser = TableParser::new(b',');
        let mut records = Vec::new();
        let mut each = |record: Record<'_>| {
            let fields =
                (0..record.len()).map(|at| String::from_utf8_lossy(record.field(at)).into_owned()).collect::<Vec<_>>();
            records.push((record.line, fields));
            Ok(())
        };
        for chunk in text.as_bytes().chunks(step.max(1)) {
            parser.feed(chunk, &mut each).unwrap();
        }
        parser.feed(&[], &mut each).unwrap();
        records
    }

    #[test]
    fn quoted_lines_and_both_line_ends() {
        let text = "a,b\r\n\"x\ny\",\"say \"\"hi\"\"\"\n1,2";
        for step in [1, 2, 3, 1000] {
            assert_eq!(
                parse(text, step),
                [
                    (1, vec!["a".to_owned(), "b".to_owned()]),
                    (2, vec!["x\ny".to_owned(), "say \"hi\"".to_owned()]),
                    (4, vec!["1".to_owned(), "2".to_owned()]),
                ],
                "chunks of {step}"
            );
        }
    }

    #[test]
    fn an_open_quote_is_bounded_and_told() {
        let mut parser = TableParser::new(b',');
        let mut each = |_: Record<'_>| Ok(());
        parser.feed(b"a,b\n1,\"", &mut each).unwrap();
        assert!(parser.is_in_quotes());
        let chunk = vec![b'x'; 1 << 20];
        let error = (0..20).find_map(|_| parser.feed(&chunk, &mut each).err());
        assert!(matches!(error, Some(FormatError::TooLong { line: 2, .. })), "{error:?}");
    }

    #[test]
    fn delimiters() {
        assert_eq!(delimiter_of(b"a;b;c\n1,2,3,4,5,6"), b';');
        assert_eq!(delimiter_of(b"\"a;b;c;d\",e,f"), b',');
        assert_eq!(delimiter_of(b"a\tb"), b'\t');
        assert_eq!(delimiter_of(b"one"), b',');
    }

    proptest! {
        #[test]
        fn chunk_sizes_do_not_matter(text in "[a,\"\n\r;é ]{0,60}", step in 1usize..9) {
            prop_assert_eq!(parse(&text, step), parse(&text, 10_000));
        }
    }
}
