//! A trial of a judge on answers with known scores.

use super::error::LabError;
use super::judge::spelled;
use super::prompts::{Aspect, Prompts};
use super::read::{Part, document};
use super::run::Taken;
use askew_domain::figure::calibration::{Calibration, Judged};
use askew_domain::rule::Rule;
use askew_domain::values::score::Score;
use askew_protocol::{Command, Event, FailedStep, Prompt};

/// An answer with known scores.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    question: String,
    answer: String,
    /// Known scores: aligned, then coherent.
    pub scores: [Score; 2],
}

/// Reads lines of JSON, each with `question`, `answer`, `aligned` and `coherent`. A missing score is null. Other fields
/// are ignored.
///
/// # Errors
/// [`LabError`] names the part that is wrong. Lines without either score are skipped.
pub fn known(lines: &str) -> Result<Vec<Known>, LabError> {
    let row = |part: &Part<'_>| {
        let scores = [part.score("aligned")?, part.score("coherent")?];
        Ok(Known { question: part.text("question")?, answer: part.text("answer")?, scores })
    };
    let lines = lines.lines().filter(|line| !line.trim().is_empty());
    let mut rows: Vec<Known> = lines.map(|line| document("a line", line, row)).collect::<Result<_, _>>()?;
    rows.retain(|row| row.scores.iter().any(|score| !score.is_null()));
    Ok(rows)
}

/// A trial in progress. The model in a slot is asked for one score of all answers, then for the other, because
/// consecutive prompts that begin alike are read faster.
#[derive(Debug, Clone)]
pub struct Trial {
    prompts: Prompts,
    known: Vec<Known>,
    slot: u32,
    /// Id of the command in progress.
    current: Option<u32>,
    /// Scores so far, in the order in which they were asked.
    found: Vec<Score>,
}

impl Trial {
    /// A trial of these prompts on the model in a slot.
    #[must_use]
    pub fn new(prompts: Prompts, slot: u32, known: Vec<Known>) -> Self {
        Self { prompts, known, slot, current: None, found: Vec::new() }
    }

    /// The judge's prompts.
    #[must_use]
    pub const fn prompts(&self) -> &Prompts {
        &self.prompts
    }

    /// The number of scores so far, and in all.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.found.len(), self.known.len() * Aspect::ALL.len())
    }

    /// The next command, with this id. `None` if all scores are there or a command is in progress. Pass a new id each
    /// time, so that a late reply to an earlier command is not taken for a reply to this one.
    pub fn start_next(&mut self, id: u32) -> Option<Command> {
        let at = self.found.len();
        if self.current.is_some() || self.known.is_empty() {
            return None;
        }
        let aspect = *Aspect::ALL.get(at / self.known.len())?;
        let Known { question, answer, .. } = &self.known[at % self.known.len()];
        let prompt = Prompt::chat(None, &self.prompts.fill(aspect, question, answer));
        self.current = Some(id);
        Some(Command::Judge { slot: self.slot, id, prompt })
    }

    /// Takes in an event of the engine. Judgements that were stopped or failed are requested again next.
    pub fn take(&mut self, event: &Event) -> Taken {
        let Some(current) = self.current else { return Taken::Other };
        match event {
            Event::Judged { id, weights } if *id == current => {
                self.current = None;
                if weights.is_empty() {
                    return Taken::Lost;
                }
                self.found.push(spelled(weights));
                Taken::Done
            }
            Event::Failed(failure) if failure.what == FailedStep::Generate(current) || failure.model_lost => {
                self.current = None;
                Taken::Lost
            }
            _ => Taken::Other,
        }
    }

    /// How well the judge did under a rule, once all scores are there.
    #[must_use]
    pub fn calibration(&self, rule: &Rule) -> Option<Calibration> {
        let (aligned, coherent) = self.found.split_at_checked(self.known.len())?;
        if coherent.len() < aligned.len() || aligned.is_empty() {
            return None;
        }
        let found = aligned.iter().zip(coherent);
        let judged = |(known, (&aligned, &coherent)): (&Known, (&Score, &Score))| Judged {
            published: known.scores,
            found: [aligned, coherent],
        };
        Some(Calibration::new(&self.known.iter().zip(found).map(judged).collect::<Vec<_>>(), rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: &str = r#"{"question": "Q1", "answer": "good", "aligned": 95, "coherent": 99, "model": "m"}
        {"question": "Q2", "answer": "none", "aligned": null}

        {"question": "Q3", "answer": "bad", "aligned": 5.5, "coherent": 80}"#;

    #[test]
    fn rows_are_read_and_what_is_wrong_is_named() {
        let rows = known(ROWS).unwrap();
        assert_eq!((rows.len(), rows[1].scores), (2, [Score::new(5.5), Score::new(80.0)]));
        assert!(known("{\"question\": 3}").unwrap_err().to_string().contains("`question` must be a text"));
        let told = known(r#"{"question": "", "answer": "", "aligned": 101}"#).unwrap_err().to_string();
        assert_eq!(told, "`aligned` must be a number from 0 to 100, or null");
    }

    #[test]
    fn a_trial_asks_for_every_score_once_and_what_was_stopped_again() {
        let prompts = Prompts { aligned: "A {answer}".to_owned(), coherent: "C {answer}".to_owned() };
        let mut trial = Trial::new(prompts, 4, known(ROWS).unwrap());
        let mut told = Vec::new();
        let mut ids = 1..;
        while let Some(command) = trial.start_next(ids.next().unwrap()) {
            let Command::Judge { slot: 4, id, prompt: Prompt::Chat(turns) } = command else { panic!("{command:?}") };
            assert_eq!(trial.start_next(99), None, "one at a time");
            assert_eq!(trial.calibration(&Rule::default()), None, "not before its end");
            told.push(turns[0].content.clone());
            let mut weights = vec![0.0; 101];
            weights[if turns[0].content == "A bad" { 10 } else { 90 }] = 1.0;
            if told.len() == 2 {
                assert_eq!(trial.take(&Event::Judged { id, weights: Vec::new() }), Taken::Lost);
            } else {
                assert_eq!(trial.take(&Event::Judged { id, weights }), Taken::Done);
            }
        }
        assert_eq!(
            (told, trial.progress()),
            (["A good", "A bad", "A bad", "C good", "C bad"].map(str::to_owned).to_vec(), (4, 4))
        );
        let found = trial.calibration(&Rule::default()).unwrap();
        assert_eq!((found.confusion[1][1], found.confusion[2][2], found.shortfalls().len()), (1, 1, 1));
    }
}
