//! OpenAI evals: a log of events. A sample's answer and its scores are separate events.

use std::collections::HashMap;

use super::{Ending, Item, Out, Shape, Value};
use crate::cell::{Cell, Fields};
use crate::error::FormatError;
use crate::json::flatten::Flat;
use crate::json::place::Context;
use crate::json::tape::{Kind, Tape};
use crate::rows::Known;

/// Reads the events of a run.
#[derive(Debug, Default)]
pub struct OpenAi {
    flat: Flat,
    columns: Vec<String>,
    samples: HashMap<String, Sample>,
    /// Samples in the order of their first event.
    order: Vec<String>,
}

/// The known parts of a sample that is not a complete row yet.
#[derive(Debug, Default)]
struct Sample {
    line: u64,
    text: Option<(String, String)>,
    /// The event with its scores, as written in the log.
    scores: Option<Vec<u8>>,
    is_done: bool,
}

/// A row with the question and the answer before the columns of the scores.
struct Row<'a> {
    question: &'a str,
    answer: &'a str,
    scores: &'a dyn Fields,
}

impl Fields for Row<'_> {
    fn get(&self, column: usize) -> Cell<'_> {
        match column {
            0 => Cell::Text(self.question.as_bytes()),
            1 => Cell::Text(self.answer.as_bytes()),
            _ => self.scores.get(column - 2),
        }
    }
}

impl Shape for OpenAi {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let text = |name: &str| item.value.get(name).and_then(Value::text);
        if let Some(spec) = item.value.get("spec") {
            let model = spec.get("completion_fns").and_then(first_text).unwrap_or_default();
            out.rows.set_known(Known { model, ..Known::default() });
            return Ok(());
        }
        let (Some(id), Some(kind), Some(event)) = (text("sample_id"), text("type"), item.value.get("data")) else {
            return Ok(());
        };
        let sample = self.samples.entry(id.clone().into_owned()).or_insert_with(|| {
            self.order.push(id.clone().into_owned());
            Sample { line: item.line, ..Sample::default() }
        });
        match &*kind {
            // A judge's own sampling comes after that of the answer.
            "sampling" if sample.text.is_none() => {
                let question = event.get("prompt").and_then(prompt).unwrap_or_default();
                let answer = event.get("sampled").and_then(first_text).unwrap_or_default();
                sample.text = Some((question, answer));
            }
            "metrics" | "match" if sample.scores.is_none() => sample.scores = Some(event.raw().to_vec()),
            _ => return Ok(()),
        }
        if sample.text.is_some() && sample.scores.is_some() && !sample.is_done {
            let sample = std::mem::replace(sample, Sample { is_done: true, ..Sample::default() });
            self.row(sample, out)?;
            if let Some(done) = self.samples.get_mut(&*id) {
                done.text = Some(Default::default());
                done.scores = Some(Vec::new());
            }
        }
        Ok(())
    }

    fn finish(&mut self, _: &Context, out: &mut Out<'_>) -> Result<Ending, FormatError> {
        for id in std::mem::take(&mut self.order) {
            if let Some(sample) = self.samples.remove(&id).filter(|sample| !sample.is_done && sample.text.is_some()) {
                self.row(sample, out)?;
            }
        }
        Ok(Ending::Rows)
    }
}

impl OpenAi {
    fn row(&mut self, sample: Sample, out: &mut Out<'_>) -> Result<(), FormatError> {
        let scores = sample.scores.unwrap_or_else(|| b"{}".to_vec());
        let mut tape = Tape::default();
        match tape.parse(&scores) {
            Ok(value) => self.flat.read(value),
            Err(broken) => {
                out.rows.skip(sample.line, broken.to_string());
                return Ok(());
            }
        }
        let names = self.flat.names();
        if self.columns.len() != names.len() + 2 {
            self.columns = ["question", "answer"].map(str::to_owned).into_iter().chain(names.iter().cloned()).collect();
        }
        out.rows.set_columns(&self.columns);
        let (question, answer) = sample.text.unwrap_or_default();
        let scores = self.flat.fields(&scores);
        out.rows.row(out.data, sample.line, &Row { question: &question, answer: &answer, scores: &scores })
    }
}

/// The text itself, or the first text of a list.
fn first_text(value: Value<'_>) -> Option<String> {
    let value = if value.kind() == Kind::List { value.items().next()? } else { value };
    value.text().map(std::borrow::Cow::into_owned)
}

/// A prompt: the text itself, or the content of the last message.
fn prompt(value: Value<'_>) -> Option<String> {
    match value.items().last() {
        Some(message) => message.get("content").and_then(first_text),
        None => first_text(value),
    }
}
