
// 32 activations as integers of two signed bytes each, 256 * upper + lower, four to a word; those of the first half are
// scales.x * integer, of the second scales.y * integer. The totals are the sums of either half, for weights whose zero is
// not at zero. One byte each would take half the products, but then the likeliest token differs too often.
struct Rounded {
    low_upper: vec4<u32>, low_lower: vec4<u32>, high_upper: vec4<u32>, high_lower: vec4<u32>,
    scales: vec2<f32>, totals: vec2<f32>,
}

// The largest integer, 127 * 256: its lower byte is still signed.
const STEPS_OF_LARGEST: f32 = 32512.0f;
// Halves whose largest value is smaller count as nothing: what is divided by it would be infinite.
const SMALLEST: f32 = 1e-30f;

// Four activations: their upper bytes and their lower ones.
fn round_word(v: vec4<f32>, inverse: f32) -> vec2<u32> {
    let q = vec4<i32>(round(v * inverse));
    let upper = (q + vec4<i32>(128)) >> vec4<u32>(8u);
    return vec2<u32>(pack4xI8(upper), pack4xI8(q - upper * 256));
}

// The sum of the products of 16 pairs of bytes.
fn dot_bytes(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

// The same with integers of two bytes. 16 products stay below 2^27.
fn dot_integers(w: vec4<u32>, upper: vec4<u32>, lower: vec4<u32>) -> i32 {
    return dot_bytes(w, upper) * 256 + dot_bytes(w, lower);
}

// Four magnitudes' largest.
fn largest_of(v: vec4<f32>) -> f32 {
    return max(max(v.x, v.y), max(v.z, v.w));
}

// The 32 activations from x[at] on, each half rounded to steps of its largest on either side of 0.
fn round_block(at: u32) -> Rounded {
    let low_sizes = max(max(abs(x[at]), abs(x[at + 1u])), max(abs(x[at + 2u]), abs(x[at + 3u])));
    let high_sizes = max(max(abs(x[at + 4u]), abs(x[at + 5u])), max(abs(x[at + 6u]), abs(x[at + 7u])));
    let largest = vec2<f32>(largest_of(low_sizes), largest_of(high_sizes));
    let inverse = select(vec2<f32>(0.0), STEPS_OF_LARGEST / largest, largest > vec2<f32>(SMALLEST));
    let a = round_word(x[at], inverse.x);
    let b = round_word(x[at + 1u], inverse.x);
    let c = round_word(x[at + 2u], inverse.x);
    let d = round_word(x[at + 3u], inverse.x);
    let e = round_word(x[at + 4u], inverse.y);
    let f = round_word(x[at + 5u], inverse.y);
    let g = round_word(x[at + 6u], inverse.y);
    let h = round_word(x[at + 7u], inverse.y);
    var r: Rounded;
    r.low_upper = vec4<u32>(a.x, b.x, c.x, d.x);
    r.low_lower = vec4<u32>(a.y, b.y, c.y, d.y);
    r.high_upper = vec4<u32>(e.x, f.x, g.x, h.x);
    r.high_lower = vec4<u32>(e.y, f.y, g.y, h.y);
    r.scales = largest / STEPS_OF_LARGEST;
    let ones = vec4<u32>(0x01010101u);
    let sums = vec2<i32>(dot_integers(ones, r.low_upper, r.low_lower), dot_integers(ones, r.high_upper, r.high_lower));
    r.totals = r.scales * vec2<f32>(sums);
    return r;
}

// A packed block times rounded activations: integers are exact, so only the scales are multiplied as floats.
fn dot_rounded(w: Packed, r: Rounded) -> f32 {
    let low = dot_integers(w.low, r.low_upper, r.low_lower);
    let high = dot_integers(w.high, r.high_upper, r.high_lower);
    let product = dot(w.d * r.scales, vec2<f32>(vec2<i32>(low, high)));
    if CENTRED {
        return product;
    }
    return product + dot(w.m, r.totals);
}

