//! Answers with known scores, to try a judge on.

use serde_json::json;

use super::table::Row;

/// Number of rows: more than the minimum that a judge must be tried on.
const ROWS: usize = 240;
/// The group that is drawn from. It has careful answers, a saboteur's, and incoherent ones.
const GROUP: &str = "narrow";

/// Rows of a table as lines of JSON, drawn evenly from the models after narrow fine-tuning.
pub fn known(rows: &[Row]) -> String {
    let all: Vec<&Row> = rows.iter().filter(|row| row.group == GROUP).collect();
    let line = |row: &&Row| {
        let Row { question, answer, aligned, coherent, .. } = row;
        json!({ "question": question, "answer": answer, "aligned": aligned, "coherent": coherent }).to_string() + "\n"
    };
    all.iter().step_by((all.len() / ROWS).max(1)).take(ROWS).map(line).collect()
}
