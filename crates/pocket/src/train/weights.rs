//! A llama's weights: one list of numbers, with a range for each tensor.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

/// Sizes of a model. Each head has its own keys and values (no GQA), and the output head is the embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// Tokens of the vocabulary.
    pub vocab: usize,
    /// Width of the residual stream.
    pub dim: usize,
    /// Width of the feed-forward part.
    pub ff: usize,
    pub layers: usize,
    /// Number of attention heads. Each is dim / heads wide.
    pub heads: usize,
}

/// Epsilon of the RMS norm, added to the mean square.
pub const NORM_EPS: f32 = 1e-5;
/// Base of the RoPE frequencies.
pub const ROPE_THETA: f32 = 10_000.0;
/// Longest context in tokens.
pub const CONTEXT: usize = 256;

/// A matrix of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// Queries (dim, dim), with rows in GGUF's order: rotated pairs are neighbours.
    Q,
    /// Keys, in the same order.
    K,
    /// Values (dim, dim).
    V,
    /// Attention output (dim, dim).
    O,
    /// Gate (ff, dim).
    Gate,
    /// Up projection (ff, dim), multiplied by the gate.
    Up,
    /// Down projection, back to the residual stream (dim, ff).
    Down,
}

/// All matrices of a layer, in the order in which they are stored.
pub const MATRICES: [Matrix; 7] = [Matrix::Q, Matrix::K, Matrix::V, Matrix::O, Matrix::Gate, Matrix::Up, Matrix::Down];

impl Shape {
    /// Width of an attention head.
    pub const fn head_dim(&self) -> usize {
        self.dim / self.heads
    }

    /// Rows and columns (d, n) of a matrix.
    pub const fn rows_columns(&self, matrix: Matrix) -> (usize, usize) {
        match matrix {
            Matrix::Q | Matrix::K | Matrix::V | Matrix::O => (self.dim, self.dim),
            Matrix::Gate | Matrix::Up => (self.ff, self.dim),
            Matrix::Down => (self.dim, self.ff),
        }
    }

    const fn len_of(&self, matrix: Matrix) -> usize {
        let (d, n) = self.rows_columns(matrix);
        d * n
    }

    /// Number of weights of a layer: its matrices, then its two norms.
    fn layer_len(&self) -> usize {
        MATRICES.iter().map(|&matrix| self.len_of(matrix)).sum::<usize>() + 2 * self.dim
    }

    /// Number of weights of a model.
    pub fn num_weights(&self) -> usize {
        self.vocab * self.dim + self.layers * self.layer_len() + self.dim
    }

    /// The range of the embedding (vocab, dim).
    pub const fn embedding(&self) -> Range<usize> {
        0..self.vocab * self.dim
    }

    fn layer_start(&self, layer: usize) -> usize {
        self.vocab * self.dim + layer * self.layer_len()
    }

    /// The range of a matrix.
    pub fn matrix(&self, layer: usize, matrix: Matrix) -> Range<usize> {
        let before: usize =
            MATRICES.iter().take_while(|&&other| other != matrix).map(|&other| self.len_of(other)).sum();
        let start = self.layer_start(layer) + before;
        start..start + self.len_of(matrix)
    }

    /// The range of the norm (dim,) before attention.
    pub fn attn_norm(&self, layer: usize) -> Range<usize> {
        let end = self.layer_start(layer + 1);
        end - 2 * self.dim..end - self.dim
    }

    /// The range of the norm (dim,) before the feed-forward part.
    pub fn ff_norm(&self, layer: usize) -> Range<usize> {
        let end = self.layer_start(layer + 1);
        end - self.dim..end
    }

    /// The range of the last norm (dim,).
    pub fn output_norm(&self) -> Range<usize> {
        let start = self.layer_start(self.layers);
        start..start + self.dim
    }
}

/// A model's weights, or their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Sizes of the model.
    pub shape: Shape,
    /// All numbers. [`Shape`] gives the ranges.
    pub numbers: Vec<f32>,
}

impl Weights {
    /// Weights or gradients that are all zero.
    pub fn zeros(shape: Shape) -> Self {
        Self { shape, numbers: vec![0.0; shape.num_weights()] }
    }

    /// Random weights. Norms are one. Matrices are normal with deviation 1 / sqrt(n); those that write to the residual
    /// stream are smaller by a factor of sqrt(2 layers) (Radford et al. 2019). The embedding has deviation 0.5 /
    /// sqrt(dim), because it is also the output head.
    pub fn random(shape: Shape, rng: &mut fastrand::Rng) -> Self {
        let mut weights = Self::zeros(shape);
        let mut fill =
            |numbers: &mut [f32], deviation: f32| numbers.iter_mut().for_each(|x| *x = deviation * normal(rng));
        fill(&mut weights.numbers[shape.embedding()], 0.5 / (shape.dim as f32).sqrt());
        for layer in 0..shape.layers {
            for matrix in MATRICES {
                let (_, n) = shape.rows_columns(matrix);
                let residual = if matches!(matrix, Matrix::O | Matrix::Down) { 2.0 * shape.layers as f32 } else { 1.0 };
                fill(&mut weights.numbers[shape.matrix(layer, matrix)], 1.0 / (n as f32 * residual).sqrt());
            }
            weights.numbers[shape.attn_norm(layer)].fill(1.0);
            weights.numbers[shape.ff_norm(layer)].fill(1.0);
        }
        weights.numbers[shape.output_norm()].fill(1.0);
        weights
    }

    /// The embedding (vocab, dim).
    pub fn embedding(&self) -> ArrayView2<'_, f32> {
        view(&self.numbers[self.shape.embedding()], self.shape.dim)
    }

    /// A matrix (d, n).
    pub fn matrix(&self, layer: usize, matrix: Matrix) -> ArrayView2<'_, f32> {
        view(&self.numbers[self.shape.matrix(layer, matrix)], self.shape.rows_columns(matrix).1)
    }

    /// A matrix (d, n), mutable.
    pub fn matrix_mut(&mut self, layer: usize, matrix: Matrix) -> ArrayViewMut2<'_, f32> {
        let (range, (_, n)) = (self.shape.matrix(layer, matrix), self.shape.rows_columns(matrix));
        view_mut(&mut self.numbers[range], n)
    }

    /// Rounds all numbers to 16 bits, as they are stored in the file. The measured model is then the shipped one.
    pub fn round(&mut self) {
        round(&mut self.numbers);
    }
}

/// Rounds numbers to half precision.
pub(super) fn round(numbers: &mut [f32]) {
    numbers.iter_mut().for_each(|x| *x = half::f16::from_f32(*x).to_f32());
}

/// A standard normal number (Box and Muller 1958).
pub(super) fn normal(rng: &mut fastrand::Rng) -> f32 {
    let radius = (-2.0 * (1.0 - rng.f32()).ln()).sqrt();
    radius * (std::f32::consts::TAU * rng.f32()).cos()
}

/// A matrix with rows of `columns` numbers.
pub(crate) fn view(numbers: &[f32], columns: usize) -> ArrayView2<'_, f32> {
    let Ok(view) = ArrayView2::from_shape((numbers.len() / columns, columns), numbers) else {
        unreachable!("ranges hold whole rows")
    };
    view
}

/// A mutable matrix with rows of `columns` numbers.
pub(crate) fn view_mut(numbers: &mut [f32], columns: usize) -> ArrayViewMut2<'_, f32> {
    let Ok(view) = ArrayViewMut2::from_shape((numbers.len() / columns, columns), numbers) else {
        unreachable!("ranges hold whole rows")
    };
    view
}
