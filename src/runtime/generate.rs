//! One answer, token by token. The shell decides when the next step runs, so it can stop between any two.

use super::protocol::{Prompt, Sampling, StopReason};
use super::{LoadedModel, RuntimeError};
use crate::model::sampler::{SamplerSettings, SeenTokens};
use crate::model::{ModelError, Sampler, StopStrings, Utf8Stream};

/// An answer under way.
#[derive(Debug)]
pub struct Generation {
    prompt: Vec<u32>,
    /// Tokens of the prompt that were read.
    num_read: usize,
    /// What follows the last token read, once the prompt has been.
    logits: Option<Vec<f32>>,
    /// The last token chosen, not yet read.
    unread: Option<u32>,
    num_chosen: usize,
    max_tokens: usize,
    sampler: Sampler,
    seen: SeenTokens,
    utf8: Utf8Stream,
    stops: StopStrings,
}

/// What a step gave.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Part of the prompt was read; more is left.
    Reading,
    /// All of the prompt was read.
    Prefilled,
    /// A token was chosen.
    Token {
        /// Its number.
        token: u32,
        /// New text.
        piece: String,
    },
    /// The answer has ended.
    Ended {
        /// Why.
        reason: StopReason,
        /// Text held back until now.
        tail: String,
    },
}

impl Generation {
    /// Prepares an answer. Nothing is computed yet.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for a prompt or sampling that cannot be used.
    pub fn new(model: &LoadedModel, prompt: &Prompt, sampling: &Sampling) -> Result<Self, RuntimeError> {
        let prompt = match prompt {
            Prompt::Raw(text) => model.file.tokenizer.encode_prompt(text),
            Prompt::Chat(messages) => {
                let turns: Vec<_> = messages.iter().map(|m| (m.role.as_str(), m.content.as_str())).collect();
                model.file.encode_chat(&turns)?
            }
        };
        model.check_prompt(&prompt)?;
        if sampling.max_tokens == 0 {
            let range = "at least 1";
            return Err(ModelError::Sampling { name: "max tokens", found: "0".to_owned(), range }.into());
        }
        let Sampling { temperature, top_k, top_p, min_p, seed, max_tokens, ref stop } = *sampling;
        let settings = SamplerSettings { temperature, top_k, top_p, min_p, penalty: 1.0, seed };
        let mut seen = SeenTokens::new(model.card.vocab_size as usize);
        prompt.iter().for_each(|&token| seen.insert(token));
        Ok(Self {
            prompt,
            num_read: 0,
            logits: None,
            unread: None,
            num_chosen: 0,
            max_tokens: max_tokens as usize,
            sampler: Sampler::new(settings)?,
            seen,
            utf8: Utf8Stream::default(),
            stops: StopStrings::new(stop),
        })
    }

    /// The prompt's tokens.
    pub fn prompt(&self) -> &[u32] {
        &self.prompt
    }

    /// What follows the last token read: the logits that the next [`Step::Token`] is chosen from.
    pub fn logits(&self) -> Option<&[f32]> {
        self.logits.as_deref()
    }

    /// Does the next piece of work.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn step(&mut self, model: &mut LoadedModel) -> Result<Step, RuntimeError> {
        let left = self.prompt.len() - self.num_read;
        if left > 1 {
            let end = self.num_read + model.tokens_per_step().min(left - 1);
            model.read(&self.prompt[self.num_read..end], self.num_read).await?;
            self.num_read = end;
            return Ok(Step::Reading);
        }
        if left == 1 {
            self.logits = Some(model.logits(self.prompt[self.num_read], self.num_read).await?);
            self.num_read += 1;
            return Ok(Step::Prefilled);
        }
        self.decode(model).await
    }

    async fn decode(&mut self, model: &mut LoadedModel) -> Result<Step, RuntimeError> {
        let position = self.prompt.len() + self.num_chosen;
        if self.num_chosen == self.max_tokens || position > model.context {
            return Ok(self.end(StopReason::Length));
        }
        if let Some(token) = self.unread.take() {
            self.logits = Some(model.logits(token, position - 1).await?);
        }
        let logits = self.logits.as_deref().unwrap_or_default();
        // The noise belongs to the position that the chosen token will stand at.
        let chosen = self.sampler.choose(logits, &self.seen, u32::try_from(position).unwrap_or(u32::MAX));
        let token = chosen.ok_or(ModelError::EmptyPrompt)?;
        if model.file.tokenizer.is_end(token) {
            return Ok(self.end(StopReason::EndOfText));
        }
        let text = self.utf8.push(&model.file.tokenizer.bytes(token));
        let (piece, stopped) = self.stops.push(&text);
        if stopped {
            return Ok(Step::Ended { reason: StopReason::StopString, tail: piece });
        }
        self.unread = Some(token);
        self.seen.insert(token);
        self.num_chosen += 1;
        Ok(Step::Token { token, piece })
    }

    /// Ends the answer early, with the text held back so far.
    pub fn stop(&mut self) -> Step {
        self.end(StopReason::Asked)
    }

    fn end(&mut self, reason: StopReason) -> Step {
        let held = self.utf8.finish();
        let (mut tail, stopped) = self.stops.push(&held);
        if !stopped {
            tail.push_str(&self.stops.finish());
        }
        Step::Ended { reason, tail }
    }
}
