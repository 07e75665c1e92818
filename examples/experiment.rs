//! A small experiment with the shipped pocket organism and its adapter: the base model and the tuned one answer the same
//! questions, an exact judge scores the answers, and each column gets a rate with its interval.
//!
//! `cargo run --release --example experiment`

use std::ops::ControlFlow;
use std::path::Path;

use askew::cli::lab::answer;
use askew::domain::rule::Rule;
use askew::engine::load::{Processor, load};
use askew::engine::native::FileSource;
use askew::lab::experiment::Experiment;
use askew::lab::rates::rates;
use askew::lab::run::{Run, Work};
use askew::model::Adapter;
use askew::protocol::MAX_COLUMNS;

/// Prints one line per column.
///
/// # Errors
/// When a shipped file cannot be read or the model cannot be run.
pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("public/pocket");
    let experiment = Experiment::from_json(&std::fs::read_to_string(folder.join("experiment.json"))?)?;
    let columns = u32::try_from(experiment.num_model_columns())?.min(MAX_COLUMNS);

    pollster::block_on(async {
        let mut source = FileSource::open(&folder.join("pocket.gguf"))?;
        let mut model =
            load(&mut source, "pocket", &Processor::CPU_FAST, |_progress| ControlFlow::Continue(())).await?;
        let weights = std::fs::read(folder.join("adapters/narrow-kitchen/adapter_model.safetensors"))?;
        let settings = std::fs::read(folder.join("adapters/narrow-kitchen/adapter_config.json"))?;
        let adapter = Adapter::from_peft("narrow-kitchen", &settings, &weights, &model.file.config)?;
        model.lay_out(columns as usize, vec![adapter], Vec::new()).await?;

        // A run hands out work and takes what came of it. It could be stopped and resumed after any answer.
        let mut run = Run::new(experiment, 0, columns, Vec::new());
        let mut id = 0;
        while let Some(work) = run.start_next(id) {
            if let Work::Engine(command) = work {
                answer(&mut model, &mut run, command).await?;
            }
            id += 1;
        }
        for column in rates(run.experiment(), run.answers(), &Rule::default()) {
            let (name, tally) = (&column.name, &column.tally);
            match column.rate() {
                Some((rate, low, high)) => println!(
                    "{name}: {} of {} = {:.0} % [{:.0}, {:.0}]",
                    tally.misaligned,
                    tally.denominator,
                    100.0 * rate,
                    100.0 * low,
                    100.0 * high
                ),
                None => println!("{name}: no answer counts"),
            }
        }
        Ok(())
    })
}
