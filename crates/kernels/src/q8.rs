//! Tiles of Q8_0: 8-bit codes.

use wide::{f32x4, i16x8, u16x8};

use super::lanes::{bytes, half_at, interleave};
use super::tile::{Format, ROWS};

/// Q8_0: w = code step.
#[derive(Debug)]
pub(super) struct Q8_0;

/// The steps and 32 columns of codes, for four rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    step: f32x4,
    codes: [u16x8; 8],
}

impl Format for Q8_0 {
    type Tile = Tile;
    const BLOCK_BYTES: usize = 34;
    const SPANS: usize = 1;

    fn pack(blocks: [&[u8]; ROWS]) -> Tile {
        let step = blocks.map(half_at);
        let codes = blocks.map(|block| std::array::from_fn(|column| block[2 + column]));
        Tile { step: f32x4::new(step), codes: interleave(&codes, 0, 8) }
    }

    #[inline(always)]
    fn scales(tile: &Tile, _: usize) -> (f32x4, f32x4) {
        (tile.step, f32x4::ZERO)
    }

    #[inline(always)]
    fn codes(tile: &Tile, _: usize, octet: usize) -> [i16x8; 4] {
        let ([a, b], [c, d]) = (bytes(tile.codes[2 * octet]), bytes(tile.codes[2 * octet + 1]));
        [a, b, c, d]
    }
}
