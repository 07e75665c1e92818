//! `askew inspect`: describes a model file from its headers alone.

use std::path::PathBuf;

use serde_json::json;

use super::{Failure, out};
use crate::engine::card::card;
use crate::engine::load::read_headers;
use crate::engine::native::FileSource;
use crate::protocol::DEFAULT_CONTEXT;

/// Arguments of `askew inspect`.
#[derive(Debug, clap::Args)]
pub struct InspectArgs {
    /// A GGUF model.
    model: PathBuf,
}

/// Prints architecture, tensors by quantization, tokenizer, template and bytes read per token.
///
/// # Errors
/// A [`Failure`] when the file cannot be read, or is not a model that can be run.
pub fn run(args: &InspectArgs) -> Result<(), Failure> {
    let mut source = FileSource::open(&args.model)?;
    let (file, _, _) = pollster::block_on(read_headers(&mut source))?;
    let name = args.model.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let card = card(&file, &name, DEFAULT_CONTEXT.min(file.config.trained_context));
    let config = &file.config;
    let tensors: Vec<_> = card
        .quantization
        .iter()
        .map(|count| json!({"quant": count.quant, "tensors": count.num_tensors, "bytes": count.bytes}))
        .collect();
    out::json(&json!({
        "name": card.name,
        "architecture": card.architecture,
        "parameters": card.num_parameters,
        "layers": card.num_layers,
        "dim": config.dim,
        "ff_dim": config.ff_dim,
        "heads": config.num_heads,
        "kv_heads": config.num_kv_heads,
        "head_dim": config.head_dim,
        "context": config.trained_context,
        "vocab_size": card.vocab_size,
        "quantization": tensors,
        "tokenizer": card.tokenizer,
        "chat_template": card.has_chat_template,
        "bytes_per_token": card.bytes_per_token,
    }))
}
