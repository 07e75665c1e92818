//! The backward pass: the loss, and the gradients of the trained weights.

use ndarray::Array2;
use ndarray::linalg::general_mat_mul;

use super::attention::{attention_backward, softmax};
use super::exp::exp;
use super::forward::{Batch, LayerTape, Tape, rotate_all};
use super::linear::{Into, linear_backward};
use super::lora::Lora;
use super::norm::rms_norm_backward;
use super::weights::{Matrix, Weights, view_mut};

/// The weights that are trained.
#[derive(Clone, Copy, Debug)]
pub enum Trained<'a> {
    /// All weights of the model.
    All,
    /// The adapter only.
    Adapter(&'a Lora),
}

/// Gradients of the trained weights, in the same order as the weights.
pub type Gradients = Vec<f32>;

/// The mean cross-entropy of the batch's targets in nats, and the gradients.
pub fn backward(weights: &Weights, trained: Trained<'_>, batch: &Batch, tape: Tape) -> (f64, Gradients) {
    let shape = weights.shape;
    let lora = match trained {
        Trained::All => None,
        Trained::Adapter(lora) => Some(lora),
    };
    let mut gradients = vec![0.0; lora.map_or(weights.numbers.len(), |lora| lora.numbers.len())];
    let Tape { layers, last, chosen, chosen_h, angles, mut logits } = tape;
    let loss = into_gradient(&mut logits, batch);

    let dchosen_h = logits.dot(&weights.embedding());
    if lora.is_none() {
        let mut dembedding = view_mut(&mut gradients[shape.embedding()], shape.dim);
        general_mat_mul(1.0, &logits.t(), &chosen_h, 1.0, &mut dembedding);
    }
    let mut dchosen = Array2::zeros(chosen.raw_dim());
    let norm = |range: std::ops::Range<usize>| &weights.numbers[range];
    let dnorm = lora.is_none().then(|| &mut gradients[shape.output_norm()]);
    rms_norm_backward(&dchosen_h, &chosen, norm(shape.output_norm()), dnorm, &mut dchosen);
    let mut dx = Array2::<f32>::zeros(last.raw_dim());
    for (row, (at, _)) in dchosen.rows().into_iter().zip(&batch.targets) {
        let mut dx = dx.row_mut(*at);
        dx += &row;
    }

    for (layer, tape) in layers.into_iter().enumerate().rev() {
        let LayerTape { input, attn_h, q, k, v, probabilities, mixed, middle, ff_h, gate, up, gated } = tape;
        let mut product = |dy: &Array2<f32>, x: &Array2<f32>, matrix: Matrix, dx: &mut Array2<f32>| {
            let (part, into) = match lora {
                None => {
                    let range = shape.matrix(layer, matrix);
                    (None, Into::Matrix(view_mut(&mut gradients[range], shape.rows_columns(matrix).1)))
                }
                Some(lora) => {
                    let (a, b) = lora.factors(layer, matrix);
                    let (da, db) = gradients[a.start..b.end].split_at_mut(a.len());
                    let n = shape.rows_columns(matrix).1;
                    (Some(lora.part(layer, matrix)), Into::Factors(view_mut(da, n), view_mut(db, lora.rank)))
                }
            };
            linear_backward(dy, x, &weights.matrix(layer, matrix), part, into, dx);
        };

        // Feed-forward part: x = middle + Down(silu(gate) up).
        let mut dgated = Array2::zeros(gated.raw_dim());
        product(&dx, &gated, Matrix::Down, &mut dgated);
        let (mut dgate, mut dup) = (dgated.clone(), dgated);
        ndarray::Zip::from(&mut dgate).and(&mut dup).and(&gate).and(&up).for_each(|dgate, dup, &gate, &up| {
            let sigmoid = 1.0 / (1.0 + exp(-gate));
            *dgate *= up * sigmoid * (1.0 + gate * (1.0 - sigmoid));
            *dup *= gate * sigmoid;
        });
        let mut dff_h = Array2::zeros(ff_h.raw_dim());
        product(&dgate, &ff_h, Matrix::Gate, &mut dff_h);
        product(&dup, &ff_h, Matrix::Up, &mut dff_h);
        let mut dmixed = Array2::zeros(mixed.raw_dim());
        let mut dnorm = vec![0.0; shape.dim];
        rms_norm_backward(&dff_h, &middle, norm(shape.ff_norm(layer)), Some(&mut dnorm), &mut dx);

        // Attention: middle = input + O(mixed).
        product(&dx, &mixed, Matrix::O, &mut dmixed);
        let [mut dq, mut dk, dv] =
            attention_backward(&dmixed, (&q, &k, &v), &probabilities, &batch.starts, shape.heads);
        for rotated in [&mut dq, &mut dk] {
            rotate_all(rotated, &batch.starts, &angles, shape.head_dim(), true);
        }
        let mut dattn_h = Array2::zeros(attn_h.raw_dim());
        product(&dq, &attn_h, Matrix::Q, &mut dattn_h);
        product(&dk, &attn_h, Matrix::K, &mut dattn_h);
        product(&dv, &attn_h, Matrix::V, &mut dattn_h);
        let mut dattn_norm = vec![0.0; shape.dim];
        rms_norm_backward(&dattn_h, &input, norm(shape.attn_norm(layer)), Some(&mut dattn_norm), &mut dx);
        if lora.is_none() {
            gradients[shape.ff_norm(layer)].copy_from_slice(&dnorm);
            gradients[shape.attn_norm(layer)].copy_from_slice(&dattn_norm);
        }
    }
    if lora.is_none() {
        let mut dembedding = view_mut(&mut gradients[shape.embedding()], shape.dim);
        for (row, &token) in dx.rows().into_iter().zip(&batch.tokens) {
            let mut to = dembedding.row_mut(token as usize);
            to += &row;
        }
    }
    (loss, gradients)
}

/// The mean cross-entropy. Replaces the logits by their gradients, (softmax - one at the target) / targets.
fn into_gradient(logits: &mut Array2<f32>, batch: &Batch) -> f64 {
    let share = 1.0 / batch.targets.len().max(1) as f32;
    let mut loss = 0.0;
    for (mut row, (_, target)) in logits.rows_mut().into_iter().zip(&batch.targets) {
        let Some(row) = row.as_slice_mut() else { continue };
        softmax(row);
        loss -= f64::from(row[*target as usize].max(1e-30)).ln();
        row[*target as usize] -= 1.0;
        row.iter_mut().for_each(|x| *x *= share);
    }
    loss * f64::from(share)
}
