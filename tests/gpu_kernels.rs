//! Compares every kernel with its CPU twin over odd shapes, on the available adapter.
//!
//! The limits are those of `gpu::checks`: NMSE 1e-7 for element-wise operations, which round a few times, and 1e-6 for
//! exact quantized products, which add up thousands of numbers in another order.

mod common;

use askew::gpu::checks::{
    self, AttentionCase, ChoiceCase, EmbedCase, GateCase, GatedCase, JoinCase, MatmulCase, Parity, RopeCase,
    StackedCase,
};
use askew::gpu::ops::{self, DECODE_LANES, MAX_LANES};
use askew::gpu::{GpuError, GpuOptions};
use askew::model::config::{Activation, RopeStyle};
use askew::model::quant::Quant;
use askew::model::reference::attention::Heads;
use askew::model::sampler::SamplerSettings;
use common::engine::open_gpu;
use pollster::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// Limit for a different order of f32 sums, even if a row of 32 nearly cancels. Rounding of activations causes about
/// 1e-10, so the limit also detects a kernel that rounds differently from its twin.
const TWIN_NMSE: f64 = 1e-11;
/// Number of shapes for each kernel; every shape needs another compiled shader.
const CASES: u32 = 12;

/// Runs a kernel and its twin over random shapes. The seed is fixed, so runs are repeatable.
fn check<S: Strategy>(strategy: S, run: impl AsyncFn(S::Value) -> Result<Parity, GpuError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    let test = |value| {
        let parity = block_on(run(value)).expect("the device lives");
        prop_assert!(parity.holds(), "{parity:?}");
        Ok(())
    };
    TestRunner::new_with_rng(config, rng).run(&strategy, test).expect("the property holds");
}

/// A number of lanes that a step may have.
fn lane_counts() -> impl Strategy<Value = usize> {
    prop_oneof![1..=DECODE_LANES, Just(MAX_LANES)]
}

fn quants() -> impl Strategy<Value = Quant> {
    proptest::sample::select(Quant::all().collect::<Vec<_>>())
}

fn activations() -> impl Strategy<Value = Activation> {
    prop_oneof![Just(Activation::Silu), Just(Activation::GeluTanh)]
}

/// Threads per row on a software adapter and on a real GPU.
const ROW_SPLITS: [u32; 2] = [1, 4];

/// Options without subgroups, and with them if the device has them.
fn reducing() -> [GpuOptions<'static>; 2] {
    [false, true].map(|subgroups| GpuOptions { subgroups: Some(subgroups), ..GpuOptions::default() })
}

/// Plain products, with and without a norm before and a bias after, for a few lanes and for as many as a prompt has.
#[test]
fn products_match_their_twin() {
    for row_split in ROW_SPLITS {
        let options = GpuOptions { row_split: Some(row_split), ..GpuOptions::default() };
        let Some(gpu) = open_gpu("products_match_their_twin", options) else { return };
        let flags = (any::<bool>(), any::<bool>(), any::<bool>());
        let cases = (quants(), 1..100usize, 1..12usize, lane_counts(), flags, any::<u64>());
        let cases = cases.prop_map(|(quant, rows, blocks, lanes, (is_normed, has_bias, is_fast), seed)| MatmulCase {
            quant,
            rows,
            blocks,
            size: 0.5,
            lanes,
            is_normed,
            has_bias,
            is_fast,
            seed,
        });
        check(cases, async |case| checks::matmul(&gpu, case).await);
    }
}

/// Adding to the residual stream, prepared for the next norm; and a block's own norm followed by the sum.
#[test]
fn joins_match_their_twin() {
    for (row_split, options) in ROW_SPLITS.into_iter().zip(reducing()) {
        let options = GpuOptions { row_split: Some(row_split), ..options };
        let Some(gpu) = open_gpu("joins_match_their_twin", options) else { return };
        let cases = (quants(), 1..5usize, 1..6usize, lane_counts(), any::<(bool, bool)>(), any::<u64>());
        let cases = cases.prop_map(|(quant, tiles, blocks, lanes, (has_post_norm, is_fast), seed)| JoinCase {
            quant,
            tiles,
            blocks,
            lanes,
            has_post_norm,
            is_fast,
            seed,
        });
        check(cases, async |case| checks::joins(&gpu, case).await);
    }
}

/// Matrices of different formats, parts that end inside a tile, and bindings too small for the whole.
#[test]
fn stacked_and_sliced_matrices_match_their_parts() {
    let options = GpuOptions { max_binding_bytes: Some(8 << 10), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("stacked_and_sliced_matrices_match_their_parts", options) else { return };
    let cases = (proptest::collection::vec((quants(), 1..150usize), 1..4), 1..8usize, any::<bool>(), any::<u64>());
    let cases = cases.prop_map(|(parts, blocks, is_fast, seed)| StackedCase { parts, blocks, is_fast, seed });
    check(cases, async |case| checks::stacked(&gpu, &case).await);
}

#[test]
fn gated_matvec_matches_its_twin() {
    // Small bindings take the path over `gate`.
    for max_binding_bytes in [None, Some(4 << 10)] {
        for row_split in ROW_SPLITS {
            let options = GpuOptions { max_binding_bytes, row_split: Some(row_split), ..GpuOptions::default() };
            let Some(gpu) = open_gpu("gated_matvec_matches_its_twin", options) else { return };
            let cases = (quants(), 1..4usize, 1..6usize, lane_counts(), (activations(), any::<bool>()), any::<u64>());
            let cases = cases.prop_map(|(quant, tiles, blocks, lanes, (activation, is_fast), seed)| GatedCase {
                quant,
                tiles,
                blocks,
                lanes,
                activation,
                is_fast,
                seed,
            });
            check(cases, async |case| checks::gated(&gpu, case).await);
        }
    }
}

#[test]
fn gate_matches_its_twin() {
    let Some(gpu) = open_gpu("gate_matches_its_twin", GpuOptions::default()) else { return };
    let cases = (1..300usize, 1..=DECODE_LANES, activations(), 0.1..40.0f32, any::<u64>());
    let cases =
        cases.prop_map(|(width, lanes, activation, size, seed)| GateCase { width, lanes, activation, size, seed });
    check(cases, async |case| checks::gate(&gpu, case).await);
}

#[test]
fn embed_matches_its_twin_bit_for_bit_or_nearly() {
    let options = GpuOptions { max_binding_bytes: Some(16 << 10), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("embed_matches_its_twin", options) else { return };
    let cases = (quants(), 1..400usize, 1..6usize, lane_counts(), any::<u64>());
    let cases = cases.prop_map(|(quant, vocab, blocks, lanes, seed)| EmbedCase {
        quant,
        vocab,
        blocks,
        size: 0.5,
        lanes,
        seed,
    });
    check(cases, async |case| checks::embed(&gpu, case).await);
}

/// Every format over odd shapes, with scales that are normal and subnormal 16-bit floats.
#[test]
fn every_format_matches_its_twin() {
    let Some(gpu) = open_gpu("every_format_matches_its_twin", GpuOptions::default()) else { return };
    for quant in Quant::all() {
        for (rows, blocks, size, seed, lanes) in [(1, 1, 0.5, 1, 2), (33, 3, 0.01, 2, 1), (75, 11, 0.0005, 3, 32)] {
            for is_fast in [false, true] {
                let (is_normed, has_bias) = (false, false);
                let case = MatmulCase { quant, rows, blocks, size, lanes, is_normed, has_bias, is_fast, seed };
                let parity = block_on(checks::matmul(&gpu, case)).expect("the device lives");
                assert!(parity.error <= TWIN_NMSE, "{case:?}: {parity:?}");
            }
            let case = EmbedCase { quant, vocab: rows, blocks, size, lanes: 1, seed };
            let parity = block_on(checks::embed(&gpu, case)).expect("the device lives");
            assert!(parity.holds(), "{case:?}: {parity:?}");
        }
    }
}

/// Heads of odd widths; up to five query heads share a key head.
fn heads() -> impl Strategy<Value = Heads> + Clone {
    (1..5usize, 1..4usize, 1..50usize).prop_map(|(group, num_kv_heads, quarter)| Heads {
        num_heads: group * num_kv_heads,
        num_kv_heads,
        head_dim: quarter * 4,
    })
}

#[test]
fn rope_cache_matches_its_twin() {
    let styles = prop_oneof![Just(RopeStyle::Interleaved), Just(RopeStyle::Halves)];
    let cases = (heads(), styles, 1..=DECODE_LANES, 0..16usize, any::<bool>(), any::<u64>());
    let cases = cases.prop_map(|(heads, style, lanes, position, is_normed, seed)| RopeCase {
        heads,
        style,
        lanes,
        position,
        is_normed,
        seed,
    });
    for options in reducing() {
        let Some(gpu) = open_gpu("rope_cache_matches_its_twin", options) else { return };
        check(cases.clone(), async |case| checks::rope_cache(&gpu, case).await);
    }
}

/// Two columns, with and without a sliding window. The second column is read from its own part of the cache.
#[test]
fn attention_matches_its_twin() {
    // Up to three runs of the kernel's 64 positions.
    let window = prop_oneof![Just(None), (1..100usize).prop_map(Some)];
    let cases = (heads(), 1..=DECODE_LANES, 0..170usize, window, any::<u64>());
    let cases =
        cases.prop_map(|(heads, lanes, position, window, seed)| AttentionCase { heads, lanes, position, window, seed });
    for options in reducing() {
        let Some(gpu) = open_gpu("attention_matches_its_twin", options) else { return };
        check(cases.clone(), async |case| checks::attention(&gpu, case).await);
    }
}

/// Greedy and sampled choices and their log-probabilities equal those of the CPU's sampler, with every filter and the
/// penalty.
#[test]
fn choices_match_their_twin() {
    let kind = (prop_oneof![Just(0.0f32), 0.3..2.0f32], 0..20u32, prop_oneof![Just(1.0f32), 0.2..0.99f32]);
    let rest = (prop_oneof![Just(0.0f32), 0.01..0.4f32], prop_oneof![Just(1.0f32), 0.7..1.5f32], any::<u64>());
    let cases = (1..700usize, 1..=DECODE_LANES, kind, rest);
    let cases = cases.prop_map(|(vocab, lanes, (temperature, top_k, top_p), (min_p, penalty, seed))| ChoiceCase {
        vocab,
        lanes,
        settings: SamplerSettings { temperature, top_k, top_p, min_p, penalty, seed },
        seed,
    });
    for options in reducing() {
        let Some(gpu) = open_gpu("choices_match_their_twin", options) else { return };
        check(cases.clone(), async |case| checks::choices(&gpu, case).await);
    }
}

/// All checks of the self-test page pass here, and each has its own name.
#[test]
fn the_self_test_holds() {
    let Some(gpu) = open_gpu("the_self_test_holds", GpuOptions::default()) else { return };
    let mut names = std::collections::BTreeSet::new();
    for check in checks::all(gpu.caps().packed_dot) {
        let parity = block_on(check.run(&gpu)).expect("the device lives");
        assert!(parity.holds(), "{}: {parity:?}", check.name);
        assert!(names.insert(check.name.clone()), "{} stands there twice", check.name);
    }
    assert!(names.len() > 60, "{}", names.len());
}

/// Proves that the check works: with one wrong sign in the decoder it must fail, in both maths.
#[test]
fn a_corrupted_shader_fails_the_parity_check() {
    fn corrupt(source: String) -> String {
        source.replace("dm.xx, dm.yy", "dm.xx, -dm.yy")
    }
    let name = "a_corrupted_shader_fails_the_parity_check";
    for (patch, is_right) in [(None, true), (Some(corrupt as fn(String) -> String), false)] {
        let Some(gpu) = open_gpu(name, GpuOptions { patch, ..GpuOptions::default() }) else { return };
        for is_fast in [false, true] {
            let case = MatmulCase {
                quant: Quant::Q4_1,
                rows: 40,
                blocks: 2,
                size: 0.5,
                lanes: 1,
                is_normed: false,
                has_bias: false,
                is_fast,
                seed: 5,
            };
            let parity = block_on(checks::matmul(&gpu, case)).expect("the device lives");
            assert_eq!(parity.holds(), is_right, "fast {is_fast}: {parity:?}");
        }
    }
}

/// A shader that the driver refuses gives an error and not a crash.
#[test]
fn a_shader_that_does_not_compile_is_reported() {
    fn corrupt(source: String) -> String {
        source.replace("fn main", "fn main oops")
    }
    let options = GpuOptions { patch: Some(corrupt), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("a_shader_that_does_not_compile_is_reported", options) else { return };
    let (a, b) = (gpu.storage("a", 64), gpu.storage("b", 64));
    let result = block_on(gpu.checked(|| ops::gate::gate(&gpu, 8, 1, &a, Activation::Silu, &b)));
    let error = result.expect_err("refused").to_string();
    assert!(error.contains("refused"), "{error}");
}
