//! IQ4_NL: `struct { f16 d; u8 qs[16]; }`, w = d values[q]. The sixteen values are closer together near zero.

use super::BLOCK_LEN;

pub const BLOCK_BYTES: usize = 18;

/// The sixteen values (`kvalues_iq4nl` of `ggml-common.h`).
pub const VALUES: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// Decodes one block (`dequantize_row_iq4_nl`). Low nibbles are the first 16 weights, high nibbles the last 16.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; BLOCK_LEN]) {
    let d = super::half_at(block, 0);
    for (i, byte) in block[2..].iter().enumerate() {
        out[i] = d * f32::from(VALUES[usize::from(byte & 0xF)]);
        out[i + 16] = d * f32::from(VALUES[usize::from(byte >> 4)]);
    }
}
