//! The steps of a forward pass, in the same order as in `model/reference/forward.rs`. Norms are computed by the
//! operations before and after them ([`crate::fused_norm`]).

use super::GpuError;
use super::kernel::Dispatch;
use super::matrix::GpuMatrix;
use super::model::{Choice, GpuModel};
use super::ops::attention::attention;
use super::ops::embed::{Embed, embed};
use super::ops::matmul::{Epilogue, Input, Matmul, low_rank, matmul};
use super::ops::post_norm::{PostNorm, post_norm};
use super::ops::rope_cache::{Rope, rope_cache};
use super::ops::sample::{Sample, sample};
use super::weights::LayerWeights;
use crate::lora::{LowRankB, LowRankPath};
use askew_model::reference::attention::{Heads, Reach};

impl GpuModel {
    /// Computes the residual streams (lanes, dim) after `num_layers` layers, prepared for the final norm.
    pub(super) fn hidden(&self, lanes: usize, num_layers: usize) -> Result<Vec<Dispatch>, GpuError> {
        let (b, weights) = (&self.buffers, &self.weights);
        let step = Embed {
            w: &weights.embedding,
            scale: self.config.embedding_scale,
            lanes: &b.lanes,
            x: &b.x,
            gain: self.gain_before(0, num_layers),
            h: &b.h,
            low_rank: Some(&self.low_rank),
        };
        let mut plan = embed(&self.gpu, lanes, step)?;
        for layer in 0..num_layers {
            plan.extend(self.layer(layer, lanes, num_layers)?);
        }
        Ok(plan)
    }

    /// Computes layer `index`, when the model ends after `num_layers` layers.
    pub(super) fn layer(&self, index: usize, lanes: usize, num_layers: usize) -> Result<Vec<Dispatch>, GpuError> {
        let layer = &self.weights.layers[index];
        let mut plan = self.attend(index, layer, lanes)?;
        plan.extend(self.feed_forward(index, layer, lanes, self.gain_before(index + 1, num_layers))?);
        Ok(plan)
    }

    /// The gain of the norm before layer `index`, or of the final norm after the last layer.
    fn gain_before(&self, index: usize, num_layers: usize) -> &wgpu::Buffer {
        let next = self.weights.layers.get(index).filter(|_| index < num_layers);
        next.map_or(&self.weights.output_norm, |layer| &layer.attn_norm)
    }

    /// x (lanes, dim) += post(Wo attention(rope(Wqkv norm(x) + bias)))
    fn attend(&self, index: usize, layer: &LayerWeights, lanes: usize) -> Result<Vec<Dispatch>, GpuError> {
        let Self { gpu, config, buffers: b, .. } = self;
        let paths = &self.low_rank.layers[index];
        let cache = &b.caches[index];
        let heads = Heads { num_heads: config.num_heads, num_kv_heads: config.num_kv_heads, head_dim: config.head_dim };
        let norm = layer.qk_norm.as_ref().map(|(q, k)| (q, k, config.norm_eps));
        let angles = if config.uses_local_rope(index) { &b.local_angles } else { &b.angles };
        let rope = Rope { style: config.rope_style, angles, norm };
        let reach = Reach { scale: config.attention_scale, window: config.window(index) };

        let input = Input::Normed(&b.h, config.norm_eps);
        let mut plan = self.low_rank_path(&paths.qkv, lanes, input)?;
        let w = &layer.qkv;
        let bias = layer.qkv_bias.as_ref();
        let epilogue = Epilogue::Store(&b.qkv);
        plan.extend(matmul(
            gpu,
            Matmul { w, lanes, input, bias, low_rank: paths.qkv.b.as_ref(), epilogue, is_fast: self.is_fast },
        )?);

        plan.push(rope_cache(gpu, heads, rope, lanes, &b.lanes, &b.qkv, cache)?);

        plan.push(attention(gpu, (heads, reach), lanes, &b.lanes, &b.qkv, cache, &b.attended)?);

        let input = Input::Plain(&b.attended);
        plan.extend(self.low_rank_path(&paths.attn_output, lanes, input)?);
        let post = layer.post_attn_norm.as_ref();
        plan.extend(self.join(&layer.attn_output, &paths.attn_output, lanes, input, (post, &layer.ff_norm), None)?);
        Ok(plan)
    }

    /// x (lanes, dim) += post(Wdown (act(Wgate norm(x)) * (Wup norm(x))))
    fn feed_forward(
        &self,
        index: usize,
        layer: &LayerWeights,
        lanes: usize,
        next: &wgpu::Buffer,
    ) -> Result<Vec<Dispatch>, GpuError> {
        let Self { gpu, config, buffers: b, .. } = self;
        let paths = &self.low_rank.layers[index];

        let input = Input::Normed(&b.h, config.norm_eps);
        let mut plan = self.low_rank_path(&paths.gate_up, lanes, input)?;
        let epilogue = Epilogue::Gate { activation: config.activation, scratch: &b.gate_up, out: &b.gated };
        let w = &layer.gate_up;
        plan.extend(matmul(
            gpu,
            Matmul { w, lanes, input, bias: None, low_rank: paths.gate_up.b.as_ref(), epilogue, is_fast: self.is_fast },
        )?);

        let input = Input::Plain(&b.gated);
        plan.extend(self.low_rank_path(&paths.down, lanes, input)?);
        let steering = paths.steering.as_ref().map(|(path, z_at)| (path, *z_at));
        let post = layer.post_ff_norm.as_ref();
        plan.extend(self.join(&layer.down, &paths.down, lanes, input, (post, next), steering)?);
        Ok(plan)
    }

    /// x (lanes, dim) += W @ input, or its norm if the model has one here. Also prepares the next norm.
    fn join(
        &self,
        w: &GpuMatrix,
        path: &LowRankPath,
        lanes: usize,
        input: Input<'_>,
        (post, gain): (Option<&wgpu::Buffer>, &wgpu::Buffer),
        steering: Option<(&LowRankB, usize)>,
    ) -> Result<Vec<Dispatch>, GpuError> {
        let (b, eps) = (&self.buffers, self.config.norm_eps);
        let epilogue = match post {
            None => Epilogue::Residual { x: &b.x, gain, h: &b.h },
            Some(_) => Epilogue::Normed(&b.t),
        };
        let (low_rank, is_fast) = (path.b.as_ref(), self.is_fast);
        let mut plan = matmul(&self.gpu, Matmul { w, lanes, input, bias: None, low_rank, epilogue, is_fast })?;
        if let Some(weight) = post {
            let step = PostNorm { t: &b.t, weight, eps, x: &b.x, gain, h: &b.h, steering };
            plan.push(post_norm(&self.gpu, lanes, step)?);
        }
        Ok(plan)
    }

    fn low_rank_path(&self, path: &LowRankPath, lanes: usize, input: Input<'_>) -> Result<Vec<Dispatch>, GpuError> {
        let Some(a) = &path.a else { return Ok(Vec::new()) };
        low_rank(&self.gpu, a, lanes, input, &self.buffers.lanes, &self.low_rank.scales)
    }

    /// Computes the logits (lanes, vocab) from the residual streams.
    pub(super) fn head(&self, lanes: usize) -> Result<Vec<Dispatch>, GpuError> {
        let input = Input::Normed(&self.buffers.h, self.config.norm_eps);
        let epilogue = Epilogue::Store(&self.buffers.logits);
        let (w, is_fast) = (&self.weights.head, self.is_fast);
        matmul(&self.gpu, Matmul { w, lanes, input, bias: None, low_rank: None, epilogue, is_fast })
    }

    pub(super) fn sample(&self, lanes: usize, choice: Choice) -> Result<Vec<Dispatch>, GpuError> {
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
