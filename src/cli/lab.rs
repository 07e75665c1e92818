//! `askew lab`: an experiment with a model, as the page's Lab runs it.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use super::adapters::AdapterArgs;
use super::{DeviceKind, Failure, MathKind, open};
use crate::lab::experiment::Experiment;
use crate::lab::run::{Run, Taken};
use crate::lab::table;
use crate::runtime::generate::{Generation, Step};
use crate::runtime::protocol::{Command, Cost, Event, MAX_COLUMNS};
use crate::runtime::{LoadedModel, RuntimeError};

/// Arguments of `askew lab`.
#[derive(Debug, clap::Args)]
pub struct LabArgs {
    /// The experiment, as JSON: questions, columns with the scales of what is added, samples, judge.
    experiment: PathBuf,
    /// A GGUF model.
    #[arg(long)]
    model: PathBuf,
    #[command(flatten)]
    adapters: AdapterArgs,
    /// Where the table goes, as CSV: after every question, so that a run that is cut leaves what it had.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Where to run.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// How to compute.
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
}

/// Runs an experiment.
///
/// # Errors
/// What is wrong with the experiment, or keeps the model from running.
pub fn run(args: &LabArgs) -> Result<(), Failure> {
    let named = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", args.experiment.display()));
    let text = std::fs::read_to_string(&args.experiment).map_err(|error| named(&error))?;
    let experiment = Experiment::from_json(&text).map_err(|error| named(&error))?;
    let total = experiment.num_answers();
    let name = args.model.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    pollster::block_on(async {
        let mut model = open(&args.model, args.device, args.math).await?;
        let columns = u32::try_from(experiment.columns.len()).unwrap_or(MAX_COLUMNS).min(MAX_COLUMNS);
        args.adapters.lay_out(&mut model, columns as usize).await?;
        let mut run = Run::new(experiment, 0, columns, Vec::new());
        let begun = Instant::now();
        let failed = |error| Failure::failed(format!("{}: {error}", args.out.display()));
        let mut out = File::create(&args.out).map_err(failed)?;
        out.write_all(table::HEADER.as_bytes()).map_err(failed)?;
        while let Some(command) = run.start_next() {
            let before = run.answers().len();
            if answer(&mut model, &mut run, command).await? != Taken::Done {
                return Err(Failure::failed("the engine lost an answer: try again, or with --device cpu"));
            }
            let written = table::rows(run.experiment(), &name, &run.answers()[before..]);
            out.write_all(written.as_bytes()).map_err(failed)?;
            let (there, seconds) = (run.answers().len(), begun.elapsed().as_secs_f64());
            // Nobody may be reading it.
            let _told = writeln!(std::io::stderr(), "{there} of {total} answers, {seconds:.0} s");
        }
        Ok(())
    })
}

/// Carries a command out and gives its events to the run, as the engine's worker does.
async fn answer(model: &mut LoadedModel, run: &mut Run, command: Command) -> Result<Taken, RuntimeError> {
    let Command::Generate { id, prompt, sampling, columns, .. } = command else { return Ok(Taken::Other) };
    let mut generation = Generation::new(model, model.encode(&prompt)?, &sampling, &columns)?;
    let narrow = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    while !generation.is_done() {
        for step in generation.advance(model).await? {
            match step {
                Step::Reading | Step::Prefilled => {}
                Step::Token { column, token, piece, logprob, is_changed } => {
                    let column = narrow(column);
                    run.take(&Event::Token { id, column, index: 0, token, piece, logprob, is_changed, at_ms: 0.0 });
                }
                Step::Ended { column, reason, tail } => {
                    run.take(&Event::Ended { id, column: narrow(column), tail, reason });
                }
            }
        }
    }
    Ok(run.take(&Event::Finished { id, cost: Cost::default() }))
}
