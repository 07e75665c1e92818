
// 32 activations as integers of two signed bytes each, 256 * upper + lower, with four bytes per word. The activations
// of the first half are scales.x * integer, those of the second half scales.y * integer. The totals are the sums of
// each half, for weights with an offset. With one byte each, there would be half as many products, but the most likely
// token would differ too often.
struct Rounded {
    low_upper: vec4<u32>, low_lower: vec4<u32>, high_upper: vec4<u32>, high_lower: vec4<u32>,
    scales: vec2<f32>, totals: vec2<f32>,
}

// The largest integer, 127 * 256. Its lower byte still fits a signed byte.
const STEPS_OF_LARGEST: f32 = 32512.0f;
// Halves with a smaller largest magnitude are set to zero, because its inverse would be infinite.
const SMALLEST: f32 = 1e-30f;

// Splits four rounded activations into their upper and their lower bytes.
fn round_word(v: vec4<f32>, inverse: f32) -> vec2<u32> {
    let q = vec4<i32>(round(v * inverse));
    let upper = (q + vec4<i32>(128)) >> vec4<u32>(8u);
    return vec2<u32>(pack4xI8(upper), pack4xI8(q - upper * 256));
}

// The dot product of 16 pairs of signed bytes.
fn dot_bytes(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

// The dot product of 16 bytes with 16 two-byte integers. Its magnitude stays below 2^27.
fn dot_integers(w: vec4<u32>, upper: vec4<u32>, lower: vec4<u32>) -> i32 {
    return dot_bytes(w, upper) * 256 + dot_bytes(w, lower);
}

// The largest magnitude of four values.
fn largest_of(v: vec4<f32>) -> f32 {
    return max(max(v.x, v.y), max(v.z, v.w));
}

// Rounds the 32 activations from x[at] on. Each half is rounded to integer steps of its largest magnitude, on either
// side of 0.
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

// The product of a packed block and rounded activations. Integer products are exact, so only the scales are multiplied
// as floats.
fn dot_rounded(w: Packed, r: Rounded) -> f32 {
    let low = dot_integers(w.low, r.low_upper, r.low_lower);
    let high = dot_integers(w.high, r.high_upper, r.high_lower);
    let product = dot(w.d * r.scales, vec2<f32>(vec2<i32>(low, high)));
    if CENTRED {
        return product;
    }
    return product + dot(w.m, r.totals);
}

