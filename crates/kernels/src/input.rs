//! The input of matrix products: 16-bit integers, with one scale per 32 values.

use wide::f32x4;

/// Number of values that share a scale.
pub const SPAN: usize = 32;
/// The largest integer. The sum of 32 products with 8-bit weights stays below 2^31.
const LARGEST: f32 = 32_767.0;

/// x (tokens, n), rounded to integers.
#[derive(Debug)]
pub struct Input<'a> {
    /// The original values (tokens, n), for weights that are not integers.
    pub floats: &'a [f32],
    pub num_tokens: usize,
    /// The rounded values, (tokens, n / 32).
    pub spans: Vec<Span>,
}

/// 32 values of one token: x = scale * integer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// Two neighbouring values share a word, the earlier one in its lower half. This way, one load gets the inputs for
    /// a pair of weights.
    pub pairs: [i32; SPAN / 2],
    /// Step size: the value of the integer 1.
    pub scale: f32,
    /// Sum of the 32 values.
    pub total: f32,
    /// Sums of the integers in each half, for weights with an offset.
    pub sums: [i32; 2],
}

impl<'a> Input<'a> {
    /// Rounds x (tokens, n) to integers.
    pub fn new(x: &'a [f32], num_tokens: usize) -> Self {
        let spans = x.as_chunks::<SPAN>().0.iter().map(Span::new).collect();
        Self { floats: x, num_tokens, spans }
    }

    /// The spans of one token.
    pub fn token(&self, index: usize) -> &[Span] {
        let len = self.spans.len() / self.num_tokens;
        &self.spans[index * len..][..len]
    }

    /// The original floats of one token.
    pub fn token_floats(&self, index: usize) -> &[f32] {
        let len = self.floats.len() / self.num_tokens;
        &self.floats[index * len..][..len]
    }
}

impl Span {
    /// The sum of the integers, or of one half of them.
    #[inline(always)]
    pub(super) fn sum(&self, half: usize, columns: usize) -> i32 {
        if columns == SPAN { self.sums[0] + self.sums[1] } else { self.sums[half] }
    }

    fn new(x: &[f32; SPAN]) -> Self {
        let quads: [f32x4; SPAN / 4] = bytemuck::cast(*x);
        let largest = quads.iter().fold(f32x4::ZERO, |largest, quad| largest.fast_max(quad.abs()));
        let largest = largest.to_array().into_iter().fold(0.0f32, f32::max);
        let inverse = f32x4::splat(if largest > 0.0 { LARGEST / largest } else { 0.0 });
        let mut span = Self { scale: largest / LARGEST, ..Self::default() };
        for (index, quad) in quads.iter().enumerate() {
            let q = (*quad * inverse).fast_round_int().to_array();
            span.sums[index / 4] += q[0] + q[1] + q[2] + q[3];
            span.pairs[2 * index] = (q[0] & 0xFFFF) | q[1] << 16;
            span.pairs[2 * index + 1] = (q[2] & 0xFFFF) | q[3] << 16;
        }
        span.total = (span.sums[0] + span.sums[1]) as f32 * span.scale;
        span
    }
}
