//! Every kernel against its CPU twin over odd shapes, on whatever adapter is there.
//!
//! Limits are ENGINE's: NMSE 1e-7 for element-wise operations, 1e-6 for exact quantized products. The fast maths is held to
//! that too, and far nearer to a twin that rounds activations alike.

mod common;

use std::rc::Rc;

use askew::gpu::kernel::Dispatch;
use askew::gpu::matrix::{GpuMatrix, Scratch};
use askew::gpu::normed::Normed;
use askew::gpu::ops::attention::Cache;
use askew::gpu::ops::embed::Embed;
use askew::gpu::ops::post_norm::PostNorm;
use askew::gpu::ops::product::{Ending, Input, Product, product};
use askew::gpu::ops::sample::{PICK_BYTES, SLICES, Sample, seen_words};
use askew::gpu::ops::{self, DECODE_LANES, MAX_LANES, is_packed};
use askew::gpu::{Choice, Chosen, Gpu, GpuOptions, Lane};
use askew::model::Sampler;
use askew::model::config::{Activation, RopeStyle};
use askew::model::gguf::TensorInfo;
use askew::model::quant::Quant;
use askew::model::reference::Matrix;
use askew::model::reference::attention::{Heads, Reach, attention};
use askew::model::reference::embed::embed;
use askew::model::reference::gate::gate;
use askew::model::reference::gated_matvec::gated_matvec;
use askew::model::reference::matvec::{Epilogue, add_bias, matvec};
use askew::model::reference::rms_norm::{add_rms_norm, rms_norm};
use askew::model::reference::rope_cache::{QkNorm, Rope, rope_cache};
use askew::model::sampler::{SamplerSettings, SeenTokens, log_softmax};
use common::engine::{nmse, open_gpu};
use common::gguf::{noise, random_weights};
use pollster::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

const ELEMENTWISE_NMSE: f64 = 1e-7;
const MATVEC_NMSE: f64 = 1e-6;
/// What the order of f32 sums may do, a row of 32 that nearly cancels included. Rounding activations does some 1e-10.
const TWIN_NMSE: f64 = 1e-11;
/// The largest integer of a rounded activation.
const STEPS: f32 = 32_512.0;
/// Shapes for each kernel: every one is another shader to compile.
const CASES: u32 = 12;

/// Runs a property over shapes; a fixed seed keeps the suite repeatable.
fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng).run(&strategy, test).expect("the property holds");
}

fn random_matrix(quant: Quant, num_rows: usize, row_len: usize, seed: u64) -> Matrix {
    Matrix { quant, num_rows, row_len, bytes: random_weights(quant, num_rows * row_len, 0.5, seed) }
}

/// What the fast maths multiplies packed weights by: runs of 16 in 127 * 256 steps of their largest value.
fn rounded(x: &[f32]) -> Vec<f32> {
    let block = |x: &[f32]| {
        let largest = x.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        let inverse = if largest > 0.0 { STEPS / largest } else { 0.0 };
        x.iter().map(|x| (x * inverse).round_ties_even() * (largest / STEPS)).collect::<Vec<f32>>()
    };
    x.chunks(16).flat_map(block).collect()
}

/// What weights of this format are multiplied by.
fn seen(quant: Quant, is_fast: bool, x: &[f32]) -> Vec<f32> {
    if is_fast && is_packed(quant) { rounded(x) } else { x.to_vec() }
}

/// Matrices stacked on the GPU.
fn upload(gpu: &Rc<Gpu>, parts: &[&Matrix]) -> GpuMatrix {
    let info = |part: &&Matrix| TensorInfo {
        name: "test".into(),
        shape: vec![part.row_len as u64, part.num_rows as u64],
        quant: part.quant,
        offset: 0,
        num_bytes: part.bytes.len() as u64,
    };
    let infos: Vec<TensorInfo> = parts.iter().map(info).collect();
    let (matrix, pieces) = GpuMatrix::stacked(gpu, &infos.iter().collect::<Vec<_>>()).expect("stacks");
    let mut scratch = Scratch::default();
    for (part, pieces) in parts.iter().zip(pieces) {
        // In two batches, as a stream would bring them.
        let cut = (part.num_rows / 2 / 32 * 32) * part.quant.row_bytes(part.row_len);
        for piece in pieces {
            piece.write(gpu, 0, &part.bytes[..cut], &mut scratch);
            piece.write(gpu, part.num_rows / 2 / 32 * 32, &part.bytes[cut..], &mut scratch);
        }
    }
    matrix
}

/// Lanes at successive positions of column 0.
fn lanes(gpu: &Gpu, position: usize, tokens: &[u32]) -> wgpu::Buffer {
    let lane = |(token, position): (&u32, usize)| Lane { token: *token, position: small(position), column: 0, step: 0 };
    gpu.upload("lanes", &tokens.iter().zip(position..).map(lane).collect::<Vec<_>>())
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("small")
}

/// `x` (lanes, width) as a norm's reader finds it.
fn normed(gpu: &Gpu, x: &[f32], gain: &[f32]) -> Normed {
    let normed = Normed::new(gpu, "normed", gain.len());
    let values: Vec<f32> = x.iter().zip(gain.iter().cycle()).map(|(x, g)| x * g).collect();
    gpu.write(&normed.buffer, 0, &values);
    for (lane, x) in x.chunks_exact(gain.len()).enumerate() {
        let squares: Vec<f32> = x.chunks(32).map(|x| x.iter().map(|x| x * x).sum()).collect();
        gpu.write(&normed.buffer, normed.squares_at() + lane * normed.squares(), &squares);
    }
    normed
}

/// What [`normed`] would have made of (lanes, width), read back from the GPU's own.
fn assert_normed(gpu: &Gpu, found: &Normed, lanes: usize, x: &[f32], gain: &[f32]) -> Result<(), TestCaseError> {
    let all =
        block_on(gpu.download::<f32>(&found.buffer, (found.squares_at()) + lanes * found.squares())).expect("lives");
    let expected: Vec<f32> = x.iter().zip(gain.iter().cycle()).map(|(x, g)| x * g).collect();
    near(&all[..lanes * found.width], &expected, MATVEC_NMSE)?;
    for (lane, x) in x.chunks_exact(found.width).enumerate() {
        let squares = &all[found.squares_at() + lane * found.squares()..][..found.squares()];
        let (sum, expected) = (squares.iter().sum::<f32>(), x.iter().map(|x| x * x).sum::<f32>());
        near(&[sum], &[expected], MATVEC_NMSE)?;
    }
    Ok(())
}

/// A number of lanes that a step may have.
fn lane_counts() -> impl Strategy<Value = usize> {
    prop_oneof![1..=DECODE_LANES, Just(MAX_LANES)]
}

/// Runs dispatches and reads a buffer; proves that something was dispatched.
fn run(gpu: &Gpu, dispatches: &[Dispatch], out: &wgpu::Buffer, len: usize) -> Vec<f32> {
    let before = gpu.counts().dispatches;
    gpu.submit(&[dispatches], None);
    let result = block_on(gpu.download(out, len)).expect("the device lives");
    assert!(gpu.counts().dispatches > before);
    result
}

fn near(found: &[f32], expected: &[f32], limit: f64) -> Result<(), TestCaseError> {
    let error = nmse(found, expected);
    prop_assert!(error <= limit, "NMSE {} is above {}", error, limit);
    Ok(())
}

/// The shortest row of at least `blocks` times 32 weights that all formats can store.
fn row_len(quants: &[Quant], blocks: usize) -> usize {
    let most = quants.iter().map(|quant| quant.block_len()).max().unwrap_or(1);
    (blocks * 32).next_multiple_of(most)
}

fn quants() -> impl Strategy<Value = Quant> {
    proptest::sample::select(Quant::all().collect::<Vec<_>>())
}

/// Plain products, with and without a norm before and a bias after, for a few lanes and for a prompt's.
#[test]
fn products_match_their_twin() {
    for row_split in [1, 4] {
        let options = GpuOptions { row_split: Some(row_split), ..GpuOptions::default() };
        let Some(gpu) = open_gpu("products_match_their_twin", options) else { return };
        let flags = (any::<bool>(), any::<bool>(), any::<bool>());
        check((quants(), 1..100usize, 1..12usize, lane_counts(), flags, any::<u64>()), |case| {
            let (quant, rows, blocks, num_lanes, (is_normed, has_bias, is_fast), seed) = case;
            let len = row_len(&[quant], blocks);
            let w = random_matrix(quant, rows, len, seed);
            let (x, gain, bias) = (noise(num_lanes * len, seed ^ 1), noise(len, seed ^ 3), noise(rows, seed ^ 4));
            let mut expected = vec![0.0; num_lanes * rows];
            for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
                let mut input = x.to_vec();
                if is_normed {
                    rms_norm(x, &gain, 1e-5, &mut input);
                }
                matvec(&w, &seen(quant, is_fast, &input), Epilogue::Store, out);
                add_bias(has_bias.then_some(bias.as_slice()), out);
            }
            let (plain, ready) = (gpu.upload("x", &x), normed(&gpu, &x, &gain));
            let input = if is_normed { Input::Normed(&ready, 1e-5) } else { Input::Plain(&plain) };
            let (matrix, bias) = (upload(&gpu, &[&w]), gpu.upload("bias", &bias));
            let out = gpu.storage("out", (expected.len() * 4) as u64);
            let bias = has_bias.then_some(&bias);
            let step =
                Product { w: &matrix, lanes: num_lanes, input, bias, side: None, ending: Ending::Store(&out), is_fast };
            near(&run(&gpu, &product(&gpu, step).expect("plans"), &out, expected.len()), &expected, MATVEC_NMSE)
        });
    }
}

/// The residual stream, ready for the next norm; and a part's own norm with the sum after it.
#[test]
fn joins_match_their_twin() {
    for row_split in [1, 4] {
        let options = GpuOptions { row_split: Some(row_split), ..GpuOptions::default() };
        let Some(gpu) = open_gpu("joins_match_their_twin", options) else { return };
        check((quants(), 1..5usize, 1..6usize, lane_counts(), any::<(bool, bool)>(), any::<u64>()), |case| {
            let (quant, tiles, blocks, num_lanes, (has_post_norm, is_fast), seed) = case;
            let (rows, len) = (tiles * 32, row_len(&[quant], blocks));
            let w = random_matrix(quant, rows, len, seed);
            let (x, mut expected) = (noise(num_lanes * len, seed ^ 1), noise(num_lanes * rows, seed ^ 2));
            let (gain, weight) = (noise(rows, seed ^ 3), noise(rows, seed ^ 4));
            let (residual, h, t) =
                (gpu.upload("x", &expected), Normed::new(&gpu, "h", rows), Normed::new(&gpu, "t", rows));
            let (gain_buffer, weight_buffer) = (gpu.upload("gain", &gain), gpu.upload("weight", &weight));
            let ending = match has_post_norm {
                true => Ending::Normed(&t),
                false => Ending::Residual { x: &residual, gain: &gain_buffer, h: &h },
            };
            let (matrix, input) = (upload(&gpu, &[&w]), gpu.upload("input", &x));
            let input = Input::Plain(&input);
            let step = Product { w: &matrix, lanes: num_lanes, input, bias: None, side: None, ending, is_fast };
            let mut plan = product(&gpu, step).expect("plans");
            if has_post_norm {
                let (t, x, weight, gain, h) = (&t, &residual, &weight_buffer, &gain_buffer, &h);
                let step = PostNorm { t, weight, eps: 1e-5, x, gain, h, steering: None };
                plan.push(ops::post_norm::post_norm(&gpu, num_lanes, step).expect("plans"));
            }
            for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
                let x = seen(quant, is_fast, x);
                if has_post_norm {
                    let mut t = vec![0.0; rows];
                    matvec(&w, &x, Epilogue::Store, &mut t);
                    add_rms_norm(&t, &weight, 1e-5, out);
                } else {
                    matvec(&w, &x, Epilogue::Add, out);
                }
            }
            near(&run(&gpu, &plan, &residual, expected.len()), &expected, MATVEC_NMSE)?;
            assert_normed(&gpu, &h, num_lanes, &expected, &gain)
        });
    }
}

/// Formats that differ, parts that end within a tile, and bindings too small for the whole.
#[test]
fn stacked_and_sliced_matrices_match_their_parts() {
    let options = GpuOptions { max_binding_bytes: Some(8 << 10), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("stacked_and_sliced_matrices_match_their_parts", options) else { return };
    let part = (quants(), 1..150usize);
    check((proptest::collection::vec(part, 1..4), 1..8usize, any::<bool>(), any::<u64>()), |case| {
        let (parts, blocks, is_fast, seed) = case;
        let len = row_len(&parts.iter().map(|part| part.0).collect::<Vec<_>>(), blocks);
        let parts: Vec<Matrix> = parts.iter().map(|&(quant, rows)| random_matrix(quant, rows, len, seed)).collect();
        let matrix = upload(&gpu, &parts.iter().collect::<Vec<_>>());
        let x = noise(len, seed ^ 1);
        let mut expected = Vec::new();
        for part in &parts {
            let mut out = vec![0.0; part.num_rows];
            matvec(part, &seen(part.quant, is_fast, &x), Epilogue::Store, &mut out);
            expected.extend(out);
        }
        let (x_buffer, out) = (gpu.upload("x", &x), gpu.storage("out", (expected.len() * 4) as u64));
        let (input, ending) = (Input::Plain(&x_buffer), Ending::Store(&out));
        let step = Product { w: &matrix, lanes: 1, input, bias: None, side: None, ending, is_fast };
        near(&run(&gpu, &product(&gpu, step).expect("plans"), &out, expected.len()), &expected, MATVEC_NMSE)
    });
}

#[test]
fn gated_matvec_matches_its_twin() {
    // Small bindings take the way over `gate`.
    for max_binding_bytes in [None, Some(4 << 10)] {
        for row_split in [1, 4] {
            let options = GpuOptions { max_binding_bytes, row_split: Some(row_split), ..GpuOptions::default() };
            let Some(gpu) = open_gpu("gated_matvec_matches_its_twin", options) else { return };
            let activations = prop_oneof![Just(Activation::Silu), Just(Activation::GeluTanh)];
            check((quants(), 1..4usize, 1..6usize, lane_counts(), activations, any::<(bool, u64)>()), |case| {
                let (quant, tiles, blocks, num_lanes, activation, (is_fast, seed)) = case;
                let (rows, len) = (tiles * 32, row_len(&[quant], blocks));
                let wg = random_matrix(quant, rows, len, seed);
                let wu = random_matrix(quant, rows, len, seed ^ 9);
                let x = noise(num_lanes * len, seed ^ 1);
                let mut expected = vec![0.0; num_lanes * rows];
                for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
                    gated_matvec(&wg, &wu, &seen(quant, is_fast, x), activation, out);
                }
                let x_buffer = gpu.upload("x", &x);
                let scratch = gpu.storage("scratch", (num_lanes * rows * 8) as u64);
                let out = gpu.storage("out", (num_lanes * rows * 4) as u64);
                let matrix = upload(&gpu, &[&wg, &wu]);
                let (input, ending) =
                    (Input::Plain(&x_buffer), Ending::Gate { activation, scratch: &scratch, out: &out });
                let step = Product { w: &matrix, lanes: num_lanes, input, bias: None, side: None, ending, is_fast };
                near(&run(&gpu, &product(&gpu, step).expect("plans"), &out, expected.len()), &expected, MATVEC_NMSE)
            });
        }
    }
}

#[test]
fn gate_matches_its_twin() {
    let Some(gpu) = open_gpu("gate_matches_its_twin", GpuOptions::default()) else { return };
    let activations = prop_oneof![Just(Activation::Silu), Just(Activation::GeluTanh)];
    check((1..300usize, 1..=DECODE_LANES, activations, 0.1..40.0f32, any::<u64>()), |case| {
        let (width, columns, activation, scale, seed) = case;
        let gate_up: Vec<f32> = noise(columns * 2 * width, seed).iter().map(|x| x * scale).collect();
        let mut expected = vec![0.0; columns * width];
        for (gate_up, out) in gate_up.chunks_exact(2 * width).zip(expected.chunks_exact_mut(width)) {
            gate(gate_up, activation, out);
        }
        let (input, out) = (gpu.upload("gate_up", &gate_up), gpu.storage("out", (columns * width * 4) as u64));
        let plan = ops::gate::gate(&gpu, width, columns, &input, activation, &out).expect("plans");
        near(&run(&gpu, &[plan], &out, columns * width), &expected, ELEMENTWISE_NMSE)
    });
}

#[test]
fn embed_matches_its_twin_bit_for_bit_or_nearly() {
    let options = GpuOptions { max_binding_bytes: Some(16 << 10), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("embed_matches_its_twin", options) else { return };
    check(
        (quants(), 1..400usize, 1..6usize, lane_counts(), any::<u64>()),
        |(quant, vocab, blocks, num_lanes, seed)| {
            let len = row_len(&[quant], blocks);
            let w = random_matrix(quant, vocab, len, seed);
            let tokens: Vec<usize> = noise(num_lanes, seed ^ 1).iter().map(|x| x.to_bits() as usize % vocab).collect();
            let mut expected = vec![0.0; num_lanes * len];
            for (&token, x) in tokens.iter().zip(expected.chunks_exact_mut(len)) {
                embed(&w, token, 1.5, x);
            }
            let words: Vec<u32> = tokens.iter().map(|&token| small(token)).collect();
            let (out, gain) = (gpu.storage("out", (num_lanes * len * 4) as u64), noise(len, seed ^ 2));
            let (h, matrix, lanes) = (Normed::new(&gpu, "h", len), upload(&gpu, &[&w]), lanes(&gpu, 0, &words));
            let gain_buffer = gpu.upload("gain", &gain);
            let step = Embed { w: &matrix, scale: 1.5, lanes: &lanes, x: &out, gain: &gain_buffer, h: &h, sides: None };
            let plan = ops::embed::embed(&gpu, num_lanes, step).expect("plans");
            near(&run(&gpu, &plan, &out, num_lanes * len), &expected, 1e-12)?;
            assert_normed(&gpu, &h, num_lanes, &expected, &gain)
        },
    );
}

/// Every format over odd shapes, with scales that 16-bit floats hold as normal and as subnormal numbers.
#[test]
fn every_format_matches_its_twin() {
    let Some(gpu) = open_gpu("every_format_matches_its_twin", GpuOptions::default()) else { return };
    for quant in Quant::all() {
        for (rows, blocks, size, seed, num_lanes) in [(1, 1, 0.5, 1, 2), (33, 3, 0.01, 2, 1), (75, 11, 0.0005, 3, 32)] {
            let len = row_len(&[quant], blocks);
            let bytes = random_weights(quant, rows * len, size, seed);
            let w = Matrix { quant, num_rows: rows, row_len: len, bytes };
            let matrix = upload(&gpu, &[&w]);
            let x = noise(num_lanes * len, seed ^ 1);
            let (x_buffer, out) = (gpu.upload("x", &x), gpu.storage("out", (num_lanes * rows * 4) as u64));
            let (input, ending) = (Input::Plain(&x_buffer), Ending::Store(&out));
            let twin = |is_fast: bool| {
                let mut expected = vec![0.0; num_lanes * rows];
                for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
                    matvec(&w, &seen(quant, is_fast, x), Epilogue::Store, out);
                }
                expected
            };
            for is_fast in [false, true] {
                let step = Product { w: &matrix, lanes: num_lanes, input, bias: None, side: None, ending, is_fast };
                let found = run(&gpu, &product(&gpu, step).expect("plans"), &out, num_lanes * rows);
                let (near, exact) = (nmse(&found, &twin(is_fast)), nmse(&found, &twin(false)));
                let case = format!("product {quant:?} ({rows}, {len}), fast {is_fast}: {near} {exact}");
                assert!(near <= TWIN_NMSE && exact <= MATVEC_NMSE, "{case}");
                // Proof that it rounded.
                assert_eq!(exact > 10.0 * near, is_fast && is_packed(quant), "{case}");
            }

            let mut expected = vec![0.0; len];
            embed(&w, rows - 1, 1.0, &mut expected);
            let (out, gain, h) = (gpu.storage("out", (len * 4) as u64), vec![1.0; len], Normed::new(&gpu, "h", len));
            let (lanes, gain) = (lanes(&gpu, 0, &[small(rows - 1)]), gpu.upload("gain", &gain));
            let step = Embed { w: &matrix, scale: 1.0, lanes: &lanes, x: &out, gain: &gain, h: &h, sides: None };
            let plan = ops::embed::embed(&gpu, 1, step).expect("plans");
            let error = nmse(&run(&gpu, &plan, &out, len), &expected);
            assert!(error <= 1e-12, "embed {quant:?} ({rows}, {len}): {error}");
        }
    }
}

/// Heads of odd widths; a query head shares its key head with up to four others.
fn heads() -> impl Strategy<Value = Heads> {
    (1..5usize, 1..4usize, 1..50usize).prop_map(|(group, num_kv_heads, quarter)| Heads {
        num_heads: group * num_kv_heads,
        num_kv_heads,
        head_dim: quarter * 4,
    })
}

#[test]
fn rope_cache_matches_its_twin() {
    const CONTEXT: usize = 24;
    let Some(gpu) = open_gpu("rope_cache_matches_its_twin", GpuOptions::default()) else { return };
    let styles = prop_oneof![Just(RopeStyle::Interleaved), Just(RopeStyle::Halves)];
    check((heads(), styles, 1..=DECODE_LANES, 0..16usize, any::<bool>(), any::<u64>()), |case| {
        let (heads, style, num_lanes, position, is_normed, seed) = case;
        let (q_dim, kv_dim) = (heads.num_heads * heads.head_dim, heads.num_kv_heads * heads.head_dim);
        let width = q_dim + 2 * kv_dim;
        let pairs = heads.head_dim / 2;
        let angles: Vec<[f32; 2]> =
            noise(CONTEXT * pairs, seed).iter().map(|x| [(x * 3.0).cos(), (x * 3.0).sin()]).collect();
        let mut qkv = noise(num_lanes * width, seed ^ 1);
        let (mut k, mut v) = (noise(CONTEXT * kv_dim, seed ^ 2), noise(CONTEXT * kv_dim, seed ^ 3));
        let (q_norm, k_norm) = (noise(heads.head_dim, seed ^ 4), noise(heads.head_dim, seed ^ 5));

        let (q_buffer, k_buffer) = (gpu.upload("q_norm", &q_norm), gpu.upload("k_norm", &k_norm));
        let norm = is_normed.then_some((&q_buffer, &k_buffer, 1e-5));
        let rope = ops::rope_cache::Rope { style, angles: &gpu.upload("angles", &angles), norm };
        let cache = Cache { k: gpu.upload("k", &k), v: gpu.upload("v", &v), context: CONTEXT };
        let qkv_buffer = gpu.upload("qkv", &qkv);
        let start = lanes(&gpu, position, &vec![0; num_lanes]);
        let plan = ops::rope_cache::rope_cache(&gpu, heads, rope, num_lanes, &start, &qkv_buffer, &cache);
        let found = run(&gpu, &[plan.expect("plans")], &qkv_buffer, qkv.len());

        for (lane, qkv) in qkv.chunks_exact_mut(width).enumerate() {
            let at = position + lane;
            let norm = is_normed.then_some(QkNorm { q: &q_norm, k: &k_norm, eps: 1e-5 });
            let rope = Rope { style, angles: &angles[at * pairs..][..pairs], norm };
            rope_cache(qkv, rope, at, &mut k, &mut v, kv_dim);
        }
        // Only q and the caches are promised: the twin also leaves rotated keys behind in qkv.
        for (found, expected) in found.chunks_exact(width).zip(qkv.chunks_exact(width)) {
            near(&found[..q_dim], &expected[..q_dim], ELEMENTWISE_NMSE)?;
        }
        near(&block_on(gpu.download(&cache.k, k.len())).expect("lives"), &k, ELEMENTWISE_NMSE)?;
        near(&block_on(gpu.download(&cache.v, v.len())).expect("lives"), &v, 0.0)
    });
}

/// Two columns, the second of which is read from its own part of the cache, with and without a window.
#[test]
fn attention_matches_its_twin() {
    let Some(gpu) = open_gpu("attention_matches_its_twin", GpuOptions::default()) else { return };
    // Up to three runs of the kernel's 64 positions.
    let window = prop_oneof![Just(None), (1..100usize).prop_map(Some)];
    check((heads(), 1..=DECODE_LANES, 0..170usize, window, any::<u64>()), |case| {
        let (heads, num_lanes, position, window, seed) = case;
        let (q_dim, kv_dim) = (heads.num_heads * heads.head_dim, heads.num_kv_heads * heads.head_dim);
        let width = q_dim + 2 * kv_dim;
        let context = position + num_lanes + 3;
        // Large enough that some softmax weights vanish.
        let grow = |values: Vec<f32>| values.into_iter().map(|x| x * 4.0).collect::<Vec<f32>>();
        let qkv = grow(noise(num_lanes * width, seed));
        let (k, v) = (grow(noise(2 * context * kv_dim, seed ^ 1)), noise(2 * context * kv_dim, seed ^ 2));
        let reach = Reach { scale: 1.0 / (heads.head_dim as f32).sqrt(), window };
        let mut expected = vec![0.0; num_lanes * q_dim];
        for (lane, out) in expected.chunks_exact_mut(q_dim).enumerate() {
            let column = (lane % 2) * context * kv_dim;
            attention(&qkv[lane * width..][..q_dim], &k[column..], &v[column..], position + lane, heads, reach, out);
        }
        let cache = Cache { k: gpu.upload("k", &k), v: gpu.upload("v", &v), context };
        let lane = |i: usize| Lane { token: 0, position: small(position + i), column: small(i % 2), step: 0 };
        let start = gpu.upload("lanes", &(0..num_lanes).map(lane).collect::<Vec<_>>());
        let out = gpu.storage("out", (num_lanes * q_dim * 4) as u64);
        let qkv = gpu.upload("qkv", &qkv);
        let plan = ops::attention::attention(&gpu, (heads, reach), num_lanes, &start, &qkv, &cache, &out);
        near(&run(&gpu, &[plan.expect("plans")], &out, expected.len()), &expected, MATVEC_NMSE)
    });
}

/// Greedy and sampled choices, with every filter and the penalty, are those of the CPU's sampler; log-probabilities too.
#[test]
fn choices_match_their_twin() {
    let Some(gpu) = open_gpu("choices_match_their_twin", GpuOptions::default()) else { return };
    let kind = (prop_oneof![Just(0.0f32), 0.3..2.0f32], 0..20u32, prop_oneof![Just(1.0f32), 0.2..0.99f32]);
    let rest = (prop_oneof![Just(0.0f32), 0.01..0.4f32], prop_oneof![Just(1.0f32), 0.7..1.5f32], any::<u64>());
    check((1..700usize, 1..=DECODE_LANES, kind, rest), |(vocab, num_lanes, kind, rest)| {
        let ((temperature, top_k, top_p), (min_p, penalty, seed)) = (kind, rest);
        let logits: Vec<f32> = noise(num_lanes * vocab, seed).iter().map(|x| x * 6.0).collect();
        let buffer = |label: &str, words: usize| gpu.storage(label, (words * 4) as u64);
        let (samplers, seen_buffer) =
            (buffer("samplers", 8 * num_lanes), buffer("seen", seen_words(vocab) * num_lanes));
        let lane = |i: usize| Lane { token: 0, position: small(40 + i), column: small(i), step: 0 };
        let lane_buffer = gpu.upload("lanes", &(0..num_lanes).map(lane).collect::<Vec<_>>());
        let mut expected = Vec::new();
        for (lane, logits) in logits.chunks_exact(vocab).enumerate() {
            let settings =
                SamplerSettings { temperature, top_k, top_p, min_p, penalty, seed: seed.wrapping_add(lane as u64) };
            let sampler = Sampler::new(settings).expect("in range");
            let mut seen = SeenTokens::new(vocab);
            (0..small(vocab)).filter(|token| token % 3 == 0).for_each(|token| seen.insert(token));
            gpu.write(&samplers, lane * 8, &sampler.words());
            gpu.write(&seen_buffer, lane * seen_words(vocab), seen.words());
            let token = sampler.choose(logits, &seen, small(41 + lane)).expect("a token");
            expected.push((token, log_softmax(logits)[token as usize], sampler.filters()));
        }
        let choice = if expected[0].2 { Choice::Filtered } else { Choice::Free };
        let step = Sample {
            vocab_size: vocab,
            logits: &gpu.upload("logits", &logits),
            lanes: &lane_buffer,
            samplers: &samplers,
            seen: &seen_buffer,
            thresholds: &buffer("thresholds", num_lanes),
            picks: &buffer("picks", num_lanes * SLICES * PICK_BYTES / 4),
            results: &buffer("results", 2 * num_lanes),
        };
        let plan = ops::sample::sample(&gpu, num_lanes, choice, step).expect("plans");
        gpu.submit(&[&plan], None);
        let found = block_on(gpu.download::<Chosen>(step.results, num_lanes)).expect("lives");
        let moved = block_on(gpu.download::<Lane>(&lane_buffer, num_lanes)).expect("lives");
        for (lane, (found, (token, logprob, _))) in found.iter().zip(expected).enumerate() {
            prop_assert_eq!(found.token, token);
            prop_assert!((found.logprob - logprob).abs() < 1e-4, "{} {}", found.logprob, logprob);
            let next = Lane { token, position: small(41 + lane), column: small(lane), step: 1 };
            prop_assert_eq!(moved[lane], next);
        }
        Ok(())
    });
}

/// The check itself is checked: with one wrong sign in the decoder it must fail, in either maths.
#[test]
fn a_corrupted_shader_fails_the_parity_check() {
    fn corrupt(source: String) -> String {
        source.replace("dm.xx, dm.yy", "dm.xx, -dm.yy")
    }
    let name = "a_corrupted_shader_fails_the_parity_check";
    let (w, x) = (random_matrix(Quant::Q4_1, 40, 64, 5), noise(64, 6));
    for (patch, is_right) in [(None, true), (Some(corrupt as fn(String) -> String), false)] {
        let Some(gpu) = open_gpu(name, GpuOptions { patch, ..GpuOptions::default() }) else { return };
        for is_fast in [false, true] {
            let mut expected = vec![0.0; 40];
            matvec(&w, &seen(w.quant, is_fast, &x), Epilogue::Store, &mut expected);
            let (x_buffer, out) = (gpu.upload("x", &x), gpu.storage("out", 160));
            let (matrix, input, ending) = (upload(&gpu, &[&w]), Input::Plain(&x_buffer), Ending::Store(&out));
            let step = Product { w: &matrix, lanes: 1, input, bias: None, side: None, ending, is_fast };
            let error = nmse(&run(&gpu, &product(&gpu, step).expect("plans"), &out, 40), &expected);
            assert_eq!(error <= MATVEC_NMSE, is_right, "fast {is_fast}: {error}");
        }
    }
}

/// What the driver refuses is an error and not a crash.
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
