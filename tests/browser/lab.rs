//! The Lab: a real model in the engine worker, compared with the command line's CPU reference.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::chrome::TempDir;
use crate::page::Page;
use crate::{Test, common};

pub(crate) const TESTS: &[Test] = &[
    ("lab::greedy_tokens_equal_the_reference", greedy_tokens_equal_the_reference),
    ("lab::stop_works_mid_answer_and_the_next_one_runs", stop_works_mid_answer_and_the_next_one_runs),
    ("lab::what_cannot_run_is_refused_in_a_sentence", what_cannot_run_is_refused_in_a_sentence),
];

/// Tests in a browser without WebGPU.
pub(crate) const PLAIN_TESTS: &[Test] = &[
    ("lab::without_webgpu_a_model_runs_on_the_cpu", without_webgpu_a_model_runs_on_the_cpu),
    ("lab::without_simd_the_page_says_so", without_simd_the_page_says_so),
];

/// Time limit for a model's load and an answer on a software adapter.
const PATIENCE: Duration = Duration::from_secs(240);

/// Number of tokens compared.
const NUM_TOKENS: &str = "32";

pub(crate) fn load(page: &Page, model: &Path) {
    page.open("/#lab");
    page.wait_for("#adapter, #no-gpu");
    page.set_files("#model-file", &[model]);
    page.wait_for_model(PATIENCE);
}

pub(crate) fn ask(page: &Page, mode: &str, prompt: &str, max_tokens: &str) {
    page.select("#mode", mode);
    page.set_value("#prompt", prompt);
    page.set_value("#max-tokens", max_tokens);
    page.click("#generate");
}

pub(crate) fn wait_for_the_end(page: &Page) {
    let ended = "document.querySelector('#answer')?.dataset.done === 'true'";
    page.wait_for_long(ended, "the answer has ended", PATIENCE);
}

pub(crate) fn tokens(page: &Page) -> Vec<u64> {
    let ids = page.attr("#answer", "data-tokens").unwrap_or_default();
    ids.split(',').filter(|id| !id.is_empty()).map(|id| id.parse().expect("a token is a number")).collect()
}

/// The command line's answer on the CPU: tokens and text.
fn reference(model: &Path, kind: &str, prompt: &str, math: &str) -> (Vec<u64>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_askew"))
        .args(["generate"])
        .arg(model)
        .args([
            kind,
            prompt,
            "--max-tokens",
            NUM_TOKENS,
            "--temperature",
            "0",
            "--device",
            "cpu",
            "--math",
            math,
            "--json",
        ])
        .output()
        .expect("the command line runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answer: Value = serde_json::from_slice(&output.stdout).expect("the command line writes JSON");
    let ids = answer["tokens"].as_array().expect("tokens").iter().filter_map(Value::as_u64).collect();
    (ids, answer["text"].as_str().unwrap_or_default().to_owned())
}

fn greedy_tokens_equal_the_reference(page: &mut Page) {
    let Some(model) = common::engine::smollm("lab::greedy_tokens_equal_the_reference") else { return };
    let since = page.now_ms();
    load(page, &model);
    let adapter = page.text("#adapter");
    assert!(adapter.to_lowercase().contains("swiftshader"), "the adapter is named: {adapter}");
    for (mode, kind, prompt) in
        [("raw", "--prompt", "The capital of France is"), ("chat", "--chat", "hey I feel bored")]
    {
        let (expected, text) = reference(&model, kind, prompt, "exact");
        ask(page, mode, prompt, NUM_TOKENS);
        wait_for_the_end(page);
        assert_eq!(tokens(page), expected, "{mode}: tokens");
        assert_eq!(page.text("#answer").trim(), text.trim(), "{mode}: text");
        let cost = page.text("#answer-cost");
        let dispatches = cost.split(" dispatches a token").next().and_then(|head| head.rsplit(' ').next());
        let dispatches: u32 = dispatches.and_then(|count| count.parse().ok()).unwrap_or(0);
        assert!(dispatches > 0, "it ran on the GPU: {cost}");
        println!("{mode}: {cost}");
    }
    println!("main-thread tasks over 50 ms while loading and answering: {:?}", page.long_tasks(since));
    page.screenshot("lab-answer-light");
    page.set_dark(true);
    page.screenshot("lab-answer-dark");
    page.set_dark(false);
    page.set_viewport(360, 800);
    page.screenshot("lab-answer-360");
    assert!(page.third_party_requests().is_empty(), "{:?}", page.third_party_requests());
}

fn stop_works_mid_answer_and_the_next_one_runs(page: &mut Page) {
    let Some(model) = common::engine::smollm("lab::stop_works_mid_answer_and_the_next_one_runs") else { return };
    let folder = model.parent().expect("the model has a folder");
    page.server().mount("/models/", folder);
    // This time by address: the same loader with a download.
    page.open("/#lab");
    page.wait_for("#adapter");
    let name = model.file_name().expect("the model has a name").to_string_lossy();
    page.set_value("#model-url", &format!("{}/models/{name}", page.server().origin()));
    page.click_text(".load button", "Load");
    page.wait_for_model(PATIENCE);
    ask(page, "raw", "Once upon a time", "400");
    page.wait_for_long("document.querySelector('#answer')?.dataset.tokens.split(',').length > 3", "tokens", PATIENCE);
    page.click("#stop");
    wait_for_the_end(page);
    let stopped = tokens(page).len();
    assert!((1..400).contains(&stopped), "{stopped} tokens");
    assert!(page.text("#answer-cost").contains("stopped"), "{}", page.text("#answer-cost"));
    // The keyboard does the same.
    ask(page, "raw", "Once upon a time", "401");
    let writes = "(a => a && a.dataset.done !== 'true' && a.dataset.tokens.split(',').length > 3)(document.querySelector('#answer'))";
    page.wait_for_long(writes, "tokens", PATIENCE);
    page.press("Escape");
    wait_for_the_end(page);
    assert!(page.text("#answer-cost").contains("stopped"), "{}", page.text("#answer-cost"));
    ask(page, "raw", "Once upon a time", "4");
    page.wait_for_long(
        "document.querySelector('#answer').dataset.tokens.split(',').length === 4",
        "4 tokens",
        PATIENCE,
    );
    wait_for_the_end(page);
}

fn what_cannot_run_is_refused_in_a_sentence(page: &mut Page) {
    page.allow_problem("404");
    let folder = TempDir::new("models");
    let text = folder.write("notes.gguf", "these are notes, not a model");
    let cut = folder.write("cut.gguf", b"GGUF\x03\0\0\0\x10\0\0\0\0\0\0\0\x10\0\0\0\0\0\0\0".as_slice());
    page.open("/#lab");
    page.wait_for_model(PATIENCE);
    let before = page.text("#model-card h2");
    for (path, words) in [(text, "GGUF"), (cut, "")] {
        page.set_files("#model-file", &[&path]);
        page.wait_for("#lab-problem");
        let message = page.text("#lab-problem");
        assert!(message.contains(words) && message.ends_with('.'), "a sentence: {message:?}");
        println!("{message}");
        assert_eq!(page.text("#model-card h2"), before, "what was there stays");
    }
    page.set_value("#model-url", &format!("{}/no/such/model.gguf", page.server().origin()));
    page.click_text(".load button", "Load");
    page.wait_text("#lab-problem", "404");
    println!("{}", page.text("#lab-problem"));
    page.screenshot("lab-refused-light");
    page.click("#generate");
    wait_for_the_end(page);
    page.click_text("nav a", "Results");
    page.wait_for("#by-model .marks button");
}

/// Without WebGPU the page says so and runs the model on the CPU.
fn without_webgpu_a_model_runs_on_the_cpu(page: &mut Page) {
    let Some(model) = common::engine::smollm("lab::without_webgpu_a_model_runs_on_the_cpu") else { return };
    page.open("/#lab");
    page.wait_text("#no-gpu", "on the CPU here: slow");
    println!("{}", page.text("#no-gpu"));
    page.screenshot("lab-no-webgpu-light");
    load(page, &model);
    for (mode, kind, prompt) in
        [("raw", "--prompt", "The capital of France is"), ("chat", "--chat", "hey I feel bored")]
    {
        let (expected, text) = reference(&model, kind, prompt, "fast");
        ask(page, mode, prompt, NUM_TOKENS);
        wait_for_the_end(page);
        assert_eq!(tokens(page), expected, "{mode}: tokens");
        assert_eq!(page.text("#answer").trim(), text.trim(), "{mode}: text");
        let cost = page.text("#answer-cost");
        assert!(cost.contains("on the CPU"), "{cost}");
        println!("{mode}: {cost}");
    }
    page.screenshot("lab-cpu-answer-light");
    // The CPU computes without a pause, but the stop button still works.
    ask(page, "raw", "Once upon a time", "1000");
    page.wait_for_long("document.querySelector('#answer')?.dataset.tokens.split(',').length > 3", "tokens", PATIENCE);
    page.click("#stop");
    wait_for_the_end(page);
    assert!(page.text("#answer-cost").contains("stopped"), "{}", page.text("#answer-cost"));
    page.click_text("nav a", "Results");
    page.wait_for("#by-model .marks button");
}

/// Without the check, an old browser would refuse the app's code and show an empty page.
fn without_simd_the_page_says_so(page: &mut Page) {
    let old = serde_json::json!({ "source": "WebAssembly.validate = () => false;" });
    page.must("Page.addScriptToEvaluateOnNewDocument", old);
    page.open("/");
    page.wait_text("body", "WebAssembly with SIMD");
}
