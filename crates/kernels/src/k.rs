//! Tiles of Q4_K and Q5_K: blocks of 256 columns. Groups of 32 columns share a 6-bit step and a 6-bit minimum.

use wide::{f32x4, i16x8, i32x4, u16x8, u32x4};

use super::lanes::{bits, halves, interleave, nibbles};
use super::q5::Codes;
use super::tile::{Format, ROWS};

/// Spans in a block.
const SPANS: usize = 8;

/// Q4_K: w = code (d step) - dmin minimum, with 4-bit codes.
#[derive(Debug)]
pub(super) struct Q4K;

/// Q5_K: the same with 5-bit codes.
#[derive(Debug)]
pub(super) struct Q5K;

/// Scales and codes of 256 columns and four rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tile<C> {
    scales: Scales,
    codes: [C; SPANS],
}

impl Format for Q4K {
    type Tile = Tile<[u16x8; 4]>;
    const BLOCK_BYTES: usize = 144;
    const SPANS: usize = SPANS;
    const HAS_MINIMUM: bool = true;

    fn pack(blocks: [&[u8]; ROWS]) -> Self::Tile {
        let mut codes = [[u16x8::default(); 4]; SPANS];
        for (span, codes) in codes.iter_mut().enumerate() {
            *codes = interleave(&blocks.map(|block| nibbles_of(&block[16..], span)), 0, 4);
        }
        Tile { scales: Scales::new(blocks), codes }
    }

    #[inline(always)]
    fn scales(tile: &Self::Tile, span: usize) -> (f32x4, f32x4) {
        tile.scales.of(span)
    }

    #[inline(always)]
    fn codes(tile: &Self::Tile, span: usize, octet: usize) -> [i16x8; 4] {
        nibbles(tile.codes[span][octet])
    }
}

impl Format for Q5K {
    type Tile = Tile<Codes>;
    const BLOCK_BYTES: usize = 176;
    const SPANS: usize = SPANS;
    const HAS_MINIMUM: bool = true;

    fn pack(blocks: [&[u8]; ROWS]) -> Self::Tile {
        let mut codes = [Codes::default(); SPANS];
        for (span, codes) in codes.iter_mut().enumerate() {
            *codes = Codes::new(&blocks.map(|block| {
                let low = nibbles_of(&block[48..], span);
                std::array::from_fn(|column| low[column] | (block[16 + column] >> span & 1) << 4)
            }));
        }
        Tile { scales: Scales::new(blocks), codes }
    }

    #[inline(always)]
    fn scales(tile: &Self::Tile, span: usize) -> (f32x4, f32x4) {
        tile.scales.of(span)
    }

    #[inline(always)]
    fn codes(tile: &Self::Tile, span: usize, octet: usize) -> [i16x8; 4] {
        tile.codes[span].octet(octet)
    }
}

/// Unpacks nibbles: 32 bytes hold two spans, one in the low nibbles and one in the high nibbles.
#[inline(never)]
fn nibbles_of(bytes: &[u8], span: usize) -> [u8; 32] {
    let bytes = &bytes[span / 2 * 32..];
    std::array::from_fn(|column| bytes[column] >> (4 * (span % 2)) & 0xF)
}

/// d and dmin of each row, and the steps and minima of the row's spans.
#[derive(Clone, Copy, Debug)]
struct Scales {
    /// d and dmin as 16-bit floats.
    whole: u32x4,
    /// Two spans per word: step, minimum, step, minimum.
    parts: [u32x4; SPANS / 2],
}

impl Scales {
    #[inline(never)]
    fn new(blocks: [&[u8]; ROWS]) -> Self {
        let whole = blocks.map(|block| u32::from_le_bytes([block[0], block[1], block[2], block[3]]));
        let mut parts = [u32x4::default(); SPANS / 2];
        for (pair, parts) in parts.iter_mut().enumerate() {
            *parts = u32x4::new(blocks.map(|block| {
                let ((a, b), (c, d)) = (six_bits(&block[4..16], 2 * pair), six_bits(&block[4..16], 2 * pair + 1));
                u32::from_le_bytes([a, b, c, d])
            }));
        }
        Self { whole: u32x4::new(whole), parts }
    }

    #[inline(always)]
    fn of(&self, span: usize) -> (f32x4, f32x4) {
        let (d, dmin) = halves(self.whole);
        let words = self.parts[span / 2] >> bits(16 * (span % 2));
        let float = |words: u32x4| bytemuck::cast::<u32x4, i32x4>(words & u32x4::splat(0xFF)).round_float();
        (d * float(words), f32x4::ZERO - dmin * float(words >> 8u32))
    }
}

/// Step and minimum of a span (`get_scale_min_k4` of `ggml-quants.c`).
#[inline(never)]
fn six_bits(bytes: &[u8], span: usize) -> (u8, u8) {
    if span < 4 {
        (bytes[span] & 63, bytes[span + 4] & 63)
    } else {
        let (both, step, minimum) = (bytes[span + 4], bytes[span - 4], bytes[span]);
        (both & 0xF | step >> 6 << 4, both >> 4 | minimum >> 6 << 4)
    }
}
