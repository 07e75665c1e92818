//! A llama's weights: one list of numbers, with places in it.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2};

/// Sizes of a model. Heads have keys and values of their own, and the head of the model is its embedding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Shape {
    /// Tokens.
    pub vocab: usize,
    /// Width of the residual stream.
    pub dim: usize,
    /// Width inside the feed-forward part.
    pub ff: usize,
    /// Layers.
    pub layers: usize,
    /// Heads; each is dim / heads wide.
    pub heads: usize,
}

/// Added to the mean square before the root.
pub const NORM_EPS: f32 = 1e-5;
/// Base of the rotation frequencies.
pub const ROPE_THETA: f32 = 10_000.0;
/// Positions that a model is made for.
pub const CONTEXT: usize = 256;

/// A matrix of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matrix {
    /// Queries (dim, dim), rows as GGUF has them: rotated pairs are neighbours.
    Q,
    /// Keys, alike.
    K,
    /// Values.
    V,
    /// Attention's output.
    O,
    /// Gate (ff, dim).
    Gate,
    /// What the gate lets through (ff, dim).
    Up,
    /// Back to the residual stream (dim, ff).
    Down,
}

/// All of a layer, in the order they are stored in.
pub const MATRICES: [Matrix; 7] = [Matrix::Q, Matrix::K, Matrix::V, Matrix::O, Matrix::Gate, Matrix::Up, Matrix::Down];

impl Shape {
    /// Width of a head.
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

    /// Numbers of a layer: its matrices, then its two norms.
    fn layer_len(&self) -> usize {
        MATRICES.iter().map(|&matrix| self.len_of(matrix)).sum::<usize>() + 2 * self.dim
    }

    /// Numbers of a model.
    pub fn num_weights(&self) -> usize {
        self.vocab * self.dim + self.layers * self.layer_len() + self.dim
    }

    /// Where the embedding (vocab, dim) stands.
    pub const fn embedding(&self) -> Range<usize> {
        0..self.vocab * self.dim
    }

    fn layer_start(&self, layer: usize) -> usize {
        self.vocab * self.dim + layer * self.layer_len()
    }

    /// Where a matrix stands.
    pub fn matrix(&self, layer: usize, matrix: Matrix) -> Range<usize> {
        let before: usize =
            MATRICES.iter().take_while(|&&other| other != matrix).map(|&other| self.len_of(other)).sum();
        let start = self.layer_start(layer) + before;
        start..start + self.len_of(matrix)
    }

    /// Where the norm (dim,) before attention stands.
    pub fn attn_norm(&self, layer: usize) -> Range<usize> {
        let end = self.layer_start(layer + 1);
        end - 2 * self.dim..end - self.dim
    }

    /// Where the norm (dim,) before the feed-forward part stands.
    pub fn ff_norm(&self, layer: usize) -> Range<usize> {
        let end = self.layer_start(layer + 1);
        end - self.dim..end
    }

    /// Where the last norm (dim,) stands.
    pub fn output_norm(&self) -> Range<usize> {
        let start = self.layer_start(self.layers);
        start..start + self.dim
    }
}

/// A model's numbers, or their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Sizes.
    pub shape: Shape,
    /// All numbers, placed by [`Shape`].
    pub numbers: Vec<f32>,
}

impl Weights {
    /// All zero.
    pub fn zeros(shape: Shape) -> Self {
        Self { shape, numbers: vec![0.0; shape.num_weights()] }
    }

    /// Norms of one; matrices normal with deviation 1 / sqrt(n), those that write to the residual stream smaller by
    /// sqrt(2 layers) (Radford et al. 2019); the embedding with 0.5 / sqrt(dim), since it is the head too.
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

    /// A matrix, to change.
    pub fn matrix_mut(&mut self, layer: usize, matrix: Matrix) -> ArrayViewMut2<'_, f32> {
        let (range, (_, n)) = (self.shape.matrix(layer, matrix), self.shape.rows_columns(matrix));
        view_mut(&mut self.numbers[range], n)
    }

    /// Rounds all numbers to 16 bits, as the file stores them, so that what is measured is what is shipped.
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

/// Rows of `columns` numbers.
pub(crate) fn view(numbers: &[f32], columns: usize) -> ArrayView2<'_, f32> {
    let Ok(view) = ArrayView2::from_shape((numbers.len() / columns, columns), numbers) else {
        unreachable!("ranges hold whole rows")
    };
    view
}

/// Rows of `columns` numbers, to change.
pub(crate) fn view_mut(numbers: &mut [f32], columns: usize) -> ArrayViewMut2<'_, f32> {
    let Ok(view) = ArrayViewMut2::from_shape((numbers.len() / columns, columns), numbers) else {
        unreachable!("ranges hold whole rows")
    };
    view
}
