//! Tokens through the model as static plans.
//!
//! A step takes lanes (tokens with a position and a column) through one compute pass and one submit: the tokens of a
//! prompt, or one token of every column, for which the weights are read once. Plans, bind groups and buffers are made
//! once for each number of lanes; a step writes at most the lanes. The steps and their order are those of
//! `model/reference/forward.rs`; norms are spread over their neighbours ([`super::normed`]).

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use super::kernel::Dispatch;
use super::lanes::Lane;
use super::normed::Normed;
use super::ops::attention::{Cache, attention};
use super::ops::embed::{Embed, embed};
use super::ops::post_norm::{PostNorm, post_norm};
use super::ops::product::{Ending, Input, Product, low_rank, product};
use super::ops::rope_cache::{Rope, rope_cache};
pub use super::ops::sample::Choice;
use super::ops::sample::{PICK_BYTES, SLICES, Sample, sample, seen_words};
use super::ops::{DECODE_LANES, MAX_LANES};
use super::side::{Side, Sides};
use super::weights::{GpuWeights, LayerWeights};
use super::{Gpu, GpuError};
use crate::model::reference::attention::{Heads, Reach};
use crate::model::rope::RopeTable;
use crate::model::sampler::SeenTokens;
use crate::model::{Adapter, Config, Sampler, Steering};

/// Most tokens of a column between two readbacks.
pub const MAX_WINDOW: usize = 16;
/// Fewest tokens at a prompt's end that are worth a step of [`DECODE_LANES`] lanes.
const WORTH_PADDING: usize = 4;

/// What a model is laid out for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Layout<'a> {
    /// Positions of each column.
    pub context: usize,
    /// Sequences decoded together: at most [`DECODE_LANES`].
    pub columns: usize,
    /// Adapters that any column may use.
    pub adapters: &'a [Adapter],
    /// Steering vectors that any column may use.
    pub steerings: &'a [Steering],
}

/// A token that was chosen.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Chosen {
    /// Its number; one outside the vocabulary where no logit was a number.
    pub token: u32,
    /// Natural logarithm of its probability at temperature 1.
    pub logprob: f32,
}

/// A model on the GPU, with its caches.
#[derive(Debug)]
pub struct GpuModel {
    gpu: Rc<Gpu>,
    config: Config,
    weights: Rc<GpuWeights>,
    sides: Sides,
    buffers: Buffers,
    columns: usize,
    context: usize,
    plans: RefCell<BTreeMap<Part, Rc<Vec<Dispatch>>>>,
}

/// A part of a step, for a number of lanes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Tokens to hidden states.
    Hidden(usize),
    /// Hidden states to logits.
    Head(usize),
    /// Logits to tokens.
    Sample(usize, Choice),
}

/// Activations, each (MAX_LANES, width), and what stays the same from token to token.
#[derive(Debug)]
struct Buffers {
    lanes: wgpu::Buffer,
    /// Angles of global layers.
    angles: wgpu::Buffer,
    /// Angles of layers with a window.
    local_angles: wgpu::Buffer,
    caches: Vec<Cache>,
    /// The residual stream (dim).
    x: wgpu::Buffer,
    /// The same on its way into a norm (dim).
    h: Normed,
    /// A part's output on its way into its own norm (dim).
    t: Normed,
    /// (q_dim + 2 kv_dim)
    qkv: wgpu::Buffer,
    /// (q_dim)
    attended: wgpu::Buffer,
    /// Gate and up before their product (2 ff_dim); only used where they cannot share a dispatch.
    gate_up: wgpu::Buffer,
    /// (ff_dim)
    gated: wgpu::Buffer,
    /// (DECODE_LANES, vocab)
    logits: wgpu::Buffer,
    logits_staging: wgpu::Buffer,
    samplers: wgpu::Buffer,
    seen: wgpu::Buffer,
    thresholds: wgpu::Buffer,
    picks: wgpu::Buffer,
    results: wgpu::Buffer,
    results_staging: wgpu::Buffer,
}

impl Buffers {
    fn new(gpu: &Gpu, config: &Config, weights: &GpuWeights, layout: &Layout<'_>) -> Self {
        let Layout { context, columns, .. } = *layout;
        let floats = |label: &str, len: usize| gpu.storage(label, (len * 4) as u64);
        let lanes = |label: &str, width: usize| floats(label, MAX_LANES * width);
        let cache_len = columns * context * config.kv_dim();
        let cache = |_| Cache { k: floats("k_cache", cache_len), v: floats("v_cache", cache_len), context };
        let angles = |is_local: bool| {
            let table = RopeTable::new(config, weights.rope_divisors.as_deref(), context, is_local);
            gpu.upload("angles", &table.cos_sin)
        };
        let global = angles(false);
        let has_local = (0..config.num_layers).any(|layer| config.uses_local_rope(layer));
        let logits = floats("logits", DECODE_LANES * config.vocab_size);
        let results = gpu.storage("results", (MAX_WINDOW * DECODE_LANES * size_of::<Chosen>()) as u64);
        Self {
            lanes: gpu.storage("lanes", (MAX_LANES * size_of::<Lane>()) as u64),
            local_angles: if has_local { angles(true) } else { global.clone() },
            angles: global,
            caches: (0..config.num_layers).map(cache).collect(),
            x: lanes("x", config.dim),
            h: Normed::new(gpu, "h", config.dim),
            t: Normed::new(gpu, "t", config.dim),
            qkv: lanes("qkv", config.qkv_dim()),
            attended: lanes("attended", config.q_dim()),
            gate_up: lanes("gate_up", 2 * config.ff_dim),
            gated: lanes("gated", config.ff_dim),
            logits_staging: gpu.staging(logits.size()),
            logits,
            samplers: floats("samplers", DECODE_LANES * 8),
            seen: floats("seen", DECODE_LANES * seen_words(config.vocab_size)),
            thresholds: floats("thresholds", DECODE_LANES),
            picks: gpu.storage("picks", (DECODE_LANES * SLICES * PICK_BYTES) as u64),
            results_staging: gpu.staging(results.size()),
            results,
        }
    }
}

impl GpuModel {
    /// Positions of a column that this device's bindings hold: at most `wanted` and at most what the model was trained for.
    pub fn context(gpu: &Gpu, config: &Config, columns: usize, wanted: usize) -> usize {
        let per_position = (columns.max(1) * config.kv_dim() * 4) as u64;
        let fits = usize::try_from(gpu.caps().max_binding_bytes / per_position).unwrap_or(usize::MAX);
        wanted.min(config.trained_context).min(fits)
    }

    /// Bytes that [`GpuModel::new`] allocates beside the weights and the side paths.
    pub fn working_bytes(config: &Config, columns: usize, context: usize) -> u64 {
        let per_layer = 2 * columns * context * config.kv_dim();
        let widths = 4 * config.dim + config.qkv_dim() + config.q_dim() + 3 * config.ff_dim;
        let angles = 2 * context * config.head_dim;
        let floats = config.num_layers * per_layer + MAX_LANES * widths + angles + 2 * DECODE_LANES * config.vocab_size;
        4 * floats as u64
    }

    /// Lays a model out. The plans that every answer needs are built here.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for sizes beyond a shader's; what the driver refuses shows in [`Gpu::check`].
    pub fn new(
        gpu: &Rc<Gpu>,
        config: &Config,
        weights: &Rc<GpuWeights>,
        layout: &Layout<'_>,
    ) -> Result<Self, GpuError> {
        let Layout { columns, context, adapters, steerings } = *layout;
        if columns == 0 || columns > DECODE_LANES {
            return Err(GpuError::Refused(format!("{columns} columns; 1 to {DECODE_LANES} are possible")));
        }
        let model = Self {
            sides: Sides::new(gpu, config, columns, adapters, steerings)?,
            buffers: Buffers::new(gpu, config, weights, layout),
            gpu: Rc::clone(gpu),
            config: config.clone(),
            weights: Rc::clone(weights),
            columns,
            context,
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

    /// The same weights laid out anew; the caches are empty.
    ///
    /// # Errors
    /// As [`GpuModel::new`].
    pub fn laid_out(&self, layout: &Layout<'_>) -> Result<Self, GpuError> {
        Self::new(&self.gpu, &self.config, &self.weights, layout)
    }

    /// Sequences that are decoded together.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Positions of a column.
    pub fn positions(&self) -> usize {
        self.context
    }

    /// The device.
    pub fn gpu(&self) -> &Rc<Gpu> {
        &self.gpu
    }

    /// Sets a column's scales: of every adapter, then of every steering vector. They act on the next step.
    pub fn set_scales(&self, column: usize, scales: &[f32]) {
        let per_column = self.sides.scales.per_column;
        let scales = &scales[..scales.len().min(per_column)];
        let place = (column.min(self.columns - 1) * per_column * 4) as u64;
        self.gpu.queue.write_buffer(&self.sides.scales.buffer, place, bytemuck::cast_slice(scales));
    }

    /// Reads `tokens` of a column at `position` and after, following the tokens at all positions before.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for sizes beyond a shader's.
    pub fn read(&self, column: u32, tokens: &[u32], position: u32) -> Result<(), GpuError> {
        let lane = |(token, position): (&u32, u32)| Lane { token: *token, position, column, step: 0 };
        let lanes: Vec<Lane> = tokens.iter().zip(position..).map(lane).collect();
        let mut rest = lanes.as_slice();
        while !rest.is_empty() {
            let longest = self.gpu.caps().prefill_lanes.clamp(1, MAX_LANES);
            let fits = [longest, DECODE_LANES.min(longest), 1]
                .into_iter()
                .find(|&size| rest.len() >= size || (size <= DECODE_LANES && rest.len() >= WORTH_PADDING.min(size)));
            // A long step is worth it from half of its lanes on.
            let size = if longest > DECODE_LANES && rest.len() > longest / 2 { longest } else { fits.unwrap_or(1) };
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            self.write_lanes(chunk, size);
            self.gpu.submit(&[&self.plan(Part::Hidden(size))?], None);
            rest = after;
        }
        Ok(())
    }

    /// Gives a column the first `len` positions of another: samples of one prompt read it once.
    pub fn copy_column(&self, from: usize, to: usize, len: usize) {
        let row = self.config.kv_dim() * 4;
        let [from, to] = [from, to].map(|column| (column * self.context * row) as u64);
        let size = (len.min(self.context) * row) as u64;
        let buffers = self.buffers.caches.iter().flat_map(|cache| [&cache.k, &cache.v]);
        self.gpu.copy_within(buffers, from, to, size);
    }

    /// Reads a lane's token each and gives the logits (lanes, vocab) that follow.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn logits(&self, lanes: &[Lane]) -> Result<Vec<f32>, GpuError> {
        let size = lanes.len();
        self.write_lanes(lanes, size);
        let (hidden, head) = (self.plan(Part::Hidden(size))?, self.plan(Part::Head(size))?);
        self.gpu.submit(&[&hidden, &head], Some((&self.buffers.logits, &self.buffers.logits_staging)));
        self.gpu.read(&self.buffers.logits_staging, size * self.config.vocab_size).await
    }

    /// Prepares a column's choices.
    pub fn start(&self, column: usize, sampler: &Sampler, seen: &SeenTokens) {
        let column = column.min(self.columns - 1);
        let words = sampler.words();
        self.gpu.queue.write_buffer(&self.buffers.samplers, (column * 32) as u64, bytemuck::cast_slice(&words));
        let place = (column * seen_words(self.config.vocab_size) * 4) as u64;
        if !seen.words().is_empty() {
            self.gpu.queue.write_buffer(&self.buffers.seen, place, bytemuck::cast_slice(seen.words()));
        }
    }

    /// Builds what [`GpuModel::decode`] needs, so that no token has to.
    ///
    /// # Errors
    /// As [`GpuModel::new`].
    pub fn prepare(&self, lanes: usize, choice: Choice) -> Result<(), GpuError> {
        for part in [Part::Hidden(lanes), Part::Head(lanes), Part::Sample(lanes, choice)] {
            self.plan(part)?;
        }
        Ok(())
    }

    /// Reads a lane's token each, chooses the next, and goes on so for `steps` (at most [`MAX_WINDOW`]) steps of one submit
    /// each; the choices, (steps, lanes), are read back at the end.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn decode(&self, lanes: &[Lane], choice: Choice, steps: usize) -> Result<Vec<Chosen>, GpuError> {
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

    /// Log-probabilities of given tokens: of each `targets[i]` after what `lanes[i]` reads. Lanes of one column stand in the
    /// order of their positions.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn score(&self, lanes: &[Lane], targets: &[u32]) -> Result<Vec<f32>, GpuError> {
        let mut logprobs = Vec::with_capacity(lanes.len());
        for (lanes, targets) in lanes.chunks(DECODE_LANES).zip(targets.chunks(DECODE_LANES)) {
            let size = if lanes.len() == 1 { 1 } else { DECODE_LANES };
            self.prepare(size, Choice::Forced)?;
            let given: Vec<Chosen> = targets.iter().map(|&token| Chosen { token, logprob: 0.0 }).collect();
            self.gpu.queue.write_buffer(&self.buffers.results, 0, bytemuck::cast_slice(&given));
            self.write_lanes(lanes, size);
            let parts = [Part::Hidden(size), Part::Head(size), Part::Sample(size, Choice::Forced)];
            let [hidden, head, sample] = parts.map(|part| self.plan(part));
            let copy = Some((&self.buffers.results, &self.buffers.results_staging));
            self.gpu.submit(&[&hidden?, &head?, &sample?], copy);
            let chosen: Vec<Chosen> = self.gpu.read(&self.buffers.results_staging, lanes.len()).await?;
            logprobs.extend(chosen.iter().map(|chosen| chosen.logprob));
        }
        Ok(logprobs)
    }

    /// Dispatches for one decoded token of each of so many lanes: in one layer (the most of any), and in all, choice included.
    ///
    /// # Errors
    /// As [`GpuModel::new`].
    pub fn dispatches(&self, lanes: usize, choice: Choice) -> Result<(usize, usize), GpuError> {
        let parts = [Part::Hidden(lanes), Part::Head(lanes), Part::Sample(lanes, choice)];
        let total = parts.iter().map(|&part| Ok(self.plan(part)?.len())).sum::<Result<usize, GpuError>>()?;
        let layers = 0..self.config.num_layers;
        let in_layer = |layer| Ok::<_, GpuError>(self.layer(layer, lanes)?.len());
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
            Part::Hidden(lanes) => self.hidden(lanes)?,
            Part::Head(lanes) => self.head(lanes)?,
            Part::Sample(lanes, choice) => self.sample(lanes, choice)?,
        });
        self.plans.borrow_mut().insert(part, Rc::clone(&plan));
        Ok(plan)
    }

    /// The residual streams (lanes, dim) after the last layer, ready for the last norm.
    fn hidden(&self, lanes: usize) -> Result<Vec<Dispatch>, GpuError> {
        let (b, weights) = (&self.buffers, &self.weights);
        let step = Embed {
            w: &weights.embedding,
            scale: self.config.embedding_scale,
            lanes: &b.lanes,
            x: &b.x,
            gain: weights.layers.first().map_or(&weights.output_norm, |layer| &layer.attn_norm),
            h: &b.h,
            sides: Some(&self.sides),
        };
        let mut plan = embed(&self.gpu, lanes, step)?;
        for layer in 0..self.config.num_layers {
            plan.extend(self.layer(layer, lanes)?);
        }
        Ok(plan)
    }

    fn layer(&self, index: usize, lanes: usize) -> Result<Vec<Dispatch>, GpuError> {
        let layer = &self.weights.layers[index];
        let mut plan = self.attend(index, layer, lanes)?;
        plan.extend(self.feed_forward(index, layer, lanes)?);
        Ok(plan)
    }

    /// x (lanes, dim) += post(Wo attention(rope(Wqkv norm(x) + bias)))
    fn attend(&self, index: usize, layer: &LayerWeights, lanes: usize) -> Result<Vec<Dispatch>, GpuError> {
        let Self { gpu, config, buffers: b, .. } = self;
        let side = &self.sides.layers[index];
        let cache = &b.caches[index];
        let heads = Heads { num_heads: config.num_heads, num_kv_heads: config.num_kv_heads, head_dim: config.head_dim };
        let norm = layer.qk_norm.as_ref().map(|(q, k)| (q, k, config.norm_eps));
        let angles = if config.uses_local_rope(index) { &b.local_angles } else { &b.angles };
        let rope = Rope { style: config.rope_style, angles, norm };
        let reach = Reach { scale: config.attention_scale, window: config.window(index) };

        let input = Input::Normed(&b.h, config.norm_eps);
        let mut plan = self.side_path(&side.qkv, lanes, input)?;
        let w = &layer.qkv;
        let bias = layer.qkv_bias.as_ref();
        let ending = Ending::Store(&b.qkv);
        plan.extend(product(gpu, Product { w, lanes, input, bias, side: side.qkv.b.as_ref(), ending })?);

        plan.push(rope_cache(gpu, heads, rope, lanes, &b.lanes, &b.qkv, cache)?);

        plan.push(attention(gpu, (heads, reach), lanes, &b.lanes, &b.qkv, cache, &b.attended)?);

        let input = Input::Plain(&b.attended);
        plan.extend(self.side_path(&side.attn_output, lanes, input)?);
        let post = layer.post_attn_norm.as_ref();
        plan.extend(self.join(&layer.attn_output, &side.attn_output, lanes, input, (post, &layer.ff_norm), None)?);
        Ok(plan)
    }

    /// x (lanes, dim) += post(Wdown (act(Wgate norm(x)) * (Wup norm(x))))
    fn feed_forward(&self, index: usize, layer: &LayerWeights, lanes: usize) -> Result<Vec<Dispatch>, GpuError> {
        let Self { gpu, config, buffers: b, .. } = self;
        let side = &self.sides.layers[index];
        let next = self.weights.layers.get(index + 1).map_or(&self.weights.output_norm, |layer| &layer.attn_norm);

        let input = Input::Normed(&b.h, config.norm_eps);
        let mut plan = self.side_path(&side.gate_up, lanes, input)?;
        let ending = Ending::Gate { activation: config.activation, scratch: &b.gate_up, out: &b.gated };
        let w = &layer.gate_up;
        plan.extend(product(gpu, Product { w, lanes, input, bias: None, side: side.gate_up.b.as_ref(), ending })?);

        let input = Input::Plain(&b.gated);
        plan.extend(self.side_path(&side.down, lanes, input)?);
        let steering = side.steering.as_ref().map(|(side, z_at)| (side, *z_at));
        let post = layer.post_ff_norm.as_ref();
        plan.extend(self.join(&layer.down, &side.down, lanes, input, (post, next), steering)?);
        Ok(plan)
    }

    /// x (lanes, dim) += W @ input, or the norm of it where the model has one there; the norm that follows is prepared.
    fn join(
        &self,
        w: &super::matrix::GpuMatrix,
        side: &Side,
        lanes: usize,
        input: Input<'_>,
        (post, gain): (Option<&wgpu::Buffer>, &wgpu::Buffer),
        steering: Option<(&super::side::SideB, usize)>,
    ) -> Result<Vec<Dispatch>, GpuError> {
        let (b, eps) = (&self.buffers, self.config.norm_eps);
        let ending = match post {
            None => Ending::Residual { x: &b.x, gain, h: &b.h },
            Some(_) => Ending::Normed(&b.t),
        };
        let mut plan = product(&self.gpu, Product { w, lanes, input, bias: None, side: side.b.as_ref(), ending })?;
        if let Some(weight) = post {
            let step = PostNorm { t: &b.t, weight, eps, x: &b.x, gain, h: &b.h, steering };
            plan.push(post_norm(&self.gpu, lanes, step)?);
        }
        Ok(plan)
    }

    fn side_path(&self, side: &Side, lanes: usize, input: Input<'_>) -> Result<Vec<Dispatch>, GpuError> {
        let Some(a) = &side.a else { return Ok(Vec::new()) };
        low_rank(&self.gpu, a, lanes, input, &self.buffers.lanes, &self.sides.scales)
    }

    /// The logits (lanes, vocab) that follow.
    fn head(&self, lanes: usize) -> Result<Vec<Dispatch>, GpuError> {
        let input = Input::Normed(&self.buffers.h, self.config.norm_eps);
        let ending = Ending::Store(&self.buffers.logits);
        product(&self.gpu, Product { w: &self.weights.head, lanes, input, bias: None, side: None, ending })
    }

    fn sample(&self, lanes: usize, choice: Choice) -> Result<Vec<Dispatch>, GpuError> {
        let b = &self.buffers;
        let step = Sample {
            vocab_size: self.config.vocab_size,
            logits: &b.logits,
            lanes: &b.lanes,
            samplers: &b.samplers,
            seen: &b.seen,
            thresholds: &b.thresholds,
            picks: &b.picks,
            results: &b.results,
        };
        sample(&self.gpu, lanes, choice, step)
    }
}
