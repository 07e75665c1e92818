//! Causal attention of one token over the KV cache, four floats at a time.

use wide::f32x4;

use super::dot::dot;

/// Floats of the values that are summed at a time.
const CHUNK: usize = 16;

/// Shape and scale of an attention operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attention {
    /// Number of query heads.
    pub num_heads: usize,
    /// Number of key and value heads (GQA).
    pub num_kv_heads: usize,
    /// Width of a head: a multiple of four.
    pub head_dim: usize,
    /// Products of queries and keys are multiplied by this.
    pub scale: f32,
}

/// For each query head h with its key head g: out_h = sum over all t of softmax(scale q_h . k_t,g)_t v_t,g. `q` and
/// `out` are (num_heads head_dim,). `k` and `v` are (tokens, num_kv_heads head_dim) and hold only the tokens that are
/// attended to.
pub fn attention(q: &[f32], k: &[f32], v: &[f32], shape: Attention, out: &mut [f32]) {
    let Attention { num_heads, num_kv_heads, head_dim, scale } = shape;
    let kv_dim = num_kv_heads * head_dim;
    // Padded to whole groups of four. The padding has a weight of zero.
    let num_tokens = k.len() / kv_dim;
    let mut weights = vec![f32::NEG_INFINITY; num_tokens.next_multiple_of(4)];
    for (head, (q, out)) in q.chunks_exact(head_dim).zip(out.chunks_exact_mut(head_dim)).enumerate() {
        let start = head / (num_heads / num_kv_heads) * head_dim;
        for (k, weight) in k.chunks_exact(kv_dim).zip(&mut weights[..num_tokens]) {
            *weight = dot(q, &k[start..][..head_dim]) * scale;
        }
        weights[num_tokens..].fill(f32::NEG_INFINITY);
        softmax(&mut weights);
        for (at, out) in out.chunks_mut(CHUNK).enumerate() {
            add_up(&weights[..num_tokens], &v[start + at * CHUNK..], kv_dim, out);
        }
    }
}

/// out (at most 16,) = sum over t of weight_t values_t.
fn add_up(weights: &[f32], values: &[f32], stride: usize, out: &mut [f32]) {
    let Some(out) = out.first_chunk_mut::<CHUNK>() else {
        for (lane, out) in out.iter_mut().enumerate() {
            *out = weights.iter().enumerate().map(|(t, weight)| weight * values[t * stride + lane]).sum();
        }
        return;
    };
    let mut sums = [f32x4::ZERO; CHUNK / 4];
    for (weight, values) in weights.iter().zip(values.chunks(stride)) {
        let Some(values) = values.first_chunk::<CHUNK>() else { break };
        let values: [f32x4; CHUNK / 4] = bytemuck::cast(*values);
        let weight = f32x4::splat(*weight);
        for (sum, values) in sums.iter_mut().zip(values) {
            *sum += weight * values;
        }
    }
    *out = bytemuck::cast(sums);
}

fn softmax(x: &mut [f32]) {
    let largest = f32x4::splat(x.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let mut sum = f32x4::ZERO;
    let quads = x.as_chunks_mut::<4>().0;
    for quad in quads.iter_mut() {
        let weights = (f32x4::new(*quad) - largest).exp();
        sum += weights;
        *quad = weights.to_array();
    }
    let inverse = f32x4::splat(1.0 / sum.reduce_add());
    for quad in quads {
        *quad = (f32x4::new(*quad) * inverse).to_array();
    }
}
