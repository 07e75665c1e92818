//! The real model (SmolLM2-135M Q4_1): tokens, greedy answers and logits, on the CPU and on the available GPU adapter.

mod common;

use std::cell::Cell;
use std::ops::ControlFlow;

use askew::engine::generate::{Generation, Step};
use askew::engine::load::{Processor, load, read_headers};
use askew::engine::native::FileSource;
use askew::engine::{LoadedModel, RuntimeError};
use askew::gpu::checks::nmse;
use askew::gpu::{Gpu, GpuOptions, Lane};
use askew::model::LocalTime;
use askew::protocol::{Column, LoadProgress, LoadStage, Math, Prompt, Sampling, StopReason};
use common::engine::{open_gpu, smollm};
use pollster::block_on;

/// Number of greedy tokens that must be equal.
const GREEDY_TOKENS: u32 = 32;
/// Limit for f32 activations against the f32 reference: that of the self-test (`LOGITS_NMSE` in `engine::self_test`,
/// with its reason).
const LOGITS_NMSE: f64 = 1e-4;

fn keep_going(_: LoadProgress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn load_on(processor: &Processor) -> Option<LoadedModel> {
    let path = smollm("engine_model")?;
    let mut source = FileSource::open(&path).expect("opens");
    Some(block_on(load(&mut source, "SmolLM2", processor, keep_going)).expect("loads"))
}

fn answer(model: &mut LoadedModel, prompt: &Prompt, sampling: &Sampling) -> (Vec<u32>, String, StopReason) {
    let tokens = model.encode(prompt).expect("a prompt");
    let mut generation = Generation::new(model, tokens, sampling, &[Column::default()]).expect("a prompt");
    let (mut tokens, mut text) = (Vec::new(), String::new());
    loop {
        for step in block_on(generation.advance(model)).expect("a step") {
            match step {
                Step::Reading | Step::Prefilled => {}
                Step::Token { token, piece, .. } => {
                    tokens.push(token);
                    text.push_str(&piece);
                }
                Step::Ended { reason, tail, .. } => return (tokens, text + &tail, reason),
            }
        }
    }
}

fn lane(token: u32, position: usize) -> Lane {
    Lane { token, position: u32::try_from(position).expect("small"), column: 0, step: 0 }
}

fn prompts() -> [Prompt; 2] {
    [Prompt::Raw("The capital of France is".into()), Prompt::chat(None, "hey I feel bored")]
}

#[derive(serde::Deserialize)]
struct Fact {
    text: String,
    ids: Vec<u32>,
}

/// `fixtures/smollm_tokens.json` was made with Hugging Face's `tokenizers` by the script in the same folder.
#[test]
fn tokens_equal_an_independent_engine() {
    let Some(path) = smollm("tokens_equal_an_independent_engine") else { return };
    let mut source = FileSource::open(&path).expect("opens");
    let (file, _, _) = block_on(read_headers(&mut source)).expect("headers");
    let facts: Vec<Fact> = serde_json::from_str(include_str!("fixtures/smollm_tokens.json")).expect("json");
    assert!(facts.len() >= 50);
    for Fact { text, ids } in facts {
        assert_eq!(file.tokenizer.encode(&text), ids, "{text:?}");
        if !text.contains("<|") && !text.contains("<repo") {
            let bytes: Vec<u8> = ids.iter().flat_map(|&id| file.tokenizer.bytes(id)).collect();
            assert_eq!(String::from_utf8(bytes).expect("utf-8"), text);
        }
    }
}

#[test]
fn chat_turns_render_as_the_template_says() {
    let Some(path) = smollm("chat_turns_render_as_the_template_says") else { return };
    let mut source = FileSource::open(&path).expect("opens");
    let (file, _, _) = block_on(read_headers(&mut source)).expect("headers");
    let render = |turns: &[(&str, &str)]| {
        file.chat(turns).expect("a template").render(|| LocalTime::from_unix(0)).expect("renders")
    };
    assert_eq!(
        render(&[("system", "Be brief."), ("user", "hi")]),
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\n"
    );
    // The default system prompt, which SmolLM2's authors wrote into the template.
    let default = render(&[("user", "hi")]);
    assert!(default.starts_with("<|im_start|>system\nYou are a helpful AI assistant named SmolLM"), "{default}");
}

/// The texts begin as those of an independent engine (llama.cpp).
#[test]
fn greedy_answers_and_logits_agree_between_cpu_and_gpu() {
    let name = "greedy_answers_and_logits_agree_between_cpu_and_gpu";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    let Some(mut cpu_model) = load_on(&Processor::CPU_EXACT) else { return };
    let before = gpu.counts();
    let mut gpu_model = load_on(&Processor::Gpu(gpu.clone(), Math::Exact)).expect("the file is there");
    println!("{} on {}", gpu_model.card.name, gpu_model.device().adapter);
    assert!(!gpu_model.device().adapter.is_empty());

    for (prompt, beginning) in prompts().iter().zip([" Paris.", "Hello! I'm"]) {
        let expected = answer(&mut cpu_model, prompt, &Sampling::greedy(GREEDY_TOKENS));
        let found = answer(&mut gpu_model, prompt, &Sampling::greedy(GREEDY_TOKENS));
        assert_eq!(found, expected);
        assert!(found.1.starts_with(beginning), "{found:?}");
        assert!(found.2 == StopReason::EndOfText || found.0.len() == GREEDY_TOKENS as usize, "{found:?}");

        let tokens = cpu_model.encode(prompt).expect("a prompt");
        let error = nmse(
            &block_on(gpu_model.logits_after(&tokens)).expect("logits"),
            &block_on(cpu_model.logits_after(&tokens)).expect("logits"),
        );
        println!("{} tokens, logits NMSE {error:.1e}", tokens.len());
        assert!(error <= LOGITS_NMSE, "{error}");
    }
    // It ran on the GPU, with 6 dispatches per layer, a look-up, the head, and two for the choice of the token.
    assert_eq!(gpu_model.dispatches_per_token(), 30 * 6 + 4);
    assert!(gpu.counts().dispatches > before.dispatches + 60 * 182);
}

/// Decode steps create no GPU objects, and each is one submit.
#[test]
fn decoding_creates_nothing_and_submits_once_a_token() {
    let name = "decoding_creates_nothing_and_submits_once_a_token";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    let Some(mut model) = load_on(&Processor::Gpu(gpu.clone(), Math::Exact)) else { return };
    let before = gpu.counts();
    for position in 0..3 {
        block_on(model.logits(&[lane(504, position)])).expect("logits");
    }
    let after = gpu.counts();
    assert_eq!(after.submits - before.submits, 3);
    // The logits themselves are read, so the two dispatches for the choice are not needed.
    assert_eq!(after.dispatches - before.dispatches, 3 * (u64::from(model.dispatches_per_token()) - 2));
    assert_eq!((after.buffers, after.bind_groups), (before.buffers, before.bind_groups));
}

/// The logits do not depend on whether tokens are read in eights or one by one, or on what the cache held before.
#[test]
fn a_prompt_read_in_columns_equals_token_by_token() {
    let Some(gpu) = open_gpu("a_prompt_read_in_columns_equals_token_by_token", GpuOptions::default()) else { return };
    let Some(mut model) = load_on(&Processor::Gpu(gpu, Math::Exact)) else { return };
    let tokens: Vec<u32> = (0..21).map(|i| 500 + 37 * i).collect();
    let in_columns = block_on(model.logits_after(&tokens)).expect("logits");
    let mut one_by_one = Vec::new();
    for (position, &token) in tokens.iter().enumerate() {
        one_by_one = block_on(model.logits(&[lane(token, position)])).expect("logits");
    }
    let error = nmse(&in_columns, &one_by_one);
    assert!(error <= 1e-10, "{error}");
    assert_eq!(block_on(model.logits_after(&tokens)).expect("logits"), in_columns, "the cache keeps no trace");
}

/// Proves that the parity check works: a wrong shader must fail it.
#[test]
fn a_corrupted_shader_fails_the_logits_check() {
    fn corrupt(source: String) -> String {
        source.replace("a * angle.x - b * angle.y", "a * angle.x + b * angle.y")
    }
    let options = GpuOptions { patch: Some(corrupt), ..GpuOptions::default() };
    let Some(gpu) = open_gpu("a_corrupted_shader_fails_the_logits_check", options) else { return };
    let Some(mut cpu_model) = load_on(&Processor::CPU_EXACT) else { return };
    let mut gpu_model = load_on(&Processor::Gpu(gpu, Math::Exact)).expect("the file is there");
    let tokens = [504, 3575, 282, 4649, 314];
    let error = nmse(
        &block_on(gpu_model.logits_after(&tokens)).expect("logits"),
        &block_on(cpu_model.logits_after(&tokens)).expect("logits"),
    );
    assert!(error > LOGITS_NMSE, "a wrong rotation went unnoticed: {error}");
}

#[test]
fn sampling_repeats_with_its_seed_and_stops_where_told() {
    let Some(mut model) = load_on(&Processor::CPU_EXACT) else { return };
    let prompt = Prompt::Raw("Once upon a time".into());
    let sampling = Sampling { temperature: 1.0, top_k: 40, seed: 7, ..Sampling::greedy(12) };
    let first = answer(&mut model, &prompt, &sampling);
    assert_eq!(answer(&mut model, &prompt, &sampling), first);
    let other = Sampling { seed: 8, ..sampling };
    assert_ne!(answer(&mut model, &prompt, &other).0, first.0);

    let stop = Sampling { stop: vec!["ris.".into()], ..Sampling::greedy(12) };
    let (tokens, text, reason) = answer(&mut model, &Prompt::Raw("The capital of France is".into()), &stop);
    assert_eq!((text.as_str(), reason), (" Pa", StopReason::StopString));
    assert_eq!(tokens.len(), 1);
}

#[test]
fn prompts_that_cannot_be_read_are_refused() {
    let Some(mut model) = load_on(&Processor::CPU_EXACT) else { return };
    let mut refused = |text: &str, max_tokens: u32| {
        let tokens = model.encode_text(text);
        let error = Generation::new(&mut model, tokens, &Sampling::greedy(max_tokens), &[Column::default()])
            .expect_err("refused");
        error.to_string()
    };
    assert!(refused("", 1).contains("empty"));
    assert!(refused("x", 0).contains("max tokens"));
    assert!(refused(&"a b ".repeat(3000), 1).contains("shorten"));
}

/// A load can be stopped, and its progress never decreases.
#[test]
fn a_load_reports_and_can_be_stopped() {
    let Some(path) = smollm("a_load_reports_and_can_be_stopped") else { return };
    let reports = Cell::new(0);
    let last = Cell::new(0);
    let mut source = FileSource::open(&path).expect("opens");
    let result = block_on(load(&mut source, "SmolLM2", &Processor::CPU_EXACT, |progress| {
        assert!(progress.bytes >= last.get() && progress.total.is_some_and(|total| progress.bytes <= total));
        last.set(progress.bytes);
        reports.set(reports.get() + 1);
        let is_enough = progress.stage == LoadStage::Weights && progress.bytes > 20 << 20;
        if is_enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }));
    assert_eq!(result.err(), Some(RuntimeError::Stopped));
    assert!(reports.get() > 3);
}

/// A device requested by name is the one that is used.
#[test]
fn an_unknown_adapter_is_refused_by_name() {
    let options = GpuOptions { adapter: Some("no such adapter"), ..GpuOptions::default() };
    let error = block_on(Gpu::new(options)).expect_err("refused").to_string();
    assert!(error.contains("no such adapter") || error.contains("Vulkan"), "{error}");
}
