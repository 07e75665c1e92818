const PIECES: u32 = 4u;

// Converts the 16-bit floats in two words. They are the upper halves of 32-bit floats.
fn halves(low: u32, high: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(vec4<u32>(low << 16u, low & 0xFFFF0000u, high << 16u, high & 0xFFFF0000u));
}

