//! Q8_0: `struct { f16 d; i8 qs[32]; }`, w = q d.

use super::BLOCK_LEN;

pub const BLOCK_BYTES: usize = 34;

/// Decodes one block (`dequantize_row_q8_0`).
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; BLOCK_LEN]) {
    let d = super::half_at(block, 0);
    for (out, byte) in out.iter_mut().zip(&block[2..]) {
        *out = f32::from(i8::from_le_bytes([*byte])) * d;
    }
}
