//! Output and exit codes of `askew inspect`, `generate` and `logits`, on which scripts rely.

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use askew::gpu::GpuOptions;
use askew::model::quant::Quant;
use common::engine::open_gpu;
use common::gguf::{Shape, random_llama};
use serde_json::Value;

/// Writes a random model to the test's own file.
fn model(test: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.gguf"));
    std::fs::write(&path, random_llama(Shape::TINY, &[Quant::Q8_0, Quant::Q4_1], 2).bytes()).expect("writes");
    path
}

fn askew(arguments: &[&str], model: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_askew"));
    command.arg(arguments[0]).arg(model).args(&arguments[1..]).output().expect("runs")
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON alone on stdout")
}

#[test]
fn inspect_prints_what_a_file_is() {
    let card = json(&askew(&["inspect"], &model("inspect")));
    assert_eq!((card["architecture"].as_str(), card["layers"].as_u64()), (Some("llama"), Some(2)));
    assert_eq!((card["tokenizer"].as_str(), card["chat_template"].as_bool()), (Some("gpt2/smollm"), Some(false)));
    let types: Vec<_> = card["quantization"].as_array().expect("a list").iter().map(|q| &q["quant"]).collect();
    assert!(types.len() == 3 && types.iter().any(|quant| *quant == "Q4_1"));
    assert!(card["bytes_per_token"].as_u64().is_some_and(|bytes| bytes > 10_000));
}

#[test]
fn generate_and_logits_agree_between_devices() {
    if open_gpu("generate_and_logits_agree_between_devices", GpuOptions::default()).is_none() {
        return;
    }
    let path = model("generate");
    let run = |device: &str| {
        let sampling = ["--temperature", "0.7", "--top-k", "20", "--top-p", "0.9", "--min-p", "0.01", "--seed", "4"];
        let mut arguments = vec!["generate", "--prompt", "ab", "--max-tokens", "5", "--json", "--top-logprobs", "2"];
        arguments.extend(["--math", "exact", "--device", device]);
        arguments.extend(sampling);
        json(&askew(&arguments, &path))
    };
    let (gpu, cpu) = (run("gpu"), run("cpu"));
    for report in [&gpu, &cpu] {
        assert_eq!(report["prompt_tokens"].as_array().map(Vec::len), Some(2));
        assert_eq!(report["tokens"].as_array().map(Vec::len), Some(5));
        assert_eq!(report["stop"], "length");
        assert_eq!(report["logprobs"][4]["top"].as_array().map(Vec::len), Some(2));
        assert!(report["text"].is_string() && report["device"]["adapter"].is_string());
        for key in ["load_ms", "prefill_ms", "prefill_tokens", "decode_ms", "decode_tokens"] {
            assert!(report["timing"][key].is_number(), "{key}");
        }
    }
    assert_eq!(gpu["tokens"], cpu["tokens"]);
    assert!(gpu["dispatches_per_token"].as_u64() > Some(0) && cpu["dispatches_per_token"] == 0);

    let logits = json(&askew(&["logits", "--tokens", "1,2,3", "--device", "gpu"], &path));
    assert_eq!(logits["logits"].as_array().map(Vec::len), Some(300));
}

#[test]
fn failures_exit_with_1_and_wrong_usage_with_2() {
    let path = model("failures");
    let code = |arguments: &[&str], model: &Path| {
        let output = askew(arguments, model);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
        output.status.code()
    };
    assert_eq!(code(&["inspect"], Path::new("/no/such/file.gguf")), Some(1));
    assert_eq!(code(&["inspect"], Path::new(env!("CARGO_BIN_EXE_askew"))), Some(1));
    assert_eq!(code(&["generate", "--chat", "hi", "--device", "cpu"], &path), Some(1));
    assert_eq!(code(&["logits", "--tokens", "999", "--device", "cpu"], &path), Some(1));
    assert_eq!(code(&["generate"], &path), Some(2));
    assert_eq!(code(&["generate", "--prompt", "a", "--chat", "b"], &path), Some(2));
    assert_eq!(code(&["logits", "--tokens", "x"], &path), Some(2));
}
