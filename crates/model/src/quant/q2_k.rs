//! Q2_K: `struct { u8 scales[16]; u8 qs[64]; f16 d, dmin; }`, w = (d scale) q - (dmin min), both per 16 weights.

use super::SUPER_LEN;

/// Bytes of one super-block.
pub const BLOCK_BYTES: usize = 84;

/// Decodes one super-block (`dequantize_row_q2_K`). Four runs of 32 weights share 32 bytes, with two bits per weight.
/// The low nibble of a byte in `scales` is the scale, the high nibble the minimum.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; SUPER_LEN]) {
    let (d, dmin) = (super::half_at(block, 80), super::half_at(block, 82));
    let (outs, _) = out.as_chunks_mut::<16>();
    for (i, out) in outs.iter_mut().enumerate() {
        let scale = block[i];
        let dl = d * f32::from(scale & 0xF);
        let ml = dmin * f32::from(scale >> 4);
        let shift = i / 2 % 4 * 2;
        let qs = &block[16 + i / 8 * 32 + i % 2 * 16..];
        for (out, q) in out.iter_mut().zip(qs) {
            *out = dl * f32::from((q >> shift) & 3) - ml;
        }
    }
}
