//! The self-test page: compares kernels and real models on the browser's GPU with the CPU.

use std::path::Path;
use std::time::Duration;

use askew::model::quant::Quant;

use crate::chrome::TempDir;
use crate::common::gguf::{Meta, Shape, random_model};
use crate::page::Page;
use crate::{Test, common, pictures};

pub(crate) const TESTS: &[Test] = &[
    ("device::every_kernel_holds", every_kernel_holds),
    ("device::a_model_holds", a_model_holds),
    ("device::every_architecture_holds", every_architecture_holds),
    ("device::what_is_no_model_is_refused", what_is_no_model_is_refused),
];

/// Tests in a browser without WebGPU.
pub(crate) const PLAIN_TESTS: &[Test] = &[("device::without_a_gpu_the_page_says_so", without_a_gpu)];

/// Tests for `cargo xtask verify`: one format at a time, and the larger models that the set-up
/// downloads.
pub(crate) const LONG_TESTS: &[Test] = &[
    ("device::every_format_holds", every_format_holds),
    ("device::gemma3_holds", gemma3_holds),
    ("device::qwen2_holds", qwen2_holds),
];

/// Time limit for all kernels, or for a small model, on a software adapter.
const PATIENCE: Duration = Duration::from_secs(300);
/// Time limit for the larger models.
const LONG_PATIENCE: Duration = Duration::from_secs(1800);
/// A model's limit in exact maths: that of the self-test (`LOGITS_NMSE` in `engine::self_test`, with its reason).
const LOGITS_NMSE: f64 = 1e-4;

fn open(page: &Page) {
    page.open("/#self-test");
    page.wait_for("#self-test-run");
}

/// The errors in the table of the finished test. No check may fail. For a whole model no error may be exactly zero,
/// which would mean that the CPU was compared with itself.
fn errors(page: &Page, patience: Duration) -> Vec<f64> {
    let ended = "document.querySelector('#self-test-verdict')?.dataset.done === 'true' || \
                 document.querySelector('#self-test-problem')";
    page.wait_for_long(ended, "the self-test has ended", patience);
    assert_eq!(page.count("#self-test-problem"), 0, "{:?}", page.texts("#self-test-problem"));
    let verdict = page.text("#self-test-verdict");
    println!("{verdict} {:?}", page.texts("#self-test-checks tbody tr"));
    assert_eq!(page.attr("#self-test-verdict", "data-failed").as_deref(), Some("0"), "{verdict}");
    let found =
        page.eval("[...document.querySelectorAll('#self-test-checks tbody tr')].map(row => +row.dataset.error)");
    found.as_array().into_iter().flatten().map(|error| error.as_f64().unwrap_or(f64::NAN)).collect()
}

fn every_kernel_holds(page: &mut Page) {
    page.open("/#lab");
    page.wait_for("#to-self-test");
    page.click("#to-self-test");
    page.wait_for("#self-test-run");
    page.click("#self-test-run");
    let errors = errors(page, PATIENCE);
    assert!(errors.len() >= 76, "{} checks", errors.len());
    let checks = page.texts("#self-test-checks tbody tr").join("\n");
    for kernel in ["attention", "rotation and cache", "norm and residual sum", "choice"] {
        let is_there = checks.lines().any(|check| check.starts_with(kernel) && check.contains("without subgroups"));
        assert!(is_there, "no {kernel} without subgroups in\n{checks}");
    }
    assert!(errors.iter().any(|&error| error > 0.0), "the GPU rounds differently from the CPU somewhere");
    pictures::take(page, "self-test");
}

fn holds(page: &Page, model: &Path, patience: Duration) {
    open(page);
    page.set_files("#self-test-model", &[model]);
    let errors = errors(page, patience);
    assert_eq!(errors.len(), 3);
    assert!(errors.iter().all(|&error| error > 0.0 && error <= LOGITS_NMSE), "{errors:?}");
}

fn a_model_holds(page: &mut Page) {
    if let Some(model) = common::engine::smollm("device::a_model_holds") {
        holds(page, &model, PATIENCE);
    }
}

/// A shape wide enough for formats with blocks of 256, with more matrices than there are formats.
const SHAPE: Shape = Shape { dim: 256, ff_dim: 512, layers: 2, heads: 4, kv_heads: 2, head_dim: 64, vocab: 300 };

/// Checks a random model of these formats, with a context long enough for the self-test's texts.
fn random_holds(page: &Page, architecture: &str, quants: &[Quant]) {
    let mut file = random_model(architecture, SHAPE, quants, 11);
    file.set(&format!("{architecture}.context_length"), Meta::U32(512));
    let folder = TempDir::new("random-model");
    println!("{architecture}, {} formats, the first {}", quants.len(), quants[0].name());
    holds(page, &folder.write("random.gguf", file.bytes()), PATIENCE);
}

/// Every architecture passes with all formats.
fn every_architecture_holds(page: &mut Page) {
    let quants: Vec<Quant> = Quant::all().collect();
    for architecture in ["llama", "qwen2", "qwen3", "gemma3"] {
        random_holds(page, architecture, &quants);
    }
}

fn every_format_holds(page: &mut Page) {
    for quant in Quant::all() {
        random_holds(page, "llama", &[quant]);
    }
}

fn larger(page: &Page, name: &str, file: &str) {
    if let Some(folder) = common::engine::models_with(name, file) {
        holds(page, &folder.join(file), LONG_PATIENCE);
    }
}

fn gemma3_holds(page: &mut Page) {
    larger(page, "device::gemma3_holds", "gemma-3-270m.Q4_K_M.gguf");
}

fn qwen2_holds(page: &mut Page) {
    larger(page, "device::qwen2_holds", "qwen2.5-coder-0.5b-instruct.Q4_K_M.gguf");
}

fn what_is_no_model_is_refused(page: &mut Page) {
    let folder = TempDir::new("no-model");
    open(page);
    page.set_files("#self-test-model", &[&folder.write("picture.gguf", "this is no model")]);
    page.wait_text("#self-test-problem", "GGUF");
    assert!(!page.eval("document.querySelector('#self-test-run').disabled").as_bool().unwrap_or(true));
}

fn without_a_gpu(page: &mut Page) {
    open(page);
    page.click("#self-test-run");
    page.wait_for("#self-test-problem");
    let words = page.text("#self-test-problem");
    assert!(words.contains("GPU"), "{words}");
}
