// 32 weights of one row as signed bytes, four per word. Weights of the first half are low * d.x + m.x, those of the
// second half high * d.y + m.y.
struct Packed { low: vec4<u32>, high: vec4<u32>, d: vec2<f32>, m: vec2<f32> }

// These functions are plain WGSL. The built-in functions that unpack bytes are an extension of the language, and only
// the fast maths needs one.

fn unsigned_bytes(word: u32) -> vec4<u32> {
    return (vec4<u32>(word) >> vec4<u32>(0u, 8u, 16u, 24u)) & vec4<u32>(0xFFu);
}

fn signed_bytes(word: u32) -> vec4<i32> {
    return bitcast<vec4<i32>>(vec4<u32>(word) << vec4<u32>(24u, 16u, 8u, 0u)) >> vec4<u32>(24u);
}

// The two signed bytes of a half word.
fn signed_pair(half: u32) -> vec2<f32> {
    return vec2<f32>(bitcast<vec2<i32>>(vec2<u32>(half) << vec2<u32>(24u, 16u)) >> vec2<u32>(24u));
}

fn low_nibbles(q: vec4<u32>) -> vec4<u32> {
    return q & vec4<u32>(0x0F0F0F0Fu);
}

fn high_nibbles(q: vec4<u32>) -> vec4<u32> {
    return (q >> vec4<u32>(4u)) & vec4<u32>(0x0F0F0F0Fu);
}

// For every byte of a word, bits 0, 1, 2 and 3, each in a word of its own.
fn one_bits(word: u32) -> vec4<u32> {
    return (vec4<u32>(word) >> vec4<u32>(0u, 1u, 2u, 3u)) & vec4<u32>(0x01010101u);
}

// The same bits, moved above a nibble.
fn fifth_bits(word: u32) -> vec4<u32> {
    return one_bits(word) << vec4<u32>(4u);
}

// For every byte of a word, the four pairs of bits, each in a word of its own.
fn two_bits(word: u32) -> vec4<u32> {
    return (vec4<u32>(word) >> vec4<u32>(0u, 2u, 4u, 6u)) & vec4<u32>(0x03030303u);
}

