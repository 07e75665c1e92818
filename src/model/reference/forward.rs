//! One token through the model, step by step. `gpu/forward.rs` does the same in the same order.

use super::attention::{Heads, Reach, attention};
use super::embed::embed;
use super::gated_matvec::gated_matvec;
use super::matvec::{Epilogue, add_bias, matvec};
use super::rms_norm::{add_rms_norm, rms_norm};
use super::rope_cache::{QkNorm, Rope, rope_cache};
use super::weights::{LayerWeights, Matrix, Weights};
use crate::model::Config;
use crate::model::rope::RopeTable;

/// A model on the CPU, with its cache.
#[derive(Debug)]
pub struct Reference {
    config: Config,
    weights: Weights,
    rope: RopeTable,
    /// The same for layers with a window.
    local_rope: RopeTable,
    caches: Vec<Cache>,
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
        Self { config, weights, rope, local_rope, caches }
    }

    /// Reads `token` at `position`, after the tokens at all positions before, and gives the last hidden state (dim,).
    pub fn hidden(&mut self, token: u32, position: usize) -> Vec<f32> {
        let config = &self.config;
        let mut x = vec![0.0; config.dim];
        embed(&self.weights.embedding, token as usize, config.embedding_scale, &mut x);
        for (index, (layer, cache)) in self.weights.layers.iter().zip(&mut self.caches).enumerate() {
            let rope = if config.uses_local_rope(index) { &self.local_rope } else { &self.rope };
            let reach = Reach { scale: config.attention_scale, window: config.window(index) };
            attend(config, layer, rope.at(position), reach, cache, position, &mut x);
            feed_forward(config, layer, &mut x);
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
    layer: &LayerWeights,
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
    for (w, bias, out) in [(&layer.q, &layer.q_bias, q), (&layer.k, &layer.k_bias, k), (&layer.v, &layer.v_bias, v)] {
        matvec(w, &h, Epilogue::Store, out);
        add_bias(bias.as_deref(), out);
    }

    let norm = layer.q_norm.as_deref().zip(layer.k_norm.as_deref());
    let norm = norm.map(|(q, k)| QkNorm { q, k, eps: config.norm_eps });
    let rope = Rope { style: config.rope_style, angles, norm };
    rope_cache(&mut qkv, rope, position, &mut cache.k, &mut cache.v, kv_dim);

    let mut attended = vec![0.0; q_dim];
    attention(&qkv[..q_dim], &cache.k, &cache.v, position, heads, reach, &mut attended);

    project(&layer.attn_output, layer.post_attn_norm.as_deref(), &attended, config, x);
}

/// x (dim,) += post(Wdown (act(Wgate norm(x)) * (Wup norm(x))))
fn feed_forward(config: &Config, layer: &LayerWeights, x: &mut [f32]) {
    let mut h = vec![0.0; config.dim];
    rms_norm(x, &layer.ff_norm, config.norm_eps, &mut h);

    let mut gated = vec![0.0; config.ff_dim];
    gated_matvec(&layer.gate, &layer.up, &h, config.activation, &mut gated);

    project(&layer.down, layer.post_ff_norm.as_deref(), &gated, config, x);
}

/// x (dim,) += W (dim, n) @ out (n,), or its norm where the model has one there.
fn project(w: &Matrix, post_norm: Option<&[f32]>, out: &[f32], config: &Config, x: &mut [f32]) {
    match post_norm {
        None => matvec(w, out, Epilogue::Add, x),
        Some(weight) => {
            let mut t = vec![0.0; config.dim];
            matvec(w, out, Epilogue::Store, &mut t);
            add_rms_norm(&t, weight, config.norm_eps, x);
        }
    }
}
