//! Checks of the operations between products: look-up of weights, rotation, attention and the gate.

use std::rc::Rc;

use super::data::{noise, random_weights};
use super::matmuls::normed_parity;
use super::{ELEMENTWISE_NMSE, LOOKUP_NMSE, MATMUL_NMSE, Parity, lanes, run, small, upload};
use crate::fused_norm::Normed;
use crate::ops::attention::Cache;
use crate::ops::embed::Embed;
use crate::{Gpu, GpuError, Lane, ops};
use askew_model::config::{Activation, RopeStyle};
use askew_model::quant::Quant;
use askew_model::reference::attention::{Heads, Reach};
use askew_model::reference::rope_cache::{QkNorm, Rope};
use askew_model::reference::{
    Matrix, attention as attention_twin, embed as embed_twin, gate as gate_twin, rope_cache as rope_twin,
};

/// Epsilon of the norms.
const EPS: f32 = 1e-5;

/// Looks up rows of a vocabulary.
#[derive(Clone, Copy, Debug)]
pub struct EmbedCase {
    /// Storage format of the weights.
    pub quant: Quant,
    /// Number of rows.
    pub vocab: usize,
    /// Blocks of 32 weights per row. It is rounded up for formats with longer blocks.
    pub blocks: usize,
    /// Magnitude of the weights.
    pub size: f32,
    pub lanes: usize,
    pub seed: u64,
}

/// `activation(gate) * up` as a separate operation.
#[derive(Clone, Copy, Debug)]
pub struct GateCase {
    /// Number of values in each half.
    pub width: usize,
    pub lanes: usize,
    /// The non-linearity of the gate.
    pub activation: Activation,
    /// The largest magnitude of the values.
    pub size: f32,
    pub seed: u64,
}

/// Rotates q and k, and writes k and v to the cache.
#[derive(Clone, Copy, Debug)]
pub struct RopeCase {
    /// Numbers and width of the heads.
    pub heads: Heads,
    /// How dimensions are paired for rotation.
    pub style: RopeStyle,
    pub lanes: usize,
    /// Position of the first lane.
    pub position: usize,
    /// Whether the heads of q and k have norms.
    pub is_normed: bool,
    pub seed: u64,
}

/// Attention of several lanes over two columns of a cache.
#[derive(Clone, Copy, Debug)]
pub struct AttentionCase {
    /// Numbers and width of the heads.
    pub heads: Heads,
    /// Number of lanes. They use the two columns in turn.
    pub lanes: usize,
    /// Position of the first lane.
    pub position: usize,
    /// Length of the sliding window, if there is one.
    pub window: Option<usize>,
    pub seed: u64,
}

/// Compares looked-up rows with the CPU version, and what is prepared for the first norm.
///
/// # Errors
/// Any error of the device.
pub async fn embed(gpu: &Rc<Gpu>, case: EmbedCase) -> Result<Parity, GpuError> {
    const SCALE: f32 = 1.5;
    let EmbedCase { quant, vocab, blocks, size, lanes: num_lanes, seed } = case;
    let len = (blocks * 32).next_multiple_of(quant.block_len());
    let w = Matrix { quant, num_rows: vocab, row_len: len, bytes: random_weights(quant, vocab * len, size, seed) };
    let tokens: Vec<usize> = noise(num_lanes, seed ^ 1).iter().map(|x| x.to_bits() as usize % vocab).collect();
    let mut expected = vec![0.0; num_lanes * len];
    for (&token, x) in tokens.iter().zip(expected.chunks_exact_mut(len)) {
        embed_twin::embed(&w, token, SCALE, x);
    }
    let words: Vec<u32> = tokens.iter().map(|&token| small(token)).collect();
    let (out, gain) = (gpu.storage("out", (num_lanes * len * 4) as u64), noise(len, seed ^ 2));
    let (h, matrix, lanes) = (Normed::new(gpu, "h", len), upload(gpu, &[&w])?, lanes(gpu, 0, &words));
    let gain_buffer = gpu.upload("gain", &gain);
    let step = Embed { w: &matrix, scale: SCALE, lanes: &lanes, x: &out, gain: &gain_buffer, h: &h, low_rank: None };
    let plan = ops::embed::embed(gpu, num_lanes, step)?;
    let parity = Parity::of(&run(gpu, &plan, &out, num_lanes * len).await?, &expected, LOOKUP_NMSE);
    Ok(parity.or(normed_parity(gpu, &h, num_lanes, &expected, &gain).await?))
}

/// Compares the gate with the CPU version.
///
/// # Errors
/// Any error of the device.
pub async fn gate(gpu: &Rc<Gpu>, case: GateCase) -> Result<Parity, GpuError> {
    let GateCase { width, lanes, activation, size, seed } = case;
    let gate_up: Vec<f32> = noise(lanes * 2 * width, seed).iter().map(|x| x * size).collect();
    let mut expected = vec![0.0; lanes * width];
    for (gate_up, out) in gate_up.chunks_exact(2 * width).zip(expected.chunks_exact_mut(width)) {
        gate_twin::gate(gate_up, activation, out);
    }
    let (input, out) = (gpu.upload("gate_up", &gate_up), gpu.storage("out", (lanes * width * 4) as u64));
    let plan = ops::gate::gate(gpu, width, lanes, &input, activation, &out)?;
    Ok(Parity::of(&run(gpu, &[plan], &out, lanes * width).await?, &expected, ELEMENTWISE_NMSE))
}

/// Compares rotated queries and the cache with the CPU version. Keys and values in the input buffer have no defined
/// contents afterwards, so they are not compared.
///
/// # Errors
/// Any error of the device.
pub async fn rope_cache(gpu: &Rc<Gpu>, case: RopeCase) -> Result<Parity, GpuError> {
    let RopeCase { heads, style, lanes: num_lanes, position, is_normed, seed } = case;
    let (q_dim, kv_dim) = (heads.num_heads * heads.head_dim, heads.num_kv_heads * heads.head_dim);
    let (width, pairs, context) = (q_dim + 2 * kv_dim, heads.head_dim / 2, position + num_lanes + 1);
    let angles: Vec<[f32; 2]> =
        noise(context * pairs, seed).iter().map(|x| [(x * 3.0).cos(), (x * 3.0).sin()]).collect();
    let mut qkv = noise(num_lanes * width, seed ^ 1);
    let (mut k, mut v) = (noise(context * kv_dim, seed ^ 2), noise(context * kv_dim, seed ^ 3));
    let (q_norm, k_norm) = (noise(heads.head_dim, seed ^ 4), noise(heads.head_dim, seed ^ 5));

    let (q_buffer, k_buffer) = (gpu.upload("q_norm", &q_norm), gpu.upload("k_norm", &k_norm));
    let norm = is_normed.then_some((&q_buffer, &k_buffer, EPS));
    let rope = ops::rope_cache::Rope { style, angles: &gpu.upload("angles", &angles), norm };
    let cache = Cache { k: gpu.upload("k", &k), v: gpu.upload("v", &v), context };
    let qkv_buffer = gpu.upload("qkv", &qkv);
    let start = lanes(gpu, position, &vec![0; num_lanes]);
    let plan = ops::rope_cache::rope_cache(gpu, heads, rope, num_lanes, &start, &qkv_buffer, &cache)?;
    let found = run(gpu, &[plan], &qkv_buffer, qkv.len()).await?;

    for (lane, qkv) in qkv.chunks_exact_mut(width).enumerate() {
        let at = position + lane;
        let norm = is_normed.then_some(QkNorm { q: &q_norm, k: &k_norm, eps: EPS });
        let rope = Rope { style, angles: &angles[at * pairs..][..pairs], norm };
        rope_twin::rope_cache(qkv, rope, at, &mut k, &mut v, kv_dim);
    }
    let mut parity = Parity::of(&gpu.download::<f32>(&cache.k, k.len()).await?, &k, ELEMENTWISE_NMSE);
    // Values are only copied, so no error is allowed.
    parity = parity.or(Parity::of(&gpu.download::<f32>(&cache.v, v.len()).await?, &v, 0.0));
    for (found, expected) in found.chunks_exact(width).zip(qkv.chunks_exact(width)) {
        parity = parity.or(Parity::of(&found[..q_dim], &expected[..q_dim], ELEMENTWISE_NMSE));
    }
    Ok(parity)
}

/// Compares attention with the CPU version.
///
/// # Errors
/// Any error of the device.
pub async fn attention(gpu: &Rc<Gpu>, case: AttentionCase) -> Result<Parity, GpuError> {
    let AttentionCase { heads, lanes: num_lanes, position, window, seed } = case;
    let (q_dim, kv_dim) = (heads.num_heads * heads.head_dim, heads.num_kv_heads * heads.head_dim);
    let (width, context) = (q_dim + 2 * kv_dim, position + num_lanes + 3);
    // Large enough that some softmax weights become zero.
    let grow = |values: Vec<f32>| values.into_iter().map(|x| x * 4.0).collect::<Vec<f32>>();
    let qkv = grow(noise(num_lanes * width, seed));
    let (k, v) = (grow(noise(2 * context * kv_dim, seed ^ 1)), noise(2 * context * kv_dim, seed ^ 2));
    let reach = Reach { scale: 1.0 / f32::from(u16::try_from(heads.head_dim).unwrap_or(u16::MAX)).sqrt(), window };
    let mut expected = vec![0.0; num_lanes * q_dim];
    for (lane, out) in expected.chunks_exact_mut(q_dim).enumerate() {
        let (column, q) = ((lane % 2) * context * kv_dim, &qkv[lane * width..][..q_dim]);
        attention_twin::attention(q, &k[column..], &v[column..], position + lane, heads, reach, out);
    }
    let cache = Cache { k: gpu.upload("k", &k), v: gpu.upload("v", &v), context };
    let lane = |i: usize| Lane { token: 0, position: small(position + i), column: small(i % 2), step: 0 };
    let start = gpu.upload("lanes", &(0..num_lanes).map(lane).collect::<Vec<_>>());
    let out = gpu.storage("out", (num_lanes * q_dim * 4) as u64);
    let qkv = gpu.upload("qkv", &qkv);
    let plan = ops::attention::attention(gpu, (heads, reach), num_lanes, &start, &qkv, &cache, &out)?;
    Ok(Parity::of(&run(gpu, &[plan], &out, expected.len()).await?, &expected, MATMUL_NMSE))
}
