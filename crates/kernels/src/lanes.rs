//! Codes in SIMD lanes, shared by the tiles of all formats. A 16-bit lane belongs to one row and to even or odd
//! columns.

use wide::{f32x4, i16x8, i32x4, u16x8, u32x4};

use super::tile::ROWS;

/// 2^112: converts the exponent of a 16-bit float (bias 15) to that of a 32-bit float (bias 127).
const HALF_TO_FLOAT: f32 = 5.192_297e33;

/// A number of bits to shift by, less than the 32 bits of a word.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "below 32")]
pub(super) const fn bits(count: usize) -> u32 {
    count as u32
}

/// Puts 32 codes of each row into lanes, `width` bits per code, without their lowest `skip` bits. A vector has
/// `16 / width` pairs of columns.
pub(super) fn interleave<const N: usize>(rows: &[[u8; 32]; ROWS], skip: usize, width: usize) -> [u16x8; N] {
    let mut words = [[0; 8]; N];
    fill(words.as_flattened_mut(), rows, skip, width);
    words.map(u16x8::new)
}

/// Not generic, so that the code exists once for all formats. Speed does not matter here, because weights are packed
/// once.
#[inline(never)]
fn fill(words: &mut [u16], rows: &[[u8; 32]; ROWS], skip: usize, width: usize) {
    let pairs = 16 / width;
    let mask = (1u16 << width) - 1;
    for (vector, words) in words.chunks_exact_mut(8).enumerate() {
        for (lane, word) in words.iter_mut().enumerate() {
            let row = &rows[lane / 2][2 * vector * pairs + lane % 2..];
            for (pair, code) in row.iter().step_by(2).take(pairs).enumerate() {
                *word |= (u16::from(code >> skip) & mask) << (width * pair);
            }
        }
    }
}

/// The 16-bit float at the start of `bytes`.
pub(super) fn half_at(bytes: &[u8]) -> f32 {
    half::f16::from_le_bytes([bytes[0], bytes[1]]).to_f32()
}

/// Unpacks the four pairs of columns in a vector of 4-bit codes.
#[inline(always)]
pub(super) fn nibbles(vector: u16x8) -> [i16x8; 4] {
    let mask = u16x8::splat(0xF);
    let (a, b) = (signed(vector & mask), signed((vector >> 4u32) & mask));
    [a, b, signed((vector >> 8u32) & mask), signed(vector >> 12u32)]
}

/// Unpacks the four pairs of columns in the low bits of a vector of 1-bit codes, as the fifth bit of a code.
#[inline(always)]
pub(super) fn fifth_bits(vector: u16x8) -> [i16x8; 4] {
    let mask = u16x8::splat(0x10);
    let (a, b) = (signed((vector << 4u32) & mask), signed((vector << 3u32) & mask));
    [a, b, signed((vector << 2u32) & mask), signed((vector << 1u32) & mask)]
}

/// Unpacks the four pairs of columns in the low bytes of a vector of 2-bit codes, as the fifth and sixth bit of a code.
#[inline(always)]
pub(super) fn upper_bits(vector: u16x8) -> [i16x8; 4] {
    let mask = u16x8::splat(0x30);
    let (a, b) = (signed((vector << 4u32) & mask), signed((vector << 2u32) & mask));
    [a, b, signed(vector & mask), signed((vector >> 2u32) & mask)]
}

/// Combines the lower and upper bits of codes.
#[inline(always)]
pub(super) fn join(low: [i16x8; 4], high: [i16x8; 4]) -> [i16x8; 4] {
    [low[0] | high[0], low[1] | high[1], low[2] | high[2], low[3] | high[3]]
}

/// Unpacks the two pairs of columns in a vector of 8-bit codes.
#[inline(always)]
pub(super) fn bytes(vector: u16x8) -> [i16x8; 2] {
    let vector = signed(vector);
    [(vector << 8u32) >> 8u32, vector >> 8u32]
}

/// Reinterprets lanes as signed integers.
#[inline(always)]
pub(super) fn signed(vector: u16x8) -> i16x8 {
    bytemuck::cast(vector)
}

/// Converts two 16-bit floats per row: those in the lower and those in the upper halves of the words.
#[inline(always)]
pub(super) fn halves(words: u32x4) -> (f32x4, f32x4) {
    let words: i32x4 = bytemuck::cast(words);
    (half(words << 16u32), half(words))
}

/// Converts the 16-bit float in the upper half of each lane. Infinities, which no weight has, become large numbers.
#[inline(always)]
fn half(words: i32x4) -> f32x4 {
    let mask: i32x4 = bytemuck::cast(u32x4::splat(0x8FFF_E000));
    let bits: f32x4 = bytemuck::cast((words >> 3u32) & mask);
    bits * f32x4::splat(HALF_TO_FLOAT)
}
