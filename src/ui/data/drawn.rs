//! The worker's results that the page draws.

use leptos::prelude::*;

use crate::domain::answers::Answer;
use crate::domain::query::{GroupKey, Outcome};

/// One page of the open mark's answers.
#[derive(Debug, Clone, PartialEq)]
pub struct AnswerPage {
    /// Number of rows in all.
    pub total: usize,
    /// Number of different answers among them.
    pub num_distinct: usize,
    /// Number of different answers before this page.
    pub offset: usize,
    /// The answers of this page.
    pub answers: Vec<Answer>,
}

/// Results of the newest requests, and what they are about.
#[derive(Debug, Clone, Copy, Default)]
pub struct Drawn {
    /// Rates by model.
    pub models: RwSignal<Option<Outcome>>,
    /// Rates by question, of the model in `focus`.
    pub questions: RwSignal<Option<Outcome>>,
    /// The model for the chart by question.
    pub focus: RwSignal<Option<GroupKey>>,
    /// Answers of the open mark.
    pub answers: RwSignal<Option<AnswerPage>>,
    /// Counts changes of the reader's labels. Rates are requested again after each.
    pub label_changes: RwSignal<u32>,
}

impl Drawn {
    /// Clears the results, because other data are open.
    pub(super) fn clear(self) {
        self.models.set(None);
        self.questions.set(None);
        self.focus.set(None);
        self.answers.set(None);
    }
}
