//! Normalises queries and keys (if the model does so), rotates them by their position, and writes keys and values to
//! the KV cache.

use super::rms_norm::rms_norm_in_place;
use crate::config::RopeStyle;

/// How queries and keys are transformed before attention.
#[derive(Clone, Copy, Debug)]
pub struct Rope<'a> {
    /// How dimensions are paired for rotation.
    pub style: RopeStyle,
    /// Cosine and sine of the head_dim / 2 angles of the position.
    pub angles: &'a [[f32; 2]],
    /// Norms of the query and key heads before their rotation, if the model has them.
    pub norm: Option<QkNorm<'a>>,
}

/// Weights of the norms of the query and key heads.
#[derive(Clone, Copy, Debug)]
pub struct QkNorm<'a> {
    /// Weights for queries, (head_dim,).
    pub q: &'a [f32],
    /// Weights for keys, (head_dim,).
    pub k: &'a [f32],
    /// Epsilon: added to the mean square before the root.
    pub eps: f32,
}

/// `qkv` is q (q_dim,), k (kv_dim,), v (kv_dim,). Normalises and rotates q in place. Writes the normalised, rotated k
/// and the v (kv_dim,) to `position` of the caches, which are (context, kv_dim).
pub fn rope_cache(
    qkv: &mut [f32],
    rope: Rope<'_>,
    position: usize,
    k_cache: &mut [f32],
    v_cache: &mut [f32],
    kv_dim: usize,
) {
    let q_dim = qkv.len() - 2 * kv_dim;
    let head_dim = rope.angles.len() * 2;
    let (rotated, v) = qkv.split_at_mut(q_dim + kv_dim);
    for (index, head) in rotated.chunks_exact_mut(head_dim).enumerate() {
        if let Some(QkNorm { q, k, eps }) = rope.norm {
            rms_norm_in_place(head, if index * head_dim < q_dim { q } else { k }, eps);
        }
        rotate(head, rope.angles, rope.style);
    }
    let slot = position * kv_dim..(position + 1) * kv_dim;
    k_cache[slot.clone()].copy_from_slice(&rotated[q_dim..]);
    v_cache[slot].copy_from_slice(v);
}

fn rotate(head: &mut [f32], angles: &[[f32; 2]], style: RopeStyle) {
    for (pair, [cos, sin]) in angles.iter().enumerate() {
        let (i, j) = match style {
            RopeStyle::Interleaved => (2 * pair, 2 * pair + 1),
            RopeStyle::Halves => (pair, pair + angles.len()),
        };
        let (a, b) = (head[i], head[j]);
        head[i] = a * cos - b * sin;
        head[j] = a * sin + b * cos;
    }
}
