//! `askew bench`: measures how fast a model runs on this machine, and the memory bandwidth that bounds it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::add_ons::AddOnArgs;
use super::{DeviceKind, Failure, MathKind, math_name, open, out};
use crate::engine::generate::{Generation, Step};
use crate::engine::{LoadedModel, RuntimeError};
use crate::gpu::Counts;
use crate::hub::cost::tokens_per_sec;
use crate::model::adapter::shape;
use crate::model::{Adapter, Config, LowRank};
use crate::protocol::{Column, Prompt, ReadSpeed, Sampling};

/// Bytes copied to measure bandwidth.
const COPY_BYTES: usize = 128 << 20;
/// Number of copies. The first one is not counted, because it includes the allocation of the memory.
const COPIES: usize = 8;
/// Tokens of a run before the measured ones. It triggers late compilation and warms caches.
const WARM_UP: u32 = 2;

/// Arguments of `askew bench`.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// A GGUF model.
    model: PathBuf,
    /// Approximate length of the prompt, in tokens.
    #[arg(long, default_value_t = 128)]
    prefill: usize,
    /// Length of the answer, in tokens.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    decode: u32,
    /// Number of answers decoded together. With several, the first one runs without the adapter and steering vectors.
    #[arg(long, default_value_t = 1)]
    columns: usize,
    /// Number of runs; the median run is reported.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Device that runs the model.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// Precision of the computation.
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
    #[command(flatten)]
    add_ons: AddOnArgs,
    /// Use a synthetic LoRA adapter of this rank on every matrix instead of a file (its values do not affect speed).
    #[arg(long, value_name = "R", conflicts_with_all = ["lora", "steer"])]
    lora_rank: Option<usize>,
}

/// Measurements of one run.
#[derive(Clone, Copy)]
struct Run {
    /// Number of tokens in the prompt.
    prompt: usize,
    prefill_s: f64,
    decode_s: f64,
    /// Tokens generated, summed over all columns.
    num_tokens: usize,
    /// Bytes of weights read during decode, after prefill.
    weight_bytes: u64,
    /// GPU operations during decode, after prefill.
    counts: Counts,
}

impl Run {
    fn whole_s(&self) -> f64 {
        self.prefill_s + self.decode_s
    }
}

/// Times of the same columns run one after another.
struct Separate {
    decode_s: f64,
    whole_s: f64,
}

/// Prints speeds, and the share of the device's memory bandwidth that they reach.
///
/// # Errors
/// When the model cannot be loaded or run.
pub fn run(args: &BenchArgs) -> Result<(), Failure> {
    out::json(&pollster::block_on(bench(args))?)
}

async fn bench(args: &BenchArgs) -> Result<Value, RuntimeError> {
    let mut model = open(&args.model, args.device, args.math).await?;
    let separate = match args.columns {
        0 | 1 => None,
        _ => Some(separately(args, &mut model).await?),
    };
    let columns = lay_out(args, &mut model, args.columns).await?;
    let run = measure(args, &mut model, &columns).await?;
    // Read before bandwidth is measured, because that allocates memory too.
    let peak_memory = peak_memory();
    let start = Instant::now();
    let now_ms = || start.elapsed().as_secs_f64() * 1e3;
    let bandwidth = match model.gpu() {
        Some(gpu) => gpu.copy_bandwidth(COPY_BYTES as u64, now_ms).await?,
        None => memory_bandwidth(),
    };
    let mut report = report(args, &model, &run, separate.as_ref(), bandwidth, peak_memory);
    if let Some(gpu) = model.gpu() {
        let (small, large) = gpu.read_speed(now_ms).await?;
        let (least, most) = tokens_per_sec(ReadSpeed { small, large }, model.card.bytes_per_token);
        report["expected_tokens_per_s"] = json!([least, most]);
    }
    Ok(report)
}

/// Lays the model out for `num` columns and returns the columns.
async fn lay_out(args: &BenchArgs, model: &mut LoadedModel, num: usize) -> Result<Vec<Column>, RuntimeError> {
    let column = match args.lora_rank {
        Some(rank) => {
            let adapter = made_up(rank, &model.file.config)?;
            model.lay_out(num, vec![adapter], Vec::new()).await?;
            Column { scales: vec![1.0], seed: None }
        }
        None => args.add_ons.lay_out(model, num).await?,
    };
    let seeded = |index: usize| {
        let scales = if num > 1 && index == 0 { Vec::new() } else { column.scales.clone() };
        Column { scales, seed: Some(index as u64) }
    };
    Ok((0..num).map(seeded).collect())
}

/// A synthetic adapter of the given rank on every matrix.
fn made_up(rank: usize, config: &Config) -> Result<Adapter, RuntimeError> {
    let part = |(d, n): (usize, usize)| LowRank { rank, scale: 1.0, a: vec![1e-3; rank * n], b: vec![1e-3; d * rank] };
    let targets = Adapter::TARGETS.into_iter();
    let layer: BTreeMap<_, _> = targets.filter_map(|target| Some((target, part(shape(target, config)?)))).collect();
    Ok(Adapter::new("made up", vec![layer; config.num_layers], config)?)
}

/// Estimates the time of the columns when each runs alone. Two runs are enough: the base model, and one of the other
/// columns, which all cost the same.
async fn separately(args: &BenchArgs, model: &mut LoadedModel) -> Result<Separate, RuntimeError> {
    let base = measure(args, model, &[Column { scales: Vec::new(), seed: Some(0) }]).await?;
    let columns = lay_out(args, model, 1).await?;
    let other = match columns.iter().any(|column| !column.scales.is_empty()) {
        true => measure(args, model, &columns).await?,
        false => base,
    };
    let others = (args.columns - 1) as f64;
    Ok(Separate {
        decode_s: base.decode_s + others * other.decode_s,
        whole_s: base.whole_s() + others * other.whole_s(),
    })
}

/// The median run, by total time.
async fn measure(args: &BenchArgs, model: &mut LoadedModel, columns: &[Column]) -> Result<Run, RuntimeError> {
    let prompt = prompt(model, args.prefill);
    answer(model, &prompt, columns, WARM_UP).await?;
    let mut runs = Vec::new();
    for _ in 0..args.runs.max(1) {
        runs.push(answer(model, &prompt, columns, args.decode).await?);
    }
    runs.sort_by(|a, b| a.whole_s().total_cmp(&b.whole_s()));
    Ok(runs[runs.len() / 2])
}

/// A prompt of about `num_tokens` tokens, at most half of the context.
fn prompt(model: &LoadedModel, num_tokens: usize) -> Prompt {
    let mut text = String::from("One day");
    while model.file.tokenizer.encode(&text).len() < num_tokens.min(model.context / 2) {
        text.push_str(", and then another");
    }
    Prompt::Raw(text)
}

async fn answer(
    model: &mut LoadedModel,
    prompt: &Prompt,
    columns: &[Column],
    max_tokens: u32,
) -> Result<Run, RuntimeError> {
    let sampling = Sampling { temperature: 1.0, ..Sampling::greedy(max_tokens) };
    let mut generation = Generation::new(model, model.encode(prompt)?, &sampling, columns)?.never_ending();
    let start = Instant::now();
    let (mut prefill_s, mut num_tokens, mut before) = (0.0, 0, model.counts());
    while !generation.is_done() {
        for step in generation.advance(model).await? {
            match step {
                Step::Prefilled => {
                    prefill_s = start.elapsed().as_secs_f64();
                    before = model.counts();
                }
                Step::Token { .. } => num_tokens += 1,
                Step::Reading | Step::Ended { .. } => {}
            }
        }
    }
    let decode_s = start.elapsed().as_secs_f64() - prefill_s;
    let prompt = generation.prompt().len();
    let weight_bytes = model.counts().since(before).weight_bytes;
    Ok(Run { prompt, prefill_s, decode_s, num_tokens, weight_bytes, counts: model.counts().since(before) })
}

fn report(
    args: &BenchArgs,
    model: &LoadedModel,
    run: &Run,
    separate: Option<&Separate>,
    bandwidth: f64,
    peak_memory: Option<u64>,
) -> Value {
    let columns = args.columns.max(1);
    let steps = (run.num_tokens / columns).max(1) as f64;
    let weight_bytes = run.weight_bytes as f64 / steps;
    let achieved = weight_bytes * steps / run.decode_s;
    let creations = run.counts.buffers + run.counts.bind_groups + run.counts.pipelines;
    let is_gpu = model.gpu().is_some();
    let on_gpu = |value: f64| is_gpu.then_some(value);
    json!({
        "shell": "native",
        "model": model.card.name,
        "device": model.device().adapter,
        "software": model.device().software,
        "math": math_name(model),
        "columns": columns,
        "adapter": args.add_ons.is_any() || args.lora_rank.is_some(),
        "prompt_tokens": run.prompt,
        "answer_tokens": run.num_tokens / columns,
        // The first decode step processes the last token of the prompt.
        "prefill_tokens_per_s": (run.prompt.saturating_sub(1)) as f64 / run.prefill_s,
        "decode_tokens_per_s": run.num_tokens as f64 / run.decode_s,
        "decode_steps_per_s": steps / run.decode_s,
        "weight_bytes_per_step": weight_bytes,
        "weight_bytes_per_token": weight_bytes / columns as f64,
        "gb_per_s": achieved / 1e9,
        "copy_gb_per_s": bandwidth / 1e9,
        "share_of_copy_bandwidth": achieved / bandwidth,
        "dispatches_per_layer": on_gpu(model.dispatches().0 as f64),
        "dispatches_per_step": on_gpu(run.counts.dispatches as f64 / steps),
        "submits_per_step": on_gpu(run.counts.submits as f64 / steps),
        "creations_per_step": on_gpu(creations as f64 / steps),
        "readbacks_per_step": on_gpu(run.counts.readbacks as f64 / steps),
        "gpu_bytes": is_gpu.then(|| model.gpu_bytes()),
        "peak_memory_bytes": peak_memory,
        "decode_against_separate_runs": separate.map(|separate| separate.decode_s / run.decode_s),
        "whole_against_separate_runs": separate.map(|separate| separate.whole_s / run.whole_s()),
    })
}

/// Memory bandwidth of one CPU thread in bytes per second, reads plus writes, as it is counted for GPUs too.
fn memory_bandwidth() -> f64 {
    let (from, mut to) = (vec![1u8; COPY_BYTES], vec![0u8; COPY_BYTES]);
    let mut best = 0.0f64;
    for round in 0..COPIES {
        let start = Instant::now();
        to.copy_from_slice(black_box(&from));
        black_box(&mut to);
        let speed = 2.0 * COPY_BYTES as f64 / start.elapsed().as_secs_f64().max(1e-6);
        best = if round > 0 { best.max(speed) } else { best };
    }
    best
}

/// Peak memory of this process in bytes, from `/proc/self/status`; `None` on systems without it.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
