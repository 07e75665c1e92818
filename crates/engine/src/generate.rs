//! Generates answers token by token, one for each column, all decoded together. The shell calls for each piece of work,
//! so it can stop or change a scale between any two.

use super::card::narrow;
use super::{LoadedModel, RuntimeError};
use askew_gpu::{Choice, Lane, SampledToken};
use askew_model::sampler::{SamplerSettings, SeenTokens, log_softmax};
use askew_model::{ModelError, Sampler, StopStrings, Utf8Stream};
use askew_protocol::{Column, Sampling, StopReason};

/// For this many tokens after a change of scale, results come one by one, because the scale may be changed again.
const AFTER_A_CHANGE: usize = 8;

/// Answers that are being generated.
#[derive(Debug)]
pub struct Generation {
    prompt: Vec<u32>,
    /// Columns that read the prompt, each with the columns that share its scales and receive a copy.
    readers: Vec<(usize, Vec<usize>)>,
    /// Index of the reader at work, and the number of prompt tokens that it has read.
    reading: (usize, usize),
    is_prefilled: bool,
    columns: Vec<State>,
    max_tokens: usize,
    choice: Choice,
    keeps_logits: bool,
    /// Whether end tokens end an answer. False for measurements.
    ends: bool,
    /// Logits (columns, vocab) before the latest tokens, if they are kept.
    logits: Vec<f32>,
    /// How many of the next tokens come one by one.
    careful: usize,
}

/// The state of one column's answer.
#[derive(Debug)]
struct State {
    /// The token that is read next.
    token: u32,
    sampler: Sampler,
    seen: SeenTokens,
    utf8: Utf8Stream,
    stops: StopStrings,
    num_chosen: usize,
    is_ended: bool,
    /// Whether a scale was changed since the last token.
    is_changed: bool,
}

/// The result of a piece of work.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Part of the prompt was read; more is left.
    Reading,
    /// All of the prompt was read except its last token.
    Prefilled,
    /// A token was chosen.
    Token {
        column: usize,
        /// Its id.
        token: u32,
        /// The text that it adds.
        piece: String,
        /// Natural logarithm of its probability at temperature 1.
        logprob: f32,
        /// Whether it is the first token after a change of scales.
        is_changed: bool,
    },
    /// A column's answer has ended.
    Ended {
        column: usize,
        /// Why it ended.
        reason: StopReason,
        /// Text that was held back until now.
        tail: String,
    },
}

impl Generation {
    /// Prepares answers to a prompt's tokens in `columns` (at least one) of the model's layout. No token is read yet.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for a prompt, sampling or columns that cannot be used.
    pub fn new(
        model: &mut LoadedModel,
        prompt: Vec<u32>,
        sampling: &Sampling,
        columns: &[Column],
    ) -> Result<Self, RuntimeError> {
        model.check_prompt(&prompt)?;
        model.check_columns(columns)?;
        let Some(&last) = prompt.last() else { return Err(ModelError::EmptyPrompt.into()) };
        if sampling.max_tokens == 0 {
            let range = "at least 1";
            return Err(ModelError::Sampling { name: "max tokens", found: "0".to_owned(), range }.into());
        }
        let Sampling { temperature, top_k, top_p, min_p, repetition_penalty, seed, max_tokens, ref stop } = *sampling;
        let mut seen = SeenTokens::new(model.card.vocab_size as usize);
        prompt.iter().for_each(|&token| seen.insert(token));
        let state = |column: &Column| {
            let seed = column.seed.unwrap_or(seed);
            let settings = SamplerSettings { temperature, top_k, top_p, min_p, penalty: repetition_penalty, seed };
            Ok::<_, ModelError>(State {
                token: last,
                sampler: Sampler::new(settings)?,
                seen: seen.clone(),
                utf8: Utf8Stream::default(),
                stops: StopStrings::new(stop),
                num_chosen: 0,
                is_ended: false,
                is_changed: false,
            })
        };
        let states = columns.iter().map(state).collect::<Result<Vec<_>, _>>()?;
        let filters = states.iter().any(|state| state.sampler.filters());
        let choice = if filters { Choice::Filtered } else { Choice::Free };
        for (index, (column, state)) in columns.iter().zip(&states).enumerate() {
            model.set_scales(index, &column.scales);
            model.start(index, &state.sampler, &state.seen);
        }
        model.prepare(columns.len(), choice)?;
        Ok(Self {
            prompt,
            readers: readers(columns),
            reading: (0, 0),
            is_prefilled: false,
            columns: states,
            max_tokens: max_tokens as usize,
            choice,
            keeps_logits: false,
            ends: true,
            logits: Vec::new(),
            careful: 0,
        })
    }

    /// Keeps the logits of every token. Tokens then come one by one.
    #[must_use]
    pub fn keeping_logits(self) -> Self {
        Self { keeps_logits: true, ..self }
    }

    /// Generates up to the maximum length even if the model ends its answer. For measurements.
    #[must_use]
    pub fn never_ending(self) -> Self {
        Self { ends: false, ..self }
    }

    /// The prompt's tokens.
    pub fn prompt(&self) -> &[u32] {
        &self.prompt
    }

    /// The logits (vocab,) that a column's latest token was chosen from. Empty unless they are kept.
    pub fn logits(&self, column: usize) -> &[f32] {
        let vocab = self.logits.len() / self.columns.len().max(1);
        self.logits.get(column * vocab..(column + 1) * vocab).unwrap_or_default()
    }

    /// Whether every answer has ended.
    pub fn is_done(&self) -> bool {
        self.columns.iter().all(|state| state.is_ended)
    }

    /// Changes a column's scales. They act from its next token on, which is marked as changed.
    pub fn set_scales(&mut self, model: &mut LoadedModel, column: usize, scales: &[f32]) {
        model.set_scales(column, scales);
        if let Some(state) = self.columns.get_mut(column) {
            state.is_changed = state.num_chosen > 0;
            self.careful = AFTER_A_CHANGE;
        }
    }

    /// Does the next piece of work.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn advance(&mut self, model: &mut LoadedModel) -> Result<Vec<Step>, RuntimeError> {
        if self.is_prefilled { self.decode(model).await } else { self.read(model).await }
    }

    async fn read(&mut self, model: &mut LoadedModel) -> Result<Vec<Step>, RuntimeError> {
        let len = self.prompt.len() - 1;
        let (reader, num_read) = self.reading;
        let (leader, followers) = &self.readers[reader];
        let end = len.min(num_read + model.tokens_per_step());
        if end > num_read {
            model.read(*leader, &self.prompt[num_read..end], num_read).await?;
        }
        if end < len {
            self.reading = (reader, end);
            return Ok(vec![Step::Reading]);
        }
        followers.iter().for_each(|&follower| model.copy_column(*leader, follower, len));
        self.reading = (reader + 1, 0);
        self.is_prefilled = self.reading.0 == self.readers.len();
        Ok(vec![if self.is_prefilled { Step::Prefilled } else { Step::Reading }])
    }

    async fn decode(&mut self, model: &mut LoadedModel) -> Result<Vec<Step>, RuntimeError> {
        let most = self.columns.iter().filter(|state| !state.is_ended).map(|state| state.num_chosen).max();
        let Some(num_chosen) = most else { return Ok(Vec::new()) };
        // Where the next token is read, for every column that continues.
        let position = self.prompt.len() - 1 + num_chosen;
        let room = (self.max_tokens - num_chosen).min(model.context.saturating_sub(position));
        if room == 0 {
            return Ok(self.end_all(StopReason::Length));
        }
        let lane = |(column, state): (usize, &State)| match state.is_ended {
            true => Lane::NONE,
            false => Lane { token: state.token, position: narrow(position), column: narrow(column), step: 0 },
        };
        let lanes: Vec<Lane> = self.columns.iter().enumerate().map(lane).collect();
        let careful = self.careful > 0 || self.keeps_logits;
        let window = if careful { 1 } else { model.window().min(room) };
        self.careful = self.careful.saturating_sub(1);
        let chosen = if self.keeps_logits || !model.samples() {
            self.logits = model.logits(&lanes).await?;
            self.choose(position)?
        } else {
            model.decode(&lanes, self.choice, window).await?
        };
        let vocab_size = model.card.vocab_size;
        let mut steps = Vec::new();
        for row in chosen.chunks_exact(self.columns.len()) {
            for (column, chosen) in row.iter().enumerate() {
                if self.columns[column].is_ended {
                    continue;
                }
                if chosen.token >= vocab_size {
                    return Err(ModelError::NotNumbers.into());
                }
                steps.push(self.take(model, column, *chosen));
            }
        }
        Ok(steps)
    }

    /// Chooses the next token of every column from the logits.
    fn choose(&self, position: usize) -> Result<Vec<SampledToken>, RuntimeError> {
        let choose = |(column, state): (usize, &State)| {
            if state.is_ended {
                return Ok(SampledToken { token: 0, logprob: 0.0 });
            }
            let logits = self.logits(column);
            // The noise is keyed by the position that the chosen token will have.
            let token = state.sampler.choose(logits, &state.seen, narrow(position + 1));
            let token = token.ok_or(ModelError::NotNumbers)?;
            let logprob = log_softmax(logits).get(token as usize).copied().unwrap_or(f32::NAN);
            Ok(SampledToken { token, logprob })
        };
        self.columns.iter().enumerate().map(choose).collect()
    }

    /// Records a chosen token in its column's answer.
    fn take(&mut self, model: &LoadedModel, column: usize, chosen: SampledToken) -> Step {
        let SampledToken { token, logprob } = chosen;
        if self.ends && model.file.tokenizer.is_end(token) {
            return self.end(column, StopReason::EndOfText);
        }
        let state = &mut self.columns[column];
        let text = state.utf8.push(&model.file.tokenizer.bytes(token));
        let (piece, stopped) = state.stops.push(&text);
        if stopped {
            state.is_ended = true;
            return Step::Ended { column, reason: StopReason::StopString, tail: piece };
        }
        state.token = token;
        state.seen.insert(token);
        state.num_chosen += 1;
        let is_changed = std::mem::take(&mut state.is_changed);
        Step::Token { column, token, piece, logprob, is_changed }
    }

    /// Ends all answers early and returns the text held back so far.
    pub fn stop(&mut self) -> Vec<Step> {
        self.end_all(StopReason::Asked)
    }

    fn end_all(&mut self, reason: StopReason) -> Vec<Step> {
        let open: Vec<usize> = (0..self.columns.len()).filter(|&column| !self.columns[column].is_ended).collect();
        open.into_iter().map(|column| self.end(column, reason)).collect()
    }

    fn end(&mut self, column: usize, reason: StopReason) -> Step {
        let state = &mut self.columns[column];
        state.is_ended = true;
        let held = state.utf8.finish();
        let (mut tail, stopped) = state.stops.push(&held);
        if !stopped {
            tail.push_str(&state.stops.finish());
        }
        Step::Ended { column, reason, tail }
    }
}

/// The columns that read the prompt themselves. Each comes with the columns that can take a copy, because the same
/// scales give the same keys and values.
pub(super) fn readers(columns: &[Column]) -> Vec<(usize, Vec<usize>)> {
    let mut readers: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        match readers.iter_mut().find(|(leader, _)| columns[*leader].scales == column.scales) {
            Some((_, followers)) => followers.push(index),
            None => readers.push((index, Vec::new())),
        }
    }
    readers
}
