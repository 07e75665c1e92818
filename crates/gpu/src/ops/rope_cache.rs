//! Norms of heads, rotation by position, and the write to the KV cache. The CPU version is `reference::rope_cache`.

use super::attention::Cache;
use super::reduce;
use super::wgsl::wgsl;
use crate::kernel::{Access, Dispatch, Shader, word};
use crate::{Gpu, GpuError};
use askew_model::config::RopeStyle;
use askew_model::reference::attention::Heads;

/// The shader, to be placed after [`reduce`].
pub const SOURCE: &str = wgsl!("lanes.wgsl", "rope_cache.wgsl");

/// The parameters of the rotation.
#[derive(Clone, Copy, Debug)]
pub struct Rope<'a> {
    /// How dimensions are paired for rotation.
    pub style: RopeStyle,
    /// Cosines and sines of the angles, (context, head_dim / 2).
    pub angles: &'a wgpu::Buffer,
    /// Weights of the norms of the q heads and the k heads, (head_dim,) each, and their epsilon.
    pub norm: Option<(&'a wgpu::Buffer, &'a wgpu::Buffer, f32)>,
}

/// Normalises and rotates q in `qkv` (lanes, q_dim + 2 kv_dim) in place. Does the same to k, and writes k and v to the
/// cache at each lane's position.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
pub fn rope_cache(
    gpu: &Gpu,
    heads: Heads,
    rope: Rope<'_>,
    lanes: usize,
    lane_buffer: &wgpu::Buffer,
    qkv: &wgpu::Buffer,
    cache: &Cache,
) -> Result<Dispatch, GpuError> {
    let mut constants = vec![
        ("NUM_HEADS", heads.num_heads.try_into()?),
        ("NUM_KV_HEADS", heads.num_kv_heads.try_into()?),
        ("HEAD_DIM", heads.head_dim.try_into()?),
        ("CONTEXT", cache.context.try_into()?),
        ("HALVES", u32::from(rope.style == RopeStyle::Halves).into()),
    ];
    let (mut q_norm, mut k_norm) = (gpu.stub_read(), gpu.stub_read());
    if let Some((q, k, eps)) = rope.norm {
        constants.push(("NORM", 1.into()));
        constants.push(("EPS", eps.into()));
        (q_norm, k_norm) = (q, k);
    }
    let source = reduce(gpu.caps().uses_subgroups) + SOURCE;
    let shader = Shader { label: "rope_cache", source: &source, constants: &constants };
    let buffers = [
        (lane_buffer, Access::Read),
        (rope.angles, Access::Read),
        (qkv, Access::Write),
        (&cache.k, Access::Write),
        (&cache.v, Access::Write),
        (q_norm, Access::Read),
        (k_norm, Access::Read),
    ];
    gpu.dispatch(shader, &buffers, [word(heads.num_heads + 2 * heads.num_kv_heads)?, word(lanes)?])
}
