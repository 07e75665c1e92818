//! Tokens through the model, step by step. `gpu/forward.rs` does the same in the same order.

use super::attention::{Heads, Reach};
use super::embed::embed;
use super::low_rank::Side;
use super::maths::{Exact, Maths};
use super::matvec::{Epilogue, add_bias};
use super::rms_norm::{add_rms_norm, rms_norm};
use super::rope_cache::{QkNorm, Rope, rope_cache};
use super::weights::{LayerWeights, Weights};
use crate::model::rope::RopeTable;
use crate::model::tensors::LayerTensor;
use crate::model::{Adapter, Config, ModelError, Steering};

/// A model on the CPU in plain f32, with its cache.
pub type Reference = Forward<Exact>;

/// A model on the CPU, with its cache.
#[derive(Debug)]
pub struct Forward<M: Maths> {
    config: Config,
    weights: Weights<M::Matrix>,
    rope: RopeTable,
    /// The same for layers with a window.
    local_rope: RopeTable,
    caches: Vec<Cache>,
    adapter: Option<Adapter>,
    adapter_scale: f32,
    steering: Option<Steering>,
    steering_scale: f32,
}

/// Keys and values of one layer, each (context, kv_dim).
#[derive(Clone, Debug)]
struct Cache {
    k: Vec<f32>,
    v: Vec<f32>,
}

impl<M: Maths> Forward<M> {
    /// A model that can hold `context` tokens.
    ///
    /// # Errors
    /// [`ModelError::Memory`] when there is no room for its cache.
    pub fn new(config: Config, weights: Weights<M::Matrix>, context: usize) -> Result<Self, ModelError> {
        let divisors = weights.rope_divisors.as_deref();
        let rope = RopeTable::new(&config, divisors, context, false);
        let local_rope = RopeTable::new(&config, divisors, context, true);
        let cache = || Ok(Cache { k: zeros(context * config.kv_dim())?, v: zeros(context * config.kv_dim())? });
        let caches = (0..config.num_layers).map(|_| cache()).collect::<Result<_, ModelError>>()?;
        let [adapter_scale, steering_scale] = [1.0; 2];
        let (adapter, steering) = (None, None);
        Ok(Self { config, weights, rope, local_rope, caches, adapter, adapter_scale, steering, steering_scale })
    }

    /// Puts an adapter beside the weights, or takes it away. It acts on the tokens that are read from now on.
    pub fn set_adapter(&mut self, adapter: Option<Adapter>) {
        self.adapter = adapter;
    }

    /// How much of the adapter counts: 1 as it was trained, 0 not at all, to the bit; any finite number goes.
    pub fn set_scale(&mut self, scale: f32) {
        self.adapter_scale = scale;
    }

    /// Adds steering vectors between layers, or takes them away.
    pub fn set_steering(&mut self, steering: Option<Steering>) {
        self.steering = steering;
    }

    /// What the steering vectors are multiplied by; 0 is without them, to the bit.
    pub fn set_steering_scale(&mut self, scale: f32) {
        self.steering_scale = scale;
    }

    /// Reads `tokens` at `position` and after, behind the tokens at all positions before; gives their last hidden states
    /// (tokens, dim).
    pub fn hidden(&mut self, tokens: &[u32], position: usize) -> Vec<f32> {
        let config = &self.config;
        if tokens.is_empty() {
            return Vec::new();
        }
        let mut x = vec![0.0; tokens.len() * config.dim];
        for (x, &token) in x.chunks_exact_mut(config.dim).zip(tokens) {
            embed(&self.weights.embedding, token as usize, config.embedding_scale, x);
        }
        for (index, (layer, cache)) in self.weights.layers.iter().zip(&mut self.caches).enumerate() {
            let rope = if config.uses_local_rope(index) { &self.local_rope } else { &self.rope };
            let reach = Reach { scale: config.attention_scale, window: config.window(index) };
            let parts = self.adapter.as_ref().and_then(|adapter| adapter.layers.get(index));
            let side = Side { parts, scale: self.adapter_scale };
            attend::<M>(config, (layer, side), rope, reach, cache, position, &mut x);
            feed_forward::<M>(config, (layer, side), &mut x);
            let vector = self.steering.as_ref().and_then(|steering| steering.layers.get(index)?.as_deref());
            for x in x.chunks_exact_mut(config.dim) {
                steer(vector, self.steering_scale, x);
            }
        }
        x
    }

    /// The logits (vocab,) that follow a hidden state (dim,).
    pub fn logits(&self, x: &[f32]) -> Vec<f32> {
        let h = norm(&self.config, x, &self.weights.output_norm);
        let mut logits = vec![0.0; self.config.vocab_size];
        let head = self.weights.head.as_ref().unwrap_or(&self.weights.embedding);
        M::matmul(head, &M::input(&h, 1), Epilogue::Store, &mut logits, self.config.vocab_size);
        logits
    }
}

/// x (tokens, dim) += post(Wo attention(rope(Wqkv norm(x) + bias)))
fn attend<M: Maths>(
    config: &Config,
    (layer, side): (&LayerWeights<M::Matrix>, Side<'_>),
    rope: &RopeTable,
    reach: Reach,
    cache: &mut Cache,
    position: usize,
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
        for (h, qkv) in h.chunks_exact(config.dim).zip(qkv.chunks_exact_mut(qkv_dim)) {
            side.add(target, h, &mut qkv[place.clone()]);
            add_bias(bias.as_deref(), &mut qkv[place.clone()]);
        }
    }

    let qk_norm = layer.q_norm.as_deref().zip(layer.k_norm.as_deref());
    let qk_norm = qk_norm.map(|(q, k)| QkNorm { q, k, eps: config.norm_eps });
    let mut attended = vec![0.0; num_tokens * q_dim];
    let each = qkv.chunks_exact_mut(qkv_dim).zip(attended.chunks_exact_mut(q_dim));
    for (position, (qkv, attended)) in (position..).zip(each) {
        let rope = Rope { style: config.rope_style, angles: rope.at(position), norm: qk_norm };
        rope_cache(qkv, rope, position, &mut cache.k, &mut cache.v, kv_dim);
        M::attention(&qkv[..q_dim], &cache.k, &cache.v, position, heads, reach, attended);
    }

    let output = (&layer.attn_output, LayerTensor::AttnOutput);
    project::<M>(output, side, layer.post_attn_norm.as_deref(), &attended, config, x);
}

/// x (tokens, dim) += post(Wdown (act(Wgate norm(x)) * (Wup norm(x))))
fn feed_forward<M: Maths>(config: &Config, (layer, side): (&LayerWeights<M::Matrix>, Side<'_>), x: &mut [f32]) {
    let (dim, ff_dim) = (config.dim, config.ff_dim);
    let num_tokens = x.len() / dim;
    let h = norm(config, x, &layer.ff_norm);
    let input = M::input(&h, num_tokens);

    let mut gate_up = vec![0.0; num_tokens * 2 * ff_dim];
    for (w, target, start) in [(&layer.gate, LayerTensor::Gate, 0), (&layer.up, LayerTensor::Up, ff_dim)] {
        M::matmul(w, &input, Epilogue::Store, &mut gate_up[start..], 2 * ff_dim);
        for (h, gate_up) in h.chunks_exact(dim).zip(gate_up.chunks_exact_mut(2 * ff_dim)) {
            side.add(target, h, &mut gate_up[start..start + ff_dim]);
        }
    }

    let mut gated = vec![0.0; num_tokens * ff_dim];
    for (gate_up, gated) in gate_up.chunks_exact(2 * ff_dim).zip(gated.chunks_exact_mut(ff_dim)) {
        M::gate(gate_up, config.activation, gated);
    }

    project::<M>((&layer.down, LayerTensor::Down), side, layer.post_ff_norm.as_deref(), &gated, config, x);
}

/// x (tokens, dim) += W (dim, n) @ out (tokens, n), or its norm where the model has one there.
fn project<M: Maths>(
    (w, target): (&M::Matrix, LayerTensor),
    side: Side<'_>,
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
            for (out, x) in outs.zip(x.chunks_exact_mut(config.dim)) {
                side.add(target, out, x);
            }
        }
        Some(weight) => {
            let mut t = vec![0.0; x.len()];
            M::matmul(w, &input, Epilogue::Store, &mut t, config.dim);
            for ((out, t), x) in outs.zip(t.chunks_exact_mut(config.dim)).zip(x.chunks_exact_mut(config.dim)) {
                side.add(target, out, t);
                add_rms_norm(t, weight, config.norm_eps, x);
            }
        }
    }
}

/// x (dim,) += s v, where the layer has a vector. With s = 0 nothing is touched, to the bit.
fn steer(vector: Option<&[f32]>, s: f32, x: &mut [f32]) {
    if let Some(vector) = vector.filter(|_| s != 0.0) {
        for (x, v) in x.iter_mut().zip(vector) {
            *x += s * v;
        }
    }
}

/// The norm of each token of x (tokens, dim).
fn norm(config: &Config, x: &[f32], weight: &[f32]) -> Vec<f32> {
    let mut h = vec![0.0; x.len()];
    for (x, h) in x.chunks_exact(config.dim).zip(h.chunks_exact_mut(config.dim)) {
        rms_norm(x, weight, config.norm_eps, h);
    }
    h
}

/// A cache, or word that there is no room for it.
fn zeros(len: usize) -> Result<Vec<f32>, ModelError> {
    let mut values = Vec::new();
    let needed = (len * size_of::<f32>()) as u64;
    let out_of_memory = |_| ModelError::Memory { what: "the cache of keys and values".to_owned(), needed };
    values.try_reserve_exact(len).map_err(out_of_memory)?;
    values.resize(len, 0.0);
    Ok(values)
}
