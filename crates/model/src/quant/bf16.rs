//! Plain 16-bit floats with the exponent range of 32-bit floats: the upper half of an f32.

/// Bytes of one weight.
pub const BLOCK_BYTES: usize = 2;

/// Decodes one weight.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; 1]) {
    out[0] = f32::from_bits(u32::from(u16::from_le_bytes(*block)) << 16);
}
