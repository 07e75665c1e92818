//! The page's knowledge of the engine: a pure fold over its events.

use std::sync::LazyLock;

use crate::{
    Cost, Event, FailedStep, Failure, LoadProgress, LoadStage, Loaded, MAX_COLUMNS, Probe, ReadSpeed, Shelf, StopReason,
};

/// The page's knowledge of the engine: the fold of all events, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EngineStatus {
    /// The last result of a probe.
    pub probe: Option<Probe>,
    /// The models that are ready, at most one in each slot.
    pub models: Vec<Loaded>,
    /// The loads in progress, at most one for each slot. The slot's previous model stays until weights are read.
    pub loads: Vec<LoadProgress>,
    /// The models that can be loaded without a file, after the first [`Event::Shelf`].
    pub shelf: Option<Shelf>,
    /// How fast the device reads weights, after [`Event::Measured`]. The inner value is `None` if it cannot be
    /// measured.
    pub speed: Option<Option<ReadSpeed>>,
    /// The latest answer, in progress or ended.
    pub answer: Option<Answer>,
    /// The latest failure, until a later command succeeds.
    pub failure: Option<Failure>,
}

/// An answer, complete or in progress.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The id from the page.
    pub id: u32,
    pub prompt_tokens: u32,
    /// The text of each column so far.
    pub columns: Vec<Written>,
    /// Time from the end of prefill to the latest token, in milliseconds.
    pub decode_ms: f64,
    /// The cost, after all columns have ended.
    pub end: Option<Cost>,
}

/// One column's answer, complete or in progress.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Written {
    /// Text so far.
    pub text: String,
    /// Tokens so far.
    pub tokens: Vec<u32>,
    /// The end of each token's text in `text`, in bytes. Pieces have whole characters only.
    pub ends: Vec<usize>,
    /// Natural logarithms of the tokens' probabilities at temperature 1.
    pub logprobs: Vec<f32>,
    /// Positions of the first tokens after a change of scales.
    pub changes: Vec<u32>,
    /// Why the column ended; `None` while it is in progress.
    pub end: Option<StopReason>,
}

/// Why a token is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It is the first token that differs from the first column's.
    Diverges,
    /// It is the first token after a change of scales.
    Changed,
}

impl Written {
    /// The position of the first token that differs from the other column's; `None` while there is none.
    pub fn diverges_from(&self, other: &Self) -> Option<usize> {
        let shared = self.tokens.iter().zip(&other.tokens).take_while(|(a, b)| a == b).count();
        let has_more = shared < self.tokens.len();
        // Tokens that the other column has not written yet may be the same.
        let is_known = shared < other.tokens.len() || other.end.is_some();
        (has_more && is_known).then_some(shared)
    }

    /// The text in order, cut at marked tokens: the one at `diverges`, and those after a change of scales.
    pub fn segments(&self, diverges: Option<usize>) -> Vec<(&str, Option<Mark>)> {
        let change = |&at: &u32| (at as usize, Mark::Changed);
        let mut marks: Vec<(usize, Mark)> = self.changes.iter().map(change).collect();
        marks.extend(diverges.map(|at| (at, Mark::Diverges)));
        marks.sort_by_key(|mark| mark.0);
        let (mut segments, mut at) = (Vec::new(), 0);
        for (token, mark) in marks {
            let start = if token == 0 { 0 } else { self.ends.get(token - 1).copied().unwrap_or(self.text.len()) };
            // A token without a complete character is shown by the next one with a character. Two marks there become
            // one.
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

    /// The text to read aloud: the latest complete sentence. After the end of the answer, its last sentence even if
    /// incomplete.
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

    /// A column's text so far. A new column begins empty.
    fn column(&mut self, column: u32) -> &mut Written {
        // No layout has more columns, so a larger number cannot be valid.
        let index = column.min(MAX_COLUMNS - 1) as usize;
        if self.columns.len() <= index {
            self.columns.resize(index + 1, Written::default());
        }
        &mut self.columns[index]
    }

    /// Number of decode steps so far: the tokens of the longest column except its first.
    pub fn num_steps(&self) -> usize {
        self.columns.iter().map(|column| column.tokens.len()).max().unwrap_or_default().saturating_sub(1)
    }

    /// Decoded tokens of a column per second; `None` before the second token, because the first comes from the prefill.
    /// All columns that have not ended take each step together, so the longest column gives the number of steps.
    pub fn tokens_per_sec(&self) -> Option<f64> {
        let steps = Some(self.num_steps()).filter(|&n| n > 0)?;
        (self.decode_ms > 0.0).then(|| steps as f64 * 1e3 / self.decode_ms)
    }
}

impl EngineStatus {
    /// Whether an answer is in progress.
    pub fn is_answering(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.end.is_none())
    }

    /// The model in a slot, if it is ready.
    pub fn ready(&self, slot: u32) -> Option<&Loaded> {
        self.models.iter().find(|model| model.slot == slot)
    }

    /// The load into a slot, if one is in progress.
    pub fn loading(&self, slot: u32) -> Option<LoadProgress> {
        self.loads.iter().find(|load| load.slot == slot).copied()
    }

    fn remove_model(&mut self, slot: u32) {
        self.models.retain(|model| model.slot != slot);
    }

    fn remove_load(&mut self, slot: u32) {
        self.loads.retain(|load| load.slot != slot);
    }

    /// Applies one event. Events of another answer than the current one are late and change nothing.
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
            // The part of the page that asked for them stores them.
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

    /// Marks an answer in progress as ended. Its text stays.
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
