//! Tiles of Q4_0 and Q4_1: 4-bit codes.

use wide::{f32x4, i16x8, u16x8, u32x4};

use super::lanes::{half_at, halves, interleave, nibbles};
use super::tile::{Format, ROWS};

/// Q4_0: w = (code - 8) step.
#[derive(Debug)]
pub(super) struct Q4_0;

/// The steps and 32 columns of codes, for four rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepTile {
    step: f32x4,
    codes: [u16x8; 4],
}

impl Format for Q4_0 {
    type Tile = StepTile;
    const BLOCK_BYTES: usize = 18;
    const SPANS: usize = 1;
    const OFFSET: i32 = 8;

    fn pack(blocks: [&[u8]; ROWS]) -> StepTile {
        let step = blocks.map(half_at);
        StepTile { step: f32x4::new(step), codes: interleave(&blocks.map(|block| split(&block[2..])), 0, 4) }
    }

    #[inline(always)]
    fn scales(tile: &StepTile, _: usize) -> (f32x4, f32x4) {
        (tile.step, f32x4::ZERO)
    }

    #[inline(always)]
    fn codes(tile: &StepTile, _: usize, octet: usize) -> [i16x8; 4] {
        nibbles(tile.codes[octet])
    }
}

/// Q4_1: w = code step + minimum.
#[derive(Debug)]
pub(super) struct Q4_1;

/// The steps and minima as 16-bit floats and 32 columns of codes, for four rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct MinimumTile {
    scales: u32x4,
    codes: [u16x8; 4],
}

impl Format for Q4_1 {
    type Tile = MinimumTile;
    const BLOCK_BYTES: usize = 20;
    const SPANS: usize = 1;
    const HAS_MINIMUM: bool = true;

    fn pack(blocks: [&[u8]; ROWS]) -> MinimumTile {
        let scales = blocks.map(|block| u32::from_le_bytes([block[0], block[1], block[2], block[3]]));
        MinimumTile { scales: u32x4::new(scales), codes: interleave(&blocks.map(|block| split(&block[4..])), 0, 4) }
    }

    #[inline(always)]
    fn scales(tile: &MinimumTile, _: usize) -> (f32x4, f32x4) {
        halves(tile.scales)
    }

    #[inline(always)]
    fn codes(tile: &MinimumTile, _: usize, octet: usize) -> [i16x8; 4] {
        nibbles(tile.codes[octet])
    }
}

/// Unpacks 32 codes from 16 bytes: the low nibbles are the first 16, the high nibbles the last 16.
#[inline(never)]
pub(super) fn split(bytes: &[u8]) -> [u8; 32] {
    std::array::from_fn(|column| if column < 16 { bytes[column] & 0xF } else { bytes[column - 16] >> 4 })
}
