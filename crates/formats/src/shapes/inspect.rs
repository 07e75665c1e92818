//! Inspect's logs. Each sample is a row and each scorer is a column.

use super::{Item, Named, Out, Shape, Value, cell};
use crate::error::FormatError;
use crate::json::tape::Kind;
use crate::rows::Known;

/// Reads the samples of a log.
#[derive(Debug, Default)]
pub struct Samples {
    columns: Named,
    is_begun: bool,
}

impl Shape for Samples {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let sample = item.value;
        if !std::mem::replace(&mut self.is_begun, true) {
            let model = item.context.get("eval.model").unwrap_or_default().to_owned();
            out.rows.set_known(Known { model, ..Known::default() });
        }
        let mut row = Vec::new();
        let id = sample.at(&["metadata", "question_id"]).or_else(|| sample.get("id"));
        for (name, value) in [
            ("question_id", cell(id)),
            ("question", cell(sample.get("input").and_then(question))),
            ("answer", cell(sample.get("output").and_then(answer))),
            ("epoch", cell(sample.get("epoch"))),
        ] {
            self.columns.put(&mut row, name, value);
        }
        let mut has_verdict = false;
        for (scorer, score) in sample.get("scores").into_iter().flat_map(Value::entries) {
            let scorer = scorer.text().unwrap_or_default();
            let Some(value) = score.get("value") else { continue };
            match value.kind() {
                Kind::Object => {
                    for (name, value) in value.entries() {
                        self.columns.put(&mut row, &name.text().unwrap_or_default(), value.cell());
                    }
                }
                // A letter: C for correct, I for incorrect, P for partly correct.
                Kind::Text | Kind::Escaped if !has_verdict && value.cell().score().is_err() => {
                    has_verdict = true;
                    self.columns.put(&mut row, "verdict", value.cell());
                }
                Kind::List => {}
                _ => self.columns.put(&mut row, &scorer, value.cell()),
            }
            if let Some(explanation) = score.get("explanation") {
                self.columns.put(&mut row, "explanation", explanation.cell());
            }
        }
        out.rows.set_columns(self.columns.names());
        out.rows.row(out.data, item.line, &row)
    }
}

/// The question: the input text, or the user's last message.
fn question(input: Value<'_>) -> Option<Value<'_>> {
    if input.kind() != Kind::List {
        return Some(input);
    }
    let is_user = |message: &Value<'_>| message.get("role").is_some_and(|role| role.raw() == b"user");
    let last = input.items().filter(is_user).last().or_else(|| input.items().last())?;
    last.get("content").map(content)
}

/// The answer: the completion, or the first choice's message.
fn answer(output: Value<'_>) -> Option<Value<'_>> {
    let first = output.get("choices").and_then(|choices| choices.items().next());
    let message = first.and_then(|choice| choice.at(&["message", "content"])).map(content);
    output.get("completion").filter(|text| !text.raw().is_empty()).or(message)
}

/// A message's text: the message itself, or its first text part.
fn content(value: Value<'_>) -> Value<'_> {
    let is_text = |part: &Value<'_>| part.get("type").is_some_and(|kind| kind.raw() == b"text");
    let part = value.items().find(is_text).and_then(|part| part.get("text"));
    part.unwrap_or(value)
}

/// Reads a log without samples, which is always refused.
#[derive(Debug)]
pub struct Empty;

impl Shape for Empty {
    fn item(&mut self, item: &Item<'_>, _: &mut Out<'_>) -> Result<(), FormatError> {
        let task = item.value.at(&["eval", "task"]).and_then(Value::text).unwrap_or_default();
        Err(FormatError::NoSamples { task: task.into_owned() })
    }
}
