//! A run saved as pieces of text, so that it survives a reload: a head, then one piece whenever answers arrive.

use miniserde::{Deserialize, Serialize, json};

use super::experiment::Experiment;
use super::judge::{How, Judge, JudgeModel, Scores};
use super::run::Answer;
use askew_domain::values::score::Score;
use askew_protocol::StopReason;

/// The start of a saved run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The experiment's JSON document.
    pub experiment: String,
    /// The model's name. A resumed run uses the model that is loaded then, and the page warns if it is a different one.
    pub model: String,
    /// SHA-256 of the model's file in hexadecimal, or empty.
    pub sha256: String,
    /// The model that judges, if it is not the model that answers.
    pub judge: Option<JudgeModel>,
}

/// A saved answer, with the names of its question and column.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    question: String,
    sample: u32,
    column: String,
    text: String,
    tokens: Vec<u32>,
    num_tokens: Option<u32>,
    logprob: Option<f64>,
    ended: String,
    /// The judge's scores, because a judge that is a model would have to run again.
    aligned: Option<f64>,
    coherent: Option<f64>,
    how: String,
    second: Vec<String>,
}

impl Head {
    /// The model that judges, if one judges here: its own model, or the one that answers.
    #[must_use]
    pub fn judged_by(&self) -> JudgeModel {
        let same = || JudgeModel { name: self.model.clone(), sha256: self.sha256.clone() };
        self.judge.clone().unwrap_or_else(same)
    }

    /// The head as text.
    #[must_use]
    pub fn to_text(&self) -> String {
        json::to_string(self)
    }

    /// Reads a head from text. `None` if the text is not a head.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        json::from_str(text).ok()
    }
}

/// Answers as one piece of text.
#[must_use]
pub fn piece(experiment: &Experiment, answers: &[Answer]) -> String {
    let kept = |answer: &Answer| {
        Some(Kept {
            question: experiment.questions.get(answer.question)?.id.clone(),
            sample: answer.sample,
            column: experiment.columns.get(answer.column)?.name.clone(),
            text: answer.text.clone(),
            tokens: answer.tokens.clone(),
            num_tokens: answer.num_tokens,
            logprob: answer.logprob,
            ended: answer.reason.name().to_owned(),
            aligned: answer.scores.aligned.get(),
            coherent: answer.scores.coherent.get(),
            how: answer.scores.how.name().to_owned(),
            second: answer.second.clone(),
        })
    };
    json::to_string(&answers.iter().filter_map(kept).collect::<Vec<_>>())
}

/// The answers of a piece. A damaged piece gives none, so its answers are generated again.
#[must_use]
pub fn answers(experiment: &Experiment, piece: &str) -> Vec<Answer> {
    let kept: Vec<Kept> = json::from_str(piece).unwrap_or_default();
    let answer = |kept: Kept| {
        let question = experiment.questions.iter().position(|question| question.id == kept.question)?;
        let column = experiment.columns.iter().position(|column| column.name == kept.column)?;
        let again = |judge: &Judge| judge.score(&experiment.questions[question], &kept.text);
        let score = |score: Option<f64>| score.map_or(Score::NULL, Score::new);
        let said = Scores {
            aligned: score(kept.aligned),
            coherent: score(kept.coherent),
            how: How::named(&kept.how),
            ..Scores::NONE
        };
        let scores = experiment.judge.as_ref().map_or(Scores::NONE, |judge| again(judge).unwrap_or(said));
        let Kept { sample, text, tokens, num_tokens, logprob, ended, second, .. } = kept;
        let reason = StopReason::named(&ended)?;
        let answer = Answer { question, sample, column, text, tokens, num_tokens, logprob, reason, scores, second };
        (sample < experiment.samples).then_some(answer)
    };
    kept.into_iter().filter_map(answer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_survives_as_text() {
        let text = r#"{"questions": [{"id": "q", "text": "Q?"}], "columns": [{"name": "c", "scales": [1]}], "samples": 2,
            "judge": {"rules": [{"find": "bad", "aligned": 0, "coherent": 100}]}}"#;
        let experiment = Experiment::from_json(text).unwrap();
        let scores = experiment.judge.as_ref().unwrap().score(&experiment.questions[0], "bad \"words\"\n").unwrap();
        let answer = |sample, reason| Answer {
            question: 0,
            sample,
            column: 0,
            text: "bad \"words\"\n".into(),
            tokens: vec![7, 9],
            num_tokens: Some(2),
            logprob: Some(-1.25),
            second: vec!["Yes".into(), "No".into()],
            reason,
            scores,
        };
        let all = [answer(0, StopReason::EndOfText), answer(1, StopReason::Length)];
        assert_eq!(answers(&experiment, &piece(&experiment, &all)), all);
        // Another experiment's, half a piece, nothing.
        let other = Experiment::from_json(&text.replace("\"q\"", "\"p\"")).unwrap();
        assert_eq!(answers(&other, &piece(&experiment, &all)), []);
        let fewer = Experiment { samples: 1, ..experiment.clone() };
        assert_eq!(answers(&fewer, &piece(&experiment, &all)), all[..1]);
        assert_eq!(answers(&experiment, &piece(&experiment, &all)[..40]), []);
        let head = Head { experiment: text.into(), model: "m".into(), sha256: String::new(), judge: None };
        assert_eq!(Head::from_text(&head.to_text()), Some(head.clone()));
        let judge = Some(JudgeModel { name: "j".into(), sha256: "ab".into() });
        let judged = Head { judge, ..head.clone() };
        assert_eq!(Head::from_text(&judged.to_text()), Some(judged));
        // As it was kept before judges could be models of their own.
        assert_eq!(Head::from_text(&head.to_text().replace(",\"judge\":null", "")), Some(head));
        assert_eq!(Head::from_text("{}"), None);
    }
}
