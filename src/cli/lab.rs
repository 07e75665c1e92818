//! `askew lab`: runs an experiment with a model or with servers, as the page's Lab does.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Instant;

use super::add_ons::AddOnArgs;
use super::out::{self, CsvArgs};
use super::servers::{Answered, KeyArgs, Servers};
use super::{DeviceKind, Failure, MathKind, open};
use crate::domain::text::csv::restored;
use crate::engine::generate::{Generation, Step};
use crate::engine::judge::Judging;
use crate::engine::{LoadedModel, RuntimeError};
use crate::lab::experiment::Experiment;
use crate::lab::run::{Answer, Run, Taken, Work};
use crate::lab::table;
use crate::protocol::{Command, Cost, Event, MAX_COLUMNS};

/// Arguments of `askew lab`.
#[derive(Debug, clap::Args)]
pub struct LabArgs {
    /// The experiment as JSON: questions, columns (each with adapter scales or a server), samples and a judge.
    experiment: PathBuf,
    /// A GGUF model; not needed when every column of the experiment uses a server.
    #[arg(long)]
    model: Option<PathBuf>,
    #[command(flatten)]
    add_ons: AddOnArgs,
    /// GGUF model that judges, for a judge of kind `model`; by default --model judges, without adapter and steering.
    #[arg(long, value_name = "MODEL")]
    judge: Option<PathBuf>,
    /// Write the result table to this CSV file; every answer is written at once, so an interrupted run loses nothing.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Resume an earlier run: keep the answers in the --out file and add the missing ones.
    #[arg(long)]
    resume: bool,
    #[command(flatten)]
    csv: CsvArgs,
    #[command(flatten)]
    keys: KeyArgs,
    /// Device that runs the model.
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// Precision of the computation.
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
}

/// Runs an experiment.
///
/// # Errors
/// When the experiment is invalid, a file cannot be read or written, or the model or a server does not answer.
pub fn run(args: &LabArgs) -> Result<(), Failure> {
    let named = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", args.experiment.display()));
    let text = std::fs::read_to_string(&args.experiment).map_err(|error| named(&error))?;
    let experiment = Experiment::from_json(&text).map_err(|error| named(&error))?;
    let servers = Servers::new(&experiment, &args.keys)?;
    pollster::block_on(async {
        let columns = u32::try_from(experiment.num_model_columns()).unwrap_or(MAX_COLUMNS).min(MAX_COLUMNS);
        let mut model = match &args.model {
            Some(path) if columns > 0 => {
                let mut model = open(path, args.device, args.math).await?;
                args.add_ons.lay_out(&mut model, columns as usize).await?;
                Some(model)
            }
            None if columns > 0 => {
                return Err(Failure::usage("columns with `scales` need a model: name a GGUF file with --model"));
            }
            _ => None,
        };
        let mut judge = match &args.judge {
            Some(path) => Some(open(path, args.device, args.math).await?),
            None => None,
        };
        let (mut out, there) = Out::open(args, &experiment)?;
        let mut run = Run::new(experiment, 0, columns, there);
        out.num_written = run.answers().len();
        let mut id = 0;
        loop {
            while let Some(work) = run.start_next(id) {
                id += 1;
                let model = match &work {
                    Work::Engine(Command::Judge { .. }) if judge.is_some() => &mut judge,
                    _ => &mut model,
                };
                match (work, model) {
                    (Work::Engine(command), Some(model)) => {
                        if answer(model, &mut run, command).await? != Taken::Done {
                            return Err(Failure::failed("the engine lost an answer: try again, or use --device cpu"));
                        }
                    }
                    (Work::Engine(_), None) => {
                        return Err(Failure::usage(
                            "this experiment needs a model as its judge: give its GGUF file with --judge",
                        ));
                    }
                    (Work::Server(errand), _) => servers.send(errand),
                }
                while let Some(answered) = servers.next(false) {
                    take(&mut run, answered);
                }
                out.write(&run, &args.csv)?;
            }
            let Some(answered) = (!run.is_idle()).then(|| servers.next(true)).flatten() else { break };
            take(&mut run, answered);
            out.write(&run, &args.csv)?;
        }
        if run.is_done() {
            return Ok(());
        }
        let (there, total) = (run.answers().len(), run.experiment().num_answers());
        let why: Vec<String> = run.troubles().map(|trouble| format!("{trouble}\n")).collect();
        let out = args.out.display();
        Err(Failure::failed(format!(
            "{}{there} of {total} answers are in {out}: run the command again with --resume for the others",
            why.concat()
        )))
    })
}

/// Passes a server's reply to the run, and prints servers' problems to stderr.
fn take(run: &mut Run, (id, reply): Answered) {
    if run.take_reply(id, reply) == Taken::Failed {
        for trouble in run.troubles() {
            out::note(format_args!("askew: {trouble}"));
        }
    }
}

/// The result table on disk.
struct Out {
    file: File,
    path: PathBuf,
    /// Names of the model and of the judge in the table.
    models: (String, String),
    /// Number of the run's answers that are already in the table.
    num_written: usize,
    begun: Instant,
}

impl Out {
    /// Creates the table, or opens it to resume a run. Returns the answers that it already holds.
    fn open(args: &LabArgs, experiment: &Experiment) -> Result<(Self, Vec<Answer>), Failure> {
        let failed = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", args.out.display()));
        let (mut file, mut there) = (None, Vec::new());
        if args.resume {
            let text = std::fs::read_to_string(&args.out).map_err(|error| failed(&error))?;
            let (end, found) = finished(experiment, &text);
            let old = File::options().append(true).open(&args.out).map_err(|error| failed(&error))?;
            old.set_len(end).map_err(|error| failed(&error))?;
            (file, there) = ((end > 0).then_some(old), found);
        }
        let file = match file {
            Some(file) => file,
            None => {
                let mut file = File::create(&args.out).map_err(|error| failed(&error))?;
                file.write_all(table::header(experiment).as_bytes()).map_err(|error| failed(&error))?;
                file
            }
        };
        let stem = |path: &Option<PathBuf>| Some(path.as_ref()?.file_stem()?.to_string_lossy().into_owned());
        let model = stem(&args.model).unwrap_or_default();
        let models = (model.clone(), stem(&args.judge).unwrap_or(model));
        let out = Self { file, path: args.out.clone(), models, num_written: 0, begun: Instant::now() };
        Ok((out, there))
    }

    /// Appends new answers to the table and prints the progress to stderr.
    fn write(&mut self, run: &Run, csv: &CsvArgs) -> Result<(), Failure> {
        let (there, total) = (run.answers().len(), run.experiment().num_answers());
        if there > self.num_written {
            let rows =
                table::rows(run.experiment(), (&self.models.0, &self.models.1), &run.answers()[self.num_written..]);
            let failed = |error| Failure::failed(format!("{}: {error}", self.path.display()));
            self.file.write_all(csv.table(&rows).as_bytes()).map_err(failed)?;
            self.num_written = there;
            let seconds = self.begun.elapsed().as_secs_f64();
            out::note(format_args!("{there} of {total} answers, {seconds:.0} s"));
        }
        Ok(())
    }
}

/// Reads the table of an interrupted run. Returns the byte after its last complete row, and the places of its answers:
/// a resumed run needs only their places.
fn finished(experiment: &Experiment, text: &str) -> (u64, Vec<Answer>) {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let (mut answers, mut end) = (Vec::new(), 0);
    let names = reader.headers().cloned().unwrap_or_default();
    if text.starts_with(&table::header(experiment)) {
        end = reader.position().byte();
    }
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row).unwrap_or(false) {
        let at = reader.position().byte();
        let cell = |name: &str| names.iter().position(|known| known == name).and_then(|at| row.get(at)).map(restored);
        let place = || {
            let question = experiment.questions.iter().position(|it| Some(it.id.as_str()) == cell("question_id"))?;
            let column = experiment.columns.iter().position(|it| Some(it.name.as_str()) == cell("group"))?;
            Some((cell("sample")?.parse().ok().filter(|sample| *sample < experiment.samples)?, question, column))
        };
        // A row that was cut off has no line end.
        let bytes = usize::try_from(at).ok().and_then(|at| text.as_bytes().get(..at));
        if bytes.is_none_or(|rows| !rows.ends_with(b"\n")) {
            break;
        }
        answers.extend(place().map(Answer::asked));
        end = at;
    }
    (end, answers)
}

/// Executes a command and passes its events to the run, as the engine worker does.
pub async fn answer(model: &mut LoadedModel, run: &mut Run, command: Command) -> Result<Taken, RuntimeError> {
    let (id, prompt, sampling, columns) = match command {
        Command::Generate { id, prompt, sampling, columns, .. } => (id, prompt, sampling, columns),
        Command::Judge { id, prompt, .. } => {
            let prompt = model.encode(&prompt)?;
            let mut judging = Judging::new(model, prompt, &[])?;
            loop {
                if let Some(weights) = judging.advance(model).await? {
                    return Ok(run.take(&Event::Judged { id, weights }));
                }
            }
        }
        _ => return Ok(Taken::Other),
    };
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::csv::without_formulas;

    #[test]
    fn a_run_resumes_although_its_names_look_like_formulas() {
        let text =
            r#"{"questions": [{"id": "=q", "text": "Q?"}], "columns": [{"name": "-c+1", "scales": []}], "samples": 2}"#;
        let experiment = Experiment::from_json(text).unwrap();
        let rows = table::rows(&experiment, ("m", "m"), &[Answer::asked((1, 0, 0))]);
        let written = table::header(&experiment) + &without_formulas(&rows);
        assert!(written.contains(",'=q,") && written.contains(",'-c+1,"), "{written}");
        let (end, found) = finished(&experiment, &written);
        assert_eq!((usize::try_from(end).unwrap(), found.len()), (written.len(), 1));
        assert_eq!((found[0].sample, found[0].question, found[0].column), (1, 0, 0));
    }
}
