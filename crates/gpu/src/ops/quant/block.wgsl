// 32 decoded weights of one row.
struct Block {
    a: vec4<f32>, b: vec4<f32>, c: vec4<f32>, d: vec4<f32>,
    e: vec4<f32>, f: vec4<f32>, g: vec4<f32>, h: vec4<f32>,
}

// Packed as gpu/pack.rs describes: 16-byte pieces in `weights`, everything else in the words of `scales`, with the
// values of 32 rows next to each other.
@group(0) @binding(0) var<storage, read> weights: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<u32>;

const TILE_ROWS: u32 = 32u;

// The two 16-bit floats of a word. `unpack2x16float` can flush subnormal numbers to zero, but scales are often
// subnormal.
fn scale_pair(word: u32) -> vec2<f32> {
    let sign = vec2<u32>(word << 16u, word) & vec2<u32>(0x80000000u);
    let rest = vec2<u32>(word, word >> 16u) & vec2<u32>(0x7FFFu);
    // The biases of the exponents differ by 112. A subnormal number is an integer multiple of 2^-24.
    let normal = bitcast<vec2<f32>>((rest + vec2<u32>(112u << 10u)) << vec2<u32>(13u));
    let size = select(normal, vec2<f32>(rest) * 5.9604644775390625e-8, rest < vec2<u32>(0x400u));
    return bitcast<vec2<f32>>(bitcast<vec2<u32>>(size) | sign);
}

// The 16-bit float of row `lane`, where two rows share a word and the first two rows use `scales[start]`.
fn row_scale(start: u32, lane: u32) -> f32 {
    return scale_pair(scales[start + (lane >> 1u)])[lane & 1u];
}

// The same for 16 bits with any meaning.
fn row_half(start: u32, lane: u32) -> u32 {
    return (scales[start + (lane >> 1u)] >> ((lane & 1u) * 16u)) & 0xFFFFu;
}

