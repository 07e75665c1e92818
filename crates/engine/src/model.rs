//! A loaded model, on the CPU or a GPU.

use std::rc::Rc;

use super::card::{device, narrow};
use super::cpu_model::{CpuMaths, CpuModel};
use super::{RuntimeError, chat};
use askew_gpu::{Allocation, Choice, Counts, Gpu, GpuModel, Lane, Layout, SampledToken};
use askew_model::reference::Lane as CpuLane;
use askew_model::sampler::SeenTokens;
use askew_model::{Adapter, Chat, ModelError, ModelFile, Sampler, Steering};
use askew_protocol::{Column, DEFAULT_CONTEXT, Device, Math, Message, ModelCard, Prompt};

/// Tokens between two readbacks on a real GPU. Firefox finishes a readback only about every 100 ms, and the first token
/// waits for the window's last.
const DECODE_WINDOW: usize = 8;

/// Tokens of a prompt that are read in one step on a GPU.
const GPU_STEP: usize = 64;
/// Tokens of a prompt that are read in one step on a CPU: some tenths of a second for a small model.
const CPU_STEP: usize = 16;

/// A model that can run.
#[derive(Debug)]
pub struct LoadedModel {
    /// The parsed file headers, with tokenizer and chat template.
    pub file: ModelFile,
    /// The description that the page shows.
    pub card: ModelCard,
    /// Tokens that fit in its KV cache.
    pub context: usize,
    /// Sequences that can be decoded together.
    pub columns: usize,
    /// Number of adapters and steering vectors.
    pub(super) num_scales: usize,
    pub(super) engine: Engine,
    /// Its GPU buffers. This must be the last field: it is dropped, and the buffers destroyed, after everything that
    /// uses them.
    pub(super) allocations: Vec<Allocation>,
}

#[derive(Debug)]
pub(super) enum Engine {
    Cpu(Box<dyn CpuModel>, CpuMaths),
    Gpu(Box<GpuModel>),
}

impl Engine {
    /// The arithmetic that it computes with.
    pub(super) fn math(&self) -> Math {
        match self {
            Self::Cpu(_, maths) => maths.math,
            Self::Gpu(model) if model.is_fast() => Math::Fast,
            Self::Gpu(_) => Math::Exact,
        }
    }
}

impl LoadedModel {
    /// Lays the model out again for `columns` columns, with adapters and steering vectors that each column may use.
    /// This clears the cache and sets all scales to 0.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] for a layout that cannot run here, [`RuntimeError::Gpu`] if it does not fit.
    pub async fn lay_out(
        &mut self,
        columns: usize,
        adapters: Vec<Adapter>,
        steerings: Vec<Steering>,
    ) -> Result<(), RuntimeError> {
        let num_scales = adapters.len() + steerings.len();
        match &mut self.engine {
            Engine::Cpu(model, _) => model.lay_out(columns, adapters, steerings)?,
            Engine::Gpu(model) => {
                let gpu = Rc::clone(model.gpu());
                let context = GpuModel::context(&gpu, &self.file.config, columns, DEFAULT_CONTEXT);
                let (adapters, steerings, is_fast) = (&adapters, &steerings, model.is_fast());
                let layout = Layout { context, columns, adapters, steerings, is_fast };
                gpu.collect();
                let laid_out = gpu.checked(|| model.laid_out(&layout)).await;
                let for_work = gpu.collected();
                let laid_out = laid_out?;
                self.context = context;
                self.card.context_tokens = narrow(context);
                **model = laid_out;
                // Frees the buffers of the previous layout; the weights stay.
                if let Some(before) = self.allocations.first_mut() {
                    *before = for_work;
                }
            }
        }
        (self.columns, self.num_scales) = (columns, num_scales);
        Ok(())
    }

    /// Rejects columns that the layout does not have.
    ///
    /// # Errors
    /// [`ModelError::Columns`].
    pub fn check_columns(&self, columns: &[Column]) -> Result<(), ModelError> {
        let fits = !columns.is_empty() && columns.len() <= self.columns;
        let scales = columns.iter().map(|column| column.scales.len()).max().unwrap_or(0);
        if !fits || scales > self.num_scales {
            return Err(ModelError::Columns { found: (columns.len(), scales), limit: (self.columns, self.num_scales) });
        }
        Ok(())
    }

    /// Sets a column's scales: of the adapters, then of the steering vectors. Missing ones are 0. They act on the
    /// tokens that are read from now on.
    pub fn set_scales(&mut self, column: usize, scales: &[f32]) {
        let mut all = vec![0.0; self.num_scales];
        all.iter_mut().zip(scales).for_each(|(all, scale)| *all = *scale);
        match &mut self.engine {
            Engine::Cpu(model, _) => model.set_scales(column, &all),
            Engine::Gpu(model) => model.set_scales(column, &all),
        }
    }

    /// Prepares a column's sampling, if the device does the sampling.
    pub fn start(&self, column: usize, sampler: &Sampler, seen: &SeenTokens) {
        if let Engine::Gpu(model) = &self.engine {
            model.start(column, sampler, seen);
        }
    }

    /// Builds the pipelines for decoding this many columns.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub fn prepare(&self, columns: usize, choice: Choice) -> Result<(), RuntimeError> {
        match &self.engine {
            Engine::Cpu(..) => Ok(()),
            Engine::Gpu(model) => Ok(model.prepare(columns, choice)?),
        }
    }

    /// Whether the device itself chooses tokens (see [`LoadedModel::decode`]).
    pub fn samples(&self) -> bool {
        matches!(self.engine, Engine::Gpu(_))
    }

    /// Tokens to decode between two readbacks. Software adapters are slow, so they read back after each token.
    pub fn window(&self) -> usize {
        match &self.engine {
            Engine::Gpu(model) if !model.gpu().caps().is_software => DECODE_WINDOW,
            _ => 1,
        }
    }

    /// Reads tokens of a column without computing logits. The work is done when this returns.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn read(&mut self, column: usize, tokens: &[u32], position: usize) -> Result<(), RuntimeError> {
        match &mut self.engine {
            Engine::Cpu(model, _) => model.read(column, tokens, position),
            Engine::Gpu(model) => {
                model.read(narrow(column), tokens, narrow(position))?;
                model.gpu().flush().await?;
            }
        }
        Ok(())
    }

    /// Copies the first `len` positions of one column to another.
    pub fn copy_column(&mut self, from: usize, to: usize, len: usize) {
        match &mut self.engine {
            Engine::Cpu(model, _) => model.copy_column(from, to, len),
            Engine::Gpu(model) => model.copy_column(from, to, len),
        }
    }

    /// Reads one token in each lane and returns the logits (lanes, vocab) for the next.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn logits(&mut self, lanes: &[Lane]) -> Result<Vec<f32>, RuntimeError> {
        self.logits_after_layers(lanes, self.file.config.num_layers).await
    }

    /// The logits (lanes, vocab) for the next token if the model ended after `num_layers` layers: the logit lens.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn logits_after_layers(&mut self, lanes: &[Lane], num_layers: usize) -> Result<Vec<f32>, RuntimeError> {
        match &mut self.engine {
            Engine::Cpu(model, _) => {
                let is_used = |lane: &&Lane| lane.column != Lane::NO_COLUMN;
                let used: Vec<_> = lanes.iter().filter(is_used).map(on_cpu).collect();
                let residuals = model.residuals(&used, num_layers);
                let (found, vocab) = (model.head(&residuals), self.card.vocab_size as usize);
                // Lanes without a column still have a row in the result.
                let mut rows = found.chunks_exact(vocab.max(1));
                let row = |lane: &Lane| match lane.column {
                    Lane::NO_COLUMN => vec![0.0; vocab],
                    _ => rows.next().unwrap_or_default().to_vec(),
                };
                Ok(lanes.iter().flat_map(row).collect())
            }
            Engine::Gpu(model) => Ok(model.logits_after(lanes, num_layers).await?),
        }
    }

    /// Reads one token in each lane and returns the residual streams (lanes, dim) after `num_layers` layers.
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn residuals(&mut self, lanes: &[Lane], num_layers: usize) -> Result<Vec<f32>, RuntimeError> {
        match &mut self.engine {
            Engine::Cpu(model, _) => Ok(model.residuals(&lanes.iter().map(on_cpu).collect::<Vec<_>>(), num_layers)),
            Engine::Gpu(model) => Ok(model.residuals(lanes, num_layers).await?),
        }
    }

    /// Reads one token in each lane and chooses the next, for `steps` steps: (steps, lanes). Only if
    /// [`LoadedModel::samples`].
    ///
    /// # Errors
    /// [`RuntimeError::Gpu`].
    pub async fn decode(
        &mut self,
        lanes: &[Lane],
        choice: Choice,
        steps: usize,
    ) -> Result<Vec<SampledToken>, RuntimeError> {
        match &mut self.engine {
            Engine::Cpu(..) => Ok(Vec::new()),
            Engine::Gpu(model) => Ok(model.decode(lanes, choice, steps).await?),
        }
    }

    /// The tokens of a prompt. The browser's worker must not call this: it renders chats with
    /// [`crate::serve::Host::render`].
    ///
    /// # Errors
    /// [`RuntimeError::Model`] if the chat template rejects the prompt.
    pub fn encode(&self, prompt: &Prompt) -> Result<Vec<u32>, RuntimeError> {
        match prompt {
            Prompt::Raw(text) => Ok(self.encode_text(text)),
            Prompt::Chat(messages) => Ok(self.encode_text(&chat::render(&self.chat(messages)?)?)),
        }
    }

    /// The tokens of a text prompt, or of a chat that has been rendered.
    pub fn encode_text(&self, text: &str) -> Vec<u32> {
        self.file.tokenizer.encode_prompt(text)
    }

    /// A chat with the file's own template, ready to be rendered.
    ///
    /// # Errors
    /// [`ModelError::NoChatTemplate`].
    pub(super) fn chat(&self, messages: &[Message]) -> Result<Chat, ModelError> {
        let turns: Vec<_> = messages.iter().map(|m| (m.role.as_str(), m.content.as_str())).collect();
        self.file.chat(&turns)
    }

    /// Reads tokens from the start in the first column. Returns the logits (vocab,) after the last one.
    ///
    /// # Errors
    /// [`RuntimeError::Model`] if there are no tokens, too many, or unknown ones; [`RuntimeError::Gpu`].
    pub async fn logits_after(&mut self, tokens: &[u32]) -> Result<Vec<f32>, RuntimeError> {
        self.check_prompt(tokens)?;
        let Some((&last, before)) = tokens.split_last() else { return Err(ModelError::EmptyPrompt.into()) };
        self.read(0, before, 0).await?;
        self.logits(&[Lane { token: last, position: narrow(before.len()), column: 0, step: 0 }]).await
    }

    /// Rejects prompts that the model cannot read.
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

    /// The device that it runs on.
    pub fn device(&self) -> Device {
        match &self.engine {
            Engine::Cpu(_, maths) => maths.device(),
            Engine::Gpu(model) => device(model.gpu().caps()),
        }
    }

    /// Prompt tokens that are read in one step. A stop takes effect after at most that many.
    pub fn tokens_per_step(&self) -> usize {
        match &self.engine {
            Engine::Cpu(..) => CPU_STEP,
            Engine::Gpu(_) => GPU_STEP,
        }
    }

    /// Dispatches to decode one token of every column; 0 on the CPU.
    pub fn dispatches_per_token(&self) -> u32 {
        narrow(self.dispatches().1)
    }

    /// Dispatches to decode one token of every column: in the layer with the most, and in all. 0 on the CPU.
    pub fn dispatches(&self) -> (usize, usize) {
        match &self.engine {
            Engine::Cpu(..) => (0, 0),
            Engine::Gpu(model) => model.dispatches(self.columns, Choice::Free).unwrap_or_default(),
        }
    }

    /// What the device has done so far. On the CPU only the bytes of weights are counted.
    pub fn counts(&self) -> Counts {
        match &self.engine {
            Engine::Cpu(model, _) => {
                Counts { weight_bytes: self.card.bytes_per_token * model.num_steps(), ..Counts::default() }
            }
            Engine::Gpu(model) => model.gpu().counts(),
        }
    }

    /// GPU memory that it takes, in bytes.
    pub fn gpu_bytes(&self) -> u64 {
        self.allocations.iter().map(Allocation::num_bytes).sum()
    }

    /// The GPU that it runs on, or `None` on the CPU.
    pub fn gpu(&self) -> Option<&Rc<Gpu>> {
        match &self.engine {
            Engine::Cpu(..) => None,
            Engine::Gpu(model) => Some(model.gpu()),
        }
    }
}

/// A lane in the form that the CPU's forward pass takes.
fn on_cpu(lane: &Lane) -> CpuLane {
    CpuLane { token: lane.token, position: lane.position as usize, column: lane.column as usize }
}
