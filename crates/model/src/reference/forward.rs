//! The forward pass of a model, step by step. `gpu/forward.rs` does the same in the same order.

use super::attention::{Heads, Reach};
use super::embed::embed;
use super::low_rank::LaneAdapters;
use super::maths::{Exact, Maths};
use super::matvec::{Epilogue, add_bias};
use super::rms_norm::{add_rms_norm, rms_norm};
use super::rope_cache::{QkNorm, Rope, rope_cache};
use super::weights::{LayerWeights, Weights};
use crate::rope::RopeTable;
use crate::tensors::LayerTensor;
use crate::{Adapter, Config, ModelError, Steering};

/// A model on the CPU in plain f32, with its KV cache.
pub type Reference = Forward<Exact>;

/// A model on the CPU, with its KV cache.
#[derive(Debug)]
pub struct Forward<M: Maths> {
    config: Config,
    weights: Weights<M::Matrix>,
    rope: RopeTable,
    /// RoPE table of the layers with a sliding window.
    local_rope: RopeTable,
    columns: Vec<Column>,
    context: usize,
    adapters: Vec<Adapter>,
    steerings: Vec<Steering>,
    num_steps: u64,
}

/// A token to read, with its position and sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lane {
    /// The token's number in the vocabulary.
    pub token: u32,
    /// Position in the column.
    pub position: usize,
    /// The column (sequence) that it belongs to.
    pub column: usize,
}

/// A sequence: its KV cache, and its scales of the adapters and steering vectors.
#[derive(Clone, Debug)]
struct Column {
    /// One cache per layer.
    caches: Vec<Cache>,
    /// Scales of the adapters, then of the steering vectors.
    scales: Vec<f32>,
}

/// Keys and values of one layer, each (context, kv_dim).
#[derive(Clone, Debug)]
struct Cache {
    k: Vec<f32>,
    v: Vec<f32>,
}

impl<M: Maths> Forward<M> {
    /// Creates a model that can hold `context` tokens in one column.
    ///
    /// # Errors
    /// [`ModelError::Memory`] when there is not enough memory for the KV cache.
    pub fn new(config: Config, weights: Weights<M::Matrix>, context: usize) -> Result<Self, ModelError> {
        let divisors = weights.rope_divisors.as_deref();
        let rope = RopeTable::new(&config, divisors, context, false);
        let local_rope = RopeTable::new(&config, divisors, context, true);
        let mut model = Self {
            config,
            weights,
            rope,
            local_rope,
            columns: Vec::new(),
            context,
            adapters: vec![],
            steerings: vec![],
            num_steps: 0,
        };
        model.lay_out(1, Vec::new(), Vec::new())?;
        Ok(model)
    }

    /// Allocates this many columns (sequences). Each can use all of the adapters and steering vectors. The columns are
    /// empty and all scales are 0, which gives exactly the results of the base model.
    ///
    /// # Errors
    /// [`ModelError::Memory`] when there is not enough memory. Then nothing has changed.
    pub fn lay_out(
        &mut self,
        columns: usize,
        adapters: Vec<Adapter>,
        steerings: Vec<Steering>,
    ) -> Result<(), ModelError> {
        let len = self.context * self.config.kv_dim();
        let cache = |_| Ok(Cache { k: zeros(len)?, v: zeros(len)? });
        let scales = vec![0.0; adapters.len() + steerings.len()];
        let column = |_| {
            let caches = (0..self.config.num_layers).map(cache).collect::<Result<_, ModelError>>()?;
            Ok::<_, ModelError>(Column { caches, scales: scales.clone() })
        };
        self.columns = (0..columns).map(column).collect::<Result<_, _>>()?;
        (self.adapters, self.steerings) = (adapters, steerings);
        Ok(())
    }

    /// Sets a column's scales, first of the adapters, then of the steering vectors. 1 is full strength, 0 is off. They
    /// apply to tokens that are read from now on.
    pub fn set_scales(&mut self, column: usize, scales: &[f32]) {
        if let Some(column) = self.columns.get_mut(column) {
            column.scales.iter_mut().zip(scales).for_each(|(to, from)| *to = *from);
        }
    }

    /// Copies the first `len` positions of one column's cache to another.
    pub fn copy_column(&mut self, from: usize, to: usize, len: usize) {
        let len = len.min(self.context) * self.config.kv_dim();
        let Some(Column { caches, .. }) = self.columns.get(from).cloned() else { return };
        let Some(column) = self.columns.get_mut(to) else { return };
        for (to, from) in column.caches.iter_mut().zip(&caches) {
            to.k[..len].copy_from_slice(&from.k[..len]);
            to.v[..len].copy_from_slice(&from.v[..len]);
        }
    }

    /// The same as [`Forward::hidden_in`] for the first column.
    pub fn hidden(&mut self, tokens: &[u32], position: usize) -> Vec<f32> {
        self.hidden_in(0, tokens, position)
    }

    /// Reads `tokens` into a column at `position` and after. Tokens at all earlier positions must have been read.
    /// Returns the final hidden states (tokens, dim), empty if the column does not exist.
    pub fn hidden_in(&mut self, column: usize, tokens: &[u32], position: usize) -> Vec<f32> {
        let lane = |(&token, position)| Lane { token, position, column };
        self.step(&tokens.iter().zip(position..).map(lane).collect::<Vec<_>>())
    }

    /// Reads one token per lane, and the weights once for all lanes. Returns the final hidden states (lanes, dim),
    /// empty if a lane's column does not exist. Lanes of one column must be in the order of their positions.
    pub fn step(&mut self, lanes: &[Lane]) -> Vec<f32> {
        self.step_through(lanes, self.config.num_layers)
    }

    /// Like [`Forward::step`], but only through the first `num_layers` layers. Only the caches of those layers are
    /// written.
    pub fn step_through(&mut self, lanes: &[Lane], num_layers: usize) -> Vec<f32> {
        let config = &self.config;
        let scales: Option<Vec<Vec<f32>>> =
            lanes.iter().map(|lane| Some(self.columns.get(lane.column)?.scales.clone())).collect();
        let Some(scales) = scales.filter(|_| !lanes.is_empty()) else { return Vec::new() };
        self.num_steps += 1;
        let scales: Vec<(&[f32], &[f32])> = scales.iter().map(|all| all.split_at(self.adapters.len())).collect();
        let adapter_scales: Vec<&[f32]> = scales.iter().map(|scales| scales.0).collect();
        let mut x = vec![0.0; lanes.len() * config.dim];
        for (x, lane) in x.chunks_exact_mut(config.dim).zip(lanes) {
            embed(&self.weights.embedding, lane.token as usize, config.embedding_scale, x);
        }
        for (index, layer) in self.weights.layers.iter().enumerate().take(num_layers) {
            let rope = if config.uses_local_rope(index) { &self.local_rope } else { &self.rope };
            let reach = Reach { scale: config.attention_scale, window: config.window(index) };
            let adapters = LaneAdapters { layer: index, adapters: &self.adapters, scales: &adapter_scales };
            attend::<M>(config, (layer, adapters), rope, reach, (&mut self.columns, lanes), &mut x);
            feed_forward::<M>(config, (layer, adapters), &mut x);
            for (x, (_, steering_scales)) in x.chunks_exact_mut(config.dim).zip(&scales) {
                for (steering, &scale) in self.steerings.iter().zip(*steering_scales) {
                    steer(steering.layers.get(index).and_then(Option::as_deref), scale, x);
                }
            }
        }
        x
    }

    /// The logits (lanes, vocab) for hidden states (lanes, dim).
    pub fn logits(&self, x: &[f32]) -> Vec<f32> {
        let (vocab, num_lanes) = (self.config.vocab_size, x.len() / self.config.dim);
        let h = norm(&self.config, x, &self.weights.output_norm);
        let mut logits = vec![0.0; num_lanes * vocab];
        let head = self.weights.head.as_ref().unwrap_or(&self.weights.embedding);
        M::matmul(head, &M::input(&h, num_lanes), Epilogue::Store, &mut logits, vocab);
        logits
    }

    /// How many times the weights have been read since the model was created.
    pub fn num_steps(&self) -> u64 {
        self.num_steps
    }
}

/// x (tokens, dim) += post(Wo attention(rope(Wqkv norm(x) + bias)))
fn attend<M: Maths>(
    config: &Config,
    (layer, adapters): (&LayerWeights<M::Matrix>, LaneAdapters<'_>),
    rope: &RopeTable,
    reach: Reach,
    (columns, lanes): (&mut [Column], &[Lane]),
    x: &mut [f32],
) {
    let (q_dim, kv_dim, qkv_dim) = (config.q_dim(), config.kv_dim(), config.qkv_dim());
    let num_tokens = x.len() / config.dim;
    let heads = Heads { num_heads: config.num_heads, num_kv_heads: config.num_kv_heads, head_dim: config.head_dim };

    let h = norm(config, x, &layer.attn_norm);
    let input = M::input(&h, num_tokens);

    let mut qkv = vec![0.0; num_tokens * qkv_dim];
    for (w, target, bias, place) in [
        (&layer.q, LayerTensor::Q, &layer.q_bias, 0..q_dim),
        (&layer.k, LayerTensor::K, &layer.k_bias, q_dim..q_dim + kv_dim),
        (&layer.v, LayerTensor::V, &layer.v_bias, q_dim + kv_dim..qkv_dim),
    ] {
        M::matmul(w, &input, Epilogue::Store, &mut qkv[place.start..], qkv_dim);
        let each = h.chunks_exact(config.dim).zip(qkv.chunks_exact_mut(qkv_dim));
        for (lane, (h, qkv)) in adapters.lanes().zip(each) {
            lane.add(target, h, &mut qkv[place.clone()]);
            add_bias(bias.as_deref(), &mut qkv[place.clone()]);
        }
    }

    let qk_norm = layer.q_norm.as_deref().zip(layer.k_norm.as_deref());
    let qk_norm = qk_norm.map(|(q, k)| QkNorm { q, k, eps: config.norm_eps });
    let mut attended = vec![0.0; num_tokens * q_dim];
    let each = qkv.chunks_exact_mut(qkv_dim).zip(attended.chunks_exact_mut(q_dim));
    for (&Lane { position, column, .. }, (qkv, attended)) in lanes.iter().zip(each) {
        let Some(cache) = columns.get_mut(column).and_then(|column| column.caches.get_mut(adapters.layer)) else {
            continue;
        };
        let rope = Rope { style: config.rope_style, angles: rope.at(position), norm: qk_norm };
        rope_cache(qkv, rope, position, &mut cache.k, &mut cache.v, kv_dim);
        M::attention(&qkv[..q_dim], &cache.k, &cache.v, position, heads, reach, attended);
    }

    let output = (&layer.attn_output, LayerTensor::AttnOutput);
    project::<M>(output, adapters, layer.post_attn_norm.as_deref(), &attended, config, x);
}

/// x (tokens, dim) += post(Wdown (act(Wgate norm(x)) * (Wup norm(x))))
fn feed_forward<M: Maths>(
    config: &Config,
    (layer, adapters): (&LayerWeights<M::Matrix>, LaneAdapters<'_>),
    x: &mut [f32],
) {
    let (dim, ff_dim) = (config.dim, config.ff_dim);
    let num_tokens = x.len() / dim;
    let h = norm(config, x, &layer.ff_norm);
    let input = M::input(&h, num_tokens);

    let mut gate_up = vec![0.0; num_tokens * 2 * ff_dim];
    for (w, target, start) in [(&layer.gate, LayerTensor::Gate, 0), (&layer.up, LayerTensor::Up, ff_dim)] {
        M::matmul(w, &input, Epilogue::Store, &mut gate_up[start..], 2 * ff_dim);
        let each = h.chunks_exact(dim).zip(gate_up.chunks_exact_mut(2 * ff_dim));
        for (lane, (h, gate_up)) in adapters.lanes().zip(each) {
            lane.add(target, h, &mut gate_up[start..start + ff_dim]);
        }
    }

    let mut gated = vec![0.0; num_tokens * ff_dim];
    for (gate_up, gated) in gate_up.chunks_exact(2 * ff_dim).zip(gated.chunks_exact_mut(ff_dim)) {
        M::gate(gate_up, config.activation, gated);
    }

    project::<M>((&layer.down, LayerTensor::Down), adapters, layer.post_ff_norm.as_deref(), &gated, config, x);
}

/// x (tokens, dim) += W (dim, n) @ out (tokens, n). If the model has a norm here, the product is normalised first.
fn project<M: Maths>(
    (w, target): (&M::Matrix, LayerTensor),
    adapters: LaneAdapters<'_>,
    post_norm: Option<&[f32]>,
    out: &[f32],
    config: &Config,
    x: &mut [f32],
) {
    let num_tokens = x.len() / config.dim;
    let input = M::input(out, num_tokens);
    let outs = out.chunks_exact(out.len() / num_tokens);
    match post_norm {
        None => {
            M::matmul(w, &input, Epilogue::Add, x, config.dim);
            for (lane, (out, x)) in adapters.lanes().zip(outs.zip(x.chunks_exact_mut(config.dim))) {
                lane.add(target, out, x);
            }
        }
        Some(weight) => {
            let mut t = vec![0.0; x.len()];
            M::matmul(w, &input, Epilogue::Store, &mut t, config.dim);
            let each = outs.zip(t.chunks_exact_mut(config.dim)).zip(x.chunks_exact_mut(config.dim));
            for (lane, ((out, t), x)) in adapters.lanes().zip(each) {
                lane.add(target, out, t);
                add_rms_norm(t, weight, config.norm_eps, x);
            }
        }
    }
}

/// x (dim,) += s v, if the layer has a steering vector. With s = 0, x does not change at all.
fn steer(vector: Option<&[f32]>, s: f32, x: &mut [f32]) {
    if let Some(vector) = vector.filter(|_| s != 0.0) {
        for (x, v) in x.iter_mut().zip(vector) {
            *x += s * v;
        }
    }
}

/// Normalises each token of x (tokens, dim).
fn norm(config: &Config, x: &[f32], weight: &[f32]) -> Vec<f32> {
    let mut h = vec![0.0; x.len()];
    for (x, h) in x.chunks_exact(config.dim).zip(h.chunks_exact_mut(config.dim)) {
        rms_norm(x, weight, config.norm_eps, h);
    }
    h
}

/// Allocates zeros for a cache, or returns an error if there is not enough memory.
fn zeros(len: usize) -> Result<Vec<f32>, ModelError> {
    let mut values = Vec::new();
    let needed = (len * size_of::<f32>()) as u64;
    let out_of_memory = |_| ModelError::Memory { what: "the cache of keys and values".to_owned(), needed };
    values.try_reserve_exact(len).map_err(out_of_memory)?;
    values.resize(len, 0.0);
    Ok(values)
}
