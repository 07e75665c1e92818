//! A model that has been loaded, on whatever it runs.

use std::rc::Rc;

use super::RuntimeError;
use super::cpu_model::CpuModel;
use super::load::device;
use super::protocol::{Device, ModelCard};
use crate::gpu::{Choice, Gpu, GpuModel, Lane};
use crate::model::{ModelError, ModelFile};

/// Tokens of a prompt read at once on a GPU.
const GPU_STEP: usize = 64;
/// And on a CPU: some tenths of a second for a small model.
const CPU_STEP: usize = 16;

/// A model that can run.
#[derive(Debug)]
pub struct LoadedModel {
    /// What its file says.
    pub file: ModelFile,
    /// What the reader is told of it.
    pub card: ModelCard,
    /// Tokens that fit its cache.
    pub context: usize,
    pub(super) engine: Engine,
}

#[derive(Debug)]
pub(super) enum Engine {
    Cpu(CpuModel),
    Gpu(Box<GpuModel>),
}

impl LoadedModel {
    /// Reads tokens without asking what follows. When this returns the work is done.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn read(&mut self, tokens: &[u32], position: usize) -> Result<(), RuntimeError> {
        match &mut self.engine {
            Engine::Cpu(model) => model.read(tokens, position),
            Engine::Gpu(model) => {
                model.read(0, tokens, narrow(position))?;
                model.gpu().flush().await?;
            }
        }
        Ok(())
    }

    /// Reads a token and gives the logits (vocab,) that follow.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn logits(&mut self, token: u32, position: usize) -> Result<Vec<f32>, RuntimeError> {
        match &mut self.engine {
            Engine::Cpu(model) => Ok(model.logits(token, position)),
            Engine::Gpu(model) => {
                let lane = Lane { token, position: narrow(position), column: 0, step: 0 };
                Ok(model.logits(&[lane]).await?)
            }
        }
    }

    /// Reads tokens from the start and gives the logits (vocab,) that follow the last.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for tokens that are none, too many or unknown; [`RuntimeError::Gpu`].
    pub async fn logits_after(&mut self, tokens: &[u32]) -> Result<Vec<f32>, RuntimeError> {
        self.check_prompt(tokens)?;
        let Some((&last, before)) = tokens.split_last() else { return Err(ModelError::EmptyPrompt.into()) };
        self.read(before, 0).await?;
        self.logits(last, before.len()).await
    }

    /// Refuses prompts that the model cannot read.
    ///
    /// # Errors
    /// [`ModelError::EmptyPrompt`], [`ModelError::PromptTooLong`] or [`ModelError::TokenRange`].
    pub fn check_prompt(&self, tokens: &[u32]) -> Result<(), ModelError> {
        let vocab_size = self.card.vocab_size;
        if tokens.is_empty() {
            return Err(ModelError::EmptyPrompt);
        }
        if tokens.len() > self.context {
            return Err(ModelError::PromptTooLong { found: tokens.len(), limit: self.context });
        }
        match tokens.iter().find(|&&token| token >= vocab_size) {
            Some(&token) => Err(ModelError::TokenRange { token, vocab_size }),
            None => Ok(()),
        }
    }

    /// Where it runs.
    pub fn device(&self) -> Device {
        match &self.engine {
            Engine::Cpu(model) => model.device(),
            Engine::Gpu(model) => device(model.gpu().caps()),
        }
    }

    /// Tokens of a prompt to be read in one step: a stop acts after at most that many.
    pub fn tokens_per_step(&self) -> usize {
        match &self.engine {
            Engine::Cpu(_) => CPU_STEP,
            Engine::Gpu(_) => GPU_STEP,
        }
    }

    /// Dispatches for one decoded token; 0 on the CPU.
    pub fn dispatches_per_token(&self) -> u32 {
        match &self.engine {
            Engine::Cpu(_) => 0,
            Engine::Gpu(model) => model.dispatches(1, Choice::Free).map_or(0, |(_, total)| narrow(total)),
        }
    }

    /// The GPU it runs on.
    pub fn gpu(&self) -> Option<&Rc<Gpu>> {
        match &self.engine {
            Engine::Cpu(_) => None,
            Engine::Gpu(model) => Some(model.gpu()),
        }
    }
}

/// Counts that are far below 2^32 by the limits of [`crate::model::Config`].
pub(super) fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
