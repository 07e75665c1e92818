//! Looks up the embeddings of tokens and prepares them for the first norm. The CPU version is `reference::embed`.

use super::wgsl::wgsl;
use super::with_quant;
use crate::fused_norm::Normed;
use crate::kernel::{Access, Dispatch, Shader, word};
use crate::lora::LowRankPaths;
use crate::matrix::{GpuMatrix, Slab};
use crate::{Gpu, GpuError};
use askew_model::quant::BLOCK_LEN;

/// The shader without the decoder of a format; see [`with_quant`].
pub const SOURCE: &str = wgsl!("lanes.wgsl", "embed.wgsl");

/// The arguments of [`embed`].
#[derive(Clone, Copy, Debug)]
pub struct Embed<'a> {
    /// W (vocab, dim).
    pub w: &'a GpuMatrix,
    /// Embeddings are multiplied by this.
    pub scale: f32,
    /// The lanes, which contain the tokens.
    pub lanes: &'a wgpu::Buffer,
    /// The residual stream (lanes, dim).
    pub x: &'a wgpu::Buffer,
    /// Gain of the first norm, (dim,).
    pub gain: &'a wgpu::Buffer,
    /// The values prepared for that norm.
    pub h: &'a Normed,
    /// The low-rank paths. If there are steering vectors, their scales for this step are copied to z.
    pub low_rank: Option<&'a LowRankPaths>,
}

/// scale W[token] -> x, with one dispatch per slab of W.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
pub fn embed(gpu: &Gpu, lanes: usize, step: Embed<'_>) -> Result<Vec<Dispatch>, GpuError> {
    let blocks = step.w.row_len / BLOCK_LEN;
    let slab_dispatch = |slab: &Slab| {
        let mut constants = vec![
            ("ROWS", slab.num_rows.try_into()?),
            ("FIRST_ROW", slab.first_row.try_into()?),
            ("BLOCKS", blocks.try_into()?),
            ("SCALE", step.scale.into()),
        ];
        constants.extend(step.h.written()?);
        // The threads for the first slab copy the scales, whatever the token is.
        let steered = step.low_rank.filter(|paths| paths.num_steerings > 0 && slab.first_row == 0);
        if let Some(paths) = steered {
            constants.push(("STEERS", paths.num_steerings.try_into()?));
            constants.push(("SCALES", paths.scales.per_column.try_into()?));
            constants.push(("FIRST_STEER", paths.num_adapters.try_into()?));
            constants.push(("Z_AT", paths.steering_z.0.try_into()?));
            constants.push(("Z_STRIDE", paths.steering_z.1.try_into()?));
        }
        let source = with_quant(slab.quant, SOURCE);
        let shader = Shader { label: "embed", source: &source, constants: &constants };
        let buffers = [
            (&slab.weights, Access::Read),
            (&slab.scales, Access::Read),
            (step.lanes, Access::Read),
            (step.x, Access::Write),
            (&step.h.buffer, Access::Write),
            (step.gain, Access::Read),
            (steered.map_or(gpu.stub_read(), |paths| &paths.scales.buffer), Access::Read),
            (steered.map_or(gpu.stub_write(0), |paths| &paths.steering_z.2), Access::Write),
        ];
        let row_bytes = slab.weights.size() / slab.num_rows.max(1) as u64;
        let dispatch = gpu.dispatch(shader, &buffers, [word(blocks.div_ceil(32))?, word(lanes)?])?;
        // Each lane's token is in one of the slabs. All rows are counted for the first slab.
        Ok(dispatch.reading(if slab.first_row == 0 { row_bytes * lanes as u64 } else { 0 }))
    };
    step.w.slabs.iter().map(slab_dispatch).collect()
}
