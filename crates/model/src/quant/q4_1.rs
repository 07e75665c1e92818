//! Q4_1: `struct { f16 d, m; u8 qs[16]; }`, w = q d + m.

use super::BLOCK_LEN;

pub const BLOCK_BYTES: usize = 20;

/// Decodes one block (`dequantize_row_q4_1`). Low nibbles are the first 16 weights, high nibbles the last 16.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; BLOCK_LEN]) {
    let d = super::half_at(block, 0);
    let m = super::half_at(block, 2);
    for (i, byte) in block[4..].iter().enumerate() {
        out[i] = f32::from(byte & 0xF) * d + m;
        out[i + 16] = f32::from(byte >> 4) * d + m;
    }
}
