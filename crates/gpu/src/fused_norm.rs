//! Activations on their way into a norm.
//!
//! A norm has no dispatch of its own. Whoever writes the residual stream x also writes x times the gain of the norm that
//! follows, and for every 32 values the sum of their squares; whoever reads it multiplies its products by 1 / rms(x),
//! which those sums give. The scale of a whole vector commutes with a matrix, so nothing is approximated.

use super::ops::MAX_LANES;
use super::pack::TILE_ROWS;
use super::{Gpu, GpuError, kernel::Constant};

/// (MAX_LANES, width) values, then (MAX_LANES, squares) sums of squares of 32 values each, padded with zeros to whole
/// `vec4`s. The sums lie at the same place whatever the number of lanes, so the padding stays zero.
#[derive(Clone, Debug)]
pub struct Normed {
    /// All of it, in f32.
    pub buffer: wgpu::Buffer,
    /// Width of a lane.
    pub width: usize,
}

impl Normed {
    /// Room for all lanes.
    pub fn new(gpu: &Gpu, label: &str, width: usize) -> Self {
        let floats = MAX_LANES * (width + squares(width));
        Self { buffer: gpu.storage(label, (floats * 4) as u64), width }
    }

    /// Where the sums begin, in floats.
    pub fn squares_at(&self) -> usize {
        MAX_LANES * self.width
    }

    /// Sums of a lane, padding included.
    pub fn squares(&self) -> usize {
        squares(self.width)
    }

    /// The constants of a shader that writes it.
    pub(super) fn written(&self) -> Result<[(&'static str, Constant); 2], GpuError> {
        Ok([("SQUARES_AT", self.squares_at().try_into()?), ("SQUARES", self.squares().try_into()?)])
    }

    /// The constants of a shader that reads it; see `ops/norm.wgsl`.
    pub(super) fn read(&self, eps: f32) -> Result<[(&'static str, Constant); 4], GpuError> {
        Ok([
            ("SQUARES_IN", self.squares().try_into()?),
            ("SQUARES_IN_AT", self.squares_at().try_into()?),
            ("WIDTH_IN", self.width.try_into()?),
            ("EPS", eps.into()),
        ])
    }
}

fn squares(width: usize) -> usize {
    width.div_ceil(TILE_ROWS).next_multiple_of(4)
}
