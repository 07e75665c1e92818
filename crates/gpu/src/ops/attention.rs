//! Causal attention over the cache; twin of `reference::attention`.

use super::reduce;
use super::wgsl::wgsl;
use crate::kernel::{Access, Dispatch, Shader, word};
use crate::{Gpu, GpuError};
use askew_model::reference::attention::{Heads, Reach};

/// The shader, after [`reduce`].
pub const SOURCE: &str = wgsl!("lanes.wgsl", "attention.wgsl");

/// Keys and values of one layer, each (columns, context, kv_dim), allocated once.
#[derive(Clone, Debug)]
pub struct Cache {
    /// Rotated keys.
    pub k: wgpu::Buffer,
    /// Values.
    pub v: wgpu::Buffer,
    /// Positions that a column has.
    pub context: usize,
}

/// Attention of every lane's q, in `qkv` (lanes, q_dim + 2 kv_dim), over its column's positions up to its own -> out
/// (lanes, q_dim).
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond a shader's.
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
        // A window as long as the context never binds.
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
