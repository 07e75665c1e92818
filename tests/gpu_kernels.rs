//! Every kernel against its CPU twin over odd shapes, on whatever adapter is there.
//!
//! Limits are ENGINE's: NMSE 1e-7 for element-wise operations, 1e-6 for exact quantized products.

mod common;

use std::rc::Rc;

use askew::gpu::kernel::Dispatch;
use askew::gpu::matrix::{GpuMatrix, Scratch};
use askew::gpu::ops::{self, MAX_COLUMNS, PARAMS_WORDS};
use askew::gpu::{Gpu, GpuOptions};
use askew::model::config::{Activation, RopeStyle};
use askew::model::gguf::TensorInfo;
use askew::model::quant::Quant;
use askew::model::reference::Matrix;
use askew::model::reference::attention::{Heads, Reach, attention};
use askew::model::reference::embed::embed;
use askew::model::reference::gate::gate;
use askew::model::reference::gated_matvec::gated_matvec;
use askew::model::reference::matvec::{Epilogue, matvec};
use askew::model::reference::rms_norm::rms_norm;
use askew::model::reference::rope_cache::{Rope, rope_cache};
use common::engine::{nmse, open_gpu};
use common::gguf::{noise, random_weights};
use pollster::block_on;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

const ELEMENTWISE_NMSE: f64 = 1e-7;
const MATVEC_NMSE: f64 = 1e-6;
/// Shapes for each kernel: every one is another shader to compile.
const CASES: u32 = 12;

/// Runs a property over shapes; a fixed seed keeps the suite repeatable.
fn check<S: Strategy>(strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let rng = proptest::test_runner::TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, rng).run(&strategy, test).expect("the property holds");
}

/// The shortest row of at least `blocks` times 32 weights that all formats can store.
fn row_len(quants: &[Quant], blocks: usize) -> usize {
    let most = quants.iter().map(|quant| quant.block_len()).max().unwrap_or(1);
    (blocks * 32).next_multiple_of(most)
}

fn random_matrix(quant: Quant, num_rows: usize, row_len: usize, seed: u64) -> Matrix {
    Matrix { quant, num_rows, row_len, bytes: random_weights(quant, num_rows * row_len, 0.5, seed) }
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

fn params(gpu: &Gpu, position: u32, tokens: &[u32]) -> wgpu::Buffer {
    let mut words = [0; PARAMS_WORDS];
    words[0] = position;
    words[1..=tokens.len()].copy_from_slice(tokens);
    gpu.upload("params", &words)
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

fn quants() -> impl Strategy<Value = Quant> {
    proptest::sample::select(Quant::all().collect::<Vec<_>>())
}

#[test]
fn matvec_matches_its_twin() {
    for row_split in [1, 4] {
        let options = GpuOptions { row_split: Some(row_split), ..GpuOptions::default() };
        let Some(gpu) = open_gpu("matvec_matches_its_twin", options) else { return };
        check((quants(), 1..100usize, 1..12usize, 1..=MAX_COLUMNS, any::<bool>(), any::<u64>()), |case| {
            let (quant, rows, blocks, columns, adds, seed) = case;
            let epilogue = if adds { Epilogue::Add } else { Epilogue::Store };
            let len = row_len(&[quant], blocks);
            let w = random_matrix(quant, rows, len, seed);
            let (x, mut expected) = (noise(columns * len, seed ^ 1), noise(columns * rows, seed ^ 2));
            let out = gpu.upload("out", &expected);
            let x_buffer = gpu.upload("x", &x);
            let matrix = upload(&gpu, &[&w]);
            let plan = ops::matvec::matvec(&gpu, &matrix, columns, &x_buffer, epilogue, &out).expect("plans");
            for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
                matvec(&w, x, epilogue, out);
            }
            near(&run(&gpu, &plan, &out, columns * rows), &expected, MATVEC_NMSE)
        });
    }
}

/// Formats that differ, parts that end within a tile, and bindings too small for the whole.
#[test]
fn stacked_and_sliced_matrices_match_their_parts() {
    let options = GpuOptions { max_binding_bytes: Some(8 << 10), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("stacked_and_sliced_matrices_match_their_parts", options) else { return };
    let part = (quants(), 1..150usize);
    check((proptest::collection::vec(part, 1..4), 1..8usize, any::<u64>()), |(parts, blocks, seed)| {
        let len = row_len(&parts.iter().map(|part| part.0).collect::<Vec<_>>(), blocks);
        let parts: Vec<Matrix> = parts.iter().map(|&(quant, rows)| random_matrix(quant, rows, len, seed)).collect();
        let matrix = upload(&gpu, &parts.iter().collect::<Vec<_>>());
        let x = noise(len, seed ^ 1);
        let mut expected = Vec::new();
        for part in &parts {
            let mut out = vec![0.0; part.num_rows];
            matvec(part, &x, Epilogue::Store, &mut out);
            expected.extend(out);
        }
        let (x_buffer, out) = (gpu.upload("x", &x), gpu.storage("out", (expected.len() * 4) as u64));
        let plan = ops::matvec::matvec(&gpu, &matrix, 1, &x_buffer, Epilogue::Store, &out).expect("plans");
        near(&run(&gpu, &plan, &out, expected.len()), &expected, MATVEC_NMSE)
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
            check((quants(), 1..4usize, 1..6usize, 1..=MAX_COLUMNS, activations, any::<u64>()), |case| {
                let (quant, tiles, blocks, columns, activation, seed) = case;
                let (rows, len) = (tiles * 32, row_len(&[quant], blocks));
                let wg = random_matrix(quant, rows, len, seed);
                let wu = random_matrix(quant, rows, len, seed ^ 9);
                let x = noise(columns * len, seed ^ 1);
                let mut expected = vec![0.0; columns * rows];
                for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
                    gated_matvec(&wg, &wu, x, activation, out);
                }
                let x_buffer = gpu.upload("x", &x);
                let scratch = gpu.storage("scratch", (columns * rows * 8) as u64);
                let out = gpu.storage("out", (columns * rows * 4) as u64);
                let matrix = upload(&gpu, &[&wg, &wu]);
                let plan =
                    ops::gated_matvec::gated_matvec(&gpu, &matrix, columns, &x_buffer, activation, &scratch, &out);
                near(&run(&gpu, &plan.expect("plans"), &out, columns * rows), &expected, MATVEC_NMSE)
            });
        }
    }
}

#[test]
fn gate_matches_its_twin() {
    let Some(gpu) = open_gpu("gate_matches_its_twin", GpuOptions::default()) else { return };
    let activations = prop_oneof![Just(Activation::Silu), Just(Activation::GeluTanh)];
    check((1..300usize, 1..=MAX_COLUMNS, activations, 0.1..40.0f32, any::<u64>()), |case| {
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
fn rms_norm_matches_its_twin() {
    let Some(gpu) = open_gpu("rms_norm_matches_its_twin", GpuOptions::default()) else { return };
    check((1..700usize, 1..=MAX_COLUMNS, 0.01..100.0f32, any::<u64>()), |(width, columns, scale, seed)| {
        let x: Vec<f32> = noise(columns * width, seed).iter().map(|x| x * scale).collect();
        let weight = noise(width, seed ^ 1);
        let mut expected = vec![0.0; columns * width];
        for (x, out) in x.chunks_exact(width).zip(expected.chunks_exact_mut(width)) {
            rms_norm(x, &weight, 1e-5, out);
        }
        let (x_buffer, weight) = (gpu.upload("x", &x), gpu.upload("weight", &weight));
        let out = gpu.storage("out", (columns * width * 4) as u64);
        let plan = ops::rms_norm::rms_norm(&gpu, width, columns, &x_buffer, &weight, 1e-5, &out).expect("plans");
        near(&run(&gpu, &[plan], &out, columns * width), &expected, ELEMENTWISE_NMSE)
    });
}

#[test]
fn embed_matches_its_twin_bit_for_bit_or_nearly() {
    let options = GpuOptions { max_binding_bytes: Some(16 << 10), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("embed_matches_its_twin", options) else { return };
    check(
        (quants(), 1..400usize, 1..6usize, 1..=MAX_COLUMNS, any::<u64>()),
        |(quant, vocab, blocks, columns, seed)| {
            let len = row_len(&[quant], blocks);
            let w = random_matrix(quant, vocab, len, seed);
            let tokens: Vec<usize> = noise(columns, seed ^ 1).iter().map(|x| x.to_bits() as usize % vocab).collect();
            let mut expected = vec![0.0; columns * len];
            for (&token, x) in tokens.iter().zip(expected.chunks_exact_mut(len)) {
                embed(&w, token, 1.5, x);
            }
            let words: Vec<u32> = tokens.iter().map(|&token| u32::try_from(token).expect("small")).collect();
            let out = gpu.storage("out", (columns * len * 4) as u64);
            let plan = ops::embed::embed(&gpu, &upload(&gpu, &[&w]), columns, &params(&gpu, 0, &words), 1.5, &out);
            near(&run(&gpu, &plan.expect("plans"), &out, columns * len), &expected, 1e-12)
        },
    );
}

/// Every format over odd shapes, with scales that 16-bit floats hold as normal and as subnormal numbers.
#[test]
fn every_format_matches_its_twin() {
    let Some(gpu) = open_gpu("every_format_matches_its_twin", GpuOptions::default()) else { return };
    for quant in Quant::all() {
        for (rows, blocks, size, seed) in [(1, 1, 0.5, 1), (33, 3, 0.01, 2), (75, 11, 0.0005, 3)] {
            let len = row_len(&[quant], blocks);
            let w =
                Matrix { quant, num_rows: rows, row_len: len, bytes: random_weights(quant, rows * len, size, seed) };
            let matrix = upload(&gpu, &[&w]);
            let x = noise(2 * len, seed ^ 1);
            let (x_buffer, out) = (gpu.upload("x", &x), gpu.storage("out", (2 * rows * 4) as u64));
            let plan = ops::matvec::matvec(&gpu, &matrix, 2, &x_buffer, Epilogue::Store, &out).expect("plans");
            let mut expected = vec![0.0; 2 * rows];
            for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
                matvec(&w, x, Epilogue::Store, out);
            }
            let error = nmse(&run(&gpu, &plan, &out, 2 * rows), &expected);
            assert!(error <= MATVEC_NMSE, "matvec {quant:?} ({rows}, {len}): {error}");

            let mut expected = vec![0.0; len];
            embed(&w, rows - 1, 1.0, &mut expected);
            let out = gpu.storage("out", (len * 4) as u64);
            let token = u32::try_from(rows - 1).expect("small");
            let plan = ops::embed::embed(&gpu, &matrix, 1, &params(&gpu, 0, &[token]), 1.0, &out).expect("plans");
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
    check((heads(), styles, 1..=MAX_COLUMNS, 0..16usize, any::<u64>()), |(heads, style, columns, position, seed)| {
        let (q_dim, kv_dim) = (heads.num_heads * heads.head_dim, heads.num_kv_heads * heads.head_dim);
        let width = q_dim + 2 * kv_dim;
        let pairs = heads.head_dim / 2;
        let angles: Vec<[f32; 2]> =
            noise(CONTEXT * pairs, seed).iter().map(|x| [(x * 3.0).cos(), (x * 3.0).sin()]).collect();
        let mut qkv = noise(columns * width, seed ^ 1);
        let (mut k, mut v) = (noise(CONTEXT * kv_dim, seed ^ 2), noise(CONTEXT * kv_dim, seed ^ 3));

        let rope = ops::rope_cache::Rope { style, angles: &gpu.upload("angles", &angles) };
        let cache = ops::attention::Cache { k: gpu.upload("k", &k), v: gpu.upload("v", &v) };
        let qkv_buffer = gpu.upload("qkv", &qkv);
        let start = params(&gpu, u32::try_from(position).expect("small"), &[]);
        let plan = ops::rope_cache::rope_cache(&gpu, heads, rope, columns, &start, &qkv_buffer, &cache);
        let found = run(&gpu, &[plan.expect("plans")], &qkv_buffer, qkv.len());

        for (column, qkv) in qkv.chunks_exact_mut(width).enumerate() {
            let at = position + column;
            let rope = Rope { style, angles: &angles[at * pairs..][..pairs], norm: None };
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

#[test]
fn attention_matches_its_twin() {
    let Some(gpu) = open_gpu("attention_matches_its_twin", GpuOptions::default()) else { return };
    // Up to three runs of the kernel's 64 positions.
    check((heads(), 1..=MAX_COLUMNS, 0..170usize, any::<u64>()), |(heads, columns, position, seed)| {
        let (q_dim, kv_dim) = (heads.num_heads * heads.head_dim, heads.num_kv_heads * heads.head_dim);
        let width = q_dim + 2 * kv_dim;
        let context = position + columns + 3;
        let reach = Reach { scale: 1.0 / (heads.head_dim as f32).sqrt(), window: None };
        // Large enough that some softmax weights vanish.
        let grow = |values: Vec<f32>| values.into_iter().map(|x| x * 4.0).collect::<Vec<f32>>();
        let qkv = grow(noise(columns * width, seed));
        let (k, v) = (grow(noise(context * kv_dim, seed ^ 1)), noise(context * kv_dim, seed ^ 2));
        let mut expected = vec![0.0; columns * q_dim];
        for (column, out) in expected.chunks_exact_mut(q_dim).enumerate() {
            attention(&qkv[column * width..][..q_dim], &k, &v, position + column, heads, reach, out);
        }
        let cache = ops::attention::Cache { k: gpu.upload("k", &k), v: gpu.upload("v", &v) };
        let start = params(&gpu, u32::try_from(position).expect("small"), &[]);
        let out = gpu.storage("out", (columns * q_dim * 4) as u64);
        let plan = ops::attention::attention(&gpu, heads, columns, &start, &gpu.upload("qkv", &qkv), &cache, &out);
        near(&run(&gpu, &[plan.expect("plans")], &out, expected.len()), &expected, MATVEC_NMSE)
    });
}

/// The check itself is checked: with one wrong sign in the decoder it must fail.
#[test]
fn a_corrupted_shader_fails_the_parity_check() {
    fn corrupt(source: String) -> String {
        source.replace("* dm.x + dm.y", "* dm.x - dm.y")
    }
    let errors: Vec<f64> = [None, Some(corrupt as fn(String) -> String)]
        .into_iter()
        .map_while(|patch| {
            let gpu =
                open_gpu("a_corrupted_shader_fails_the_parity_check", GpuOptions { patch, ..GpuOptions::default() })?;
            let (w, x) = (random_matrix(Quant::Q4_1, 40, 64, 5), noise(64, 6));
            let mut expected = vec![0.0; 40];
            matvec(&w, &x, Epilogue::Store, &mut expected);
            let (x_buffer, out) = (gpu.upload("x", &x), gpu.storage("out", 160));
            let plan = ops::matvec::matvec(&gpu, &upload(&gpu, &[&w]), 1, &x_buffer, Epilogue::Store, &out);
            Some(nmse(&run(&gpu, &plan.expect("plans"), &out, 40), &expected))
        })
        .collect();
    if let [right, wrong] = errors[..] {
        assert!(right <= MATVEC_NMSE && wrong > MATVEC_NMSE, "{right} {wrong}");
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
