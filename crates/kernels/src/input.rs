//! What weights are multiplied by: 16-bit integers with one scale for 32 of them.

use wide::f32x4;

/// Values that share a scale.
pub const SPAN: usize = 32;
/// The largest integer. 32 products with 8-bit weights stay below 2^31.
const LARGEST: f32 = 32_767.0;

/// x (tokens, n), rounded.
#[derive(Debug)]
pub struct Input<'a> {
    /// (tokens, n) as it was, for weights that are not integers.
    pub floats: &'a [f32],
    /// Tokens.
    pub num_tokens: usize,
    /// (tokens, n / 32).
    pub spans: Vec<Span>,
}

/// 32 values of one token: x = scale q.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// Neighbours share a word, the earlier one in its lower half: all that meets a pair of weights is one load.
    pub pairs: [i32; SPAN / 2],
    /// Step.
    pub scale: f32,
    /// Sum of the 32 values.
    pub total: f32,
    /// Sums of the integers of either half, for weights whose zero is not at zero.
    pub sums: [i32; 2],
}

impl<'a> Input<'a> {
    /// Rounds x (tokens, n).
    pub fn new(x: &'a [f32], num_tokens: usize) -> Self {
        let spans = x.as_chunks::<SPAN>().0.iter().map(Span::new).collect();
        Self { floats: x, num_tokens, spans }
    }

    /// The spans of a token.
    pub fn token(&self, index: usize) -> &[Span] {
        let len = self.spans.len() / self.num_tokens;
        &self.spans[index * len..][..len]
    }

    /// The floats of a token.
    pub fn token_floats(&self, index: usize) -> &[f32] {
        let len = self.floats.len() / self.num_tokens;
        &self.floats[index * len..][..len]
    }
}

impl Span {
    /// The sum of its integers, or of a half of them.
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
