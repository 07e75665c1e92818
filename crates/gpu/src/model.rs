//! A model on the GPU: its plans, which are lists of dispatches, and the operations that submit them.
//!
//! A step processes lanes (tokens with a position and a column) in one compute pass and one submit. The lanes are the
//! tokens of a prompt, or one token of every column. The weights are read once per step. Plans, bind groups and buffers
//! are created once for each number of lanes. A step writes at most the lanes.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::buffers::{Buffers, MAX_WINDOW, SampledToken};
use super::kernel::Dispatch;
use super::lanes::Lane;
pub use super::ops::sample::Choice;
use super::ops::sample::seen_words;
use super::ops::{DECODE_LANES, MAX_LANES};
use super::weights::GpuWeights;
use super::{Gpu, GpuError};
use crate::lora::LowRankPaths;
use askew_model::sampler::SeenTokens;
use askew_model::{Adapter, Config, Sampler, Steering};

/// Fewest tokens at the end of a prompt for which a padded step of [`DECODE_LANES`] lanes is faster than single steps.
const WORTH_PADDING: usize = 4;

/// The sizes and extras that a model is allocated for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout<'a> {
    /// Number of positions per column.
    pub context: usize,
    /// Number of sequences decoded together, at most [`DECODE_LANES`].
    pub columns: usize,
    /// Adapters that every column can use.
    pub adapters: &'a [Adapter],
    /// Steering vectors that every column can use.
    pub steerings: &'a [Steering],
    /// Whether activations are rounded to integers before they are multiplied with packed weights: the `fast` maths of
    /// `docs/engine.md`.
    pub is_fast: bool,
}

/// A model on the GPU, with its KV caches.
#[derive(Debug)]
pub struct GpuModel {
    pub(super) gpu: Rc<Gpu>,
    pub(super) config: Config,
    pub(super) weights: Rc<GpuWeights>,
    pub(super) low_rank: LowRankPaths,
    pub(super) buffers: Buffers,
    pub(super) columns: usize,
    pub(super) context: usize,
    pub(super) is_fast: bool,
    plans: RefCell<BTreeMap<Part, Rc<Vec<Dispatch>>>>,
}

/// A part of a step. The first number is the number of lanes, except in `Early`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// From tokens to the hidden states after all layers.
    Hidden(usize),
    /// From tokens to the hidden states after the given number of layers. The second number is the number of lanes.
    Early(usize, usize),
    /// From hidden states to logits.
    Head(usize),
    /// From logits to chosen tokens.
    Sample(usize, Choice),
}

impl GpuModel {
    /// Largest number of positions per column: at most `wanted`, the context that the model was trained for, and what
    /// this device's bindings can hold.
    pub fn context(gpu: &Gpu, config: &Config, columns: usize, wanted: usize) -> usize {
        let per_position = (columns.max(1) * config.kv_dim() * 4) as u64;
        let fits = usize::try_from(gpu.caps().max_binding_bytes / per_position).unwrap_or(usize::MAX);
        wanted.min(config.trained_context).min(fits)
    }

    /// Bytes that [`GpuModel::new`] allocates in addition to the weights and the low-rank paths.
    pub fn working_bytes(config: &Config, columns: usize, context: usize) -> u64 {
        // Computed in 64 bits, because `usize` has 32 bits in wasm.
        let cache = 2 * config.num_layers as u64 * columns as u64 * context as u64 * config.kv_dim() as u64;
        let widths = 4 * config.dim + config.qkv_dim() + config.q_dim() + 3 * config.ff_dim;
        let rest = MAX_LANES * widths + 2 * context * config.head_dim + 2 * DECODE_LANES * config.vocab_size;
        4 * (cache + rest as u64)
    }

    /// Allocates a model for a layout and builds the plans that every answer needs.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for sizes beyond 32 bits. Errors of the driver are reported by [`Gpu::check`].
    pub fn new(
        gpu: &Rc<Gpu>,
        config: &Config,
        weights: &Rc<GpuWeights>,
        layout: &Layout<'_>,
    ) -> Result<Self, GpuError> {
        let Layout { columns, context, adapters, steerings, is_fast } = *layout;
        if columns == 0 || columns > DECODE_LANES {
            return Err(GpuError::Refused(format!("{columns} columns; 1 to {DECODE_LANES} are possible")));
        }
        let model = Self {
            low_rank: LowRankPaths::new(gpu, config, columns, adapters, steerings)?,
            buffers: Buffers::new(gpu, config, weights, layout),
            gpu: Rc::clone(gpu),
            config: config.clone(),
            weights: Rc::clone(weights),
            columns,
            context,
            is_fast: is_fast && gpu.caps().packed_dot,
            plans: RefCell::default(),
        };
        for part in [Part::Hidden(columns), Part::Head(columns), Part::Sample(columns, Choice::Free)] {
            model.plan(part)?;
        }
        if gpu.caps().prefill_lanes > 1 {
            model.plan(Part::Hidden(gpu.caps().prefill_lanes))?;
        }
        Ok(model)
    }

    /// Creates a model with the same weights and a new layout. Its caches are empty.
    ///
    /// # Errors
    /// The same as [`GpuModel::new`].
    pub fn laid_out(&self, layout: &Layout<'_>) -> Result<Self, GpuError> {
        Self::new(&self.gpu, &self.config, &self.weights, layout)
    }

    /// The device that the model is on.
    pub fn gpu(&self) -> &Rc<Gpu> {
        &self.gpu
    }

    /// Whether activations are rounded to integers: requested by the layout and supported by the device.
    pub fn is_fast(&self) -> bool {
        self.is_fast
    }

    /// Sets a column's scales, first of every adapter, then of every steering vector. They apply from the next step.
    pub fn set_scales(&self, column: usize, scales: &[f32]) {
        let per_column = self.low_rank.scales.per_column;
        let scales = &scales[..scales.len().min(per_column)];
        let place = (column.min(self.columns - 1) * per_column * 4) as u64;
        self.gpu.queue.write_buffer(&self.low_rank.scales.buffer, place, bytemuck::cast_slice(scales));
    }

    /// Reads `tokens` into a column at `position` and after. Tokens at all earlier positions must have been read.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for sizes beyond 32 bits.
    pub fn read(&self, column: u32, tokens: &[u32], position: u32) -> Result<(), GpuError> {
        let lane = |(token, position): (&u32, u32)| Lane { token: *token, position, column, step: 0 };
        let lanes: Vec<Lane> = tokens.iter().zip(position..).map(lane).collect();
        let mut rest = lanes.as_slice();
        while !rest.is_empty() {
            let longest = self.gpu.caps().prefill_lanes.clamp(1, MAX_LANES);
            let fits = [longest, DECODE_LANES.min(longest), 1]
                .into_iter()
                .find(|&size| rest.len() >= size || (size <= DECODE_LANES && rest.len() >= WORTH_PADDING.min(size)));
            // A long step is faster if more than half of its lanes are used.
            let size = if longest > DECODE_LANES && rest.len() > longest / 2 { longest } else { fits.unwrap_or(1) };
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            self.write_lanes(chunk, size);
            self.gpu.submit(&[&self.plan(Part::Hidden(size))?], None);
            rest = after;
        }
        Ok(())
    }

    /// Copies the first `len` positions of one column's cache to another, so that a prompt is read only once for
    /// several samples.
    pub fn copy_column(&self, from: usize, to: usize, len: usize) {
        let row = self.config.kv_dim() * 4;
        let [from, to] = [from, to].map(|column| (column * self.context * row) as u64);
        let size = (len.min(self.context) * row) as u64;
        let buffers = self.buffers.caches.iter().flat_map(|cache| [&cache.k, &cache.v]);
        self.gpu.copy_within(buffers, (from, to), size, &self.buffers.copied);
    }

    /// Reads one token per lane and returns the logits (lanes, vocab) that follow.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn logits(&self, lanes: &[Lane]) -> Result<Vec<f32>, GpuError> {
        self.logits_after(lanes, self.config.num_layers).await
    }

    /// The logits (lanes, vocab) as if the model ended after `num_layers` layers: the logit lens (nostalgebraist 2020).
    /// Only the caches of those layers are written.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn logits_after(&self, lanes: &[Lane], num_layers: usize) -> Result<Vec<f32>, GpuError> {
        let size = lanes.len();
        self.write_lanes(lanes, size);
        let (hidden, head) = (self.plan(self.through(num_layers, size))?, self.plan(Part::Head(size))?);
        self.gpu.submit(&[&hidden, &head], Some((&self.buffers.logits, &self.buffers.logits_staging)));
        self.gpu.read(&self.buffers.logits_staging, size * self.config.vocab_size).await
    }

    /// Reads one token per lane and returns the residual streams (lanes, dim) after `num_layers` layers.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn residuals(&self, lanes: &[Lane], num_layers: usize) -> Result<Vec<f32>, GpuError> {
        self.write_lanes(lanes, lanes.len());
        self.gpu.submit(&[&self.plan(self.through(num_layers, lanes.len()))?], None);
        self.gpu.download(&self.buffers.x, lanes.len() * self.config.dim).await
    }

    fn through(&self, num_layers: usize, lanes: usize) -> Part {
        if num_layers >= self.config.num_layers { Part::Hidden(lanes) } else { Part::Early(num_layers, lanes) }
    }

    /// Sets the sampler of a column, and the tokens that the column has seen.
    pub fn start(&self, column: usize, sampler: &Sampler, seen: &SeenTokens) {
        let column = column.min(self.columns - 1);
        let words = sampler.words();
        self.gpu.queue.write_buffer(&self.buffers.samplers, (column * 32) as u64, bytemuck::cast_slice(&words));
        let place = (column * seen_words(self.config.vocab_size) * 4) as u64;
        if !seen.words().is_empty() {
            self.gpu.queue.write_buffer(&self.buffers.seen, place, bytemuck::cast_slice(seen.words()));
        }
    }

    /// Builds the plans for [`GpuModel::decode`] in advance, so that no token has to wait for them.
    ///
    /// # Errors
    /// The same as [`GpuModel::new`].
    pub fn prepare(&self, lanes: usize, choice: Choice) -> Result<(), GpuError> {
        for part in [Part::Hidden(lanes), Part::Head(lanes), Part::Sample(lanes, choice)] {
            self.plan(part)?;
        }
        Ok(())
    }

    /// Reads one token per lane, chooses the next one, and repeats this for `steps` steps (at most [`MAX_WINDOW`]) with
    /// one submit each. The choices, (steps, lanes), are read back at the end.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn decode(&self, lanes: &[Lane], choice: Choice, steps: usize) -> Result<Vec<SampledToken>, GpuError> {
        let (size, steps) = (lanes.len(), steps.clamp(1, MAX_WINDOW));
        let (hidden, head) = (self.plan(Part::Hidden(size))?, self.plan(Part::Head(size))?);
        let sample = self.plan(Part::Sample(size, choice))?;
        self.write_lanes(lanes, size);
        for step in 1..=steps {
            let copy = (step == steps).then_some((&self.buffers.results, &self.buffers.results_staging));
            self.gpu.submit(&[&hidden, &head, &sample], copy);
        }
        self.gpu.read(&self.buffers.results_staging, steps * size).await
    }

    /// Number of dispatches for one decoded token in each lane: the maximum in any layer, and the total including the
    /// choice.
    ///
    /// # Errors
    /// The same as [`GpuModel::new`].
    pub fn dispatches(&self, lanes: usize, choice: Choice) -> Result<(usize, usize), GpuError> {
        let parts = [Part::Hidden(lanes), Part::Head(lanes), Part::Sample(lanes, choice)];
        let total = parts.iter().map(|&part| Ok(self.plan(part)?.len())).sum::<Result<usize, GpuError>>()?;
        let layers = 0..self.config.num_layers;
        let in_layer = |layer| Ok::<_, GpuError>(self.layer(layer, lanes, self.config.num_layers)?.len());
        let most = layers.map(in_layer).try_fold(0, |most, len| Ok::<_, GpuError>(most.max(len?)))?;
        Ok((most, total))
    }

    fn write_lanes(&self, lanes: &[Lane], size: usize) {
        let mut all = [Lane::NONE; MAX_LANES];
        all[..lanes.len()].copy_from_slice(lanes);
        self.gpu.queue.write_buffer(&self.buffers.lanes, 0, bytemuck::cast_slice(&all[..size]));
    }

    fn plan(&self, part: Part) -> Result<Rc<Vec<Dispatch>>, GpuError> {
        if let Some(plan) = self.plans.borrow().get(&part) {
            return Ok(Rc::clone(plan));
        }
        let plan = Rc::new(match part {
            Part::Hidden(lanes) => self.hidden(lanes, self.config.num_layers)?,
            Part::Early(num_layers, lanes) => self.hidden(lanes, num_layers)?,
            Part::Head(lanes) => self.head(lanes)?,
            Part::Sample(lanes, choice) => self.sample(lanes, choice)?,
        });
        self.plans.borrow_mut().insert(part, Rc::clone(&plan));
        Ok(plan)
    }
}
