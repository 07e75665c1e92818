//! The side path of an adapter: what is added to a matrix's products.

use super::matvec::dot;
use crate::tensors::LayerTensor;
use crate::{Adapter, LowRank};

/// The adapters beside one layer, and how much of each counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Side<'a> {
    /// The layer.
    pub layer: usize,
    /// All adapters.
    pub adapters: &'a [Adapter],
    /// The reader's scale s for each of them.
    pub scales: &'a [f32],
}

/// The same for several lanes, each with scales of its own.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The layer.
    pub layer: usize,
    /// All adapters.
    pub adapters: &'a [Adapter],
    /// Each lane's scales.
    pub scales: &'a [&'a [f32]],
}

impl<'a> Sides<'a> {
    /// Lane by lane.
    pub fn lanes(self) -> impl Iterator<Item = Side<'a>> {
        self.scales.iter().map(move |scales| Side { layer: self.layer, adapters: self.adapters, scales })
    }
}

impl Side<'_> {
    /// Adds the adapters' share of W (d, n) @ x (n,) to `out` (d,), where they have one.
    pub fn add(self, target: LayerTensor, x: &[f32], out: &mut [f32]) {
        for (adapter, &scale) in self.adapters.iter().zip(self.scales) {
            if let Some(part) = adapter.layers.get(self.layer).and_then(|parts| parts.get(&target)) {
                low_rank(part, scale, x, out);
            }
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
