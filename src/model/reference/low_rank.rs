//! The side path of an adapter: what is added to a matrix's products.

use std::collections::BTreeMap;

use super::matvec::dot;
use crate::model::LowRank;
use crate::model::tensors::LayerTensor;

/// An adapter's part in one layer, and how much of it counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side<'a> {
    /// Its matrices; `None` when no adapter is on.
    pub parts: Option<&'a BTreeMap<LayerTensor, LowRank>>,
    /// The reader's scale s.
    pub scale: f32,
}

impl Side<'_> {
    /// Adds the adapter's share of W (d, n) @ x (n,) to `out` (d,), if it has one.
    pub fn add(self, target: LayerTensor, x: &[f32], out: &mut [f32]) {
        if let Some(part) = self.parts.and_then(|parts| parts.get(&target)) {
            low_rank(part, self.scale, x, out);
        }
    }
}

/// out (d,) += s * scale * B (d, rank) @ (A (rank, n) @ x (n,)). With s = 0 nothing is touched, to the bit.
pub fn low_rank(part: &LowRank, s: f32, x: &[f32], out: &mut [f32]) {
    let factor = s * part.scale;
    if factor == 0.0 {
        return;
    }
    let z: Vec<f32> = part.a.chunks_exact(x.len()).map(|row| factor * dot(row, x)).collect();
    for (out, row) in out.iter_mut().zip(part.b.chunks_exact(part.rank)) {
        *out += dot(row, &z);
    }
}
