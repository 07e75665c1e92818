//! Looks up a token's embedding.

use super::maths::StoredMatrix;

/// x (dim,) = scale W[token], where W is (vocab, dim).
pub fn embed(w: &impl StoredMatrix, token: usize, scale: f32, x: &mut [f32]) {
    w.row(token, x);
    x.iter_mut().for_each(|x| *x *= scale);
}
