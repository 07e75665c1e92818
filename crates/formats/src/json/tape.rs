//! An index of one JSON value. Nothing is copied, and no memory is allocated per value.

use std::borrow::Cow;

use memchr::memchr2;

use crate::cell::Cell;

/// Deepest nesting accepted. Real files stay below 20 levels.
pub const MAX_DEPTH: usize = 512;
/// Most values in one row, at 16 bytes each.
const MAX_NODES: usize = 2 << 20;

/// Kinds of JSON values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Null,
    /// `true` or `false`
    Bool,
    /// A number, including `NaN` and the infinities.
    Number,
    /// A string without escapes.
    Text,
    /// A string with escapes.
    Escaped,
    List,
    Object,
}

/// A value: its bytes (a string's without quotes), and the node after it and its children. In an object, a name's node
/// comes before its value's.
#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    start: u32,
    end: u32,
    next: u32,
}

/// Reasons why bytes are not a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// Another byte than the expected part of JSON.
    #[error("byte {at}: expected {expected}")]
    Unexpected {
        /// Position of the byte, from 1.
        at: usize,
        /// The part that was expected.
        expected: &'static str,
    },
    /// Nested deeper than any real file.
    #[error("it is nested more than {MAX_DEPTH} levels deep")]
    TooDeep,
    /// More values than one row may have.
    #[error("it holds more than {MAX_NODES} values")]
    TooMany,
}

/// The index of one value. Its memory is used again for the next value.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<u32>,
}

impl Tape {
    /// Indexes `bytes`, which must be exactly one value.
    ///
    /// # Errors
    /// [`Broken`] if they are not.
    pub fn parse<'t>(&'t mut self, bytes: &'t [u8]) -> Result<Value<'t>, Broken> {
        self.nodes.clear();
        self.open.clear();
        let mut at = skip_blanks(bytes, 0);
        loop {
            at = self.value(bytes, at)?;
            // After a value: close what ends here and continue with the next value.
            loop {
                at = skip_blanks(bytes, at);
                let Some(&parent) = self.open.last() else {
                    return if at == bytes.len() {
                        Ok(Value { tape: self, bytes, at: 0 })
                    } else {
                        unexpected(at, "the value's end")
                    };
                };
                let is_object = self.nodes[parent as usize].kind == Kind::Object;
                match bytes.get(at) {
                    Some(b',') => {
                        at = skip_blanks(bytes, at + 1);
                        if is_object {
                            at = self.name(bytes, at)?;
                        }
                        break;
                    }
                    Some(b'}') if is_object => at = self.close(at + 1),
                    Some(b']') if !is_object => at = self.close(at + 1),
                    _ => return unexpected(at, if is_object { "`,` or `}`" } else { "`,` or `]`" }),
                }
            }
        }
    }

    /// Reads a value, or opens a list or object and moves to its first value.
    fn value(&mut self, bytes: &[u8], mut at: usize) -> Result<usize, Broken> {
        loop {
            match bytes.get(at) {
                Some(b'"') => {
                    let (end, has_escapes) = string_end(bytes, at + 1)?;
                    self.add(if has_escapes { Kind::Escaped } else { Kind::Text }, at + 1, end)?;
                    return Ok(end + 1);
                }
                Some(&opening @ (b'{' | b'[')) => {
                    if self.open.len() == MAX_DEPTH {
                        return Err(Broken::TooDeep);
                    }
                    let kind = if opening == b'{' { Kind::Object } else { Kind::List };
                    let node = self.add(kind, at, at)?;
                    self.open.push(node);
                    at = skip_blanks(bytes, at + 1);
                    match (kind, bytes.get(at)) {
                        (Kind::Object, Some(b'}')) | (Kind::List, Some(b']')) => return Ok(self.close(at + 1)),
                        (Kind::Object, _) => at = self.name(bytes, at)?,
                        _ => {}
                    }
                }
                _ => {
                    let end = word_end(bytes, at);
                    let kind = match &bytes[at.min(end)..end] {
                        b"null" => Kind::Null,
                        b"true" | b"false" => Kind::Bool,
                        b"NaN" | b"Infinity" | b"-Infinity" => Kind::Number,
                        [b'0'..=b'9' | b'-', ..] => Kind::Number,
                        _ => return unexpected(at, "a value"),
                    };
                    self.add(kind, at, end)?;
                    return Ok(end);
                }
            }
        }
    }

    fn name(&mut self, bytes: &[u8], at: usize) -> Result<usize, Broken> {
        if bytes.get(at) != Some(&b'"') {
            return unexpected(at, "a name in quotes");
        }
        let (end, has_escapes) = string_end(bytes, at + 1)?;
        self.add(if has_escapes { Kind::Escaped } else { Kind::Text }, at + 1, end)?;
        let colon = skip_blanks(bytes, end + 1);
        if bytes.get(colon) != Some(&b':') {
            return unexpected(colon, "`:`");
        }
        Ok(skip_blanks(bytes, colon + 1))
    }

    #[expect(clippy::cast_possible_truncation, reason = "a row is cut at far less than 4 GiB")]
    fn add(&mut self, kind: Kind, start: usize, end: usize) -> Result<u32, Broken> {
        if self.nodes.len() == MAX_NODES {
            return Err(Broken::TooMany);
        }
        let node = self.nodes.len() as u32;
        self.nodes.push(Node { kind, start: start as u32, end: end as u32, next: node + 1 });
        Ok(node)
    }

    /// Closes the innermost list or object, which ends before `end`.
    #[expect(clippy::cast_possible_truncation, reason = "a row is cut at far less than 4 GiB")]
    fn close(&mut self, end: usize) -> usize {
        let next = self.nodes.len() as u32;
        if let Some(node) = self.open.pop().and_then(|at| self.nodes.get_mut(at as usize)) {
            (node.end, node.next) = (end as u32, next);
        }
        end
    }
}

fn unexpected<T>(at: usize, expected: &'static str) -> Result<T, Broken> {
    Err(Broken::Unexpected { at: at + 1, expected })
}

fn skip_blanks(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        at += 1;
    }
    at
}

fn word_end(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')) {
        at += 1;
    }
    at
}

/// End of the string that begins at `at` (after its quote), and whether it contains escapes.
fn string_end(bytes: &[u8], mut at: usize) -> Result<(usize, bool), Broken> {
    let mut has_escapes = false;
    loop {
        match memchr2(b'"', b'\\', bytes.get(at..).unwrap_or_default()) {
            None => return unexpected(bytes.len(), "the end of a string"),
            Some(offset) if bytes[at + offset] == b'"' => return Ok((at + offset, has_escapes)),
            Some(offset) => {
                has_escapes = true;
                at += offset + 2;
            }
        }
    }
}

/// A value of a [`Tape`].
#[derive(Debug, Clone, Copy)]
pub struct Value<'t> {
    tape: &'t Tape,
    bytes: &'t [u8],
    at: u32,
}

impl<'t> Value<'t> {
    fn node(self) -> Node {
        self.tape.nodes[self.at as usize]
    }

    fn sibling(self, at: u32) -> Self {
        Self { at, ..self }
    }

    #[must_use]
    pub fn kind(self) -> Kind {
        self.node().kind
    }

    /// Its bytes as written; a string's without quotes.
    #[must_use]
    pub fn raw(self) -> &'t [u8] {
        let node = self.node();
        self.bytes.get(node.start as usize..node.end as usize).unwrap_or_default()
    }

    /// Position of [`Value::raw`] in the bytes that were parsed.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        let node = self.node();
        node.start as usize..node.end as usize
    }

    /// The value as a row's value. Lists and objects become text, as they are written.
    #[must_use]
    pub fn cell(self) -> Cell<'t> {
        match self.kind() {
            Kind::Null => Cell::Null,
            Kind::Escaped => Cell::Escaped(self.raw()),
            _ => Cell::Text(self.raw()),
        }
    }

    /// The text of a string; `None` for anything else.
    #[must_use]
    pub fn text(self) -> Option<Cow<'t, str>> {
        match self.kind() {
            Kind::Text => Some(String::from_utf8_lossy(self.raw())),
            Kind::Escaped => Some(Cow::Owned(self.cell().to_text())),
            _ => None,
        }
    }

    /// The names and values of an object; nothing for anything else.
    pub fn entries(self) -> impl Iterator<Item = (Self, Self)> {
        let end = self.node().next;
        let mut at = if self.kind() == Kind::Object { self.at + 1 } else { end };
        std::iter::from_fn(move || {
            let (name, value) = (self.sibling(at), self.sibling(at + 1));
            (at < end).then(|| {
                at = value.node().next;
                (name, value)
            })
        })
    }

    /// The values of a list; nothing for anything else.
    pub fn items(self) -> impl Iterator<Item = Self> {
        let end = self.node().next;
        let mut at = if self.kind() == Kind::List { self.at + 1 } else { end };
        std::iter::from_fn(move || {
            let value = self.sibling(at);
            (at < end).then(|| {
                at = value.node().next;
                value
            })
        })
    }

    /// The value with this name in an object.
    #[must_use]
    pub fn get(self, name: &str) -> Option<Self> {
        self.entries().find(|(known, _)| known.raw() == name.as_bytes()).map(|(_, value)| value)
    }

    /// The value at the end of a path of names.
    #[must_use]
    pub fn at(self, names: &[&str]) -> Option<Self> {
        names.iter().try_fold(self, |value, name| value.get(name))
    }

    /// Whether it is a judge's distribution over tokens: an object of numbers with a whole number among its names.
    #[must_use]
    pub fn is_distribution(self) -> bool {
        self.kind() == Kind::Object
            && self.entries().all(|(_, value)| value.kind() == Kind::Number)
            && self.entries().any(|(name, _)| !name.raw().is_empty() && name.raw().iter().all(u8::is_ascii_digit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to_serde(value: Value<'_>) -> serde_json::Value {
        match value.kind() {
            Kind::Null => serde_json::Value::Null,
            Kind::List => value.items().map(to_serde).collect(),
            Kind::Object => value
                .entries()
                .map(|(name, value)| (name.text().unwrap_or_default().into_owned(), to_serde(value)))
                .collect::<serde_json::Map<_, _>>()
                .into(),
            Kind::Text | Kind::Escaped => value.text().unwrap_or_default().into_owned().into(),
            Kind::Bool | Kind::Number => serde_json::from_slice(value.raw()).unwrap(),
        }
    }

    #[test]
    fn what_is_broken_is_told() {
        let mut tape = Tape::default();
        for (text, expected) in [
            ("", "byte 1: expected a value"),
            ("{\"a\": }", "byte 7: expected a value"),
            ("{\"a\" 1}", "byte 6: expected `:`"),
            ("[1 2]", "byte 4: expected `,` or `]`"),
            ("[1,]", "byte 4: expected a value"),
            ("{\"a\":1", "byte 7: expected `,` or `}`"),
            ("\"abc", "byte 5: expected the end of a string"),
            ("1 2", "byte 3: expected the value's end"),
            ("nul", "byte 1: expected a value"),
            ("{1:2}", "byte 2: expected a name in quotes"),
        ] {
            assert_eq!(tape.parse(text.as_bytes()).unwrap_err().to_string(), expected, "{text}");
        }
        assert_eq!(tape.parse("[".repeat(100_000).as_bytes()).unwrap_err(), Broken::TooDeep);
        assert!(tape.parse(b"[NaN, -Infinity, {}]").is_ok());
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
                proptest::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|map| map.into_iter().collect::<serde_json::Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        /// Any text that serde writes is read back unchanged.
        #[test]
        fn as_serde_reads_it(value in any_json(), is_pretty in any::<bool>()) {
            let text = if is_pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let mut tape = Tape::default();
            prop_assert_eq!(to_serde(tape.parse(text.as_bytes()).unwrap()), value);
        }
    }
}
