//! Causal attention of one token over the cache, with grouped key and value heads.

use super::matvec::dot;

/// Shape of an attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Query heads.
    pub num_heads: usize,
    /// Key and value heads.
    pub num_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
}

/// What an attention looks at, and how its scores are scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// Products of queries and keys are multiplied by this.
    pub scale: f32,
    /// The last positions only, the token's own included.
    pub window: Option<usize>,
}

impl Reach {
    /// The first position that a token at `position` attends to.
    pub fn start(self, position: usize) -> usize {
        self.window.map_or(0, |window| (position + 1).saturating_sub(window))
    }
}

/// For each head h with its key head g: out_h = sum over t of softmax(scale q_h . k_t,g)_t v_t,g, for t from the start of
/// the window up to `position`. `q` and `out` are (q_dim,), the caches (context, kv_dim).
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
