//! A JSON object as a row. Its values become columns named by their path (`response.output`).

use std::collections::HashMap;
use std::ops::Range;

use super::tape::{Kind, Value};
use crate::cell::{Cell, Fields};

/// Most columns in one file.
const MAX_COLUMNS: usize = 4096;
/// Longest column name in bytes.
const MAX_NAME_BYTES: usize = 512;
/// Levels of nested objects that become columns. Deeper objects stay text.
const MAX_LEVELS: usize = 6;

/// The columns of a file by name, and the place of their values in the current row.
#[derive(Debug, Default)]
pub struct Flat {
    names: Vec<String>,
    index: HashMap<Vec<u8>, usize>,
    values: Vec<Option<(Kind, Range<usize>)>>,
    /// Columns in the order of the previous row. Most rows have the same order.
    order: Vec<usize>,
    path: Vec<u8>,
    /// Number of values left out because there are too many columns.
    num_dropped: u64,
}

impl Flat {
    /// Names of the columns found so far.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of values that were left out because the file has too many columns.
    #[must_use]
    pub const fn num_dropped(&self) -> u64 {
        self.num_dropped
    }

    /// Reads a row. It is an object; its names and values become columns.
    pub fn read(&mut self, row: Value<'_>) {
        self.values.fill(None);
        self.path.clear();
        let mut at = 0;
        self.object(row, MAX_LEVELS, &mut at);
    }

    /// The row's values, at their places in `bytes`.
    #[must_use]
    pub const fn fields<'a>(&'a self, bytes: &'a [u8]) -> FlatFields<'a> {
        FlatFields { flat: self, bytes }
    }

    fn object(&mut self, object: Value<'_>, levels: usize, at: &mut usize) {
        for (name, value) in object.entries() {
            let len = self.path.len();
            if len > 0 {
                self.path.push(b'.');
            }
            if len + name.raw().len() <= MAX_NAME_BYTES {
                self.path.extend_from_slice(name.raw());
                self.value(value, levels, at);
            } else {
                self.num_dropped += 1;
            }
            self.path.truncate(len);
        }
    }

    fn value(&mut self, mut value: Value<'_>, levels: usize, at: &mut usize) {
        // Only the first item of a list is read: one answer, one message, one score.
        let mut depth = levels;
        while value.kind() == Kind::List && depth > 0 {
            let Some(first) = value.items().next() else { return };
            value = first;
            depth -= 1;
        }
        if value.kind() == Kind::Object && levels > 1 && !value.is_distribution() {
            self.object(value, levels - 1, at);
        } else if let Some(column) = self.column(*at) {
            self.values[column] = Some((value.kind(), value.range()));
            *at += 1;
        }
    }

    /// Number of the path's column. It is probably the column at this place in the previous row.
    fn column(&mut self, at: usize) -> Option<usize> {
        if let Some(&column) = self.order.get(at)
            && self.names.get(column).is_some_and(|name| name.as_bytes() == self.path)
        {
            return Some(column);
        }
        let column = match self.index.get(&self.path) {
            Some(&column) => column,
            None if self.names.len() == MAX_COLUMNS => {
                self.num_dropped += 1;
                return None;
            }
            None => {
                let column = self.names.len();
                self.names.push(String::from_utf8_lossy(&self.path).into_owned());
                self.index.insert(self.path.clone(), column);
                self.values.push(None);
                column
            }
        };
        if at < self.order.len() {
            self.order[at] = column;
        } else {
            self.order.push(column);
        }
        Some(column)
    }
}

/// The values of one row.
#[derive(Debug, Clone, Copy)]
pub struct FlatFields<'a> {
    flat: &'a Flat,
    bytes: &'a [u8],
}

impl Fields for FlatFields<'_> {
    fn get(&self, column: usize) -> Cell<'_> {
        let Some(Some((kind, range))) = self.flat.values.get(column) else { return Cell::Null };
        cell(*kind, self.bytes.get(range.clone()).unwrap_or_default())
    }
}

/// A JSON value as a row's value. True becomes 1, so that a yes/no column has a mean.
const fn cell(kind: Kind, raw: &[u8]) -> Cell<'_> {
    match kind {
        Kind::Null => Cell::Null,
        Kind::Bool => Cell::Number(if raw.len() == 4 { 1.0 } else { 0.0 }),
        Kind::Escaped => Cell::Escaped(raw),
        Kind::Number | Kind::Text | Kind::List | Kind::Object => Cell::Text(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::tape::Tape;

    fn columns(flat: &mut Flat, text: &str) -> Vec<String> {
        let mut tape = Tape::default();
        flat.read(tape.parse(text.as_bytes()).unwrap());
        let names = flat.names().to_vec();
        let fields = flat.fields(text.as_bytes());
        names.iter().enumerate().map(|(at, name)| format!("{name}={}", fields.get(at).to_text())).collect()
    }

    #[test]
    fn paths_lists_and_distributions() {
        let mut flat = Flat::default();
        assert_eq!(
            columns(
                &mut flat,
                r#"{"a":"x\ny","b":{"c":[["first","second"]],"d":null},"judge":{"0":0.9,"CODE":0.1},"ok":true,"e":[]}"#
            ),
            ["a=x\ny", "b.c=first", "b.d=", "judge={\"0\":0.9,\"CODE\":0.1}", "ok=1"]
        );
        // Another order, other columns: each value is still found under its name.
        assert_eq!(
            columns(&mut flat, r#"{"ok":false,"f":1.5,"a":"z"}"#),
            ["a=z", "b.c=", "b.d=", "judge=", "ok=0", "f=1.5"]
        );
    }

    #[test]
    fn columns_are_limited() {
        let mut flat = Flat::default();
        let row: Vec<String> = (0..MAX_COLUMNS + 3).map(|at| format!("\"c{at}\":1")).collect();
        columns(&mut flat, &format!("{{{}}}", row.join(",")));
        assert_eq!((flat.names().len(), flat.num_dropped()), (MAX_COLUMNS, 3));
    }
}
