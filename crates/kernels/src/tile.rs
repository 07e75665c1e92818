//! Matrix products with tiled weights of any format. Four rows are computed at a time, one per SIMD lane, so that no
//! sums across lanes are needed.

use std::fmt::Debug;

use wide::{f32x4, i16x8, i32x4};

use super::OutOfMemory;
use super::input::{Input, SPAN, Span};

/// Rows in a tile.
pub const ROWS: usize = 4;
/// Tokens that are multiplied with a tile each time it is unpacked.
const TOKENS: usize = 4;

/// Describes how weights of a format are tiled. A tile has one block of each of four rows. It is divided into spans of
/// columns that share a scale: w = step (code - OFFSET) + minimum.
pub trait Format: Debug + 'static {
    /// The storage of one block of each of four rows.
    type Tile: Copy + Debug;
    /// Bytes per block in the file.
    const BLOCK_BYTES: usize;
    /// Spans in a tile.
    const SPANS: usize;
    /// Columns in a span: 16 or 32.
    const COLUMNS: usize = SPAN;
    /// The code that means zero.
    const OFFSET: i32 = 0;
    /// Whether weights have a minimum.
    const HAS_MINIMUM: bool = false;

    /// Makes a tile from four blocks, as stored in the file.
    fn pack(blocks: [&[u8]; ROWS]) -> Self::Tile;

    /// Step and minimum of each row.
    fn scales(tile: &Self::Tile, span: usize) -> (f32x4, f32x4);

    /// Codes of columns 8 i .. 8 i + 8 of a span, where i is `octet`: four pairs of columns for four rows. Each 32-bit
    /// lane has one row's pair.
    fn codes(tile: &Self::Tile, span: usize, octet: usize) -> [i16x8; 4];
}

/// W (num_rows, row_len) as a list of tiles, each with four rows. Rows missing from the last tile are zero.
#[derive(Debug)]
pub struct Tiles<F: Format> {
    num_rows: usize,
    tiles_per_row: usize,
    tiles: Vec<F::Tile>,
}

impl<F: Format> Tiles<F> {
    /// Allocates room for a matrix.
    pub(super) fn new(num_rows: usize, row_len: usize) -> Result<Self, OutOfMemory> {
        let tiles_per_row = row_len / (F::SPANS * F::COLUMNS);
        let len = num_rows.div_ceil(ROWS) * tiles_per_row;
        let mut tiles = Vec::new();
        tiles
            .try_reserve_exact(len)
            .map_err(|_full| OutOfMemory { needed: len.saturating_mul(size_of::<F::Tile>()) })?;
        Ok(Self { num_rows, tiles_per_row, tiles })
    }

    /// Adds the next rows.
    pub(super) fn push(&mut self, rows: &[u8]) {
        let row_bytes = self.tiles_per_row * F::BLOCK_BYTES;
        let none = vec![0; row_bytes];
        for rows in rows.chunks(ROWS * row_bytes) {
            let row = |index: usize| rows.get(index * row_bytes..(index + 1) * row_bytes).unwrap_or(&none);
            let rows = [row(0), row(1), row(2), row(3)];
            let blocks = |at: usize| rows.map(|row| &row[at * F::BLOCK_BYTES..][..F::BLOCK_BYTES]);
            self.tiles.extend((0..self.tiles_per_row).map(|at| F::pack(blocks(at))));
        }
    }

    /// Decodes one row into `out`.
    pub(super) fn row(&self, index: usize, out: &mut [f32]) {
        let tiles = &self.tiles[index / ROWS * self.tiles_per_row..][..self.tiles_per_row];
        let row = index % ROWS;
        let spans = tiles.iter().flat_map(|tile| (0..F::SPANS).map(move |span| (tile, span)));
        for ((tile, span), out) in spans.zip(out.chunks_exact_mut(F::COLUMNS)) {
            let (step, minimum) = F::scales(tile, span);
            let (step, minimum) = (step.to_array()[row], minimum.to_array()[row]);
            for (octet, out) in out.as_chunks_mut::<8>().0.iter_mut().enumerate() {
                for (pair, codes) in F::codes(tile, span, octet).into_iter().enumerate() {
                    let codes = codes.to_array();
                    for side in 0..2 {
                        let code = i32::from(codes[2 * row + side]) - F::OFFSET;
                        out[2 * pair + side] = code as f32 * step + minimum;
                    }
                }
            }
        }
    }

    /// Computes W @ x for each token. See [`TiledMatrix::matmul`](super::TiledMatrix::matmul).
    pub(super) fn matmul(&self, x: &Input<'_>, adds: bool, out: &mut [f32], stride: usize) {
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
                let several: [&[Span]; TOKENS] = std::array::from_fn(|offset| x.token(token + offset));
                for (offset, products) in multiply::<F, TOKENS>(tiles, several).into_iter().enumerate() {
                    put(token + offset, products);
                }
                token += TOKENS;
            }
            for token in token..x.num_tokens {
                put(token, multiply::<F, 1>(tiles, [x.token(token)])[0]);
            }
        }
    }
}

/// Multiplies four rows with the x of each token.
#[inline(always)]
fn multiply<F: Format, const TOKENS: usize>(tiles: &[F::Tile], x: [&[Span]; TOKENS]) -> [f32x4; TOKENS] {
    let mut products = [f32x4::ZERO; TOKENS];
    for (index, tile) in tiles.iter().enumerate() {
        for span in 0..F::SPANS {
            // Formats with spans of 16 columns use half of an input span.
            let column = (index * F::SPANS + span) * F::COLUMNS;
            let (at, half) = (column / SPAN, column / 16 % 2);
            let x = x.map(|x| &x[at]);
            let mut sums = x.map(|x| i32x4::splat(-F::OFFSET * x.sum(half, F::COLUMNS)));
            for octet in 0..F::COLUMNS / 8 {
                for (pair, codes) in F::codes(tile, span, octet).into_iter().enumerate() {
                    for (sum, x) in sums.iter_mut().zip(x) {
                        let pairs = i32x4::splat(x.pairs[8 * half + 4 * octet + pair]);
                        *sum += codes.dot(bytemuck::cast(pairs));
                    }
                }
            }
            let (step, minimum) = F::scales(tile, span);
            for ((product, sum), x) in products.iter_mut().zip(sums).zip(x) {
                *product += sum.round_float() * (step * f32x4::splat(x.scale));
                if F::HAS_MINIMUM {
                    *product += minimum * f32x4::splat(x.total);
                }
            }
        }
    }
    products
}
