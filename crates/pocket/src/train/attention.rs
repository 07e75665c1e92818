//! Causal attention within each text of a batch, with its gradients.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, s};

use super::exp::exp;

/// Index where each text starts, and the end of the last.
type Starts<'a> = &'a [usize];

/// For each text and head: softmax(q k^T / sqrt(head_dim)) v over the tokens so far. q, k and v are (tokens, dim).
/// Returns the mixed values (tokens, dim), and the probabilities, ordered by text and then by head.
pub(super) fn attention(
    q: &Array2<f32>,
    k: &Array2<f32>,
    v: &Array2<f32>,
    starts: Starts<'_>,
    heads: usize,
) -> (Array2<f32>, Vec<Array2<f32>>) {
    let mut mixed = Array2::zeros(q.raw_dim());
    let mut all = Vec::with_capacity((starts.len() - 1) * heads);
    let head_dim = q.ncols() / heads;
    let scale = 1.0 / (head_dim as f32).sqrt();
    for text in starts.windows(2) {
        for head in 0..heads {
            let place = s![text[0]..text[1], head * head_dim..(head + 1) * head_dim];
            let len = text[1] - text[0];
            let mut probabilities = Array2::zeros((len, len));
            general_mat_mul(scale, &q.slice(place), &k.slice(place).t(), 0.0, &mut probabilities);
            for (at, mut row) in probabilities.rows_mut().into_iter().enumerate() {
                let Some(row) = row.as_slice_mut() else { continue };
                let (seen, unseen) = row.split_at_mut(at + 1);
                unseen.fill(0.0);
                softmax(seen);
            }
            general_mat_mul(1.0, &probabilities, &v.slice(place), 0.0, &mut mixed.slice_mut(place));
            all.push(probabilities);
        }
    }
    (mixed, all)
}

pub(super) fn softmax(row: &mut [f32]) {
    let largest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    row.iter_mut().for_each(|x| *x = exp(*x - largest));
    let sum: f32 = row.iter().sum();
    row.iter_mut().for_each(|x| *x /= sum);
}

/// Gradients of q, k and v from the gradient of the mixed values.
pub(super) fn attention_backward(
    dmixed: &Array2<f32>,
    (q, k, v): (&Array2<f32>, &Array2<f32>, &Array2<f32>),
    probabilities: &[Array2<f32>],
    starts: Starts<'_>,
    heads: usize,
) -> [Array2<f32>; 3] {
    let mut out = [0, 1, 2].map(|_| Array2::zeros(q.raw_dim()));
    let [dq, dk, dv] = &mut out;
    let head_dim = q.ncols() / heads;
    let scale = 1.0 / (head_dim as f32).sqrt();
    let mut each = probabilities.iter();
    for text in starts.windows(2) {
        for (head, p) in (0..heads).zip(&mut each) {
            let place = s![text[0]..text[1], head * head_dim..(head + 1) * head_dim];
            let dmixed = dmixed.slice(place);
            general_mat_mul(1.0, &p.t(), &dmixed, 0.0, &mut dv.slice_mut(place));
            let mut dp = dmixed.dot(&v.slice(place).t());
            // ds = p (dp - sum of p dp).
            for (mut dp, p) in dp.rows_mut().into_iter().zip(p.rows()) {
                let inner = dp.dot(&p);
                dp.iter_mut().zip(&p).for_each(|(dp, p)| *dp = p * (*dp - inner));
            }
            general_mat_mul(scale, &dp, &k.slice(place), 0.0, &mut dq.slice_mut(place));
            general_mat_mul(scale, &dp.t(), &q.slice(place), 0.0, &mut dk.slice_mut(place));
        }
    }
    out
}
