//! Products with a weight matrix, and their gradients.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2};

use super::lora::Part;

/// x (tokens, n) W (d, n)^T -> (tokens, d).
pub fn matmul_nt(x: &ArrayView2<'_, f32>, w: &ArrayView2<'_, f32>) -> Array2<f32> {
    let mut y = Array2::zeros((x.nrows(), w.nrows()));
    general_mat_mul(1.0, x, &w.t(), 0.0, &mut y);
    y
}

/// y (tokens, d) = x (tokens, n) W^T + s (x A^T) B^T, with A (rank, n) and B (d, rank).
pub(super) fn linear(x: &Array2<f32>, w: &ArrayView2<'_, f32>, lora: Option<Part<'_>>) -> Array2<f32> {
    let mut y = matmul_nt(&x.view(), w);
    if let Some(Part { a, b, scale }) = lora {
        general_mat_mul(scale, &matmul_nt(&x.view(), &a), &b.t(), 1.0, &mut y);
    }
    y
}

/// The destination of a product's gradients.
pub(super) enum Into<'a> {
    Matrix(ArrayViewMut2<'a, f32>),
    /// The factors A and B.
    Factors(ArrayViewMut2<'a, f32>, ArrayViewMut2<'a, f32>),
}

/// Adds dW = dy^T x, or dA = s (dy B)^T x and dB = s dy^T (x A^T), and dx = dy W + s (dy B) A.
pub(super) fn linear_backward(
    dy: &Array2<f32>,
    x: &Array2<f32>,
    w: &ArrayView2<'_, f32>,
    lora: Option<Part<'_>>,
    into: Into<'_>,
    dx: &mut Array2<f32>,
) {
    general_mat_mul(1.0, dy, w, 1.0, dx);
    match (into, lora) {
        (Into::Matrix(mut dw), _) => general_mat_mul(1.0, &dy.t(), x, 1.0, &mut dw),
        (Into::Factors(mut da, mut db), Some(Part { a, b, scale })) => {
            let dy_b = dy.dot(&b);
            general_mat_mul(scale, &dy_b.t(), x, 1.0, &mut da);
            general_mat_mul(scale, &dy.t(), &matmul_nt(&x.view(), &a), 1.0, &mut db);
            general_mat_mul(scale, &dy_b, &a, 1.0, dx);
        }
        (Into::Factors(..), None) => {}
    }
}
