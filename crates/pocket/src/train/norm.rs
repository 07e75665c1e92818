//! RMS norm and RoPE, with their gradients.

use ndarray::Array2;

use super::weights::{NORM_EPS, ROPE_THETA};

/// Normalizes each row of x (tokens, dim): weight * x / sqrt(mean(x^2) + eps).
pub(crate) fn rms_norm(x: &Array2<f32>, weight: &[f32]) -> Array2<f32> {
    let mut y = x.clone();
    for mut row in y.rows_mut() {
        let scale = inverse_root(row.iter());
        row.iter_mut().zip(weight).for_each(|(x, weight)| *x *= scale * weight);
    }
    y
}

fn inverse_root<'a>(row: impl ExactSizeIterator<Item = &'a f32>) -> f32 {
    let len = row.len() as f32;
    1.0 / (row.map(|x| x * x).sum::<f32>() / len + NORM_EPS).sqrt()
}

/// Adds the norm's gradients to dx, and to dweight if the weight is trained.
/// With r = 1 / sqrt(mean(x^2) + eps): dx = r (w dy - x r^2 mean(w dy x)), dw = sum of dy x r.
pub(super) fn rms_norm_backward(
    dy: &Array2<f32>,
    x: &Array2<f32>,
    weight: &[f32],
    mut dweight: Option<&mut [f32]>,
    dx: &mut Array2<f32>,
) {
    for ((dy, x), mut dx) in dy.rows().into_iter().zip(x.rows()).zip(dx.rows_mut()) {
        let r = inverse_root(x.iter());
        let inner: f32 = dy.iter().zip(&x).zip(weight).map(|((dy, x), w)| dy * x * w).sum();
        let pull = r * r * inner / x.len() as f32;
        for (((dx, dy), x), w) in dx.iter_mut().zip(&dy).zip(&x).zip(weight) {
            *dx += r * (w * dy - x * pull);
        }
        if let Some(dweight) = dweight.as_deref_mut() {
            for ((dw, dy), x) in dweight.iter_mut().zip(&dy).zip(&x) {
                *dw += dy * x * r;
            }
        }
    }
}

/// Cosines and sines for RoPE (positions, head_dim / 2), computed in f64.
pub(crate) fn angles(positions: usize, head_dim: usize) -> Vec<[f32; 2]> {
    let pairs = head_dim / 2;
    let angle = |at: usize| {
        let exponent = 2.0 * (at % pairs) as f64 / head_dim as f64;
        (at / pairs) as f64 / f64::from(ROPE_THETA).powf(exponent)
    };
    #[expect(clippy::cast_possible_truncation, reason = "the model works in f32")]
    let pair = |at: usize| [angle(at).cos() as f32, angle(at).sin() as f32];
    (0..positions * pairs).map(pair).collect()
}

/// Rotates neighbouring pairs of every head of a row (dim,) by their angles (head_dim / 2), or back.
pub(crate) fn rotate(row: &mut [f32], angles: &[[f32; 2]], back: bool) {
    for head in row.chunks_exact_mut(2 * angles.len()) {
        for (pair, &[cos, sin]) in head.as_chunks_mut::<2>().0.iter_mut().zip(angles) {
            let sin = if back { -sin } else { sin };
            *pair = [pair[0] * cos - pair[1] * sin, pair[0] * sin + pair[1] * cos];
        }
    }
}
