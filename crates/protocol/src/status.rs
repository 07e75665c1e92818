//! What the page knows of the engine: a pure fold over its events.

use std::sync::LazyLock;

use crate::{
    Cost, Event, FailedStep, Failure, LoadProgress, LoadStage, Loaded, MAX_COLUMNS, Probe, ReadSpeed, Shelf, StopReason,
};

/// What the page knows of the engine: the fold of all events, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineStatus {
    /// The last probe, if any came.
    pub probe: Option<Probe>,
    /// The models that are ready, one a slot.
    pub models: Vec<Loaded>,
    /// The loads that are under way, one a slot: the model before it is there until weights come.
    pub loads: Vec<LoadProgress>,
    /// What can be loaded without a file at hand, once that was asked.
    pub shelf: Option<Shelf>,
    /// How fast the device reads weights, once that was asked; none where it cannot be measured.
    pub speed: Option<Option<ReadSpeed>>,
    /// The latest answer, running or ended.
    pub answer: Option<Answer>,
    /// The latest failure, until something succeeds after it.
    pub failure: Option<Failure>,
}

/// An answer, as far as it has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The id that the page chose.
    pub id: u32,
    /// Tokens in the prompt.
    pub prompt_tokens: u32,
    /// What each column has written.
    pub columns: Vec<Written>,
    /// Time from the end of prefill to the latest token, in milliseconds.
    pub decode_ms: f64,
    /// Set when all columns have ended.
    pub end: Option<Cost>,
}

/// One column's answer, as far as it has come.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Text so far.
    pub text: String,
    /// Tokens so far.
    pub tokens: Vec<u32>,
    /// Where each token's text ends in `text`, in bytes: whole characters only, as the pieces come.
    pub ends: Vec<usize>,
    /// Natural logarithms of their probabilities at temperature 1.
    pub logprobs: Vec<f32>,
    /// Places of the tokens that were the first after a change of scales.
    pub changes: Vec<u32>,
    /// Why it ended, once it has.
    pub end: Option<StopReason>,
}

/// Why a token is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is the first that is not the first column's.
    Diverges,
    /// It is the first that feels a change of scales.
    Changed,
}

impl Written {
    /// The place of the first token that is not the same as another's; none while all are.
    pub fn diverges_from(&self, other: &Self) -> Option<usize> {
        let shared = self.tokens.iter().zip(&other.tokens).take_while(|(a, b)| a == b).count();
        let has_more = shared < self.tokens.len();
        // What the other has not written yet may still be the same.
        let is_known = shared < other.tokens.len() || other.end.is_some();
        (has_more && is_known).then_some(shared)
    }

    /// The text in order, cut at tokens that are marked: beside the first that `diverges` those that feel a change.
    pub fn segments(&self, diverges: Option<usize>) -> Vec<(&str, Option<Mark>)> {
        let change = |&at: &u32| (at as usize, Mark::Changed);
        let mut marks: Vec<(usize, Mark)> = self.changes.iter().map(change).collect();
        marks.extend(diverges.map(|at| (at, Mark::Diverges)));
        marks.sort_by_key(|mark| mark.0);
        let (mut segments, mut at) = (Vec::new(), 0);
        for (token, mark) in marks {
            let start = if token == 0 { 0 } else { self.ends.get(token - 1).copied().unwrap_or(self.text.len()) };
            // A token that ends no character shows in the one that does; two marks on one are one.
            let Some(&end) = self.ends.iter().skip(token).find(|end| **end > start) else { continue };
            if start < at {
                continue;
            }
            segments.push((&self.text[at..start], None));
            segments.push((&self.text[start..end], Some(mark)));
            at = end;
        }
        segments.push((&self.text[at..], None));
        segments.retain(|(text, mark)| mark.is_some() || !text.is_empty());
        segments
    }

    /// The latest sentence that is complete, or whatever stands at the end of an answer that has ended: what is read aloud.
    pub fn last_sentence(&self) -> &str {
        let text = self.text.trim_end();
        let ends = |text: &str| {
            text.char_indices()
                .rev()
                .find(|(_, c)| ['.', '!', '?', '\n', '。'].contains(c))
                .map(|(at, c)| at + c.len_utf8())
        };
        let whole = if self.end.is_some() { text } else { &text[..ends(text).unwrap_or(0)] };
        let before = whole.char_indices().next_back().map_or(0, |(at, _)| at);
        whole[ends(&whole[..before]).unwrap_or(0)..].trim()
    }
}

impl Answer {
    /// The first column's answer.
    pub fn first(&self) -> &Written {
        static NOTHING: LazyLock<Written> = LazyLock::new(Written::default);
        self.columns.first().unwrap_or(&NOTHING)
    }

    /// What a column has written so far, made where nothing has come of it yet.
    fn column(&mut self, column: u32) -> &mut Written {
        // No layout has more; a number beyond is no column's.
        let index = column.min(MAX_COLUMNS - 1) as usize;
        if self.columns.len() <= index {
            self.columns.resize(index + 1, Written::default());
        }
        &mut self.columns[index]
    }

    /// Steps that were decoded so far: those of the longest column, but for its first token.
    pub fn num_steps(&self) -> usize {
        self.columns.iter().map(|column| column.tokens.len()).max().unwrap_or_default().saturating_sub(1)
    }

    /// Decoded tokens of a column per second, once two tokens are there (the first falls out of prefill): all columns that
    /// have not ended take a step together, so the longest says how many steps there were.
    pub fn tokens_per_sec(&self) -> Option<f64> {
        let steps = Some(self.num_steps()).filter(|&n| n > 0)?;
        (self.decode_ms > 0.0).then(|| steps as f64 * 1e3 / self.decode_ms)
    }
}

impl EngineStatus {
    /// Whether an answer is being written.
    pub fn is_answering(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.end.is_none())
    }

    /// The model in a slot, if it is ready.
    pub fn ready(&self, slot: u32) -> Option<&Loaded> {
        self.models.iter().find(|model| model.slot == slot)
    }

    /// The load into a slot, if one is under way.
    pub fn loading(&self, slot: u32) -> Option<LoadProgress> {
        self.loads.iter().find(|load| load.slot == slot).copied()
    }

    fn remove_model(&mut self, slot: u32) {
        self.models.retain(|model| model.slot != slot);
    }

    fn remove_load(&mut self, slot: u32) {
        self.loads.retain(|load| load.slot != slot);
    }

    /// Folds one event in. Events of an answer other than the current one are late and change nothing.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Probed(probe) => self.probe = Some(probe),
            Event::LoadProgress(progress) => {
                self.failure = None;
                self.remove_load(progress.slot);
                self.loads.push(progress);
                if progress.stage != LoadStage::Headers {
                    self.remove_model(progress.slot);
                }
            }
            Event::Loaded(loaded) => {
                self.failure = None;
                self.remove_load(loaded.slot);
                self.remove_model(loaded.slot);
                self.models.push(loaded);
            }
            Event::LoadStopped { slot } => {
                self.remove_load(slot);
                self.abandon_answer();
            }
            Event::Unloaded { slot } => {
                self.remove_model(slot);
                self.abandon_answer();
            }
            Event::Shelf(shelf) => self.shelf = Some(shelf),
            Event::Prefilled { id, prompt_tokens, .. } => {
                self.failure = None;
                self.answer = Some(Answer { id, prompt_tokens, ..Answer::default() });
            }
            Event::Token { id, column, index, token, piece, logprob, is_changed, at_ms } => {
                if let Some(answer) = self.running(id) {
                    answer.decode_ms = at_ms;
                    let written = answer.column(column);
                    written.tokens.push(token);
                    written.logprobs.push(logprob);
                    written.text.push_str(&piece);
                    written.ends.push(written.text.len());
                    written.changes.extend(is_changed.then_some(index));
                }
            }
            Event::Ended { id, column, tail, reason } => {
                if let Some(answer) = self.running(id) {
                    let written = answer.column(column);
                    written.text.push_str(&tail);
                    written.end = Some(reason);
                }
            }
            Event::Finished { id, cost } => {
                if let Some(answer) = self.running(id) {
                    answer.end = Some(cost);
                }
            }
            Event::LaidOut { slot, columns, add_ons, context_tokens } => {
                self.failure = None;
                if let Some(loaded) = self.models.iter_mut().find(|model| model.slot == slot) {
                    loaded.card.context_tokens = context_tokens;
                    loaded.columns = columns;
                    loaded.add_ons = add_ons;
                }
            }
            // Whoever asked keeps them.
            Event::Scored { .. } | Event::Lens { .. } | Event::Judged { .. } | Event::LayOutStopped { .. } => {}
            Event::Measured(speed) => self.speed = Some(speed),
            Event::Failed(failure) => {
                match failure.what {
                    FailedStep::Load(slot) => {
                        self.remove_load(slot);
                        self.abandon_answer();
                    }
                    FailedStep::Generate(_) => self.abandon_answer(),
                    FailedStep::LayOut(_) | FailedStep::Message | FailedStep::Device | FailedStep::Shelf => {}
                }
                if failure.model_lost {
                    self.models.clear();
                    self.loads.clear();
                    self.abandon_answer();
                }
                self.failure = Some(failure);
            }
        }
    }

    fn running(&mut self, id: u32) -> Option<&mut Answer> {
        self.answer.as_mut().filter(|answer| answer.id == id && answer.end.is_none())
    }

    /// Keeps the text that came, marked as ended.
    fn abandon_answer(&mut self) {
        if let Some(answer) = self.answer.as_mut().filter(|answer| answer.end.is_none()) {
            answer.end = Some(Cost::default());
            for written in answer.columns.iter_mut().filter(|written| written.end.is_none()) {
                written.end = Some(StopReason::Asked);
            }
        }
    }
}

#[cfg(test)]
mod tests;
