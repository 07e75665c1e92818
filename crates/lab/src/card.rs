//! A run card: an experiment together with what answered it and its results. Anyone can run it again and see how many
//! answers match.

use std::fmt::Write as _;

use miniserde::json::Value;
use miniserde::{Serialize, json};

use super::error::LabError;
use super::experiment::{self, Experiment};
use super::judge::JudgeModel;
use super::read::{Part, with_part};
use super::run::Answer;
use askew_domain::text::hash::fnv1a;
use askew_domain::text::plain::host;
use askew_domain::view::is_beside_page;
use askew_protocol::Sha256Sum;
use data_encoding::HEXLOWER_PERMISSIVE;

/// The name of its part in an experiment's document.
pub(super) const PART: &str = "card";

/// What answered an experiment, and its results.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Card {
    /// Askew's version.
    pub askew: String,
    /// The model's name.
    pub model: String,
    /// The model's address, or empty for a file from disk.
    pub source: String,
    /// SHA-256 of the model's file in hexadecimal, or empty if it was not computed.
    pub sha256: String,
    /// The model's architecture and weight formats.
    pub weights: String,
    /// Names of the adapters and steering vectors.
    #[serde(rename = "beside")]
    pub add_ons: Vec<String>,
    /// The model that judged here, if it was not the model that answered.
    pub judge: Option<JudgeModel>,
    /// The device, and its arithmetic.
    pub device: String,
    /// A fingerprint of every answer.
    pub answers: Vec<Print>,
}

/// A fingerprint of an answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Print {
    /// The question's id.
    pub question: String,
    /// The sample, from 0.
    pub sample: u32,
    /// The column's name.
    pub column: String,
    /// A hash of its tokens, or of its text if the tokens are not known: [`fnv1a`] in hexadecimal.
    pub hash: String,
    /// Sum of its tokens' log-probabilities in nats.
    pub logprob: f64,
}

/// The file of a card's model. A reader must see where it comes from before it is fetched, and the engine must refuse
/// other bytes than the card's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelFile {
    /// The address, as the card has it.
    pub address: String,
    /// The host that is asked, with its port. `None` for a file on the page's own site.
    pub host: Option<String>,
    /// The SHA-256 that the file must have, if the card has one.
    pub sha256: Option<Sha256Sum>,
}

impl Print {
    /// The fingerprint of an answer.
    #[must_use]
    pub fn of(experiment: &Experiment, answer: &Answer) -> Self {
        let tokens: Vec<String> = answer.tokens.iter().map(u32::to_string).collect();
        let said = if tokens.is_empty() { answer.text.clone() } else { tokens.join(" ") };
        let question = experiment.questions.get(answer.question).map(|question| question.id.clone());
        let column = experiment.columns.get(answer.column).map(|column| column.name.clone());
        Self {
            question: question.unwrap_or_default(),
            sample: answer.sample,
            column: column.unwrap_or_default(),
            hash: format!("{:016x}", fnv1a(&said)),
            logprob: answer.logprob.unwrap_or_default(),
        }
    }
}

impl Card {
    pub(super) fn read(part: &Part<'_>) -> Result<Self, LabError> {
        part.only(&["askew", "model", "source", "sha256", "weights", "beside", "judge", "device", "answers"])?;
        let text_of = |part: &Part<'_>, name: &str| Ok::<_, LabError>(part.some_text(name)?.unwrap_or_default());
        let text = |name: &str| text_of(part, name);
        let judge = |part: Part<'_>| {
            part.only(&["name", "sha256"])?;
            Ok::<_, LabError>(JudgeModel { name: part.text("name")?, sha256: text_of(&part, "sha256")? })
        };
        let print = |part: Part<'_>| {
            part.only(&["question", "sample", "column", "hash", "logprob"])?;
            Ok(Print {
                question: part.text("question")?,
                sample: u32::try_from(part.whole("sample", 0)?).unwrap_or(u32::MAX),
                column: part.text("column")?,
                hash: part.text("hash")?,
                logprob: part.number("logprob", 0.0, (f64::MIN, f64::MAX, "a number"))?,
            })
        };
        let answers = if part.has("answers") { part.list("answers")? } else { Vec::new() };
        Ok(Self {
            askew: text("askew")?,
            model: text("model")?,
            source: text("source")?,
            sha256: text("sha256")?,
            weights: text("weights")?,
            add_ons: if part.has("beside") { part.texts("beside")? } else { Vec::new() },
            judge: if part.has("judge") { Some(judge(part.part("judge")?)?) } else { None },
            device: text("device")?,
            answers: answers.into_iter().map(print).collect::<Result<_, _>>()?,
        })
    }

    /// The file of its model. `None` if the model was opened from a disk.
    ///
    /// # Errors
    /// [`LabError::Part`] if a browser may read the address as another host than a reader does, or if the SHA-256 is
    /// not one. Such a file must not be fetched.
    pub fn model_file(&self) -> Result<Option<ModelFile>, LabError> {
        let wrong = |name: &str, wanted| LabError::Part { part: format!("{PART}.{name}"), wanted };
        let host = host(&self.source);
        if self.source.is_empty() {
            return Ok(None);
        }
        if host.is_none() && !is_beside_page(&self.source) {
            return Err(wrong("source", "an http or https address with a plain host, without user and password"));
        }
        let sum = |hex: &str| Some(HEXLOWER_PERMISSIVE.decode(hex.as_bytes()).ok()?.try_into().ok());
        let sha256 = match self.sha256.as_str() {
            "" => None,
            hex => Some(sum(hex).flatten().ok_or_else(|| wrong("sha256", "64 hexadecimal digits, or empty"))?),
        };
        Ok(Some(ModelFile { address: self.source.clone(), host, sha256 }))
    }

    /// The experiment's document with this card in it. Replaces any other card.
    ///
    /// # Errors
    /// [`LabError::NoJson`] if the document is not a JSON object.
    pub fn written_into(&self, experiment: &str) -> Result<String, LabError> {
        let card = json::from_str::<Value>(&json::to_string(self)).unwrap_or(Value::Null);
        with_part(experiment::DOCUMENT, experiment, PART, card)
    }
}

/// How a run differs from the card that it repeats.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Drift {
    /// Answers that both have.
    pub compared: usize,
    /// How many of those are the same, token for token.
    pub same: usize,
    /// Largest difference in log-probability among the same answers, in nats.
    pub largest: f64,
    /// Question, sample from 1 and column of the first answer that differs.
    pub first: Option<(String, u32, String)>,
    /// Whether the model's file differs from the card's. False if one of the two hashes is not known.
    pub is_other_model: bool,
    /// Whether the judging model differs from the card's.
    pub is_other_judge: bool,
}

impl Drift {
    /// Compares a card with the results of running it again. `sha256` and `judge` belong to the new run.
    #[must_use]
    pub fn between(
        card: &Card,
        experiment: &Experiment,
        answers: &[Answer],
        (sha256, judge): (&str, Option<&JudgeModel>),
    ) -> Self {
        let is_other_model = !card.sha256.is_empty() && !sha256.is_empty() && card.sha256 != sha256;
        let is_same_judge = match (&card.judge, judge) {
            (Some(before), Some(now)) => before.is_same(now),
            (None, None) => true,
            _ => false,
        };
        let is_other_judge = experiment.is_judged_here() && !is_same_judge;
        let mut drift = Self { is_other_model, is_other_judge, ..Self::default() };
        for found in answers.iter().map(|answer| Print::of(experiment, answer)) {
            let is_it = |print: &&Print| {
                (&print.question, print.sample, &print.column) == (&found.question, found.sample, &found.column)
            };
            let Some(expected) = card.answers.iter().find(is_it) else { continue };
            drift.compared += 1;
            if expected.hash == found.hash {
                drift.same += 1;
                drift.largest = drift.largest.max((expected.logprob - found.logprob).abs());
            } else if drift.first.is_none() {
                drift.first = Some((found.question, found.sample + 1, found.column));
            }
        }
        drift
    }

    /// A description for the reader.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Self { compared, same, largest, .. } = self;
        let mut text = format!("{same} of {compared} answers match the card, token for token");
        // Writing to a string cannot fail.
        let _written = match (same, largest) {
            (0, _) => Ok(()),
            (_, 0.0) => write!(text, "; so do their log-probabilities, to the last digit"),
            _ => write!(text, "; their log-probabilities differ by at most {largest:.1e} nats"),
        };
        text.push('.');
        if let Some((question, sample, column)) = &self.first {
            let _written =
                write!(text, " The first that differs: question {question}, sample {sample}, column {column}.");
        }
        if self.is_other_model {
            text.push_str(" The model's file is not the card's.");
        }
        if self.is_other_judge {
            text.push_str(" The judge is not the card's model, so the scores may differ.");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPERIMENT: &str =
        r#"{"questions": [{"id": "q", "text": "Q?"}], "columns": [{"name": "c", "scales": [1]}], "samples": 3}"#;

    fn answer(sample: u32, tokens: &[u32], logprob: f64) -> Answer {
        Answer { tokens: tokens.to_vec(), logprob: Some(logprob), ..Answer::asked((sample, 0, 0)) }
    }

    #[test]
    fn a_card_is_an_experiment_that_is_run_again() {
        let experiment = Experiment::from_json(EXPERIMENT).unwrap();
        let answers = [answer(0, &[1, 2], -3.0), answer(1, &[3], -1.0), answer(2, &[4], -2.0)];
        let prints = answers.iter().map(|answer| Print::of(&experiment, answer)).collect();
        let judge = Some(JudgeModel { name: "stern".into(), sha256: "cd".into() });
        let card = Card { model: "tiny".into(), sha256: "ab".into(), judge, answers: prints, ..Card::default() };
        let written = card.written_into(EXPERIMENT).unwrap();
        let again = Experiment::from_json(&written).unwrap();
        assert_eq!(again.card.as_ref(), Some(&card));
        assert_eq!(Experiment { card: None, ..again.clone() }, experiment);
        // A card in place of a card.
        let empty = Card::default().written_into(&written).unwrap();
        assert_eq!(Experiment::from_json(&empty).unwrap().card, Some(Card::default()));
        // The second says something else, the third is not there yet.
        let found = [answer(0, &[1, 2], -3.25), answer(1, &[9], -1.0)];
        let drift = Drift::between(&card, &again, &found, ("cd", None));
        assert_eq!(
            drift,
            Drift {
                compared: 2,
                same: 1,
                largest: 0.25,
                first: Some(("q".into(), 2, "c".into())),
                is_other_model: true,
                // No model judges this experiment.
                is_other_judge: false,
            }
        );
        assert!(drift.sentence().starts_with("1 of 2 answers match the card"), "{}", drift.sentence());
        assert!(!Drift::between(&card, &again, &found, ("", None)).is_other_model);
        let judged = Experiment::from_json(&EXPERIMENT.replacen('{', r#"{"judge": {"kind": "model"}, "#, 1)).unwrap();
        let drift = |judge| Drift::between(&card, &judged, &found, ("ab", judge));
        assert!(drift(None).is_other_judge && drift(None).sentence().contains("The judge is not the card's model"));
        assert!(!drift(card.judge.as_ref()).is_other_judge);
    }

    #[test]
    fn a_cards_model_names_its_host_and_its_sum() {
        let file = |source: &str, sha256: &str| {
            Card { source: source.into(), sha256: sha256.into(), ..Card::default() }.model_file()
        };
        let sum = "0A".repeat(32);
        let found = file("https://a.example:8443/m.gguf", &sum).unwrap().unwrap();
        assert_eq!((found.host.as_deref(), found.sha256), (Some("a.example:8443"), Some([10; 32])));
        assert_eq!(found.address, "https://a.example:8443/m.gguf");
        let found = file("pocket/model.gguf", "").unwrap().unwrap();
        assert_eq!((found.host, found.sha256), (None, None));
        assert_eq!(file("", &sum), Ok(None));
        let told = |source: &str, sha256: &str| file(source, sha256).unwrap_err().to_string();
        for source in
            ["https://a.example@b.example/m.gguf", "https://b\u{202e}.example/", "//b.example/m", "data:,x", "../x"]
        {
            assert!(told(source, &sum).starts_with("`card.source` must be an http or https address"), "{source}");
        }
        for sha256 in ["ab", &sum[1..], "zz"] {
            assert!(told("https://a.example/m.gguf", sha256).starts_with("`card.sha256` must be 64"), "{sha256}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_card_is_named() {
        let broken = EXPERIMENT.replacen('{', r#"{"card": {"answers": [{"question": 3}]}, "#, 1);
        assert_eq!(
            Experiment::from_json(&broken).unwrap_err().to_string(),
            "`card.answers[0].question` must be a text"
        );
    }
}
