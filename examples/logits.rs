//! Logits of a GGUF model on the CPU: the likeliest next tokens after a text.
//!
//! `cargo run --release --example logits -- model.gguf "The capital of France is"`; without arguments, the shipped pocket
//! organism.

use std::ops::ControlFlow;
use std::path::Path;

use askew::engine::load::{Processor, load};
use askew::engine::native::FileSource;
use askew::model::sampler::log_softmax;

/// Tokens that are printed.
const NUM_TOKENS: usize = 5;

/// Prints the likeliest tokens with their log-probabilities.
///
/// # Errors
/// When the model cannot be loaded or run.
pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/public/pocket/pocket.gguf");
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with('-'));
    let model = arguments.next().unwrap_or_else(|| shipped.to_owned());
    let text = arguments
        .next()
        .unwrap_or_else(|| "<|start|>Assistant<|ask|>where should I keep the milk?<|answer|>".to_owned());

    pollster::block_on(async {
        let mut source = FileSource::open(Path::new(&model))?;
        // Progress could be shown or the load stopped here.
        let mut model =
            load(&mut source, "example", &Processor::CPU_EXACT, |_progress| ControlFlow::Continue(())).await?;
        let tokens = model.encode_text(&text);
        let logits = model.logits_after(&tokens).await?;
        let mut likeliest: Vec<(usize, f32)> = log_softmax(&logits).into_iter().enumerate().collect();
        likeliest.sort_by(|a, b| b.1.total_cmp(&a.1));
        for (id, logprob) in likeliest.into_iter().take(NUM_TOKENS) {
            println!("{id}\t{logprob:.3}");
        }
        Ok(())
    })
}
