//! LoRA on every matrix of every layer (Hu et al. 2021, arXiv:2106.09685).

use std::ops::Range;

use ndarray::ArrayView2;
use ndarray::linalg::general_mat_mul;

use super::weights::{MATRICES, Matrix, Shape, Weights, normal, round, view};

/// An adapter, or its gradients.
#[derive(Clone, Debug, PartialEq)]
pub struct Lora {
    /// Sizes of its model.
    pub shape: Shape,
    /// Width of the factors.
    pub rank: usize,
    /// What their product is multiplied by: alpha / rank.
    pub scale: f32,
    /// A (rank, n) and B (d, rank) of each matrix in turn.
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
    /// A normal with deviation 1 / sqrt(n), B zero: nothing is changed yet.
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

    /// Where A and B of a matrix stand.
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

    /// The model with this adapter folded in, `strength` times.
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

    /// Rounds all numbers to 16 bits, as the file stores them.
    pub fn round(&mut self) {
        round(&mut self.numbers);
    }
}
