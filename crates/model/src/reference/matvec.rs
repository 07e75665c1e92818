//! Matrix-vector product. The weights are decoded row by row.

use super::Matrix;

/// What to do with the products.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// Replace the output.
    Store,
    /// Add them to the output, which is the residual stream.
    Add,
}

impl Epilogue {
    /// Stores or adds one product.
    pub fn put(self, product: f32, out: &mut f32) {
        *out = match self {
            Self::Store => product,
            Self::Add => *out + product,
        };
    }
}

/// W (d, n) @ x (n,) -> out (d,).
pub fn matvec(w: &Matrix, x: &[f32], epilogue: Epilogue, out: &mut [f32]) {
    let mut row = vec![0.0; w.row_len];
    for (index, out) in out.iter_mut().enumerate().take(w.num_rows) {
        w.row(index, &mut row);
        epilogue.put(dot(&row, x), out);
    }
}

/// out (d,) += bias (d,), if there is a bias.
pub fn add_bias(bias: Option<&[f32]>, out: &mut [f32]) {
    for (out, bias) in out.iter_mut().zip(bias.unwrap_or_default()) {
        *out += bias;
    }
}

/// Sum of products, computed as eight interleaved sums: faster and more exact than one sum.
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    const LANES: usize = 8;
    let (a_chunks, a_rest) = a.as_chunks::<LANES>();
    let (b_chunks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (a, b) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}
