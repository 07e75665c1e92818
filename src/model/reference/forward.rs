//! One token through the model, step by step. `gpu/forward.rs` does the same in the same order.

use super::attention::{Heads, Reach, attention};
use super::embed::embed;
use super::gate::gate;
use super::low_rank::Side;
use super::matvec::{Epilogue, add_bias, matvec};
use super::rms_norm::{add_rms_norm, rms_norm};
use super::rope_cache::{QkNorm, Rope, rope_cache};
use super::weights::{LayerWeights, Matrix, Weights};
use crate::model::rope::RopeTable;
use crate::model::tensors::LayerTensor;
use crate::model::{Adapter, Config, Steering};

/// A model on the CPU, with its cache.
#[derive(Debug)]
pub struct Reference {
    config: Config,
    weights: Weights,
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

impl Reference {
    /// A model that can hold `context` tokens.
    pub fn new(config: Config, weights: Weights, context: usize) -> Self {
        let divisors = weights.rope_divisors.as_deref();
        let rope = RopeTable::new(&config, divisors, context, false);
        let local_rope = RopeTable::new(&config, divisors, context, true);
        let empty = vec![0.0; context * config.kv_dim()];
        let caches = vec![Cache { k: empty.clone(), v: empty }; config.num_layers];
        let [adapter_scale, steering_scale] = [1.0; 2];
        let (adapter, steering) = (None, None);
        Self { config, weights, rope, local_rope, caches, adapter, adapter_scale, steering, steering_scale }
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

    /// Reads `token` at `position`, after the tokens at all positions before, and gives the last hidden state (dim,).
    pub fn hidden(&mut self, token: u32, position: usize) -> Vec<f32> {
        let config = &self.config;
        let mut x = vec![0.0; config.dim];
        embed(&self.weights.embedding, token as usize, config.embedding_scale, &mut x);
        for (index, (layer, cache)) in self.weights.layers.iter().zip(&mut self.caches).enumerate() {
            let rope = if config.uses_local_rope(index) { &self.local_rope } else { &self.rope };
            let reach = Reach { scale: config.attention_scale, window: config.window(index) };
            let parts = self.adapter.as_ref().and_then(|adapter| adapter.layers.get(index));
            let side = Side { parts, scale: self.adapter_scale };
            attend(config, (layer, side), rope.at(position), reach, cache, position, &mut x);
            feed_forward(config, (layer, side), &mut x);
            let vector = self.steering.as_ref().and_then(|steering| steering.layers.get(index)?.as_deref());
            steer(vector, self.steering_scale, &mut x);
        }
        x
    }

    /// The logits (vocab,) that follow a hidden state (dim,).
    pub fn logits(&self, x: &[f32]) -> Vec<f32> {
        let mut h = vec![0.0; self.config.dim];
        rms_norm(x, &self.weights.output_norm, self.config.norm_eps, &mut h);
        let mut logits = vec![0.0; self.config.vocab_size];
        matvec(self.weights.head.as_ref().unwrap_or(&self.weights.embedding), &h, Epilogue::Store, &mut logits);
        logits
    }
}

/// x (dim,) += post(Wo attention(rope(Wqkv norm(x) + bias)))
fn attend(
    config: &Config,
    (layer, side): (&LayerWeights, Side<'_>),
    angles: &[[f32; 2]],
    reach: Reach,
    cache: &mut Cache,
    position: usize,
    x: &mut [f32],
) {
    let (q_dim, kv_dim) = (config.q_dim(), config.kv_dim());
    let heads = Heads { num_heads: config.num_heads, num_kv_heads: config.num_kv_heads, head_dim: config.head_dim };

    let mut h = vec![0.0; config.dim];
    rms_norm(x, &layer.attn_norm, config.norm_eps, &mut h);

    let mut qkv = vec![0.0; config.qkv_dim()];
    let (q, kv) = qkv.split_at_mut(q_dim);
    let (k, v) = kv.split_at_mut(kv_dim);
    for (w, target, bias, out) in [
        (&layer.q, LayerTensor::Q, &layer.q_bias, q),
        (&layer.k, LayerTensor::K, &layer.k_bias, k),
        (&layer.v, LayerTensor::V, &layer.v_bias, v),
    ] {
        matvec(w, &h, Epilogue::Store, out);
        side.add(target, &h, out);
        add_bias(bias.as_deref(), out);
    }

    let norm = layer.q_norm.as_deref().zip(layer.k_norm.as_deref());
    let norm = norm.map(|(q, k)| QkNorm { q, k, eps: config.norm_eps });
    let rope = Rope { style: config.rope_style, angles, norm };
    rope_cache(&mut qkv, rope, position, &mut cache.k, &mut cache.v, kv_dim);

    let mut attended = vec![0.0; q_dim];
    attention(&qkv[..q_dim], &cache.k, &cache.v, position, heads, reach, &mut attended);

    let output = (&layer.attn_output, LayerTensor::AttnOutput);
    project(output, side, layer.post_attn_norm.as_deref(), &attended, config, x);
}

/// x (dim,) += post(Wdown (act(Wgate norm(x)) * (Wup norm(x))))
fn feed_forward(config: &Config, (layer, side): (&LayerWeights, Side<'_>), x: &mut [f32]) {
    let mut h = vec![0.0; config.dim];
    rms_norm(x, &layer.ff_norm, config.norm_eps, &mut h);

    let mut gated = vec![0.0; config.ff_dim];
    let mut gate_up = vec![0.0; 2 * config.ff_dim];
    let (g, u) = gate_up.split_at_mut(config.ff_dim);
    for (w, target, out) in [(&layer.gate, LayerTensor::Gate, g), (&layer.up, LayerTensor::Up, u)] {
        matvec(w, &h, Epilogue::Store, out);
        side.add(target, &h, out);
    }
    gate(&gate_up, config.activation, &mut gated);

    project((&layer.down, LayerTensor::Down), side, layer.post_ff_norm.as_deref(), &gated, config, x);
}

/// x (dim,) += W (dim, n) @ out (n,), or its norm where the model has one there.
fn project(
    (w, target): (&Matrix, LayerTensor),
    side: Side<'_>,
    post_norm: Option<&[f32]>,
    out: &[f32],
    config: &Config,
    x: &mut [f32],
) {
    match post_norm {
        None => {
            matvec(w, out, Epilogue::Add, x);
            side.add(target, out, x);
        }
        Some(weight) => {
            let mut t = vec![0.0; config.dim];
            matvec(w, out, Epilogue::Store, &mut t);
            side.add(target, out, &mut t);
            add_rms_norm(&t, weight, config.norm_eps, x);
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
