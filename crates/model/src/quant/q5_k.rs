//! Q5_K: `struct { f16 d, dmin; u8 scales[12]; u8 qh[32]; u8 qs[128]; }`, w = (d scale) q - (dmin min), both per 32
//! weights.

use super::q4_k::scale_min;
use super::{BLOCK_LEN, SUPER_LEN};

/// Bytes of one super-block.
pub const BLOCK_BYTES: usize = 176;

/// Decodes one super-block (`dequantize_row_q5_K`). Nibbles and scales are stored as in Q4_K. Bit b of `qh[i]` is the
/// fifth bit of weight i of run b.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; SUPER_LEN]) {
    let (d, dmin) = (super::half_at(block, 0), super::half_at(block, 2));
    let (outs, _) = out.as_chunks_mut::<BLOCK_LEN>();
    for (run, out) in outs.iter_mut().enumerate() {
        let (scale, min) = scale_min(&block[4..16], run);
        let (dl, ml) = (d * f32::from(scale), dmin * f32::from(min));
        let qs = &block[48 + run / 2 * 32..];
        for ((out, q), high) in out.iter_mut().zip(qs).zip(&block[16..48]) {
            let q = ((q >> (run % 2 * 4)) & 0xF) | ((high >> run) & 1) << 4;
            *out = dl * f32::from(q) - ml;
        }
    }
}
