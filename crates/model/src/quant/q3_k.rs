//! Q3_K: `struct { u8 hmask[32]; u8 qs[64]; u8 scales[12]; f16 d; }`, w = (d (scale - 32)) (q - 4), one scale per 16
//! weights.

use super::SUPER_LEN;

/// Bytes of one super-block.
pub const BLOCK_BYTES: usize = 110;

/// Decodes one super-block (`dequantize_row_q3_K`). The low bits are stored as in Q2_K. Bit b of `hmask[i]` is the
/// third bit of weight i of run b.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; SUPER_LEN]) {
    let d = super::half_at(block, 108);
    let scales = scales(&block[96..108]);
    let (outs, _) = out.as_chunks_mut::<16>();
    for (i, out) in outs.iter_mut().enumerate() {
        let dl = d * f32::from(scales[i]);
        let (run, shift, half) = (i / 2, i / 2 % 4 * 2, i % 2 * 16);
        let qs = &block[32 + i / 8 * 32 + half..];
        for ((out, q), high) in out.iter_mut().zip(qs).zip(&block[half..]) {
            let q = ((q >> shift) & 3) | ((high >> run) & 1) << 2;
            *out = dl * f32::from(i16::from(q) - 4);
        }
    }
}

/// Unpacks the sixteen scales and subtracts 32. Each has six bits: the low nibbles are in the first eight bytes, and
/// each of the last four bytes has the upper two bits of four scales.
pub fn scales(packed: &[u8]) -> [i8; 16] {
    std::array::from_fn(|i| {
        let low = (packed[i % 8] >> (i / 8 * 4)) & 0xF;
        let high = (packed[8 + i % 4] >> (i / 4 * 2)) & 3;
        (low | high << 4).cast_signed() - 32
    })
}
