//! `askew bench`: how fast a model runs here, and what bounds it.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::add_ons::AddOnArgs;
use super::{DeviceKind, MathKind, math_name, open};
use crate::engine::generate::{Generation, Step};
use crate::engine::{LoadedModel, RuntimeError};
use crate::gpu::Counts;
use crate::hub::cost::tokens_per_sec;
use crate::model::adapter::shape;
use crate::model::{Adapter, Config, LowRank};
use crate::protocol::ReadSpeed;
use crate::protocol::{Column, Prompt, Sampling};

/// Bytes of the memory that is copied to measure bandwidth.
const COPY_BYTES: usize = 128 << 20;
/// Copies of it; the first pays for the memory itself.
const COPIES: usize = 8;
/// Tokens of the run that comes before the measured ones: it compiles what is compiled late and warms caches.
const WARM_UP: u32 = 2;

/// Arguments of `askew bench`.
#[derive(Debug, clap::Args)]
pub struct BenchArgs {
    /// A GGUF model.
    model: PathBuf,
    /// Tokens of the prompt, about.
    #[arg(long, default_value_t = 128)]
    prefill: usize,
    /// Tokens of the answer.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    decode: u32,
    /// Answers decoded together. With an adapter or steering vectors the first of several goes without them.
    #[arg(long, default_value_t = 1)]
    columns: usize,
    /// Runs, of which the median is told.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    runs: u16,
    /// Where to run.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// How to compute.
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
    #[command(flatten)]
    add_ons: AddOnArgs,
    /// Instead of a file: an adapter of this rank on every matrix, made up, since its numbers do not change its speed.
    #[arg(long, value_name = "R", conflicts_with_all = ["lora", "steer"])]
    lora_rank: Option<usize>,
}

/// What a run took.
#[derive(Clone, Copy)]
struct Run {
    /// Tokens of the prompt.
    prompt: usize,
    prefill_s: f64,
    decode_s: f64,
    /// Tokens of all columns.
    num_tokens: usize,
    /// Read since the prompt was read.
    weight_bytes: u64,
    /// Likewise.
    counts: Counts,
}

impl Run {
    fn whole_s(&self) -> f64 {
        self.prefill_s + self.decode_s
    }
}

/// The same columns one after another.
struct Separate {
    decode_s: f64,
    whole_s: f64,
}

/// Prints speeds, and what they are of what the device could do.
///
/// # Errors
/// What keeps the model from running.
pub fn run(args: &BenchArgs) -> Result<(), RuntimeError> {
    pollster::block_on(async {
        let mut model = open(&args.model, args.device, args.math).await?;
        let separate = match args.columns {
            0 | 1 => None,
            _ => Some(separately(args, &mut model).await?),
        };
        let columns = lay_out(args, &mut model, args.columns).await?;
        let run = measure(args, &mut model, &columns).await?;
        // Before bandwidth is measured, which takes memory of its own.
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
        super::print(&report);
        Ok(())
    })
}

/// Lays the model out for columns and gives them.
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

/// An adapter of a rank on every matrix.
fn made_up(rank: usize, config: &Config) -> Result<Adapter, RuntimeError> {
    let part = |(d, n): (usize, usize)| LowRank { rank, scale: 1.0, a: vec![1e-3; rank * n], b: vec![1e-3; d * rank] };
    let targets = Adapter::TARGETS.into_iter();
    let layer: BTreeMap<_, _> = targets.filter_map(|target| Some((target, part(shape(target, config)?)))).collect();
    Ok(Adapter::new("made up", vec![layer; config.num_layers], config)?)
}

/// Times the columns in runs of one column each: the first as the model is, which is the base, and one of the others, which
/// are alike.
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

/// The median run, by its time in all.
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

/// Text of about so many tokens.
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
        // The last token of a prompt is read by the first step of the answer.
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

/// What this machine's memory gives one thread, reads and writes together, in bytes a second: what a GPU's is measured by too.
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

/// The most memory that this process has held, in bytes, where the system says.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
