//! The fast maths on the available adapter: whole models compared with the f32 reference, and limits for the cost.
//!
//! `gpu_kernels.rs` compares each kernel with its twin; `gpu_columns.rs` tests columns in fast maths.

mod common;

use std::ops::ControlFlow;
use std::path::Path;
use std::process::Command;
use std::rc::Rc;

use askew::engine::LoadedModel;
use askew::engine::load::{Processor, load};
use askew::engine::native::FileSource;
use askew::gpu::checks::nmse;
use askew::gpu::ops::is_packed;
use askew::gpu::{Gpu, GpuOptions, Lane};
use askew::model::quant::Quant;
use askew::protocol::{LoadProgress, Math};
use common::engine::{Memory, open_gpu};
use common::gguf::{Shape, random_llama, random_model};
use common::models::{GEMMA, QWEN, SMOLLM, cached};
use pollster::block_on;

/// Limits for `fast`, the engine's two targets (docs/engine.md): its logits as a normalised mean square error, and the
/// share of tokens for which it finds the reference's likeliest token. The first alone would accept activations of one
/// byte, with which 3 % of the likeliest tokens are others.
const LOGITS_NMSE: f64 = 2e-3;
const TOP_1_AGREEMENT: f64 = 0.99;
/// Tokens per step.
const LANES: usize = 8;

fn go_on(_: LoadProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn from_bytes(bytes: &[u8], processor: &Processor) -> LoadedModel {
    block_on(load(&mut Memory::new(bytes.to_vec()), "random", processor, go_on)).expect("loads")
}

fn from_file(path: &Path, processor: &Processor) -> LoadedModel {
    block_on(load(&mut FileSource::open(path).expect("opens"), "real", processor, go_on)).expect("loads")
}

/// The logits after each token, in one column: (tokens, vocab).
fn all_logits(model: &mut LoadedModel, tokens: &[u32]) -> Vec<f32> {
    let lanes: Vec<Lane> =
        tokens.iter().zip(0..).map(|(&token, position)| Lane { token, position, column: 0, step: 0 }).collect();
    lanes.chunks(LANES).flat_map(|lanes| block_on(model.logits(lanes)).expect("logits")).collect()
}

fn likeliest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("some")
}

/// Lets the reference and the fast GPU read a text, and compares their logits over all tokens together: for a single
/// token any rounding may decide.
fn compare(gpu: &Rc<Gpu>, path: &Path, num_tokens: usize) {
    let mut exact = from_file(path, &Processor::CPU_EXACT);
    let mut fast = from_file(path, &Processor::Gpu(Rc::clone(gpu), Math::Fast));
    assert_eq!((exact.card.math, fast.card.math), (Math::Exact, Math::Fast));
    let text = include_str!("fixtures/corpus.txt");
    let tokens = &exact.file.tokenizer.encode(text)[..num_tokens];
    let (mut agreements, mut errors) = (0, Vec::new());
    let (mut expected_all, mut found_all) = (Vec::new(), Vec::new());
    let vocab = exact.card.vocab_size as usize;
    let (expected, found) = (all_logits(&mut exact, tokens), all_logits(&mut fast, tokens));
    for (expected, found) in expected.chunks_exact(vocab).zip(found.chunks_exact(vocab)) {
        agreements += usize::from(likeliest(expected) == likeliest(found));
        errors.push(nmse(found, expected));
        expected_all.extend_from_slice(expected);
        found_all.extend_from_slice(found);
    }
    errors.sort_by(f64::total_cmp);
    let (median, worst) = (errors[num_tokens / 2], errors[num_tokens - 1]);
    let (error, agreement) = (nmse(&found_all, &expected_all), agreements as f64 / num_tokens as f64);
    println!("{}, {num_tokens} tokens: NMSE {error:.1e}", exact.card.name);
    println!("of single tokens: median {median:.1e}, worst {worst:.1e}; top-1 agreement {:.2} %", agreement * 100.0);
    assert!(error <= LOGITS_NMSE, "{error}");
    assert!(agreement >= TOP_1_AGREEMENT, "{agreement}");
}

#[test]
fn a_real_model_agrees_with_the_reference_over_a_text() {
    let name = "a_real_model_agrees_with_the_reference_over_a_text";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    if let Some(path) = cached(name, SMOLLM) {
        compare(&gpu, &path, 128);
    }
}

#[test]
#[ignore = "minutes on a software adapter"]
fn real_models_agree_over_longer_texts() {
    let name = "real_models_agree_over_longer_texts";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    for (model, num_tokens) in [(SMOLLM, 1024), (GEMMA, 128), (QWEN, 128)] {
        if let Some(path) = cached(name, model) {
            compare(&gpu, &path, num_tokens);
        }
    }
}

/// Every format, prompts in short and long runs, rows split among threads or not; float weights are multiplied as
/// floats.
#[test]
fn random_models_agree_with_the_reference() {
    let shape = Shape { dim: 256, ff_dim: 512, layers: 1, heads: 4, kv_heads: 2, head_dim: 64, vocab: 333 };
    let tokens: Vec<u32> = (0..43).map(|i| (i * 37 + 5) % 300).collect();
    let all: Vec<Quant> = Quant::all().collect();
    let some = [Quant::F16, Quant::Q8_0, Quant::Q4K, Quant::Q6K];
    for (prefill_lanes, row_split, quants) in [(8, 1, all.as_slice()), (32, 4, &some)] {
        let options =
            GpuOptions { prefill_lanes: Some(prefill_lanes), row_split: Some(row_split), ..GpuOptions::default() };
        let Some(gpu) = open_gpu("random_models_agree_with_the_reference", options) else { return };
        for &quant in quants {
            let bytes = random_llama(shape, &[quant], 3).bytes();
            let mut exact = from_bytes(&bytes, &Processor::CPU_EXACT);
            let mut fast = from_bytes(&bytes, &Processor::Gpu(Rc::clone(&gpu), Math::Fast));
            let [expected, found] =
                [&mut exact, &mut fast].map(|model| block_on(model.logits_after(&tokens)).expect("logits"));
            let error = nmse(&found, &expected);
            println!("{}, {prefill_lanes} lanes: NMSE {error:.1e}", quant.name());
            assert!(error <= LOGITS_NMSE, "{}: {error}", quant.name());
            let mut other = from_bytes(&bytes, &Processor::Gpu(Rc::clone(&gpu), Math::Exact));
            let exact = block_on(other.logits_after(&tokens)).expect("logits");
            assert_eq!(found == exact, !is_packed(quant), "{}: it rounds", quant.name());
        }
    }
}

#[test]
fn every_architecture_agrees_with_the_reference_and_costs_no_more_dispatches() {
    let name = "every_architecture_agrees_with_the_reference_and_costs_no_more_dispatches";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    let tokens: Vec<u32> = (0..19).map(|i| (i * 37 + 5) % 300).collect();
    for architecture in ["llama", "qwen2", "qwen3", "gemma3"] {
        let bytes = random_model(architecture, Shape::TINY, &[Quant::Q8_0, Quant::Q4_1], 3).bytes();
        let on_gpu = |math| from_bytes(&bytes, &Processor::Gpu(Rc::clone(&gpu), math));
        let (mut exact, mut fast) = (on_gpu(Math::Exact), on_gpu(Math::Fast));
        assert_eq!(fast.dispatches(), exact.dispatches());
        let expected = block_on(from_bytes(&bytes, &Processor::CPU_EXACT).logits_after(&tokens)).expect("logits");
        let logits = |model: &mut LoadedModel| block_on(model.logits_after(&tokens)).expect("logits");
        let (error, exact_error) = (nmse(&logits(&mut fast), &expected), nmse(&logits(&mut exact), &expected));
        println!("{architecture}: NMSE {error:.1e}, exact {exact_error:.1e}");
        assert!(error <= LOGITS_NMSE && error > exact_error, "{architecture}: {error}");
        // A new layout keeps the maths.
        block_on(fast.lay_out(2, Vec::new(), Vec::new())).expect("lays out");
        assert!((nmse(&logits(&mut fast), &expected) - error).abs() < 1e-9, "{architecture}");
    }
}

/// On a device without integer products the exact maths runs instead, and the card shows it.
#[test]
fn a_device_without_packed_products_is_exact() {
    let name = "a_device_without_packed_products_is_exact";
    let options = GpuOptions { packed_dot: Some(false), ..GpuOptions::default() };
    let Some(gpu) = open_gpu(name, options) else { return };
    let bytes = random_llama(Shape::TINY, &[Quant::Q8_0, Quant::Q4_1], 2).bytes();
    let [mut exact, mut fast] =
        [Math::Exact, Math::Fast].map(|math| from_bytes(&bytes, &Processor::Gpu(Rc::clone(&gpu), math)));
    assert_eq!(fast.card.math, Math::Exact);
    let logits = |model: &mut LoadedModel| block_on(model.logits_after(&[5, 6, 7])).expect("logits");
    assert_eq!(logits(&mut fast), logits(&mut exact));
}

#[test]
fn the_command_line_runs_either_maths_on_a_gpu() {
    if open_gpu("the_command_line_runs_either_maths_on_a_gpu", GpuOptions::default()).is_none() {
        return;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("gpu_fast.gguf");
    std::fs::write(&path, random_llama(Shape::TINY, &[Quant::Q8_0, Quant::Q4_1], 2).bytes()).expect("writes");
    for math in ["exact", "fast"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askew"));
        command.arg("generate").arg(&path).args(["--prompt", "ab", "--max-tokens", "5", "--json", "--math", math]);
        let output = command.output().expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON alone on stdout");
        assert_eq!(report["math"], math);
        assert_eq!(report["tokens"].as_array().map(Vec::len), Some(5));
    }
}
