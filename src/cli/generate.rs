//! `askew generate`: generates an answer to a prompt.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::add_ons::AddOnArgs;
use super::{DeviceKind, Failure, MathKind, math_name, open, out};
use crate::engine::generate::{Generation, Step};
use crate::engine::{LoadedModel, RuntimeError};
use crate::model::sampler::log_softmax;
use crate::protocol::{Prompt, Sampling, StopReason};

/// Arguments of `askew generate`.
#[derive(Debug, clap::Args)]
pub struct GenerateArgs {
    /// A GGUF model.
    model: PathBuf,
    #[command(flatten)]
    text: TextArgs,
    /// System message before the user's message.
    #[arg(long, requires = "chat")]
    system: Option<String>,
    /// Maximum length of the answer, in tokens.
    #[arg(long, default_value_t = 128)]
    max_tokens: u32,
    /// Sampling temperature; 0 always takes the likeliest token.
    #[arg(long, default_value_t = 0.0)]
    temperature: f32,
    /// Sample only from the K likeliest tokens; 0 means all.
    #[arg(long, default_value_t = 0)]
    top_k: u32,
    /// Sample only from the likeliest tokens with a total probability of P; 1 means all.
    #[arg(long, default_value_t = 1.0)]
    top_p: f32,
    /// Drop tokens less likely than P times the likeliest token; 0 drops none.
    #[arg(long, default_value_t = 0.0)]
    min_p: f32,
    /// Penalty on tokens that appeared before; 1 means no penalty.
    #[arg(long, default_value_t = 1.0)]
    repetition_penalty: f32,
    /// Random seed: the same seed gives the same answer.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Stop before this text; may be given several times.
    #[arg(long)]
    stop: Vec<String>,
    #[command(flatten)]
    add_ons: AddOnArgs,
    /// Device that runs the model.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// Precision of the computation.
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
    /// With --json: report the K likeliest tokens at each position.
    #[arg(long, value_name = "K")]
    top_logprobs: Option<usize>,
    /// Print JSON instead of the text.
    #[arg(long)]
    json: bool,
}

/// Exactly one kind of prompt.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct TextArgs {
    /// Text to continue, without a chat template.
    #[arg(long)]
    prompt: Option<String>,
    /// A user's message, formatted with the model's chat template.
    #[arg(long)]
    chat: Option<String>,
}

/// Generates an answer and prints it.
///
/// # Errors
/// When the model cannot be loaded or run.
pub fn run(args: &GenerateArgs) -> Result<(), Failure> {
    let report = pollster::block_on(async {
        let start = Instant::now();
        let mut model = open(&args.model, args.device, args.math).await?;
        let load_ms = millis(start);
        answer(args, &mut model, load_ms).await
    })?;
    if args.json {
        return out::json(&report);
    }
    out::data(&format!("{}\n", report["text"].as_str().unwrap_or_default()))
}

async fn answer(args: &GenerateArgs, model: &mut LoadedModel, load_ms: f64) -> Result<Value, RuntimeError> {
    let prompt = match (&args.text.chat, &args.text.prompt) {
        (Some(chat), _) => Prompt::chat(args.system.as_deref(), chat),
        (None, text) => Prompt::Raw(text.clone().unwrap_or_default()),
    };
    let column = args.add_ons.lay_out(model, 1).await?;
    let mut generation = Generation::new(model, model.encode(&prompt)?, &sampling(args), &[column])?;
    if args.top_logprobs.is_some() {
        generation = generation.keeping_logits();
    }
    let start = Instant::now();
    let (mut tokens, mut text, mut logprobs) = (Vec::new(), String::new(), Vec::new());
    let mut prefill_ms = 0.0;
    let mut reason = StopReason::Length;
    while !generation.is_done() {
        for step in generation.advance(model).await? {
            match step {
                Step::Reading => {}
                Step::Prefilled => prefill_ms = millis(start),
                Step::Token { token, piece, .. } => {
                    tokens.push(token);
                    text.push_str(&piece);
                    if let Some(k) = args.top_logprobs {
                        logprobs.push(logprob(generation.logits(0), token, k));
                    }
                }
                Step::Ended { reason: why, tail, .. } => {
                    text.push_str(&tail);
                    reason = why;
                }
            }
        }
    }
    let device = model.device();
    let mut report = json!({
        "prompt_tokens": generation.prompt(),
        "tokens": tokens,
        "text": text,
        "stop": match reason {
            StopReason::EndOfText => "eos",
            StopReason::StopString => "stop",
            StopReason::Length | StopReason::Asked => "length",
        },
        "timing": {
            "load_ms": load_ms,
            "prefill_ms": prefill_ms,
            "prefill_tokens": generation.prompt().len(),
            "decode_ms": millis(start) - prefill_ms,
            "decode_tokens": tokens.len(),
        },
        "device": {
            "adapter": device.adapter,
            "backend": device.backend,
            "software": device.software,
            "shader_f16": device.shader_f16,
            "subgroups": device.subgroups,
        },
        "math": math_name(model),
        "dispatches_per_token": model.dispatches_per_token(),
    });
    if args.top_logprobs.is_some() {
        report["logprobs"] = logprobs.into();
    }
    Ok(report)
}

fn sampling(args: &GenerateArgs) -> Sampling {
    Sampling {
        temperature: args.temperature,
        top_k: args.top_k,
        top_p: args.top_p,
        min_p: args.min_p,
        repetition_penalty: args.repetition_penalty,
        seed: args.seed,
        max_tokens: args.max_tokens,
        stop: args.stop.clone(),
    }
}

/// The chosen token's log-probability at temperature 1, and the `k` largest log-probabilities.
fn logprob(logits: &[f32], token: u32, k: usize) -> Value {
    let all = log_softmax(logits);
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_by(|&a, &b| all[b].total_cmp(&all[a]));
    let top: Vec<Value> = order.into_iter().take(k).map(|id| json!([id, all[id]])).collect();
    json!({ "id": token, "logprob": all.get(token as usize), "top": top })
}

fn millis(start: Instant) -> f64 {
    start.elapsed().as_secs_f64() * 1e3
}
