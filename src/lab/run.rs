//! A run of an experiment: a state machine between an engine's commands and its events.

use std::collections::BTreeSet;

use super::experiment::Experiment;
use super::judge::Scores;
use crate::runtime::protocol::{self, Command, Event, FailedStep, MAX_COLUMNS, Sampling, StopReason};

/// Ids of a run's commands begin here, so that whoever else asks the same engine has ids of their own.
const FIRST_ID: u32 = 1 << 31;

/// An answer that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Index of its question.
    pub question: usize,
    /// Which of the question's samples, from 0.
    pub sample: u32,
    /// Index of its column.
    pub column: usize,
    /// What was answered.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// Sum of its tokens' natural log-probabilities at temperature 1.
    pub logprob: f64,
    /// Why it ended.
    pub reason: StopReason,
    /// What the experiment's judge said of it, once: a run is looked at after every answer.
    pub scores: Scores,
}

/// A run: what is done, and what is under way.
#[derive(Debug, Clone)]
pub struct Run {
    experiment: Experiment,
    answers: Vec<Answer>,
    /// The engine's slot.
    slot: u32,
    /// Columns that its model is laid out for.
    most_columns: usize,
    /// Id of the next command.
    next_id: u32,
    current: Option<Current>,
}

/// One command's answers on their way.
#[derive(Debug, Clone)]
struct Current {
    id: u32,
    answers: Vec<Answer>,
    ended: usize,
}

/// What an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is none of this run's.
    Other,
    /// More is on its way.
    Going,
    /// The command's answers are there: the next command may be given.
    Done,
    /// The command's answers are lost, and are asked for again next.
    Lost,
}

impl Run {
    /// A run of an experiment in an engine's slot, whose model is laid out for `most_columns`, from `answers` that are there
    /// already.
    #[must_use]
    pub fn new(experiment: Experiment, slot: u32, most_columns: u32, answers: Vec<Answer>) -> Self {
        let most_columns = most_columns.clamp(1, MAX_COLUMNS) as usize;
        Self { experiment, answers, slot, most_columns, next_id: FIRST_ID, current: None }
    }

    /// What is run.
    #[must_use]
    pub const fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// The answers that are there, in the order in which they came.
    #[must_use]
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    /// The next command, or `None` when all answers are there or one is under way. All questions come before the next sample
    /// of the first, so that every question's rate grows from the start.
    pub fn start_next(&mut self) -> Option<Command> {
        if self.current.is_some() {
            return None;
        }
        let (question, sample, columns) = self.missing()?;
        let (id, seed) = (self.next_id, self.experiment.seed_of(question, sample));
        self.next_id += 1;
        let (logprob, reason) = (0.0, StopReason::Asked);
        let answer = |&column: &usize| {
            let (text, tokens) = (String::new(), Vec::new());
            Answer { question, sample, column, text, tokens, logprob, reason, scores: Scores::NONE }
        };
        self.current = Some(Current { id, answers: columns.iter().map(answer).collect(), ended: 0 });
        let column = |&column: &usize| {
            let scales = self.experiment.columns[column].scales.clone();
            protocol::Column { scales, seed: None }
        };
        Some(Command::Generate {
            slot: self.slot,
            id,
            prompt: self.experiment.questions[question].prompt(),
            sampling: Sampling { seed, ..self.experiment.sampling.clone() },
            columns: columns.iter().map(column).collect(),
        })
    }

    /// The first sample and question that lack answers, and whose: as many as can be decoded together.
    fn missing(&self) -> Option<(usize, u32, Vec<usize>)> {
        let there: BTreeSet<_> =
            self.answers.iter().map(|answer| (answer.sample, answer.question, answer.column)).collect();
        let questions = self.experiment.questions.len();
        let mut all = (0..self.experiment.samples).flat_map(|sample| (0..questions).map(move |at| (at, sample)));
        all.find_map(|(question, sample)| {
            let columns: Vec<usize> = (0..self.experiment.columns.len())
                .filter(|&column| !there.contains(&(sample, question, column)))
                .take(self.most_columns)
                .collect();
            (!columns.is_empty()).then_some((question, sample, columns))
        })
    }

    /// Takes an event of the engine.
    pub fn take(&mut self, event: &Event) -> Taken {
        let Some(current) = &mut self.current else { return Taken::Other };
        match event {
            Event::Token { id, column, token, piece, logprob, .. } if *id == current.id => {
                if let Some(answer) = current.answers.get_mut(*column as usize) {
                    answer.tokens.push(*token);
                    answer.text.push_str(piece);
                    answer.logprob += f64::from(*logprob);
                }
                Taken::Going
            }
            Event::Ended { id, column, tail, reason } if *id == current.id => {
                if let Some(answer) = current.answers.get_mut(*column as usize) {
                    answer.text.push_str(tail);
                    answer.reason = *reason;
                    current.ended += 1;
                }
                Taken::Going
            }
            Event::Prefilled { id, .. } if *id == current.id => Taken::Going,
            Event::Finished { id, .. } if *id == current.id => self.finish(),
            Event::Failed(failure) if failure.what == FailedStep::Generate(current.id) || failure.model_lost => {
                self.current = None;
                Taken::Lost
            }
            _ => Taken::Other,
        }
    }

    /// An answer that was stopped is half an answer: it is asked for again.
    fn finish(&mut self) -> Taken {
        let Some(mut current) = self.current.take() else { return Taken::Other };
        let is_whole = current.ended == current.answers.len()
            && current.answers.iter().all(|answer| answer.reason != StopReason::Asked);
        if !is_whole {
            return Taken::Lost;
        }
        if let Some(judge) = &self.experiment.judge {
            for answer in &mut current.answers {
                answer.scores = judge.score(&self.experiment.questions[answer.question], &answer.text);
            }
        }
        self.answers.extend(current.answers);
        Taken::Done
    }

    /// Gives up what is under way: the engine died, or was asked for something else.
    pub fn interrupt(&mut self) {
        self.current = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::protocol::Cost;

    fn experiment() -> Experiment {
        let columns: Vec<String> = (0..10).map(|at| format!(r#"{{"name": "c{at}", "scales": [{at}]}}"#)).collect();
        let text = format!(
            r#"{{"questions": [{{"id": "a", "text": "A?"}}, {{"id": "b", "text": "B?"}}], "columns": [{}], "samples": 2}}"#,
            columns.join(", ")
        );
        Experiment::from_json(&text).unwrap()
    }

    /// Plays an engine that answers every column with its scale.
    fn answer(run: &mut Run, command: &Command, reason: StopReason) -> Taken {
        let Command::Generate { id, columns, .. } = command else { panic!("{command:?}") };
        assert_eq!(run.take(&Event::Prefilled { id: *id, prompt_tokens: 3, prefill_ms: 0.0 }), Taken::Going);
        for (column, asked) in columns.iter().enumerate() {
            let (id, column) = (*id, u32::try_from(column).unwrap());
            let piece = format!("{}", asked.scales[0]);
            let token =
                Event::Token { id, column, index: 0, token: 7, piece, logprob: -0.5, is_changed: false, at_ms: 0.0 };
            assert_eq!(run.take(&token), Taken::Going);
            assert_eq!(run.take(&Event::Ended { id, column, tail: "!".to_owned(), reason }), Taken::Going);
        }
        run.take(&Event::Finished { id: *id, cost: Cost::default() })
    }

    #[test]
    fn every_answer_comes_once_and_is_its_columns() {
        let mut run = Run::new(experiment(), 3, 8, Vec::new());
        let mut commands = Vec::new();
        while let Some(command) = run.start_next() {
            assert_eq!(run.start_next(), None, "one at a time");
            assert_eq!(answer(&mut run, &command, StopReason::EndOfText), Taken::Done);
            commands.push(command);
        }
        // Ten columns are eight and two.
        assert_eq!((commands.len(), run.answers().len()), (8, 40));
        let places: BTreeSet<_> = run.answers().iter().map(|it| (it.question, it.sample, it.column)).collect();
        assert_eq!(places.len(), 40);
        assert!(run.answers().iter().all(|it| it.text == format!("{}!", it.column) && it.tokens == [7]));
        // Both questions come before the second sample.
        assert!(run.answers()[..20].iter().all(|it| it.sample == 0));
    }

    #[test]
    fn what_is_lost_is_asked_for_again_with_the_same_seed() {
        let mut run = Run::new(experiment(), 0, 8, Vec::new());
        let first = run.start_next().unwrap();
        assert_eq!(answer(&mut run, &first, StopReason::Asked), Taken::Lost);
        let again = run.start_next().unwrap();
        let same = |command: &Command| match command {
            Command::Generate { prompt, sampling, columns, .. } => (prompt.clone(), sampling.clone(), columns.clone()),
            _ => panic!("{command:?}"),
        };
        assert_eq!(same(&first), same(&again));
        run.interrupt();
        assert_eq!(same(&run.start_next().unwrap()), same(&first));
        assert!(run.answers().is_empty());
        // A run that goes on elsewhere asks for the rest alone.
        assert_eq!(
            answer(
                &mut run,
                &Command::Generate {
                    slot: 0,
                    id: FIRST_ID + 2,
                    prompt: same(&first).0,
                    sampling: same(&first).1,
                    columns: same(&first).2
                },
                StopReason::Length
            ),
            Taken::Done
        );
        let mut rest = Run::new(experiment(), 0, 20, run.answers().to_vec());
        let next = rest.start_next().unwrap();
        assert_eq!(same(&next).2.iter().map(|column| column.scales[0]).collect::<Vec<_>>(), [8.0, 9.0]);
        // Another's events are none of its own.
        assert_eq!(rest.take(&Event::Finished { id: 99, cost: Cost::default() }), Taken::Other);
    }
}
