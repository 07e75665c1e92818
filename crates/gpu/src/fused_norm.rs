//! Activations prepared for an RMS norm.
//!
//! A norm does not have its own dispatch. The operation that writes the residual stream x also writes x times the gain
//! of the next norm, and the sum of squares of every 32 values. The operation that reads it multiplies its products by
//! 1 / rms(x), which it computes from those sums. This is exact, because scaling a whole vector commutes with a matrix
//! product.

use super::ops::MAX_LANES;
use super::pack::TILE_ROWS;
use super::{Gpu, GpuError, kernel::Constant};

/// (MAX_LANES, width) values, followed by (MAX_LANES, squares) sums of squares of 32 values each, padded with zeros to
/// whole `vec4`s. The sums are at the same position for any number of lanes, so the padding stays zero.
#[derive(Clone, Debug)]
pub struct Normed {
    /// Values and sums of squares, in f32.
    pub buffer: wgpu::Buffer,
    /// Number of values per lane.
    pub width: usize,
}

impl Normed {
    /// Allocates a buffer for all lanes.
    pub fn new(gpu: &Gpu, label: &str, width: usize) -> Self {
        let floats = MAX_LANES * (width + squares(width));
        Self { buffer: gpu.storage(label, (floats * 4) as u64), width }
    }

    /// Position of the first sum of squares, in floats.
    pub fn squares_at(&self) -> usize {
        MAX_LANES * self.width
    }

    /// Number of sums per lane, including padding.
    pub fn squares(&self) -> usize {
        squares(self.width)
    }

    /// The constants for a shader that writes this buffer.
    pub(super) fn written(&self) -> Result<[(&'static str, Constant); 2], GpuError> {
        Ok([("SQUARES_AT", self.squares_at().try_into()?), ("SQUARES", self.squares().try_into()?)])
    }

    /// The constants for a shader that reads this buffer; see `ops/norm.wgsl`.
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
