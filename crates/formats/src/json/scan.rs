//! Finds rows in a stream of JSON. Values at known places are cut out whole; everything else is skipped.

use memchr::{memchr_iter, memchr2};

use super::cut::Cut;
use super::place::{Context, Found, PLACES, Place, Step};
use super::tape::MAX_DEPTH;
use crate::error::FormatError;

/// Longest row in bytes. The longest agent logs reach almost a tenth of it.
pub const MAX_VALUE_BYTES: usize = 32 << 20;
/// Longest text outside rows that is stored, in bytes, and the most texts stored.
const MAX_CONTEXT_BYTES: usize = 4096;
const MAX_CONTEXT: usize = 256;
/// Deepest level outside rows at which texts are stored.
const CONTEXT_DEPTH: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a value. If it is the first of a list, the list may end here instead.
    Value {
        is_first: bool,
    },
    /// Before a name. If it is the first of an object, the object may end here instead.
    Name {
        is_first: bool,
    },
    Colon,
    AfterValue,
    /// In a string: a name or a value.
    Text {
        is_name: bool,
        is_escaped: bool,
    },
    Word,
}

#[derive(Debug)]
struct Frame {
    is_object: bool,
    /// Places that this list or object may be on the path to, one bit each.
    places: u16,
    /// Start of the name of the value that is being read.
    name: usize,
}

/// State of the document that is being read. It is stored whole until rows are found in it.
#[derive(Debug, PartialEq, Eq)]
enum Whole {
    Kept,
    Dropped,
    TooLong,
}

/// What to do after a byte between values.
enum Next {
    Byte,
    Row,
    End,
}

/// Cuts rows out of a stream.
#[derive(Debug)]
pub struct Scanner {
    state: State,
    frames: Vec<Frame>,
    names: Vec<u8>,
    cut: Option<Cut>,
    value: Vec<u8>,
    whole: Whole,
    root: Vec<u8>,
    root_line: u64,
    word: Vec<u8>,
    line: u64,
    context: Context,
}

/// Callback for each row found. It also gets the texts that were read before the row.
pub type Hear<'a> = dyn FnMut(Found<'_>, &Context) -> Result<(), FormatError> + 'a;

impl Default for Scanner {
    fn default() -> Self {
        Self::new(1)
    }
}

/// How a chunk ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// The chunk was used up.
    More,
    /// The end of a document after `used` bytes of the chunk.
    Ended {
        /// Bytes of the chunk that were used.
        used: usize,
        /// Whether rows were found in it. Then the document itself is not a row.
        had_rows: bool,
        /// Whether the document is on one line.
        is_line: bool,
    },
}

impl Scanner {
    /// A scanner for a stream that starts on this line.
    #[must_use]
    pub const fn new(line: u64) -> Self {
        Self {
            state: State::Value { is_first: false },
            frames: Vec::new(),
            names: Vec::new(),
            cut: None,
            value: Vec::new(),
            whole: Whole::Kept,
            root: Vec::new(),
            root_line: line,
            word: Vec::new(),
            line,
            context: Context(Vec::new()),
        }
    }

    /// Line number of the next byte, from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// Whether the stream may end here, that is, between two documents.
    #[must_use]
    pub fn is_between(&self) -> bool {
        self.frames.is_empty() && self.cut.is_none() && matches!(self.state, State::Value { .. })
    }

    /// Texts and numbers outside rows in the last document.
    #[must_use]
    pub const fn context(&self) -> &Context {
        &self.context
    }

    /// Reads a chunk up to its end or to the end of a document.
    ///
    /// # Errors
    /// [`FormatError`] if the bytes are not JSON, and any error that `each` returns.
    pub fn feed(&mut self, chunk: &[u8], each: &mut Hear<'_>) -> Result<Progress, FormatError> {
        // The line ends in the bytes before these are already counted, and those bytes are already in `root`.
        let (mut counted, mut kept) = (0, 0);
        let mut at = 0;
        while at < chunk.len() {
            if let Some(cut) = &mut self.cut {
                let start = at;
                let is_whole;
                (at, is_whole) = cut.read_on(chunk, at);
                self.value.extend_from_slice(&chunk[start..at]);
                if self.value.len() > MAX_VALUE_BYTES {
                    return Err(self.too_long());
                }
                if is_whole && let Some(cut) = self.cut.take() {
                    let names = self.path();
                    each(Found { place: cut.place, names, bytes: &self.value, line: cut.line }, &self.context)?;
                    self.state = State::AfterValue;
                }
                continue;
            }
            if let State::Text { is_name, is_escaped } = self.state {
                at = self.text(chunk, at, is_name, is_escaped);
                continue;
            }
            let byte = chunk[at];
            if self.state == State::Word {
                if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') {
                    keep(&mut self.word, &[byte]);
                    at += 1;
                    continue;
                }
                self.note();
                self.state = State::AfterValue;
            }
            if byte.is_ascii_whitespace() {
                at += 1;
                continue;
            }
            self.line += memchr_iter(b'\n', &chunk[counted..at]).count() as u64;
            counted = at;
            if self.frames.is_empty() && matches!(self.state, State::Value { .. }) {
                self.root_line = self.line;
                self.whole = Whole::Kept;
                self.root.clear();
                self.context.0.clear();
                kept = at;
            }
            match self.structure(byte)? {
                // The row begins with this bracket, so the document around it is not a row itself.
                Next::Row => {
                    self.whole = Whole::Dropped;
                    self.root = Vec::new();
                }
                Next::Byte => at += 1,
                Next::End => {
                    at += 1;
                    self.keep_root(&chunk[kept..at]);
                    return self.end_document(at, each);
                }
            }
        }
        self.line += memchr_iter(b'\n', &chunk[counted..]).count() as u64;
        if !self.frames.is_empty() {
            self.keep_root(&chunk[kept..]);
        }
        Ok(Progress::More)
    }

    fn keep_root(&mut self, bytes: &[u8]) {
        if self.whole == Whole::Kept {
            self.root.extend_from_slice(bytes);
            if self.root.len() > MAX_VALUE_BYTES {
                self.whole = Whole::TooLong;
                self.root = Vec::new();
            }
        }
    }

    fn end_document(&mut self, used: usize, each: &mut Hear<'_>) -> Result<Progress, FormatError> {
        self.state = State::Value { is_first: false };
        if self.whole == Whole::TooLong {
            return Err(self.too_long());
        }
        let had_rows = self.whole == Whole::Dropped;
        if !had_rows {
            let found = Found { place: Place::Root, names: Vec::new(), bytes: &self.root, line: self.root_line };
            each(found, &self.context)?;
        }
        Ok(Progress::Ended { used, had_rows, is_line: self.root_line == self.line })
    }

    /// Handles one byte between values.
    fn structure(&mut self, byte: u8) -> Result<Next, FormatError> {
        match (self.state, byte) {
            (State::Value { .. }, b'{' | b'[') => {
                let is_object = byte == b'{';
                let places = self.places();
                let fits = |at: usize| places & (1 << at) != 0 && PLACES[at].0.len() == self.frames.len();
                if is_object && let Some(at) = (0..PLACES.len()).find(|&at| fits(at)) {
                    self.value.clear();
                    let place = PLACES[at].1;
                    self.cut = Some(Cut::new(place, self.line));
                    return Ok(Next::Row);
                }
                if self.frames.len() == MAX_DEPTH {
                    return Err(FormatError::TooDeep { limit: MAX_DEPTH });
                }
                self.frames.push(Frame { is_object, places, name: self.names.len() });
                self.state = if is_object { State::Name { is_first: true } } else { State::Value { is_first: true } };
            }
            (State::Value { .. }, b'"') => {
                self.word.clear();
                self.state = State::Text { is_name: false, is_escaped: false };
            }
            (State::Value { is_first: true }, b']') | (State::AfterValue, b']') if self.is_in(false) => {
                return Ok(self.close());
            }
            (State::Name { is_first: true }, b'}') | (State::AfterValue, b'}') if self.is_in(true) => {
                return Ok(self.close());
            }
            (State::Value { .. }, b'-' | b'0'..=b'9' | b'a'..=b'z' | b'N' | b'I') if !self.frames.is_empty() => {
                self.word.clear();
                self.word.push(byte);
                self.state = State::Word;
            }
            (State::Name { .. }, b'"') => {
                if let Some(frame) = self.frames.last() {
                    self.names.truncate(frame.name);
                }
                self.state = State::Text { is_name: true, is_escaped: false };
            }
            (State::Colon, b':') => self.state = State::Value { is_first: false },
            (State::AfterValue, b',') => {
                self.state =
                    if self.is_in(true) { State::Name { is_first: false } } else { State::Value { is_first: false } };
            }
            _ => {
                let found = char::from(byte);
                return Err(FormatError::BrokenJson { line: self.line, found: format!("{found:?} in a wrong place") });
            }
        }
        Ok(Next::Byte)
    }

    fn is_in(&self, object: bool) -> bool {
        self.frames.last().is_some_and(|frame| frame.is_object == object)
    }

    fn close(&mut self) -> Next {
        if let Some(frame) = self.frames.pop() {
            self.names.truncate(frame.name);
        }
        self.state = State::AfterValue;
        if self.frames.is_empty() { Next::End } else { Next::Byte }
    }

    /// The places that the value beginning here may be at or on the path to.
    fn places(&self) -> u16 {
        let Some(frame) = self.frames.last() else { return u16::MAX };
        let name = &self.names[frame.name..];
        let step = self.frames.len() - 1;
        let fits = |steps: &[Step]| match steps.get(step) {
            Some(Step::Item) => !frame.is_object,
            Some(Step::AnyName) => frame.is_object,
            Some(Step::Name(known)) => frame.is_object && known.as_bytes() == name,
            None => false,
        };
        (0..PLACES.len()).filter(|at| frame.places & (1 << at) != 0 && fits(PLACES[*at].0)).map(|at| 1 << at).sum()
    }

    /// Continues reading a string outside rows.
    fn text(&mut self, chunk: &[u8], mut at: usize, is_name: bool, is_escaped: bool) -> usize {
        let start = at;
        if is_escaped {
            at += 1;
        }
        loop {
            match memchr2(b'"', b'\\', chunk.get(at..).unwrap_or_default()) {
                None => {
                    self.take(is_name, &chunk[start..]);
                    self.state = State::Text { is_name, is_escaped: at > chunk.len() };
                    return chunk.len();
                }
                Some(offset) if chunk[at + offset] == b'\\' => at += offset + 2,
                Some(offset) => {
                    let end = at + offset;
                    self.take(is_name, &chunk[start..end]);
                    if is_name {
                        self.state = State::Colon;
                    } else {
                        self.note();
                        self.state = State::AfterValue;
                    }
                    return end + 1;
                }
            }
        }
    }

    fn take(&mut self, is_name: bool, bytes: &[u8]) {
        // A name may be a whole question or a whole answer.
        if is_name { self.names.extend_from_slice(bytes) } else { keep(&mut self.word, bytes) }
    }

    /// Stores the text or number that was just read if it is short and not nested deep.
    fn note(&mut self) {
        let depth = self.frames.len();
        let is_kept =
            depth <= CONTEXT_DEPTH && self.context.0.len() < MAX_CONTEXT && self.word.len() < MAX_CONTEXT_BYTES;
        if is_kept && self.names.len() < MAX_CONTEXT_BYTES && self.frames.iter().all(|frame| frame.is_object) {
            let path: Vec<String> =
                self.path().into_iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
            let mut text = String::new();
            super::unescape(&self.word, &mut text);
            self.context.0.push((path.join("."), text));
        }
    }

    /// The names on the path to the value that is being read.
    fn path(&self) -> Vec<&[u8]> {
        let starts = self.frames.iter().map(|frame| frame.name);
        let ends = self.frames.iter().skip(1).map(|frame| frame.name).chain([self.names.len()]);
        let objects = self.frames.iter().zip(starts.zip(ends)).filter(|(frame, _)| frame.is_object);
        objects.map(|(_, (start, end))| self.names.get(start..end).unwrap_or_default()).collect()
    }

    fn too_long(&self) -> FormatError {
        let line = self.cut.as_ref().map_or(self.root_line, |cut| cut.line);
        FormatError::TooLong { what: "a value".to_owned(), limit_bytes: MAX_VALUE_BYTES, line }
    }
}

fn keep(word: &mut Vec<u8>, bytes: &[u8]) {
    let room = MAX_CONTEXT_BYTES.saturating_sub(word.len());
    word.extend_from_slice(&bytes[..bytes.len().min(room)]);
}
