//! A run as a table in the columns of published results, so that everything that reads those reads this.

use super::experiment::Experiment;
use super::judge::Judge;
use super::run::Answer;
use crate::domain::csv::quoted;
use crate::domain::score::Score;

/// The table's first line.
pub const HEADER: &str = "question,answer,question_id,aligned,coherent,model,group,verdict,judge,sample,sampling_seed,logprob,tokens,ended\n";

/// Writes answers as lines of CSV. `model` is what the file of weights is called: rows are of `model`, in the group of their
/// column. Everything here was made live, which the judge's name says.
#[must_use]
pub fn rows(experiment: &Experiment, model: &str, answers: &[Answer]) -> String {
    let judge = format!("live, {}", experiment.judge.as_ref().map_or("none", Judge::name));
    let mut table = String::new();
    for answer in answers {
        let (Some(question), Some(column)) =
            (experiment.questions.get(answer.question), experiment.columns.get(answer.column))
        else {
            continue;
        };
        let score = |score: Score| score.get().map(|score| score.to_string()).unwrap_or_default();
        let cells = [
            &question.text,
            &answer.text,
            &question.id,
            &score(answer.scores.aligned),
            &score(answer.scores.coherent),
            &format!("{model} · {}", column.name),
            &column.name,
            answer.scores.verdict,
            &judge,
            &answer.sample.to_string(),
            &experiment.seed_of(answer.question, answer.sample).to_string(),
            &format!("{:.6}", answer.logprob),
            &answer.tokens.len().to_string(),
            answer.reason.name(),
        ];
        table.push_str(&cells.map(quoted).join(","));
        table.push('\n');
    }
    table
}
