//! The forward pass for machines without a GPU: the same steps as in the reference, with matrices and operations in
//! SIMD.

mod matrix;

use askew_kernels::Input;

use super::config::Activation;
use super::reference::attention::{Heads, Reach};
use super::reference::matvec::Epilogue;
use super::reference::{Forward, Maths};

pub use matrix::FastMatrix;

/// A model on the CPU with SIMD operations, with its KV cache.
pub type FastModel = Forward<Fast>;

/// The SIMD operations. Activations are rounded to integers for quantized weights.
#[derive(Clone, Copy, Debug)]
pub struct Fast;

impl Maths for Fast {
    type Matrix = FastMatrix;
    type Input<'a> = Input<'a>;

    fn input(x: &[f32], num_tokens: usize) -> Input<'_> {
        Input::new(x, num_tokens)
    }

    fn matmul(w: &FastMatrix, x: &Input<'_>, epilogue: Epilogue, out: &mut [f32], stride: usize) {
        w.matmul(x, epilogue, out, stride);
    }

    fn attention(
        q: &[f32],
        k_cache: &[f32],
        v_cache: &[f32],
        position: usize,
        heads: Heads,
        reach: Reach,
        out: &mut [f32],
    ) {
        let shape = askew_kernels::Attention {
            num_heads: heads.num_heads,
            num_kv_heads: heads.num_kv_heads,
            head_dim: heads.head_dim,
            scale: reach.scale,
        };
        let kv_dim = heads.num_kv_heads * heads.head_dim;
        let seen = reach.start(position) * kv_dim..(position + 1) * kv_dim;
        askew_kernels::attention(q, &k_cache[seen.clone()], &v_cache[seen], shape, out);
    }

    fn gate(gate_up: &[f32], activation: Activation, out: &mut [f32]) {
        let activation = match activation {
            Activation::Silu => askew_kernels::Activation::Silu,
            Activation::GeluTanh => askew_kernels::Activation::GeluTanh,
        };
        askew_kernels::gate(gate_up, activation, out);
    }
}
