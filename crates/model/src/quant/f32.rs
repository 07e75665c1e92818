//! Plain 32-bit floats.

/// Bytes of one weight.
pub const BLOCK_BYTES: usize = 4;

/// Decodes one weight.
pub fn decode(block: &[u8; BLOCK_BYTES], out: &mut [f32; 1]) {
    out[0] = f32::from_le_bytes(*block);
}
