//! Results in JSON that need more than naming their columns. One file per source.
//!
//! Most sources need none of these, because a row's values are columns named by their path, and `roles.rs` knows the
//! paths of lm-evaluation-harness, promptfoo and others.

pub mod betley;
pub mod inoculation;
pub mod inspect;
pub mod llmcomp;
pub mod lm_eval;
pub mod openai;
pub mod plain;
pub mod training;

use super::cell::Cell;
use super::error::FormatError;
use super::join::{AnswerList, Join};
use super::json::place::{Context, Place};
use super::json::tape::Value;
use super::rows::Rows;
use askew_domain::rows::dataset::Dataset;

/// A JSON value that may be a row.
#[derive(Debug, Clone, Copy)]
pub struct Item<'a> {
    /// Its place in the document.
    pub place: Place,
    /// Names on the path to it, as they are written.
    pub names: &'a [&'a [u8]],
    pub value: Value<'a>,
    /// Its bytes as written.
    pub bytes: &'a [u8],
    /// Line where it begins, from 1.
    pub line: u64,
    /// Texts and numbers outside rows, as far as the document has been read.
    pub context: &'a Context,
}

/// The receivers of a file's rows.
#[derive(Debug)]
pub struct Out<'a> {
    /// The dataset that is being read.
    pub data: &'a mut Dataset,
    /// The file's sink.
    pub rows: &'a mut Rows,
    /// Answers and scores that wait for other files.
    pub join: &'a mut Join,
}

/// The kind of a file, known at its end.
#[derive(Debug)]
pub enum Ending {
    /// Rows. All of them are in the sink.
    Rows,
    /// Answers that wait for their scores.
    Answers(AnswerList),
    /// A judge's scores that wait for their answers.
    Judge,
}

/// Reads one source's layout of rows.
pub trait Shape: std::fmt::Debug {
    /// Reads the next value.
    ///
    /// # Errors
    /// [`FormatError`] if the file is refused.
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError>;

    /// Finishes the file.
    ///
    /// # Errors
    /// [`FormatError`] if the file is refused.
    fn finish(&mut self, context: &Context, out: &mut Out<'_>) -> Result<Ending, FormatError> {
        let _ = (context, out);
        Ok(Ending::Rows)
    }
}

/// Chooses the shape of a file by its first value.
#[must_use]
pub fn of(first: &Item<'_>) -> Box<dyn Shape> {
    let has = |name: &str| first.value.get(name).is_some();
    match first.place {
        Place::Judgement => return Box::new(llmcomp::Judgements::default()),
        Place::TaskResult => return Box::new(lm_eval::Results::default()),
        Place::QuestionScore => return Box::new(plain::Plain::with_question_ids()),
        Place::Root | Place::Item => {}
    }
    if has("question_id") && has("model") && (has("prefix") || has("question_hash")) && !has("answer") {
        Box::new(betley::Betley::default())
    } else if has("name") && has("model") && (has("last_update") || has("hash")) && !has("answer") {
        Box::new(llmcomp::Answers::default())
    } else if has("context") && has("responses") {
        Box::new(inoculation::Inoculation::default())
    } else if has("spec") {
        Box::new(openai::OpenAi::default())
    } else if has("df") && has("type") {
        Box::new(training::Events::default())
    } else if has("output") && has("scores") && (has("epoch") || first.context.get("eval.model").is_some()) {
        Box::new(inspect::Samples::default())
    } else if has("eval") && has("plan") {
        Box::new(inspect::Empty)
    } else {
        Box::new(plain::Plain::default())
    }
}

/// A value that may be absent, as a row's value.
fn cell(value: Option<Value<'_>>) -> Cell<'_> {
    value.map_or(Cell::Null, Value::cell)
}

/// Columns named by a shape, and the values of one row.
#[derive(Debug, Default)]
pub struct Named {
    names: Vec<String>,
}

impl Named {
    /// Most columns.
    const MAX: usize = 256;

    /// Puts a value into the row under this column name.
    pub fn put<'a>(&mut self, row: &mut Vec<Cell<'a>>, name: &str, cell: Cell<'a>) {
        let at = match self.names.iter().position(|known| known == name) {
            Some(at) => at,
            None if self.names.len() == Self::MAX => return,
            None => {
                self.names.push(name.to_owned());
                self.names.len() - 1
            }
        };
        if row.len() <= at {
            row.resize(at + 1, Cell::Null);
        }
        row[at] = cell;
    }

    /// Names of the columns found so far.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }
}
