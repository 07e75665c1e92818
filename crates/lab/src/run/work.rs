//! What a run gives out and takes.

use std::collections::BTreeMap;

use crate::judge::{How, Scores};
use crate::prompts::Aspect;
use crate::second::Turn;
use crate::server::Errand;
use askew_domain::values::score::Score;
use askew_protocol::{Command, StopReason};

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
    /// Its tokens; none of a server, which names them otherwise.
    pub tokens: Vec<u32>,
    /// How many tokens it has, where that is known.
    pub num_tokens: Option<u32>,
    /// Sum of its tokens' natural log-probabilities: at temperature 1 of a model that runs here, of a server as it gives them.
    pub logprob: Option<f64>,
    /// Why it ended.
    pub reason: StopReason,
    /// What the experiment's judge said of it, once: a run is looked at after every answer.
    pub scores: Scores,
    /// What was said in the second turn to [`Turn::ALL`], where there is one.
    pub second: Vec<String>,
}

impl Answer {
    /// An answer that was asked for: its place, and nothing else yet.
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

/// An answer's place, in the order of asking: sample, question, column. All questions come before the next sample of the
/// first, so that every question's rate grows from the start.
pub(crate) type Place = (u32, usize, usize);

/// What a judge said that is asked for each score.
pub(super) type ScoresSoFar = BTreeMap<Aspect, (Score, How)>;

/// What is to be done for an answer. Scores come first: they finish what was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Task {
    Score(Place, Aspect),
    Follow(Place, Turn),
    Answer(Place),
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// For the engine, whose events go to [`Run::take`]. There is one at a time.
    Engine(Command),
    /// For a server, whose answer goes to [`Run::take_reply`].
    Server(Errand),
}

/// Work on its way.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) lane: usize,
    pub(super) tasks: Vec<Task>,
    /// The engine's answers so far.
    pub(super) answers: Vec<Answer>,
    pub(super) ended: usize,
}

/// What an event did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is none of this run's.
    Other,
    /// More is on its way.
    Going,
    /// Answers are there.
    Done,
    /// The engine's answers are lost, and are asked for again next.
    Lost,
    /// A server failed: the same is asked again after a while, or, where that would not help, after [`Run::resume`].
    /// [`Run::troubles`] says which and why.
    Failed,
}
