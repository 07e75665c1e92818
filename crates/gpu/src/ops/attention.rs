//! Causal attention over the KV cache. The CPU version is `reference::attention`.

use super::reduce;
use super::wgsl::wgsl;
use crate::kernel::{Access, Dispatch, Shader, word};
use crate::{Gpu, GpuError};
use askew_model::reference::attention::{Heads, Reach};

/// The shader, to be placed after [`reduce`].
pub const SOURCE: &str = wgsl!("lanes.wgsl", "attention.wgsl");

/// KV cache of one layer, each buffer (columns, context, kv_dim), allocated once.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Keys, after rotation.
    pub k: wgpu::Buffer,
    /// Values, without rotation.
    pub v: wgpu::Buffer,
    /// Number of positions per column.
    pub context: usize,
}

/// For every lane, attention of q over all positions of its column up to its own. q is in `qkv` (lanes, q_dim + 2
/// kv_dim). The result is written to `out` (lanes, q_dim).
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
pub fn attention(
    gpu: &Gpu,
    (heads, reach): (Heads, Reach),
    lanes: usize,
    lane_buffer: &wgpu::Buffer,
    qkv: &wgpu::Buffer,
    cache: &Cache,
    out: &wgpu::Buffer,
) -> Result<Dispatch, GpuError> {
    let Heads { num_heads, num_kv_heads, head_dim } = heads;
    let constants = [
        ("NUM_HEADS", num_heads.try_into()?),
        ("GROUP", (num_heads / num_kv_heads).try_into()?),
        ("HEAD_DIM", head_dim.try_into()?),
        ("KV_DIM", (num_kv_heads * head_dim).try_into()?),
        ("Q_STRIDE", ((num_heads + 2 * num_kv_heads) * head_dim).try_into()?),
        ("CONTEXT", cache.context.try_into()?),
        // A window that is at least as long as the context has no effect.
        ("WINDOW", reach.window.filter(|&window| window < cache.context).unwrap_or(0).try_into()?),
        ("SCALE", reach.scale.into()),
    ];
    let source = reduce(gpu.caps().uses_subgroups) + SOURCE;
    let shader = Shader { label: "attention", source: &source, constants: &constants };
    let buffers = [
        (lane_buffer, Access::Read),
        (qkv, Access::Read),
        (&cache.k, Access::Read),
        (&cache.v, Access::Read),
        (out, Access::Write),
    ];
    gpu.dispatch(shader, &buffers, [word(num_heads)?, word(lanes)?])
}
