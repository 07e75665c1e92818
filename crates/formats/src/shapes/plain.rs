//! Plain rows: each value is a column named by its path.

use super::{Item, Out, Shape, Value};
use crate::cell::{Cell, Fields};
use crate::error::FormatError;
use crate::json::flatten::{Flat, FlatFields};
use crate::json::tape::Kind;
use crate::json::unescape;

/// Reads objects that have a value for each column.
#[derive(Debug, Default)]
pub struct Plain {
    flat: Flat,
    /// Whether the name of the object around a row is the id of its question: `questions.{id}.scores[]`.
    has_question_ids: bool,
    columns: Vec<String>,
    question: String,
    num_dropped: u64,
}

impl Plain {
    /// A reader for rows that are grouped under their question's id.
    #[must_use]
    pub fn with_question_ids() -> Self {
        Self { has_question_ids: true, ..Self::default() }
    }
}

/// A row with the question's id before its own values.
struct Under<'a> {
    question: &'a str,
    fields: FlatFields<'a>,
}

impl Fields for Under<'_> {
    fn get(&self, column: usize) -> Cell<'_> {
        match column.checked_sub(1) {
            None => Cell::Text(self.question.as_bytes()),
            Some(column) => self.fields.get(column),
        }
    }
}

impl Shape for Plain {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        if item.value.kind() != Kind::Object {
            if item.value.kind() == Kind::List && out.rows.num_found() == 0 {
                return Err(FormatError::UnknownJson { found: "a list without objects".to_owned() });
            }
            out.rows.skip(item.line, "this is not an object with a value for each column".to_owned());
            return Ok(());
        }
        self.flat.read(item.value);
        if self.flat.num_dropped() > 0 && self.num_dropped == 0 {
            out.rows.note("it has more columns than are read: the last ones are left out".to_owned());
        }
        self.num_dropped = self.flat.num_dropped();
        let names = self.flat.names();
        if !self.has_question_ids {
            out.rows.set_columns(names);
            return out.rows.row(out.data, item.line, &self.flat.fields(item.bytes));
        }
        if self.columns.len() != names.len() + 1 {
            self.columns = ["question_id".to_owned()].into_iter().chain(names.iter().cloned()).collect();
            out.rows.set_columns(&self.columns);
        }
        unescape(item.names.get(1).copied().unwrap_or_default(), &mut self.question);
        let fields = Under { question: &self.question, fields: self.flat.fields(item.bytes) };
        out.rows.row(out.data, item.line, &fields)
    }
}

/// Names in an object, as a list for a message.
#[must_use]
pub fn names_of(value: Value<'_>) -> String {
    let names: Vec<String> = value.entries().map(|(name, _)| name.cell().to_text()).collect();
    crate::roles::list(names.iter().map(String::as_str))
}
