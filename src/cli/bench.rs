//! `askew bench`: how fast a model runs here, and what bounds it.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::json;

use super::adapters::AdapterArgs;
use super::{DeviceKind, MathKind, math_name, open};
use crate::gpu::Counts;
use crate::runtime::generate::{Generation, Step};
use crate::runtime::protocol::{Column, Prompt, Sampling};
use crate::runtime::{LoadedModel, RuntimeError};

/// Bytes of the buffer that is copied to measure bandwidth.
const COPY_BYTES: u64 = 128 << 20;

/// Arguments of `askew bench`.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// A GGUF model.
    model: PathBuf,
    /// Tokens of the prompt.
    #[arg(long, default_value_t = 128)]
    prefill: usize,
    /// Tokens of the answer.
    #[arg(long, default_value_t = 64)]
    decode: u32,
    /// Answers decoded together.
    #[arg(long, default_value_t = 1)]
    columns: usize,
    /// Where to run.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// How to compute.
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
    #[command(flatten)]
    adapters: AdapterArgs,
}

/// What a run took.
struct Run {
    prefill_s: f64,
    decode_s: f64,
    num_tokens: usize,
    counts: Counts,
}

/// Prints speeds, and what they are of what the device could do.
///
/// # Errors
/// What keeps the model from running.
pub fn run(args: &BenchArgs) -> Result<(), RuntimeError> {
    pollster::block_on(async {
        let mut model = open(&args.model, args.device, args.math).await?;
        let column = args.adapters.lay_out(&mut model, args.columns).await?;
        let prompt = prompt(&model, args.prefill);
        // The first run compiles what is compiled late and warms caches.
        decode(&mut model, &prompt, &column, args.columns, 2).await?;
        let run = decode(&mut model, &prompt, &column, args.columns, args.decode).await?;
        let bandwidth = match model.gpu() {
            Some(gpu) => {
                let start = Instant::now();
                Some(gpu.copy_bandwidth(COPY_BYTES, || start.elapsed().as_secs_f64() * 1e3).await?)
            }
            None => None,
        };
        super::print(&report(args, &model, &run, bandwidth));
        Ok(())
    })
}

/// Text of about so many tokens.
fn prompt(model: &LoadedModel, num_tokens: usize) -> Prompt {
    let mut text = String::from("One day");
    while model.file.tokenizer.encode(&text).len() < num_tokens.min(model.context / 2) {
        text.push_str(", and then another");
    }
    Prompt::Raw(text)
}

async fn decode(
    model: &mut LoadedModel,
    prompt: &Prompt,
    column: &Column,
    columns: usize,
    max_tokens: u32,
) -> Result<Run, RuntimeError> {
    let seeded = |index: usize| Column { seed: Some(index as u64), ..column.clone() };
    let columns: Vec<Column> = (0..columns).map(seeded).collect();
    let sampling = Sampling { temperature: 1.0, ..Sampling::greedy(max_tokens) };
    let mut generation = Generation::new(model, prompt, &sampling, &columns)?.never_ending();
    let start = Instant::now();
    let (mut prefill_s, mut num_tokens, mut before) = (0.0, 0, Counts::default());
    while !generation.is_done() {
        for step in generation.advance(model).await? {
            match step {
                Step::Prefilled => {
                    prefill_s = start.elapsed().as_secs_f64();
                    before = model.gpu().map(|gpu| gpu.counts()).unwrap_or_default();
                }
                Step::Token { .. } => num_tokens += 1,
                Step::Reading | Step::Ended { .. } => {}
            }
        }
    }
    let counts = model.gpu().map(|gpu| gpu.counts().since(before)).unwrap_or_default();
    Ok(Run { prefill_s, decode_s: start.elapsed().as_secs_f64() - prefill_s, num_tokens, counts })
}

fn report(args: &BenchArgs, model: &LoadedModel, run: &Run, bandwidth: Option<f64>) -> serde_json::Value {
    let steps = (run.num_tokens / args.columns.max(1)).max(1) as f64;
    let prompt_tokens = args.prefill.min(model.context / 2) as f64;
    let weight_bytes = match model.gpu() {
        Some(_) => run.counts.weight_bytes as f64 / steps,
        None => model.card.bytes_per_token as f64,
    };
    let achieved = weight_bytes * steps / run.decode_s;
    let (per_layer, per_token) = model.dispatches();
    json!({
        "model": model.card.name,
        "device": model.device().adapter,
        "math": math_name(model),
        "columns": args.columns,
        "prefill_tokens_per_s": prompt_tokens / run.prefill_s,
        "decode_tokens_per_s": run.num_tokens as f64 / run.decode_s,
        "decode_steps_per_s": steps / run.decode_s,
        "weight_bytes_per_step": weight_bytes,
        "weight_bytes_per_token": weight_bytes * steps / run.num_tokens.max(1) as f64,
        "gb_per_s": achieved / 1e9,
        "copy_gb_per_s": bandwidth.map(|bytes| bytes / 1e9),
        "share_of_copy_bandwidth": bandwidth.map(|bytes| achieved / bytes),
        "dispatches_per_layer": per_layer,
        "dispatches_per_token": per_token,
        "submits_per_step": run.counts.submits as f64 / steps,
        "creations": run.counts.buffers + run.counts.bind_groups + run.counts.pipelines,
        "readbacks": run.counts.readbacks,
        "gpu_bytes": model.gpu().map(|gpu| gpu.counts().buffer_bytes),
        "peak_memory_bytes": peak_memory(),
    })
}

/// The most memory that this process has held, in bytes, where the system says.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
