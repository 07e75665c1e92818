//! The working buffers of a model, allocated once per layout.

use super::Gpu;
use super::lanes::Lane;
use super::model::Layout;
use super::ops::attention::Cache;
use super::ops::sample::{PICK_BYTES, SLICES, seen_words};
use super::ops::{DECODE_LANES, MAX_LANES};
use super::weights::GpuWeights;
use crate::fused_norm::Normed;
use askew_model::Config;
use askew_model::rope::RopeTable;

/// Most tokens that a column decodes between two readbacks.
pub(super) const MAX_WINDOW: usize = 16;
/// A chosen token, as the GPU stores it.
#[derive(Clone, Copy, Debug, PartialEq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct SampledToken {
    /// Its number in the vocabulary. It is outside the vocabulary if the logits were not numbers.
    pub token: u32,
    /// Natural logarithm of its probability at temperature 1.
    pub logprob: f32,
}

/// Activations, each (MAX_LANES, width), and data that does not change from token to token. Comments give the widths.
#[derive(Debug)]
pub(super) struct Buffers {
    pub(super) lanes: wgpu::Buffer,
    /// RoPE angles of global layers.
    pub(super) angles: wgpu::Buffer,
    /// RoPE angles of layers with a sliding window.
    pub(super) local_angles: wgpu::Buffer,
    pub(super) caches: Vec<Cache>,
    /// Temporary buffer for copying one layer's keys or values from column to column.
    pub(super) copied: wgpu::Buffer,
    /// The residual stream, (dim).
    pub(super) x: wgpu::Buffer,
    /// The residual stream prepared for the next norm, (dim).
    pub(super) h: Normed,
    /// The output of attention or the feed-forward part, prepared for its own norm, (dim).
    pub(super) t: Normed,
    /// Queries, keys and values, (q_dim + 2 kv_dim).
    pub(super) qkv: wgpu::Buffer,
    /// Output of attention before its projection, (q_dim).
    pub(super) attended: wgpu::Buffer,
    /// Gate and up projections before their product, (2 ff_dim). Only used where one dispatch cannot compute both.
    pub(super) gate_up: wgpu::Buffer,
    /// The product of gate and up projection, (ff_dim).
    pub(super) gated: wgpu::Buffer,
    /// Logits, (DECODE_LANES, vocab).
    pub(super) logits: wgpu::Buffer,
    pub(super) logits_staging: wgpu::Buffer,
    pub(super) samplers: wgpu::Buffer,
    pub(super) seen: wgpu::Buffer,
    pub(super) thresholds: wgpu::Buffer,
    pub(super) picks: wgpu::Buffer,
    pub(super) results: wgpu::Buffer,
    pub(super) results_staging: wgpu::Buffer,
}

impl Buffers {
    /// Allocates all buffers for a layout.
    pub(super) fn new(gpu: &Gpu, config: &Config, weights: &GpuWeights, layout: &Layout<'_>) -> Self {
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
        let results = gpu.storage("results", (MAX_WINDOW * DECODE_LANES * size_of::<SampledToken>()) as u64);
        Self {
            lanes: gpu.storage("lanes", (MAX_LANES * size_of::<Lane>()) as u64),
            local_angles: if has_local { angles(true) } else { global.clone() },
            angles: global,
            caches: (0..config.num_layers).map(cache).collect(),
            copied: floats("copied", if columns > 1 { context * config.kv_dim() } else { 0 }),
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
