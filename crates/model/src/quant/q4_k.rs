//! Q4_K: `struct { f16 d, dmin; u8 scales[12]; u8 qs[128]; }`, w = (d scale) q - (dmin min), both per 32 weights.

use super::{BLOCK_LEN, SUPER_LEN};

/// Bytes of one super-block.
pub const BLOCK_BYTES: usize = 144;

/// Decodes one super-block (`dequantize_row_q4_K`). Two runs of 32 weights share 32 bytes: low nibbles, high nibbles.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; SUPER_LEN]) {
    let (d, dmin) = (super::half_at(block, 0), super::half_at(block, 2));
    let (outs, _) = out.as_chunks_mut::<BLOCK_LEN>();
    for (run, out) in outs.iter_mut().enumerate() {
        let (scale, min) = scale_min(&block[4..16], run);
        let (dl, ml) = (d * f32::from(scale), dmin * f32::from(min));
        let qs = &block[16 + run / 2 * 32..];
        for (out, q) in out.iter_mut().zip(qs) {
            *out = dl * f32::from((q >> (run % 2 * 4)) & 0xF) - ml;
        }
    }
}

/// Scale and minimum of a run, six bits each (`get_scale_min_k4`). The first four scales and the first four minima have
/// a byte each. The other four have their low nibbles in the last four bytes and their upper bits in the upper bits of
/// the first eight bytes.
pub fn scale_min(packed: &[u8], run: usize) -> (u8, u8) {
    if run < 4 {
        (packed[run] & 63, packed[run + 4] & 63)
    } else {
        let low = packed[run + 4];
        ((low & 0xF) | packed[run - 4] >> 6 << 4, (low >> 4) | packed[run] >> 6 << 4)
    }
}
