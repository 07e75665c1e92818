//! A matrix in tiles, for any format.

use std::fmt::Debug;

use super::input::Input;
use super::tile::{Format, Tiles};
use super::{floats, k, q4, q5, q6_k, q8};

/// The GGML block formats that can be stored in tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockFormat {
    /// 16-bit floats.
    F16,
    /// bfloat16: the upper half of an f32.
    Bf16,
    /// 4-bit codes around zero.
    Q4_0,
    /// 4-bit codes with a minimum.
    Q4_1,
    /// 5-bit codes around zero.
    Q5_0,
    /// 5-bit codes with a minimum.
    Q5_1,
    /// 8-bit codes around zero.
    Q8_0,
    /// 4-bit codes with a minimum. Scales are products of two levels.
    Q4K,
    /// 5-bit codes with a minimum. Scales are products of two levels.
    Q5K,
    /// 6-bit codes around zero. Scales are products of two levels.
    Q6K,
}

/// There is not enough memory for a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// Bytes requested.
    pub needed: usize,
}

/// W (num_rows, row_len) in tiles of four rows.
#[derive(Debug)]
pub struct TiledMatrix(Box<dyn Kernel>);

/// The operations that each format implements.
pub(super) trait Kernel: Debug {
    fn push(&mut self, rows: &[u8]);
    fn row(&self, index: usize, out: &mut [f32]);
    fn matmul(&self, x: &Input<'_>, adds: bool, out: &mut [f32], stride: usize);
}

impl TiledMatrix {
    /// Each push must have a multiple of this many rows, except the last one.
    pub const ROW_MULTIPLE: usize = super::tile::ROWS;

    /// Allocates an empty matrix. `row_len` is a multiple of the format's block length.
    ///
    /// # Errors
    /// [`OutOfMemory`] when the allocation fails.
    pub fn new(format: BlockFormat, num_rows: usize, row_len: usize) -> Result<Self, OutOfMemory> {
        let room = match format {
            BlockFormat::F16 => half_room::<floats::F16>,
            BlockFormat::Bf16 => half_room::<floats::Bf16>,
            BlockFormat::Q4_0 => room::<q4::Q4_0>,
            BlockFormat::Q4_1 => room::<q4::Q4_1>,
            BlockFormat::Q5_0 => room::<q5::Q5_0>,
            BlockFormat::Q5_1 => room::<q5::Q5_1>,
            BlockFormat::Q8_0 => room::<q8::Q8_0>,
            BlockFormat::Q4K => room::<k::Q4K>,
            BlockFormat::Q5K => room::<k::Q5K>,
            BlockFormat::Q6K => room::<q6_k::Q6K>,
        };
        room(num_rows, row_len).map(Self)
    }

    /// Adds the next rows, as stored in the file. Their number is a multiple of four, except in the last call.
    pub fn push(&mut self, rows: &[u8]) {
        self.0.push(rows);
    }

    /// Decodes a row into `out` (row_len,).
    pub fn row(&self, index: usize, out: &mut [f32]) {
        self.0.row(index, out);
    }

    /// Computes W @ x for each token. The products of token t are written to `out` from `t * stride` on. If `adds` is
    /// true, they are added to the values there; otherwise they replace them.
    pub fn matmul(&self, x: &Input<'_>, adds: bool, out: &mut [f32], stride: usize) {
        self.0.matmul(x, adds, out, stride);
    }
}

fn room<F: Format>(num_rows: usize, row_len: usize) -> Result<Box<dyn Kernel>, OutOfMemory> {
    Ok(Box::new(Tiles::<F>::new(num_rows, row_len)?))
}

fn half_room<H: floats::Half>(num_rows: usize, row_len: usize) -> Result<Box<dyn Kernel>, OutOfMemory> {
    Ok(Box::new(floats::HalfTiles::<H>::new(num_rows, row_len)?))
}

impl<F: Format> Kernel for Tiles<F> {
    fn push(&mut self, rows: &[u8]) {
        Self::push(self, rows);
    }

    fn row(&self, index: usize, out: &mut [f32]) {
        Self::row(self, index, out);
    }

    fn matmul(&self, x: &Input<'_>, adds: bool, out: &mut [f32], stride: usize) {
        Self::matmul(self, x, adds, out, stride);
    }
}
