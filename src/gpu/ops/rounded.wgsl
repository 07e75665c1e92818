
// 32 activations as signed bytes, four to a word; those of the first half are scales.x * byte, of the second scales.y * byte.
// The totals are the sums of either half, for weights whose zero is not at zero.
struct Rounded { low: vec4<u32>, high: vec4<u32>, scales: vec2<f32>, totals: vec2<f32> }

// Halves whose largest value is smaller count as nothing: 127 divided by it would be infinite.
const SMALLEST: f32 = 1e-30f;

fn round_word(v: vec4<f32>, inverse: f32) -> u32 {
    return pack4xI8(vec4<i32>(round(v * inverse)));
}

// The sum of the products of 16 pairs of bytes.
fn dot_bytes(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

// Four magnitudes' largest.
fn largest_of(v: vec4<f32>) -> f32 {
    return max(max(v.x, v.y), max(v.z, v.w));
}

// The 32 activations from x[at] on, each half rounded to 127 steps of its largest on either side of 0.
fn round_block(at: u32) -> Rounded {
    let low_sizes = max(max(abs(x[at]), abs(x[at + 1u])), max(abs(x[at + 2u]), abs(x[at + 3u])));
    let high_sizes = max(max(abs(x[at + 4u]), abs(x[at + 5u])), max(abs(x[at + 6u]), abs(x[at + 7u])));
    let largest = vec2<f32>(largest_of(low_sizes), largest_of(high_sizes));
    let inverse = select(vec2<f32>(0.0), 127.0 / largest, largest > vec2<f32>(SMALLEST));
    let low = vec4<u32>(
        round_word(x[at], inverse.x), round_word(x[at + 1u], inverse.x),
        round_word(x[at + 2u], inverse.x), round_word(x[at + 3u], inverse.x),
    );
    let high = vec4<u32>(
        round_word(x[at + 4u], inverse.y), round_word(x[at + 5u], inverse.y),
        round_word(x[at + 6u], inverse.y), round_word(x[at + 7u], inverse.y),
    );
    let scales = largest / 127.0;
    let ones = vec4<u32>(0x01010101u);
    return Rounded(low, high, scales, scales * vec2<f32>(vec2<i32>(dot_bytes(low, ones), dot_bytes(high, ones))));
}

// A packed block times rounded activations: integers are exact, so only the scales are multiplied as floats.
fn dot_rounded(w: Packed, r: Rounded) -> f32 {
    let sums = vec2<f32>(vec2<i32>(dot_bytes(w.low, r.low), dot_bytes(w.high, r.high)));
    let product = dot(w.d * r.scales, sums);
    if CENTRED {
        return product;
    }
    return product + dot(w.m, r.totals);
}

