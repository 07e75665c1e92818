//! The norm after a part of a layer; twin of `reference::rms_norm` and the sum that follows it.

use super::reduce;
use super::wgsl::wgsl;
use crate::fused_norm::Normed;
use crate::kernel::{Access, Constant, Dispatch, Shader, word};
use crate::lora::SideB;
use crate::pack::TILE_ROWS;
use crate::{Gpu, GpuError};

/// The shader, after [`reduce`].
pub const SOURCE: &str = wgsl!("norm.wgsl", "post_norm.wgsl");

/// What [`post_norm`] works on; all (lanes, dim) but the weights.
#[derive(Clone, Copy, Debug)]
pub struct PostNorm<'a> {
    /// The part's output.
    pub t: &'a Normed,
    /// Weights of its norm, (dim,).
    pub weight: &'a wgpu::Buffer,
    /// Added to the squares' mean.
    pub eps: f32,
    /// The residual stream.
    pub x: &'a wgpu::Buffer,
    /// Gain of the norm that follows, (dim,).
    pub gain: &'a wgpu::Buffer,
    /// What that norm's reader reads.
    pub h: &'a Normed,
    /// Steering vectors, and the place of their scales in its z.
    pub steering: Option<(&'a SideB, usize)>,
}

/// x += weight * t / rms(t), and the norm that follows is prepared.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond a shader's.
pub fn post_norm(gpu: &Gpu, lanes: usize, step: PostNorm<'_>) -> Result<Dispatch, GpuError> {
    let mut constants: Vec<(&'static str, Constant)> = step.t.read(step.eps)?.into();
    constants.extend(step.h.written()?);
    let stub = gpu.stub_read();
    if let Some((side, z_at)) = step.steering {
        constants.push(("RANK", side.rank.try_into()?));
        constants.push(("Z_AT", z_at.try_into()?));
        constants.push(("Z_STRIDE", side.z_stride.try_into()?));
    }
    let source = reduce(gpu.caps().uses_subgroups) + SOURCE;
    let shader = Shader { label: "post_norm", source: &source, constants: &constants };
    let buffers = [
        (&step.t.buffer, Access::Read),
        (step.x, Access::Write),
        (&step.h.buffer, Access::Write),
        (step.weight, Access::Read),
        (step.gain, Access::Read),
        (step.steering.map_or(stub, |(side, _)| &side.b), Access::Read),
        (step.steering.map_or(stub, |(side, _)| &side.z), Access::Read),
    ];
    gpu.dispatch(shader, &buffers, [word(step.t.width / TILE_ROWS)?, word(lanes)?])
}
