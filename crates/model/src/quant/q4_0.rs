//! Q4_0: `struct { f16 d; u8 qs[16]; }`, w = (q - 8) d.

use super::BLOCK_LEN;

pub const BLOCK_BYTES: usize = 18;

/// Decodes one block (`dequantize_row_q4_0`). Low nibbles are the first 16 weights, high nibbles the last 16.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; BLOCK_LEN]) {
    let d = super::half_at(block, 0);
    for (i, byte) in block[2..].iter().enumerate() {
        out[i] = f32::from(i16::from(byte & 0xF) - 8) * d;
        out[i + 16] = f32::from(i16::from(byte >> 4) - 8) * d;
    }
}
