//! Tiles of Q5_0 and Q5_1: 5-bit codes, with the fifth bit stored separately.

use wide::{f32x4, i16x8, u16x8, u32x4};

use super::lanes::{bits, fifth_bits, half_at, halves, interleave, join, nibbles};
use super::q4::split;
use super::tile::{Format, ROWS};

/// Q5_0: w = (code - 16) step.
#[derive(Debug)]
pub(super) struct Q5_0;

/// Q5_1: w = code step + minimum.
#[derive(Debug)]
pub(super) struct Q5_1;

/// The steps and 32 columns of codes, for four rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct StepTile {
    step: f32x4,
    codes: Codes,
}

/// The steps and minima as 16-bit floats and 32 columns of codes, for four rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct MinimumTile {
    scales: u32x4,
    codes: Codes,
}

/// 32 columns of codes, for four rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Codes {
    low: [u16x8; 4],
    high: u16x8,
}

impl Codes {
    /// Splits codes into nibbles and fifth bits.
    #[inline(never)]
    pub(super) fn new(rows: &[[u8; 32]; ROWS]) -> Self {
        let [high] = interleave(rows, 4, 1);
        Self { low: interleave(rows, 0, 4), high }
    }

    /// See [`Format::codes`].
    #[inline(always)]
    pub(super) fn octet(&self, octet: usize) -> [i16x8; 4] {
        join(nibbles(self.low[octet]), fifth_bits(self.high >> bits(4 * octet)))
    }
}

impl Format for Q5_0 {
    type Tile = StepTile;
    const BLOCK_BYTES: usize = 22;
    const SPANS: usize = 1;
    const OFFSET: i32 = 16;

    fn pack(blocks: [&[u8]; ROWS]) -> StepTile {
        StepTile { step: f32x4::new(blocks.map(half_at)), codes: Codes::new(&blocks.map(|block| unpack(&block[2..]))) }
    }

    #[inline(always)]
    fn scales(tile: &StepTile, _: usize) -> (f32x4, f32x4) {
        (tile.step, f32x4::ZERO)
    }

    #[inline(always)]
    fn codes(tile: &StepTile, _: usize, octet: usize) -> [i16x8; 4] {
        tile.codes.octet(octet)
    }
}

impl Format for Q5_1 {
    type Tile = MinimumTile;
    const BLOCK_BYTES: usize = 24;
    const SPANS: usize = 1;
    const HAS_MINIMUM: bool = true;

    fn pack(blocks: [&[u8]; ROWS]) -> MinimumTile {
        let scales = blocks.map(|block| u32::from_le_bytes([block[0], block[1], block[2], block[3]]));
        MinimumTile { scales: u32x4::new(scales), codes: Codes::new(&blocks.map(|block| unpack(&block[4..]))) }
    }

    #[inline(always)]
    fn scales(tile: &MinimumTile, _: usize) -> (f32x4, f32x4) {
        halves(tile.scales)
    }

    #[inline(always)]
    fn codes(tile: &MinimumTile, _: usize, octet: usize) -> [i16x8; 4] {
        tile.codes.octet(octet)
    }
}

/// Unpacks 32 codes: the first 4 bytes have one bit per code, the next 16 bytes four bits per code.
#[inline(never)]
fn unpack(bytes: &[u8]) -> [u8; 32] {
    let low = split(&bytes[4..]);
    std::array::from_fn(|column| low[column] | (bytes[column / 8] >> (column % 8) & 1) << 4)
}
