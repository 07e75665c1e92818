//! The norm after attention or the feed-forward part, and the residual sum after it. The CPU version is
//! `reference::rms_norm`.

use super::reduce;
use super::wgsl::wgsl;
use crate::fused_norm::Normed;
use crate::kernel::{Access, Constant, Dispatch, Shader, word};
use crate::lora::LowRankB;
use crate::pack::TILE_ROWS;
use crate::{Gpu, GpuError};

/// The shader, to be placed after [`reduce`].
pub const SOURCE: &str = wgsl!("norm.wgsl", "post_norm.wgsl");

/// The arguments of [`post_norm`]. Everything is (lanes, dim) except the weights.
#[derive(Clone, Copy, Debug)]
pub struct PostNorm<'a> {
    /// The output of attention or the feed-forward part.
    pub t: &'a Normed,
    /// Weights of the norm of t, (dim,).
    pub weight: &'a wgpu::Buffer,
    /// Epsilon: added to the mean square before the root.
    pub eps: f32,
    /// The residual stream, which is updated.
    pub x: &'a wgpu::Buffer,
    /// Gain of the norm that follows, (dim,).
    pub gain: &'a wgpu::Buffer,
    /// The values prepared for that norm.
    pub h: &'a Normed,
    /// Steering vectors, and the position of their scales in z.
    pub steering: Option<(&'a LowRankB, usize)>,
}

/// x += weight * t / rms(t). Also prepares the next norm.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
pub fn post_norm(gpu: &Gpu, lanes: usize, step: PostNorm<'_>) -> Result<Dispatch, GpuError> {
    let mut constants: Vec<(&'static str, Constant)> = step.t.read(step.eps)?.into();
    constants.extend(step.h.written()?);
    let stub = gpu.stub_read();
    if let Some((path, z_at)) = step.steering {
        constants.push(("RANK", path.rank.try_into()?));
        constants.push(("Z_AT", z_at.try_into()?));
        constants.push(("Z_STRIDE", path.z_stride.try_into()?));
    }
    let source = reduce(gpu.caps().uses_subgroups) + SOURCE;
    let shader = Shader { label: "post_norm", source: &source, constants: &constants };
    let buffers = [
        (&step.t.buffer, Access::Read),
        (step.x, Access::Write),
        (&step.h.buffer, Access::Write),
        (step.weight, Access::Read),
        (step.gain, Access::Read),
        (step.steering.map_or(stub, |(path, _)| &path.b), Access::Read),
        (step.steering.map_or(stub, |(path, _)| &path.z), Access::Read),
    ];
    gpu.dispatch(shader, &buffers, [word(step.t.width / TILE_ROWS)?, word(lanes)?])
}
