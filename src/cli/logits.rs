//! `askew logits`: prints the logits of the token after a list of tokens.

use std::path::PathBuf;

use serde_json::json;

use super::add_ons::AddOnArgs;
use super::{DeviceKind, Failure, MathKind, open, out};

/// Arguments of `askew logits`.
#[derive(Debug, clap::Args)]
pub struct LogitsArgs {
    /// A GGUF model.
    model: PathBuf,
    /// Token ids from the start of the context, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    tokens: Vec<u32>,
    #[command(flatten)]
    add_ons: AddOnArgs,
    /// Device that runs the model.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// Precision of the computation.
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
}

/// Prints the logits of the last position, one per token of the vocabulary.
///
/// # Errors
/// When the model cannot be loaded or run.
pub fn run(args: &LogitsArgs) -> Result<(), Failure> {
    let logits = pollster::block_on(async {
        let mut model = open(&args.model, args.device, args.math).await?;
        let column = args.add_ons.lay_out(&mut model, 1).await?;
        model.set_scales(0, &column.scales);
        model.logits_after(&args.tokens).await
    })?;
    out::json(&json!({ "logits": logits }))
}
