//! The operations of a forward pass that have a faster version, and the storage of its matrices. [`Exact`] is the
//! reference. `model::cpu::Fast` runs the same forward pass on machines without a GPU.

use std::fmt::Debug;

use super::attention::{Heads, Reach, attention};
use super::gate::gate;
use super::matvec::{Epilogue, dot};
use super::weights::Matrix;
use crate::ModelError;
use crate::config::Activation;
use crate::gguf::TensorInfo;

/// W (num_rows, row_len) in the storage of a forward pass.
pub trait StoredMatrix: Debug + Sized {
    /// Each push must have a multiple of this many rows, except the last one of a tensor.
    const ROW_MULTIPLE: u64 = 1;

    /// Allocates an empty matrix for a tensor.
    ///
    /// # Errors
    /// [`ModelError::Memory`] when there is not enough memory.
    fn new(tensor: &TensorInfo) -> Result<Self, ModelError>;

    /// Adds the next rows, as stored in the file.
    fn push(&mut self, rows: &[u8]);

    /// Decodes a row into `out` (row_len,).
    fn row(&self, index: usize, out: &mut [f32]);

    /// Decodes a tensor that is a single row.
    fn into_vector(self) -> Vec<f32>;
}

/// The operations of a forward pass. Several tokens are processed together: x is (tokens, n), one token after the
/// other.
pub trait Maths: Debug {
    /// The storage of a weight matrix.
    type Matrix: StoredMatrix;
    /// The prepared input of matrix products. It is made once for all matrices that share it.
    type Input<'a>;

    /// Prepares x (tokens, n) for matrix products.
    fn input(x: &[f32], num_tokens: usize) -> Self::Input<'_>;

    /// Computes W (d, n) @ x (n,) for each token. The d products of token t are written to `out` from `t * stride` on.
    fn matmul(w: &Self::Matrix, x: &Self::Input<'_>, epilogue: Epilogue, out: &mut [f32], stride: usize);

    /// See [`attention()`].
    fn attention(
        q: &[f32],
        k_cache: &[f32],
        v_cache: &[f32],
        position: usize,
        heads: Heads,
        reach: Reach,
        out: &mut [f32],
    ) {
        attention(q, k_cache, v_cache, position, heads, reach, out);
    }

    /// See [`gate()`].
    fn gate(gate_up: &[f32], activation: Activation, out: &mut [f32]) {
        gate(gate_up, activation, out);
    }
}

/// The plain f32 operations. All other implementations are compared with them.
#[derive(Clone, Copy, Debug)]
pub struct Exact;

impl Maths for Exact {
    type Matrix = Matrix;
    type Input<'a> = (&'a [f32], usize);

    fn input(x: &[f32], num_tokens: usize) -> (&[f32], usize) {
        (x, num_tokens)
    }

    fn matmul(w: &Matrix, &(x, num_tokens): &(&[f32], usize), epilogue: Epilogue, out: &mut [f32], stride: usize) {
        let mut row = vec![0.0; w.row_len];
        for index in 0..w.num_rows {
            w.row(index, &mut row);
            for token in 0..num_tokens {
                epilogue.put(dot(&row, &x[token * w.row_len..][..w.row_len]), &mut out[token * stride + index]);
            }
        }
    }
}
