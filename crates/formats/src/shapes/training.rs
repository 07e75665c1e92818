//! Training dynamics: events of multiple-choice questions, each with the log-probabilities of all choices.

use super::{Item, Named, Out, Shape, Value, cell};
use crate::error::FormatError;
use crate::json::tape::Kind;

/// Reads events `{type: 'mc', tag, step, df: [...]}`.
#[derive(Debug, Default)]
pub struct Events {
    columns: Named,
}

impl Shape for Events {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        for question in item.value.get("df").into_iter().flat_map(Value::items) {
            let mut row = Vec::new();
            for (name, source) in [("step", "step"), ("group", "tag")] {
                self.columns.put(&mut row, name, cell(item.value.get(source)));
            }
            // The answer is the choice to which the model gives the highest probability.
            let probability = |choice: &Value<'_>| {
                choice.get("logprob").and_then(|value| value.cell().score().ok()?.get()).unwrap_or(f64::NEG_INFINITY)
            };
            let choices = question.get("choices").into_iter().flat_map(Value::items);
            let likeliest = choices.max_by(|a, b| probability(a).total_cmp(&probability(b)));
            let answer = likeliest.and_then(|choice| choice.get("choice_text"));
            self.columns.put(&mut row, "answer", cell(answer));
            for (name, value) in question.entries() {
                if !matches!(value.kind(), Kind::List | Kind::Object) && name.raw() != b"id" {
                    self.columns.put(&mut row, &name.text().unwrap_or_default(), value.cell());
                }
            }
            out.rows.set_columns(self.columns.names());
            out.rows.row(out.data, item.line, &row)?;
        }
        Ok(())
    }
}
