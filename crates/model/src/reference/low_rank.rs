//! The low-rank path of an adapter: the low-rank product that is added to a matrix's output.

use super::matvec::dot;
use crate::tensors::LayerTensor;
use crate::{Adapter, LowRank};

/// The adapters of one layer and their scales.
#[derive(Clone, Copy, Debug, Default)]
pub struct LayerAdapters<'a> {
    /// The layer's index.
    pub layer: usize,
    /// All adapters of the model.
    pub adapters: &'a [Adapter],
    /// The scale s of each adapter, set by the user.
    pub scales: &'a [f32],
}

/// The same for several lanes. Each lane has its own scales.
#[derive(Clone, Copy, Debug)]
pub struct LaneAdapters<'a> {
    /// The layer's index.
    pub layer: usize,
    /// All adapters of the model.
    pub adapters: &'a [Adapter],
    /// The scales of each lane.
    pub scales: &'a [&'a [f32]],
}

impl<'a> LaneAdapters<'a> {
    /// The adapters of each lane in turn.
    pub fn lanes(self) -> impl Iterator<Item = LayerAdapters<'a>> {
        self.scales.iter().map(move |scales| LayerAdapters { layer: self.layer, adapters: self.adapters, scales })
    }
}

impl LayerAdapters<'_> {
    /// Adds the adapters' part of W (d, n) @ x (n,) to `out` (d,), if they adapt this matrix.
    pub fn add(self, target: LayerTensor, x: &[f32], out: &mut [f32]) {
        for (adapter, &scale) in self.adapters.iter().zip(self.scales) {
            if let Some(part) = adapter.layers.get(self.layer).and_then(|parts| parts.get(&target)) {
                low_rank(part, scale, x, out);
            }
        }
    }
}

/// out (d,) += s * scale * B (d, rank) @ (A (rank, n) @ x (n,)). With s = 0, `out` does not change at all.
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
