//! Every operation of the fast CPU path against the reference, over odd shapes.
//!
//! Activations are rounded to 16 bits, so products are far more exact than the limit for `fast` (2e-3, which applies to
//! the whole forward pass). They must meet the limits for exact kernels (`gpu::checks`): NMSE 1e-7 element by element,
//! 1e-6 for products.

mod common;

use askew::gpu::checks::nmse;
use askew::model::config::Activation;
use askew::model::cpu::{Fast, FastMatrix};
use askew::model::gguf::TensorInfo;
use askew::model::quant::Quant;
use askew::model::reference::attention::{Heads, Reach};
use askew::model::reference::matvec::Epilogue;
use askew::model::reference::{Exact, Maths, Matrix, StoredMatrix};
use common::gguf::{noise, random_weights};
use proptest::prelude::*;

const ELEMENTWISE_NMSE: f64 = 1e-7;
const PRODUCT_NMSE: f64 = 1e-6;

/// The same random weights in the layouts of the reference and of the fast path.
fn matrices(quant: Quant, num_rows: usize, row_len: usize, seed: u64) -> (Matrix, FastMatrix) {
    let bytes = random_weights(quant, num_rows * row_len, 0.5, seed);
    let info = TensorInfo {
        name: "test".into(),
        shape: vec![row_len as u64, num_rows as u64],
        quant,
        offset: 0,
        num_bytes: bytes.len() as u64,
    };
    let mut fast = FastMatrix::new(&info).expect("there is room");
    // In two batches, as from a stream.
    let multiple = usize::try_from(FastMatrix::ROW_MULTIPLE).expect("small");
    let cut = num_rows / 2 / multiple * multiple * quant.row_bytes(row_len);
    fast.push(&bytes[..cut]);
    fast.push(&bytes[cut..]);
    (Matrix { quant, num_rows, row_len, bytes }, fast)
}

#[test]
fn rows_decode_as_the_reference_does() {
    for quant in Quant::all() {
        let (exact, fast) = matrices(quant, 7, 768, 3);
        let (mut expected, mut found) = (vec![0.0; 768], vec![0.0; 768]);
        for index in 0..7 {
            exact.row(index, &mut expected);
            fast.row(index, &mut found);
            assert_eq!(found, expected, "{quant:?}, row {index}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn products_agree(num_rows in 1..40usize, blocks in 1..5usize, num_tokens in 1..11usize, seed in 0..1000u64) {
        for quant in Quant::all() {
            let row_len = blocks * quant.block_len().max(32);
            let (exact, fast) = matrices(quant, num_rows, row_len, seed);
            let mut x = noise(num_tokens * row_len, seed + 1);
            // One value much larger than its neighbours, as in real models, and a block of zeros.
            x[5] = 40.0;
            x[row_len - 32..row_len].fill(0.0);
            for epilogue in [Epilogue::Store, Epilogue::Add] {
                // Places between the tokens' products must not change.
                let stride = num_rows + 3;
                let before = noise(num_tokens * stride, seed + 2);
                let (mut expected, mut found) = (before.clone(), before.clone());
                Exact::matmul(&exact, &Exact::input(&x, num_tokens), epilogue, &mut expected, stride);
                Fast::matmul(&fast, &Fast::input(&x, num_tokens), epilogue, &mut found, stride);
                let error = nmse(&found, &expected);
                prop_assert!(error <= PRODUCT_NMSE, "{quant:?} {epilogue:?}: {error}");
                for token in 0..num_tokens {
                    let gap = token * stride + num_rows..(token + 1) * stride;
                    prop_assert_eq!(&found[gap.clone()], &before[gap]);
                }
            }
        }
    }

    #[test]
    fn attention_agrees(groups in 1..4usize, num_kv_heads in 1..4usize, quads in 1..40usize, position in 0..70usize, window in 1..100usize) {
        let heads = Heads { num_heads: groups * num_kv_heads, num_kv_heads, head_dim: 4 * quads };
        let (q_dim, kv_dim) = (heads.num_heads * heads.head_dim, num_kv_heads * heads.head_dim);
        let q: Vec<f32> = noise(q_dim, 1).iter().map(|q| q * 4.0).collect();
        let (k, v) = (noise(71 * kv_dim, 2), noise(71 * kv_dim, 3));
        let reach = Reach { scale: 0.3, window: (window < 70).then_some(window) };
        let (mut expected, mut found) = (vec![0.0; q_dim], vec![9.0; q_dim]);
        Exact::attention(&q, &k, &v, position, heads, reach, &mut expected);
        Fast::attention(&q, &k, &v, position, heads, reach, &mut found);
        let error = nmse(&found, &expected);
        prop_assert!(error <= ELEMENTWISE_NMSE, "{heads:?} at {position}: {error}");
    }

    #[test]
    fn gates_agree(quads in 1..60usize, size in 0.1..60f32) {
        let gate_up: Vec<f32> = noise(8 * quads, 5).iter().map(|x| x * size).collect();
        for activation in [Activation::Silu, Activation::GeluTanh] {
            let (mut expected, mut found) = (vec![0.0; 4 * quads], vec![9.0; 4 * quads]);
            Exact::gate(&gate_up, activation, &mut expected);
            Fast::gate(&gate_up, activation, &mut found);
            let error = nmse(&found, &expected);
            prop_assert!(error <= ELEMENTWISE_NMSE, "{activation:?}: {error}");
        }
    }
}

#[test]
fn a_matrix_that_does_not_fit_is_refused_in_words() {
    let info = TensorInfo {
        name: "token_embd.weight".into(),
        shape: vec![1 << 30, 1 << 30],
        quant: Quant::Q8_0,
        offset: 0,
        num_bytes: (1 << 60) / 32 * 34,
    };
    let message = FastMatrix::new(&info).expect_err("refused").to_string();
    assert!(message.contains("memory ran out (token_embd.weight needs"), "{message}");
}
