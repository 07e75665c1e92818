//! Rotary position embedding (Su et al. 2021, arXiv:2104.09864): angles computed once in f64 for both forward passes.
//!
//! Shaders only look angles up: WGSL bounds the error of `sin` and `cos` only on [-pi, pi], and positions go far
//! beyond.

use super::Config;

/// Cosines and sines of every angle.
#[derive(Clone, Debug, PartialEq)]
pub struct RopeTable {
    /// Pairs of cosine and sine, (context, head_dim / 2).
    pub cos_sin: Vec<[f32; 2]>,
    /// Pairs per position: head_dim / 2.
    pub pairs: usize,
}

impl RopeTable {
    /// Computes the angles for positions `0 .. context`. At position p, pair i turns by p / (scale theta^(2i /
    /// head_dim) f_i). `divisors` holds the f_i of files that have them. `local` selects theta and scale of the layers
    /// with a sliding window.
    pub fn new(config: &Config, divisors: Option<&[f32]>, context: usize, local: bool) -> Self {
        let pairs = config.head_dim / 2;
        let (theta, scale) = config.rope(local);
        let (theta, scale) = (f64::from(theta), f64::from(scale));
        let mut cos_sin = Vec::with_capacity(context * pairs);
        for position in 0..context {
            for pair in 0..pairs {
                let exponent = 2.0 * pair as f64 / config.head_dim as f64;
                let divisor = divisors.and_then(|all| all.get(pair)).map_or(1.0, |&f| f64::from(f));
                let (sin, cos) = (position as f64 / (scale * theta.powf(exponent) * divisor)).sin_cos();
                #[expect(clippy::cast_possible_truncation, reason = "the forward passes work in f32")]
                cos_sin.push([cos as f32, sin as f32]);
            }
        }
        Self { cos_sin, pairs }
    }

    /// The (cosine, sine) pairs of one position.
    pub fn at(&self, position: usize) -> &[[f32; 2]] {
        &self.cos_sin[position * self.pairs..][..self.pairs]
    }
}
