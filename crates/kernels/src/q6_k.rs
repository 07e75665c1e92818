//! Tiles of Q6_K: blocks of 256 columns with 6-bit codes. Groups of 16 columns share an 8-bit step. The upper two bits
//! of the codes are stored separately.

use wide::{f32x4, i16x8, i32x4, u16x8, u32x4};

use super::lanes::{bits, half_at, interleave, join, nibbles, upper_bits};
use super::tile::{Format, ROWS};

/// Q6_K: w = (code - 32) (d step).
#[derive(Debug)]
pub(super) struct Q6K;

/// Scales and codes of 256 columns and four rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile {
    whole: f32x4,
    /// The steps, with four spans per word.
    steps: [u32x4; 4],
    /// The codes, 32 columns each.
    codes: [Codes; 8],
}

#[derive(Clone, Copy, Debug, Default)]
struct Codes {
    low: [u16x8; 4],
    high: [u16x8; 2],
}

impl Format for Q6K {
    type Tile = Tile;
    const BLOCK_BYTES: usize = 210;
    const SPANS: usize = 16;
    const COLUMNS: usize = 16;
    const OFFSET: i32 = 32;

    fn pack(blocks: [&[u8]; ROWS]) -> Tile {
        let steps = |four: usize| {
            u32x4::new(blocks.map(|block| {
                let steps = &block[192 + 4 * four..];
                u32::from_le_bytes([steps[0], steps[1], steps[2], steps[3]])
            }))
        };
        let mut codes = [Codes::default(); 8];
        for (group, codes) in codes.iter_mut().enumerate() {
            let rows = blocks.map(|block| unpack(block, group));
            *codes = Codes { low: interleave(&rows, 0, 4), high: interleave(&rows, 4, 2) };
        }
        Tile { whole: f32x4::new(blocks.map(|block| half_at(&block[208..]))), steps: std::array::from_fn(steps), codes }
    }

    #[inline(always)]
    fn scales(tile: &Tile, span: usize) -> (f32x4, f32x4) {
        let steps: i32x4 = bytemuck::cast(tile.steps[span / 4]);
        let steps = (steps << bits(24 - 8 * (span % 4))) >> 24u32;
        (tile.whole * steps.round_float(), f32x4::ZERO)
    }

    #[inline(always)]
    fn codes(tile: &Tile, span: usize, octet: usize) -> [i16x8; 4] {
        let (codes, half) = (&tile.codes[span / 2], span % 2);
        join(nibbles(codes.low[2 * half + octet]), upper_bits(codes.high[half] >> bits(8 * octet)))
    }
}

/// Unpacks the codes of 32 columns, from column 32 `group` on. In the file, 128 columns take 64 bytes of nibbles and 32
/// bytes of bit pairs.
#[inline(never)]
fn unpack(block: &[u8], group: usize) -> [u8; 32] {
    let (part, quarter) = (group / 4, group % 4);
    let (low, high) = (&block[64 * part + 32 * (quarter % 2)..], &block[128 + 32 * part..]);
    std::array::from_fn(|column| low[column] >> (4 * (quarter / 2)) & 0xF | (high[column] >> (2 * quarter) & 3) << 4)
}
