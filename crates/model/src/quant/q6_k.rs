//! Q6_K: `struct { u8 ql[128]; u8 qh[64]; i8 scales[16]; f16 d; }`, w = (d scale) (q - 32), one scale per 16 weights.

use super::SUPER_LEN;

/// Bytes of one super-block.
pub const BLOCK_BYTES: usize = 210;

/// Decodes one super-block (`dequantize_row_q6_K`). In each half of 128 weights, runs 0 and 1 are the low nibbles of 64
/// bytes, runs 2 and 3 are their high nibbles, and 32 further bytes have the upper two bits of all four runs.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; SUPER_LEN]) {
    let d = super::half_at(block, 208);
    let (outs, _) = out.as_chunks_mut::<16>();
    for (i, out) in outs.iter_mut().enumerate() {
        let dl = d * f32::from(block[192 + i].cast_signed());
        let (part, run, half) = (i / 8, i / 2 % 4, i % 2 * 16);
        let ql = &block[part * 64 + run % 2 * 32 + half..];
        let qh = &block[128 + part * 32 + half..];
        for ((out, low), high) in out.iter_mut().zip(ql).zip(qh) {
            let q = ((low >> (run / 2 * 4)) & 0xF) | ((high >> (run * 2)) & 3) << 4;
            *out = dl * f32::from(i16::from(q) - 32);
        }
    }
}
