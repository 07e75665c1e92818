//! Q5_1: `struct { f16 d, m; u8 qh[4]; u8 qs[16]; }`, w = q d + m.

use super::BLOCK_LEN;

pub const BLOCK_BYTES: usize = 24;

/// Decodes one block (`dequantize_row_q5_1`). Nibbles are stored as in Q4_1. Bit i of `qh` is the fifth bit of weight
/// i.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; BLOCK_LEN]) {
    let d = super::half_at(block, 0);
    let m = super::half_at(block, 2);
    let high = u32::from_le_bytes([block[4], block[5], block[6], block[7]]);
    for (i, byte) in block[8..].iter().enumerate() {
        let (low, up) = super::fifth_bits(*byte, high, i);
        out[i] = f32::from(low) * d + m;
        out[i + 16] = f32::from(up) * d + m;
    }
}
