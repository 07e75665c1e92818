//! Q5_0: `struct { f16 d; u8 qh[4]; u8 qs[16]; }`, w = (q - 16) d.

use super::BLOCK_LEN;

pub const BLOCK_BYTES: usize = 22;

/// Decodes one block (`dequantize_row_q5_0`). Nibbles are stored as in Q4_0. Bit i of `qh` is the fifth bit of weight
/// i.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; BLOCK_LEN]) {
    let d = super::half_at(block, 0);
    let high = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
    for (i, byte) in block[6..].iter().enumerate() {
        let (low, up) = super::fifth_bits(*byte, high, i);
        out[i] = f32::from(i16::from(low) - 16) * d;
        out[i + 16] = f32::from(i16::from(up) - 16) * d;
    }
}
