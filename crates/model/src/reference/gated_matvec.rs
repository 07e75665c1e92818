//! The first half of the feed-forward part: gate and up projections and their product.

use super::Matrix;
use super::gate::activate;
use super::matvec::dot;
use crate::config::Activation;

/// act(Wg (d, n) @ x (n,)) * (Wu (d, n) @ x) -> out (d,).
pub fn gated_matvec(gate: &Matrix, up: &Matrix, x: &[f32], activation: Activation, out: &mut [f32]) {
    let mut row = vec![0.0; gate.row_len];
    for (index, out) in out.iter_mut().enumerate().take(gate.num_rows) {
        gate.row(index, &mut row);
        let g = dot(&row, x);
        up.row(index, &mut row);
        *out = activate(g, activation) * dot(&row, x);
    }
}
