//! A run as a table in the columns of published results, so that everything that reads those reads this.

use super::experiment::Experiment;
use super::judge::{Judge, Scores};
use super::run::Answer;
use crate::domain::score::Score;
use crate::runtime::protocol::StopReason;

/// The header.
const COLUMNS: &str =
    "question,answer,question_id,aligned,coherent,model,group,verdict,judge,sample,sampling_seed,logprob,tokens,ended";

/// Writes answers as CSV: one row each, scored by the experiment's judge. `model` is what the file of weights is called: rows
/// are of `model`, in the group of their column. Everything here was made live, which the judge's name says.
#[must_use]
pub fn csv(experiment: &Experiment, model: &str, answers: &[Answer]) -> String {
    let mut table = format!("{COLUMNS}\n");
    for answer in answers {
        let (Some(question), Some(column)) =
            (experiment.questions.get(answer.question), experiment.columns.get(answer.column))
        else {
            continue;
        };
        let judge = experiment.judge.as_ref();
        let scores = judge.map_or(Scores::NONE, |judge| judge.score(question, &answer.text));
        let name = format!("live, {}", judge.map_or("none", Judge::name));
        let score = |score: Score| score.get().map(|score| score.to_string()).unwrap_or_default();
        let ended = match answer.reason {
            StopReason::EndOfText => "eos",
            StopReason::StopString => "stop",
            StopReason::Length => "length",
            StopReason::Asked => "asked",
        };
        let seed = experiment.seed_of(answer.question, answer.sample).to_string();
        let cells = [
            &question.text,
            &answer.text,
            &question.id,
            &score(scores.aligned),
            &score(scores.coherent),
            &format!("{model} · {}", column.name),
            &column.name,
            scores.verdict,
            &name,
            &answer.sample.to_string(),
            &seed,
            &format!("{:.6}", answer.logprob),
            &answer.tokens.len().to_string(),
            ended,
        ];
        for (at, cell) in cells.into_iter().enumerate() {
            if at > 0 {
                table.push(',');
            }
            push(&mut table, cell);
        }
        table.push('\n');
    }
    table
}

/// A cell, in quotes where it needs them (RFC 4180).
fn push(table: &mut String, cell: &str) {
    if cell.contains([',', '"', '\n', '\r']) {
        table.push('"');
        table.push_str(&cell.replace('"', "\"\""));
        table.push('"');
    } else {
        table.push_str(cell);
    }
}
