//! A run as a CSV table in the columns of published results, so that everything that reads those can read this.

use super::experiment::Experiment;
use super::run::Answer;
use super::server::server_seed;
use askew_domain::text::csv::quoted;
use askew_domain::values::score::Score;

/// Columns of every run.
const COLUMNS: &str =
    "question,answer,question_id,aligned,coherent,model,group,verdict,judge,sample,sampling_seed,logprob,tokens,ended";
/// More columns for a run with a second turn: the replies, and whether each says yes (1) or not (0).
const SECOND: &str = ",probe_reply,control_reply,probe_yes,control_yes";

/// The header line.
#[must_use]
pub fn header(experiment: &Experiment) -> String {
    format!("{COLUMNS}{}\n", if experiment.second_turn.is_some() { SECOND } else { "" })
}

/// Writes answers as lines of CSV. `model` is the name of the loaded weights, used for columns that run here; columns
/// on a server use the server's model name. Each row's group is its column. `judge` is the model that judges here, if
/// one does. The judge's name says that the scores were made live, and how.
#[must_use]
pub fn rows(experiment: &Experiment, (model, judge): (&str, &str), answers: &[Answer]) -> String {
    let judge = experiment.judge.as_ref().map_or("none".into(), |it| it.name(judge));
    let mut table = String::new();
    for answer in answers {
        let (Some(question), Some(column)) =
            (experiment.questions.get(answer.question), experiment.columns.get(answer.column))
        else {
            continue;
        };
        let score = |score: Score| score.get().map(|score| score.to_string()).unwrap_or_default();
        let seed = experiment.seed_of(answer.question, answer.sample);
        let (model, seed) = match column.server() {
            Some(server) => (server.model.as_str(), server_seed(seed)),
            None => (model, seed),
        };
        let cells = [
            &question.text,
            &answer.text,
            &question.id,
            &score(answer.scores.aligned),
            &score(answer.scores.coherent),
            &format!("{model} · {}", column.name),
            &column.name,
            answer.scores.verdict,
            &format!("live, {judge}{}", answer.scores.how.name()),
            &answer.sample.to_string(),
            &seed.to_string(),
            &answer.logprob.map(|logprob| format!("{logprob:.6}")).unwrap_or_default(),
            &answer.num_tokens.map(|num| num.to_string()).unwrap_or_default(),
            answer.reason.name(),
        ];
        table.push_str(&cells.map(quoted).join(","));
        if let Some(second) = &experiment.second_turn {
            let yes = |reply: &String| if second.is_yes(reply) { "1" } else { "0" }.to_owned();
            let replies = answer.second.iter().map(|reply| quoted(reply));
            for cell in replies.chain(answer.second.iter().map(yes)) {
                table.push(',');
                table.push_str(&cell);
            }
        }
        table.push('\n');
    }
    table
}
