//! The work that a run hands out, and the results that it takes in.

use std::collections::BTreeMap;

use crate::judge::{How, Scores};
use crate::prompts::Aspect;
use crate::second::Turn;
use crate::server::Errand;
use askew_domain::values::score::Score;
use askew_protocol::{Command, StopReason};

/// A finished answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Index of its question.
    pub question: usize,
    /// Which of the question's samples, from 0.
    pub sample: u32,
    /// Index of its column.
    pub column: usize,
    /// The text of the answer.
    pub text: String,
    /// Its tokens. Empty for servers, because their token ids are not known.
    pub tokens: Vec<u32>,
    /// Number of its tokens, if known.
    pub num_tokens: Option<u32>,
    /// Sum of its tokens' natural log-probabilities. For a model that runs here: at temperature 1. For a server: as the
    /// server reports them.
    pub logprob: Option<f64>,
    /// Why it ended.
    pub reason: StopReason,
    /// The judge's scores, computed once, because a run is displayed after every answer.
    pub scores: Scores,
    /// The replies of the second turn, in the order of [`Turn::ALL`]. Empty if there is none.
    pub second: Vec<String>,
}

impl Answer {
    /// An answer that was requested: its place, and nothing else yet.
    #[must_use]
    pub fn asked((sample, question, column): (u32, usize, usize)) -> Self {
        let (text, tokens) = (String::new(), Vec::new());
        let (num_tokens, logprob, reason) = (None, None, StopReason::Asked);
        Self {
            question,
            sample,
            column,
            text,
            tokens,
            num_tokens,
            logprob,
            reason,
            scores: Scores::NONE,
            second: Vec::new(),
        }
    }

    pub(super) const fn place(&self) -> Place {
        (self.sample, self.question, self.column)
    }
}

/// An answer's place, in the order of asking: sample, question, column. All questions come before the next sample of
/// the first one, so that every question's rate grows from the start.
pub(crate) type Place = (u32, usize, usize);

/// The scores so far of a judge that is asked for each score.
pub(super) type ScoresSoFar = BTreeMap<Aspect, (Score, How)>;

/// A task for one answer. Scores come first, because they finish answers that were begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    Score(Place, Aspect),
    Follow(Place, Turn),
    Answer(Place),
}

/// A piece of work that must be done now.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// For the engine. Its events go to [`Run::take`]. There is only one at a time.
    Engine(Command),
    /// For a server. Its reply goes to [`Run::take_reply`].
    Server(Errand),
}

/// Work in progress.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) lane: usize,
    pub(super) tasks: Vec<Task>,
    /// The engine's answers so far.
    pub(super) answers: Vec<Answer>,
    pub(super) ended: usize,
}

/// The effect of an event on a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The event does not belong to this run.
    Other,
    /// The work is still in progress.
    Going,
    /// Answers were finished.
    Done,
    /// The engine's answers are lost. They are requested again next.
    Lost,
    /// A server failed. The task is tried again after a while or, if that would not help, after [`Run::resume`].
    /// [`Run::troubles`] shows which server failed and why.
    Failed,
}
