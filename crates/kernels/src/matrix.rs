//! A matrix in tiles, whatever its format.

use std::fmt::Debug;

use super::input::Input;
use super::tile::{Format, Tiles};
use super::{floats, k, q4, q5, q6_k, q8};

/// GGML's block formats that have tiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockFormat {
    /// 16-bit floats.
    F16,
    /// The upper halves of 32-bit floats.
    Bf16,
    /// 4 bits around zero.
    Q4_0,
    /// 4 bits with a minimum.
    Q4_1,
    /// 5 bits around zero.
    Q5_0,
    /// 5 bits with a minimum.
    Q5_1,
    /// 8 bits around zero.
    Q8_0,
    /// 4 bits with a minimum, scales in two steps.
    Q4K,
    /// 5 bits with a minimum, scales in two steps.
    Q5K,
    /// 6 bits around zero, scales in two steps.
    Q6K,
}

/// There is no room for a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfMemory {
    /// Bytes asked for.
    pub needed: usize,
}

/// W (num_rows, row_len).
#[derive(Debug)]
pub struct TiledMatrix(Box<dyn Kernel>);

/// What a format does.
pub(super) trait Kernel: Debug {
    fn push(&mut self, rows: &[u8]);
    fn row(&self, index: usize, out: &mut [f32]);
    fn matmul(&self, x: &Input<'_>, adds: bool, out: &mut [f32], stride: usize);
}

impl TiledMatrix {
    /// Rows that come together, but for the last ones.
    pub const ROW_MULTIPLE: usize = super::tile::ROWS;

    /// Room for a matrix, still empty. `row_len` is a multiple of the format's block.
    ///
    /// # Errors
    /// [`OutOfMemory`].
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

    /// Takes the next rows, as stored in the file: a multiple of four, but for the last ones.
    pub fn push(&mut self, rows: &[u8]) {
        self.0.push(rows);
    }

    /// Decodes a row into `out` (row_len,).
    pub fn row(&self, index: usize, out: &mut [f32]) {
        self.0.row(index, out);
    }

    /// W @ x of each token -> `out`, the products of token t from `t * stride` on: added to what is there, or in its place.
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
