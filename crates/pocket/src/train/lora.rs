//! LoRA on every matrix of every layer (Hu et al. 2021, arXiv:2106.09685).

use std::ops::Range;

use ndarray::ArrayView2;
use ndarray::linalg::general_mat_mul;

use super::weights::{MATRICES, Matrix, Shape, Weights, normal, round, view};

/// An adapter's factors, or their gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Lora {
    /// Sizes of the model that it belongs to.
    pub shape: Shape,
    /// Rank of the factors.
    pub rank: usize,
    /// The factor that their product is multiplied by: alpha / rank.
    pub scale: f32,
    /// For each matrix in order: A (rank, n), then B (d, rank).
    pub numbers: Vec<f32>,
}

/// An adapter's factors for one matrix.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'a> {
    pub(super) a: ArrayView2<'a, f32>,
    pub(super) b: ArrayView2<'a, f32>,
    pub(super) scale: f32,
}

impl Lora {
    /// A new adapter: A is normal with deviation 1 / sqrt(n), and B is zero, so it does not change the model yet.
    pub fn random(shape: Shape, rank: usize, scale: f32, rng: &mut fastrand::Rng) -> Self {
        let mut lora = Self { shape, rank, scale, numbers: Vec::new() };
        for _ in 0..shape.layers {
            for matrix in MATRICES {
                let (d, n) = shape.rows_columns(matrix);
                let deviation = 1.0 / (n as f32).sqrt();
                lora.numbers.extend((0..rank * n).map(|_| deviation * normal(rng)));
                lora.numbers.resize(lora.numbers.len() + d * rank, 0.0);
            }
        }
        lora
    }

    /// The ranges of a matrix's A and B in `numbers`.
    pub fn factors(&self, layer: usize, matrix: Matrix) -> (Range<usize>, Range<usize>) {
        let len = |matrix: &Matrix| {
            let (d, n) = self.shape.rows_columns(*matrix);
            (d + n) * self.rank
        };
        let before: usize = MATRICES.iter().take_while(|&&other| other != matrix).map(len).sum();
        let start = layer * MATRICES.iter().map(len).sum::<usize>() + before;
        let (d, n) = self.shape.rows_columns(matrix);
        let middle = start + self.rank * n;
        (start..middle, middle..middle + d * self.rank)
    }

    pub(super) fn part(&self, layer: usize, matrix: Matrix) -> Part<'_> {
        let (a, b) = self.factors(layer, matrix);
        let (_, n) = self.shape.rows_columns(matrix);
        Part { a: view(&self.numbers[a], n), b: view(&self.numbers[b], self.rank), scale: self.scale }
    }

    /// The model with `strength` times this adapter merged into its weights.
    pub fn merged(&self, base: &Weights, strength: f32) -> Weights {
        let mut out = base.clone();
        for layer in 0..self.shape.layers {
            for matrix in MATRICES {
                let Part { a, b, scale } = self.part(layer, matrix);
                general_mat_mul(strength * scale, &b, &a, 1.0, &mut out.matrix_mut(layer, matrix));
            }
        }
        out
    }

    /// Rounds all numbers to 16 bits, as they are stored in the file.
    pub fn round(&mut self) {
        round(&mut self.numbers);
    }
}
