//! Tiles of 16-bit floats: two columns of four rows. They are multiplied in f32.

use std::fmt::Debug;
use std::marker::PhantomData;

use wide::{f32x4, u32x4};

use super::input::Input;
use super::lanes::halves;
use super::tile::ROWS;
use super::{Kernel, OutOfMemory};

/// Tokens that are multiplied with a tile each time it is unpacked.
const TOKENS: usize = 4;

/// A format of 16-bit floats.
pub(super) trait Half: Debug + 'static {
    /// Converts the floats in the lower and upper halves of words to f32.
    fn split(words: u32x4) -> (f32x4, f32x4);
}

/// IEEE half precision (binary16).
#[derive(Debug)]
pub(super) struct F16;

/// bfloat16: the upper half of an f32.
#[derive(Debug)]
pub(super) struct Bf16;

impl Half for F16 {
    #[inline(always)]
    fn split(words: u32x4) -> (f32x4, f32x4) {
        halves(words)
    }
}

impl Half for Bf16 {
    #[inline(always)]
    fn split(words: u32x4) -> (f32x4, f32x4) {
        (bytemuck::cast(words << 16u32), bytemuck::cast(words & u32x4::splat(0xFFFF_0000)))
    }
}

/// W (num_rows, row_len) in tiles. row_len is even.
#[derive(Debug)]
pub(super) struct HalfTiles<H> {
    num_rows: usize,
    tiles_per_row: usize,
    tiles: Vec<u32x4>,
    half: PhantomData<H>,
}

impl<H: Half> HalfTiles<H> {
    pub(super) fn new(num_rows: usize, row_len: usize) -> Result<Self, OutOfMemory> {
        let tiles_per_row = row_len / 2;
        let len = num_rows.div_ceil(ROWS) * tiles_per_row;
        let mut tiles = Vec::new();
        let needed = len.saturating_mul(size_of::<u32x4>());
        tiles.try_reserve_exact(len).map_err(|_full| OutOfMemory { needed })?;
        Ok(Self { num_rows, tiles_per_row, tiles, half: PhantomData })
    }
}

impl<H: Half> Kernel for HalfTiles<H> {
    fn push(&mut self, rows: &[u8]) {
        let row_len = 4 * self.tiles_per_row;
        for rows in rows.chunks(ROWS * row_len) {
            let word = |row: usize, at: usize| {
                let word = rows.get(row * row_len + 4 * at..).and_then(|bytes| bytes.first_chunk());
                word.map_or(0, |word| u32::from_le_bytes(*word))
            };
            let tile = |at| u32x4::new(std::array::from_fn(|row| word(row, at)));
            self.tiles.extend((0..self.tiles_per_row).map(tile));
        }
    }

    fn row(&self, index: usize, out: &mut [f32]) {
        let tiles = &self.tiles[index / ROWS * self.tiles_per_row..][..self.tiles_per_row];
        for (tile, out) in tiles.iter().zip(out.as_chunks_mut::<2>().0) {
            let (a, b) = H::split(*tile);
            *out = [a.to_array()[index % ROWS], b.to_array()[index % ROWS]];
        }
    }

    fn matmul(&self, x: &Input<'_>, adds: bool, out: &mut [f32], stride: usize) {
        for (group, tiles) in self.tiles.chunks_exact(self.tiles_per_row).enumerate() {
            let rows = group * ROWS..self.num_rows.min((group + 1) * ROWS);
            let mut put = |token: usize, products: f32x4| {
                let out = &mut out[token * stride..][rows.clone()];
                for (out, product) in out.iter_mut().zip(products.to_array()) {
                    *out = if adds { *out + product } else { product };
                }
            };
            let mut token = 0;
            while token + TOKENS <= x.num_tokens {
                let several = std::array::from_fn(|offset| x.token_floats(token + offset));
                for (offset, products) in multiply::<H, TOKENS>(tiles, several).into_iter().enumerate() {
                    put(token + offset, products);
                }
                token += TOKENS;
            }
            for token in token..x.num_tokens {
                put(token, multiply::<H, 1>(tiles, [x.token_floats(token)])[0]);
            }
        }
    }
}

/// Multiplies four rows with the x of each token.
#[inline(always)]
fn multiply<H: Half, const TOKENS: usize>(tiles: &[u32x4], x: [&[f32]; TOKENS]) -> [f32x4; TOKENS] {
    let x = x.map(|x| &x.as_chunks::<2>().0[..tiles.len()]);
    let mut sums = [[f32x4::ZERO; 2]; TOKENS];
    for (at, tile) in tiles.iter().enumerate() {
        let (a, b) = H::split(*tile);
        for (sums, x) in sums.iter_mut().zip(x) {
            sums[0] += a * f32x4::splat(x[at][0]);
            sums[1] += b * f32x4::splat(x[at][1]);
        }
    }
    sums.map(|sums| sums[0] + sums[1])
}
