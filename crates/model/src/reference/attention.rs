//! Causal attention of one token over the KV cache, with grouped key and value heads (GQA).

use super::matvec::dot;

/// Numbers and width of the heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Number of query heads.
    pub num_heads: usize,
    /// Number of key and value heads.
    pub num_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
}

/// The positions that a token attends to, and the scale of its scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// Products of queries and keys are multiplied by this.
    pub scale: f32,
    /// Number of positions attended to, including the token's own. None means all.
    pub window: Option<usize>,
}

impl Reach {
    /// The first position that a token at `position` attends to.
    pub fn start(self, position: usize) -> usize {
        self.window.map_or(0, |window| (position + 1).saturating_sub(window))
    }
}

/// For each query head h with its key head g: out_h = sum over t of softmax(scale q_h . k_t,g)_t v_t,g, with t from the
/// start of the window to `position`. `q` and `out` are (q_dim,), the caches are (context, kv_dim).
pub fn attention(
    q: &[f32],
    k_cache: &[f32],
    v_cache: &[f32],
    position: usize,
    heads: Heads,
    reach: Reach,
    out: &mut [f32],
) {
    let Heads { num_heads, num_kv_heads, head_dim } = heads;
    let kv_dim = num_kv_heads * head_dim;
    let first = reach.start(position);
    let mut weights = vec![0.0; position + 1 - first];
    for (head, (q, out)) in q.chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim)).enumerate() {
        let start = head / (num_heads / num_kv_heads) * head_dim;
        for (t, weight) in (first..).zip(&mut weights) {
            *weight = dot(q, &k_cache[t * kv_dim + start..][..head_dim]) * reach.scale;
        }
        softmax(&mut weights);
        out.fill(0.0);
        for (t, weight) in (first..).zip(&weights) {
            for (out, v) in out.iter_mut().zip(&v_cache[t * kv_dim + start..][..head_dim]) {
                *out += weight * v;
            }
        }
    }
}

fn softmax(x: &mut [f32]) {
    let largest = x.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    x.iter_mut().for_each(|x| *x = (*x - largest).exp());
    let sum: f32 = x.iter().sum();
    x.iter_mut().for_each(|x| *x /= sum);
}
