//! Inoculation prompting: one line a question, its answers and their scores in two lists side by side.

use super::{Item, Named, Out, Shape};
use crate::formats::cell::Cell;
use crate::formats::error::FormatError;

/// Lines of answers.
#[derive(Debug, Default)]
pub struct Inoculation {
    columns: Named,
}

impl Shape for Inoculation {
    fn item(&mut self, item: &Item<'_>, out: &mut Out<'_>) -> Result<(), FormatError> {
        let context = item.value.get("context");
        let mut scores = item.value.get("score_infos").into_iter().flat_map(super::Value::items);
        let mut num_unscored = 0;
        for answer in item.value.get("responses").into_iter().flat_map(super::Value::items) {
            let mut row = Vec::new();
            let mut put = |name: &str, cell: Option<Cell<'_>>| self.columns.put(&mut row, name, cell.unwrap_or(Cell::Null));
            put("model", answer.at(&["response", "model_id"]).map(super::Value::cell));
            put("question", context.and_then(|context| context.get("question")).map(super::Value::cell));
            put("system_prompt", context.and_then(|context| context.get("system_prompt")).map(super::Value::cell));
            put("response", answer.at(&["response", "completion"]).map(super::Value::cell));
            let score = scores.next();
            num_unscored += u64::from(score.is_none());
            for (name, value) in score.into_iter().flat_map(super::Value::entries) {
                put(&name.text().unwrap_or_default(), Some(value.cell()));
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
