//! Plain 16-bit floats.

/// Bytes of one weight.
pub const BLOCK_BYTES: usize = 2;

/// Decodes one weight.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; 1]) {
    out[0] = super::half_at(block, 0);
}
