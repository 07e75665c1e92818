//! Token-by-token results about the latest answer: the columns' probabilities, and the logit lens.

use leptos::prelude::*;

use super::{LabState, SLOT, Sender};
use crate::protocol::status::Answer;
use crate::protocol::{Command, Event, FailedStep, Given, Passage, Prompt, ScoredToken};

/// Number of most likely tokens that are requested at each place.
const NUM_TOP: u32 = 5;

/// Most likely tokens with their probabilities, by column and layer.
pub(crate) type Lens = Vec<Vec<Vec<(String, f32)>>>;

/// Handles to the results about the latest answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Insight {
    /// The prompt of the answer.
    prompt: RwSignal<Option<Prompt>>,
    /// The column with the shown text.
    pub(crate) text_of: RwSignal<usize>,
    /// Scored tokens of each text, by the column that wrote it.
    pub(crate) scored: RwSignal<Vec<(usize, Vec<ScoredToken>)>>,
    /// Position of the selected token.
    pub(crate) place: RwSignal<usize>,
    /// The logit lens, with its column and position.
    pub(crate) lens: RwSignal<Option<((usize, usize), Lens)>>,
    /// The command under way, with its column and position.
    pending: RwSignal<Option<(u32, usize, usize)>>,
}

impl Insight {
    /// Clears the results, because another answer starts.
    pub fn forget(self, prompt: Prompt) {
        self.prompt.set(Some(prompt));
        self.scored.set(Vec::new());
        self.lens.set(None);
        self.pending.set(None);
        self.place.set(0);
    }

    /// Whether a command is under way.
    #[must_use]
    pub fn is_pending(self) -> bool {
        self.pending.with(Option::is_some)
    }

    /// Applies a reply to a command sent here. Late replies about an earlier answer change nothing.
    pub(super) fn take(self, event: &Event) {
        let Some((id, column, place)) = self.pending.get_untracked() else { return };
        match event {
            Event::Scored { id: of, tokens } if *of == id => {
                self.scored.update(|scored| scored.push((column, tokens.clone())));
            }
            Event::Lens { id: of, columns } if *of == id => self.lens.set(Some(((column, place), columns.clone()))),
            // The failure is shown with the other failures.
            Event::Failed(failure) if failure.what == FailedStep::Generate(id) || failure.model_lost => {}
            _ => return,
        }
        self.pending.set(None);
    }

    /// Shows a column's text, and requests its scores if they are not known.
    pub(crate) fn look_at(self, lab: LabState, answer: &Answer, column: usize) {
        self.text_of.set(column);
        self.place.set(answer.columns.get(column).and_then(|it| it.diverges_from(answer.first())).unwrap_or(0));
        let is_known = self.scored.with_untracked(|scored| scored.iter().any(|(of, _)| *of == column));
        let (Some(prompt), false) = (self.prompt.get_untracked(), is_known || lab.is_busy_untracked()) else { return };
        let tokens = answer.columns.get(column).map(|it| it.tokens.clone()).unwrap_or_default();
        let id = lab.new_id();
        self.pending.set(Some((id, column, 0)));
        let (answer, columns) = (Given::Tokens(tokens), lab.columns.asked());
        let passage = Passage { slot: SLOT, id, prompt, answer, columns, num_top: NUM_TOP };
        if !lab.ask(Sender::Insight, id, &Command::Score(passage)) {
            self.pending.set(None);
        }
    }

    /// Requests what every layer predicts at the selected position.
    pub(crate) fn look_through(self, lab: LabState, tokens: &[ScoredToken]) {
        let (Some(prompt), false) = (self.prompt.get_untracked(), lab.is_busy_untracked()) else { return };
        let (column, place) = (self.text_of.get_untracked(), self.place.get_untracked());
        let before = tokens.iter().take(place).map(|token| token.token).collect();
        let id = lab.new_id();
        self.pending.set(Some((id, column, place)));
        let (answer, columns) = (Given::Tokens(before), lab.columns.asked());
        let passage = Passage { slot: SLOT, id, prompt, answer, columns, num_top: 1 };
        if !lab.ask(Sender::Insight, id, &Command::Lens(passage)) {
            self.pending.set(None);
        }
    }
}
