//! Tokens through the model as two static plans: one token, or [`MAX_COLUMNS`] tokens of a prompt at once.
//!
//! The steps and their order are those of `model/reference/forward.rs`. Pipelines, bind groups and buffers are made once;
//! a step writes a few words, encodes one compute pass and submits once.

use std::rc::Rc;

use super::kernel::{Dispatch, word};
use super::ops::attention::{Cache, attention};
use super::ops::embed::embed;
use super::ops::gated_matvec::gated_matvec;
use super::ops::matvec::matvec;
use super::ops::rms_norm::rms_norm;
use super::ops::rope_cache::{Rope, rope_cache};
use super::ops::{MAX_COLUMNS, PARAMS_WORDS};
use super::weights::{GpuWeights, LayerWeights};
use super::{Gpu, GpuError};
use crate::model::Config;
use crate::model::reference::attention::Heads;
use crate::model::reference::matvec::Epilogue;
use crate::model::rope::RopeTable;

/// A model on the GPU, with its cache.
#[derive(Debug)]
pub struct GpuModel {
    gpu: Rc<Gpu>,
    params: wgpu::Buffer,
    logits: wgpu::Buffer,
    staging: wgpu::Buffer,
    vocab_size: usize,
    /// Reads one token.
    decode: Vec<Dispatch>,
    /// Reads [`MAX_COLUMNS`] tokens.
    prefill: Vec<Dispatch>,
    /// From the last hidden state of `decode` to logits.
    head: Vec<Dispatch>,
}

/// Activations, each (MAX_COLUMNS, width), and what stays the same from token to token.
struct Buffers {
    params: wgpu::Buffer,
    angles: wgpu::Buffer,
    caches: Vec<Cache>,
    /// The residual stream (dim).
    x: wgpu::Buffer,
    /// After a norm (dim).
    h: wgpu::Buffer,
    /// (q_dim + 2 kv_dim)
    qkv: wgpu::Buffer,
    /// (q_dim)
    attended: wgpu::Buffer,
    /// Gate and up before their product (2 ff_dim); only used where they cannot share a dispatch.
    gate_up: wgpu::Buffer,
    /// (ff_dim)
    gated: wgpu::Buffer,
}

impl Buffers {
    fn new(gpu: &Gpu, config: &Config, weights: &GpuWeights, context: usize) -> Self {
        let rope = RopeTable::new(config, weights.rope_divisors.as_deref(), context, false);
        let floats = |label: &str, len: usize| gpu.storage(label, (len * 4) as u64);
        let columns = |label: &str, width: usize| floats(label, MAX_COLUMNS * width);
        let cache_len = context * config.kv_dim();
        let cache = |_| Cache { k: floats("k_cache", cache_len), v: floats("v_cache", cache_len) };
        Self {
            params: floats("params", PARAMS_WORDS),
            angles: gpu.upload("angles", &rope.cos_sin),
            caches: (0..config.num_layers).map(cache).collect(),
            x: columns("x", config.dim),
            h: columns("h", config.dim),
            qkv: columns("qkv", config.qkv_dim()),
            attended: columns("attended", config.q_dim()),
            gate_up: columns("gate_up", 2 * config.ff_dim),
            gated: columns("gated", config.ff_dim),
        }
    }
}

impl GpuModel {
    /// Tokens that fit a cache of this device, at most `wanted` and at most what the model was trained for.
    pub fn context(gpu: &Gpu, config: &Config, wanted: usize) -> usize {
        let per_token = (config.kv_dim() * 4) as u64;
        let fits = usize::try_from(gpu.caps().max_binding_bytes / per_token).unwrap_or(usize::MAX);
        wanted.min(config.trained_context).min(fits)
    }

    /// Builds the plans for a cache of `context` tokens.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for sizes beyond a shader's; what the driver refuses shows in [`Gpu::check`].
    pub fn new(gpu: &Rc<Gpu>, config: &Config, weights: &GpuWeights, context: usize) -> Result<Self, GpuError> {
        let buffers = Buffers::new(gpu, config, weights, context);
        let logits = gpu.storage("logits", (config.vocab_size * 4) as u64);
        Ok(Self {
            decode: hidden(gpu, config, weights, &buffers, 1)?,
            prefill: hidden(gpu, config, weights, &buffers, MAX_COLUMNS)?,
            head: head(gpu, config, weights, &buffers, &logits)?,
            staging: gpu.staging(logits.size()),
            vocab_size: config.vocab_size,
            params: buffers.params,
            logits,
            gpu: Rc::clone(gpu),
        })
    }

    /// Reads `tokens` at `position` and after, following the tokens at all positions before.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for sizes beyond a shader's.
    pub fn read(&self, tokens: &[u32], position: usize) -> Result<(), GpuError> {
        let (chunks, rest) = tokens.as_chunks::<MAX_COLUMNS>();
        for (index, chunk) in chunks.iter().enumerate() {
            self.step(chunk, position + index * MAX_COLUMNS, &[&self.prefill], None)?;
        }
        for (index, token) in rest.iter().enumerate() {
            self.step(&[*token], position + chunks.len() * MAX_COLUMNS + index, &[&self.decode], None)?;
        }
        Ok(())
    }

    /// Reads `token` at `position` and gives the logits (vocab,) that follow.
    ///
    /// # Errors
    /// A fault of the device.
    pub async fn logits(&self, token: u32, position: usize) -> Result<Vec<f32>, GpuError> {
        self.step(&[token], position, &[&self.decode, &self.head], Some((&self.logits, &self.staging)))?;
        self.gpu.read(&self.staging, self.vocab_size).await
    }

    /// Dispatches for one decoded token.
    pub fn dispatches_per_token(&self) -> usize {
        self.decode.len() + self.head.len()
    }

    /// The device.
    pub fn gpu(&self) -> &Rc<Gpu> {
        &self.gpu
    }

    fn step(
        &self,
        tokens: &[u32],
        position: usize,
        plan: &[&[Dispatch]],
        copy: Option<(&wgpu::Buffer, &wgpu::Buffer)>,
    ) -> Result<(), GpuError> {
        let mut words = [0; PARAMS_WORDS];
        words[0] = word(position)?;
        words[1..=tokens.len()].copy_from_slice(tokens);
        self.gpu.queue.write_buffer(&self.params, 0, bytemuck::cast_slice(&words));
        self.gpu.submit(plan, copy);
        Ok(())
    }
}

/// The last hidden states (columns, dim) of `columns` tokens at successive positions.
fn hidden(
    gpu: &Gpu,
    config: &Config,
    weights: &GpuWeights,
    buffers: &Buffers,
    columns: usize,
) -> Result<Vec<Dispatch>, GpuError> {
    let b = buffers;
    let mut plan = embed(gpu, &weights.embedding, columns, &b.params, config.embedding_scale, &b.x)?;
    for (layer, cache) in weights.layers.iter().zip(&b.caches) {
        attend(gpu, config, layer, b, cache, columns, &mut plan)?;
        feed_forward(gpu, config, layer, b, columns, &mut plan)?;
    }
    Ok(plan)
}

/// The logits (vocab,) that follow the first column's hidden state.
fn head(
    gpu: &Gpu,
    config: &Config,
    weights: &GpuWeights,
    b: &Buffers,
    logits: &wgpu::Buffer,
) -> Result<Vec<Dispatch>, GpuError> {
    let mut plan = vec![rms_norm(gpu, config.dim, 1, &b.x, &weights.output_norm, config.norm_eps, &b.h)?];
    plan.extend(matvec(gpu, &weights.head, 1, &b.h, Epilogue::Store, logits)?);
    Ok(plan)
}

/// x (columns, dim) += Wo attention(rope(Wqkv norm(x)))
fn attend(
    gpu: &Gpu,
    config: &Config,
    layer: &LayerWeights,
    b: &Buffers,
    cache: &Cache,
    columns: usize,
    plan: &mut Vec<Dispatch>,
) -> Result<(), GpuError> {
    let heads = Heads { num_heads: config.num_heads, num_kv_heads: config.num_kv_heads, head_dim: config.head_dim };
    let rope = Rope { style: config.rope_style, angles: &b.angles };

    plan.push(rms_norm(gpu, config.dim, columns, &b.x, &layer.attn_norm, config.norm_eps, &b.h)?);

    plan.extend(matvec(gpu, &layer.qkv, columns, &b.h, Epilogue::Store, &b.qkv)?);

    plan.push(rope_cache(gpu, heads, rope, columns, &b.params, &b.qkv, cache)?);

    plan.push(attention(gpu, heads, columns, &b.params, &b.qkv, cache, &b.attended)?);

    plan.extend(matvec(gpu, &layer.attn_output, columns, &b.attended, Epilogue::Add, &b.x)?);
    Ok(())
}

/// x (columns, dim) += Wdown (act(Wgate norm(x)) * (Wup norm(x)))
fn feed_forward(
    gpu: &Gpu,
    config: &Config,
    layer: &LayerWeights,
    b: &Buffers,
    columns: usize,
    plan: &mut Vec<Dispatch>,
) -> Result<(), GpuError> {
    plan.push(rms_norm(gpu, config.dim, columns, &b.x, &layer.ff_norm, config.norm_eps, &b.h)?);

    plan.extend(gated_matvec(gpu, &layer.gate_up, columns, &b.h, config.activation, &b.gate_up, &b.gated)?);

    plan.extend(matvec(gpu, &layer.down, columns, &b.gated, Epilogue::Add, &b.x)?);
    Ok(())
}
