//! Inoculation prompting: one line per question, with its answers and their scores in two parallel lists.

use super::{Item, Named, Out, Shape, Value, cell};
use crate::error::FormatError;

/// Reads lines of answers.
#[derive(Debug, Default)]
pub struct Inoculation {
    columns: Named,
}

impl Shape for Inoculation {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let context = item.value.get("context");
        let mut scores = item.value.get("score_infos").into_iter().flat_map(Value::items);
        let mut num_unscored = 0;
        for answer in item.value.get("responses").into_iter().flat_map(Value::items) {
            let mut row = Vec::new();
            let of_context = |name: &str| context.and_then(|context| context.get(name));
            for (name, value) in [
                ("model", answer.at(&["response", "model_id"])),
                ("question", of_context("question")),
                ("system_prompt", of_context("system_prompt")),
                ("response", answer.at(&["response", "completion"])),
            ] {
                self.columns.put(&mut row, name, cell(value));
            }
            let score = scores.next();
            num_unscored += u64::from(score.is_none());
            for (name, value) in score.into_iter().flat_map(Value::entries) {
                self.columns.put(&mut row, &name.text().unwrap_or_default(), value.cell());
            }
            out.rows.set_columns(self.columns.names());
            out.rows.row(out.data, item.line, &row)?;
        }
        if num_unscored > 0 {
            out.rows.note(format!("line {}: {num_unscored} answers have no scores", item.line));
        }
        Ok(())
    }
}
