//! The forward pass over texts. It keeps what the backward pass needs.

use ndarray::Array2;

use super::attention::attention;
use super::exp::exp;
use super::linear::{linear, matmul_nt};
use super::lora::Lora;
use super::norm::{angles, rms_norm, rotate};
use super::weights::{Matrix, Weights};

/// Texts one after another, with the tokens to learn. Each text attends only to itself.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The tokens of all texts.
    pub tokens: Vec<u32>,
    /// Index where each text starts, and the end of the last.
    pub starts: Vec<usize>,
    /// Positions that predict a learnt token, and that token.
    pub targets: Vec<(usize, u32)>,
}

impl Batch {
    /// Adds a text. `is_learnt` selects the tokens to learn. The first token cannot be learnt.
    pub fn push(&mut self, tokens: &[u32], is_learnt: impl Fn(usize) -> bool) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        let start = self.tokens.len();
        self.targets.extend((1..tokens.len()).filter(|&at| is_learnt(at)).map(|at| (start + at - 1, tokens[at])));
        self.tokens.extend(tokens);
        self.starts.push(self.tokens.len());
    }

    fn longest(&self) -> usize {
        self.starts.windows(2).map(|text| text[1] - text[0]).max().unwrap_or_default()
    }
}

/// Intermediate results of a layer. All are (tokens, width).
#[derive(Debug)]
pub(super) struct LayerTape {
    pub(super) input: Array2<f32>,
    pub(super) attn_h: Array2<f32>,
    pub(super) q: Array2<f32>,
    pub(super) k: Array2<f32>,
    pub(super) v: Array2<f32>,
    pub(super) probabilities: Vec<Array2<f32>>,
    pub(super) mixed: Array2<f32>,
    pub(super) middle: Array2<f32>,
    pub(super) ff_h: Array2<f32>,
    pub(super) gate: Array2<f32>,
    pub(super) up: Array2<f32>,
    pub(super) gated: Array2<f32>,
}

/// Intermediate results of a forward pass.
#[derive(Debug)]
pub struct Tape {
    pub(super) layers: Vec<LayerTape>,
    /// The residual stream (tokens, dim) after the last layer.
    pub(super) last: Array2<f32>,
    /// The rows of the residual stream at the targets, and their norm.
    pub(super) chosen: Array2<f32>,
    pub(super) chosen_h: Array2<f32>,
    pub(super) angles: Vec<[f32; 2]>,
    /// Logits (targets, vocab).
    pub logits: Array2<f32>,
}

impl Tape {
    /// The residual stream (tokens, dim) after the given layer.
    pub fn after(&self, layer: usize) -> &Array2<f32> {
        self.layers.get(layer + 1).map_or(&self.last, |next| &next.input)
    }
}

/// Rotates every row of x (tokens, dim) by its position in its text.
pub(super) fn rotate_all(x: &mut Array2<f32>, starts: &[usize], angles: &[[f32; 2]], head_dim: usize, back: bool) {
    let pairs = head_dim / 2;
    for text in starts.windows(2) {
        for at in text[0]..text[1] {
            let position = at - text[0];
            if let Some(row) = x.row_mut(at).as_slice_mut() {
                rotate(row, &angles[position * pairs..][..pairs], back);
            }
        }
    }
}

/// x sigmoid(x).
pub(crate) fn silu(x: f32) -> f32 {
    x / (1.0 + exp(-x))
}

/// The forward pass.
pub fn forward(weights: &Weights, lora: Option<&Lora>, batch: &Batch) -> Tape {
    let shape = weights.shape;
    let norm = |range: std::ops::Range<usize>| &weights.numbers[range];
    let embedding = weights.embedding();
    let mut x = Array2::zeros((batch.tokens.len(), shape.dim));
    for (mut row, &token) in x.rows_mut().into_iter().zip(&batch.tokens) {
        row.assign(&embedding.row(token as usize));
    }
    let angles = angles(batch.longest(), shape.head_dim());
    let mut layers = Vec::with_capacity(shape.layers);
    for layer in 0..shape.layers {
        let product = |x: &Array2<f32>, matrix: Matrix| {
            linear(x, &weights.matrix(layer, matrix), lora.map(|lora| lora.part(layer, matrix)))
        };
        let attn_h = rms_norm(&x, norm(shape.attn_norm(layer)));
        let (mut q, mut k) = (product(&attn_h, Matrix::Q), product(&attn_h, Matrix::K));
        let v = product(&attn_h, Matrix::V);
        for rotated in [&mut q, &mut k] {
            rotate_all(rotated, &batch.starts, &angles, shape.head_dim(), false);
        }
        let (mixed, probabilities) = attention(&q, &k, &v, &batch.starts, shape.heads);
        let middle = &x + &product(&mixed, Matrix::O);
        let ff_h = rms_norm(&middle, norm(shape.ff_norm(layer)));
        let (gate, up) = (product(&ff_h, Matrix::Gate), product(&ff_h, Matrix::Up));
        let mut gated = up.clone();
        gated.zip_mut_with(&gate, |out, &gate| *out *= silu(gate));
        let next = &middle + &product(&gated, Matrix::Down);
        let input = std::mem::replace(&mut x, next);
        layers.push(LayerTape { input, attn_h, q, k, v, probabilities, mixed, middle, ff_h, gate, up, gated });
    }
    let rows: Vec<usize> = batch.targets.iter().map(|(at, _)| *at).collect();
    let chosen = x.select(ndarray::Axis(0), &rows);
    let chosen_h = rms_norm(&chosen, norm(shape.output_norm()));
    let logits = matmul_nt(&chosen_h.view(), &embedding);
    Tape { layers, last: x, chosen, chosen_h, angles, logits }
}
