//! `askew judge`: uses a model as a judge, and compares its scores with published scores.

use std::path::PathBuf;
use std::time::Instant;

use serde_json::{Value, json};

use super::out::{self, CsvArgs};
use super::{DeviceKind, Failure, MathKind, files, open};
use crate::domain::figure::calibration::{Calibration, Judged, LEAST_KAPPA, LEAST_ROWS, LEAST_SPEARMAN};
use crate::domain::rows::dataset::Dataset;
use crate::domain::rule::Rule;
use crate::domain::stats::random::shuffle;
use crate::domain::text::csv::quoted;
use crate::domain::text::plain::visible;
use crate::domain::values::score::Score;
use crate::engine::judge::Judging;
use crate::engine::{LoadedModel, RuntimeError};
use crate::formats::roles::Need;
use crate::lab::judge::spelled;
use crate::lab::prompts::{Aspect, Preset, Prompts};
use crate::model::ModelError;
use crate::protocol::Prompt;

/// Branches of the tree of possible scores that are evaluated in one batch, so that the weights are read once for all.
const COLUMNS: usize = 4;

/// Arguments of `askew judge`.
#[derive(Debug, clap::Args)]
pub struct JudgeArgs {
    /// Result files with questions, answers and another judge's scores
    #[arg(required_unless_present = "raw")]
    files: Vec<String>,
    /// The GGUF model that judges
    #[arg(long)]
    model: PathBuf,
    /// The judge's prompts: plain, or spec for prompts with a list of principles
    #[arg(long, default_value = "plain", value_parser = parse_preset)]
    prompts: Preset,
    /// Number of rows to draw at random
    #[arg(long, default_value_t = 200)]
    rows: usize,
    /// Seed of the draw: the same seed draws the same rows
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Draw only from rows with at most this many characters in question and answer together
    #[arg(long, value_name = "CHARACTERS")]
    longest: Option<usize>,
    /// Write the rows with both judges' scores to this CSV file, for `askew rates --judge aligned=aligned_model`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    csv: CsvArgs,
    /// Instead of result files: a JSON list of texts, used as raw prompts; prints the probability that each integer
    /// follows
    #[arg(long, value_name = "FILE", conflicts_with = "files")]
    raw: Option<PathBuf>,
    /// Device that runs the model
    #[arg(long, value_enum, default_value_t)]
    device: DeviceKind,
    /// Precision of the computation
    #[arg(long, value_enum, default_value_t)]
    math: MathKind,
}

fn parse_preset(text: &str) -> Result<Preset, String> {
    let found = Preset::ALL.into_iter().find(|preset| preset.name() == text);
    found.ok_or_else(|| format!("prompts are: {}", Preset::ALL.map(Preset::name).join(", ")))
}

/// Judges rows of result files, or the texts of `--raw`.
///
/// # Errors
/// When a file cannot be read, the files have no rows to judge, or the model cannot be loaded or run.
pub fn run(args: &JudgeArgs) -> Result<(), Failure> {
    let Some(path) = &args.raw else { return calibrate(args) };
    let named = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    let texts: Vec<String> = serde_json::from_str(&text).map_err(|error| named(&error))?;
    pollster::block_on(async {
        let mut model = OnDisk::open(args).await?;
        let mut found = Vec::new();
        for text in texts {
            let weights = model.weights(&Prompt::Raw(text)).await?;
            let weight: f32 = weights.iter().sum();
            found.push(json!({ "score": spelled(&weights).get(), "weight": weight, "weights": weights }));
        }
        out::json(&Value::Array(found))
    })
}

/// The model that judges.
struct OnDisk {
    model: LoadedModel,
    /// Tokens of the previous prompt. A prefix shared with the next prompt is not computed again.
    before: Vec<u32>,
}

impl OnDisk {
    async fn open(args: &JudgeArgs) -> Result<Self, RuntimeError> {
        let mut model = open(&args.model, args.device, args.math).await?;
        model.lay_out(COLUMNS, Vec::new(), Vec::new()).await?;
        Ok(Self { model, before: Vec::new() })
    }

    async fn weights(&mut self, prompt: &Prompt) -> Result<Vec<f32>, RuntimeError> {
        let prompt = self.model.encode(prompt)?;
        let mut judging = Judging::new(&mut self.model, prompt, &self.before)?;
        loop {
            if let Some(weights) = judging.advance(&mut self.model).await? {
                self.before = judging.into_prompt();
                return Ok(weights);
            }
        }
    }

    /// A score, or `None` when the prompt is longer than the context.
    async fn score(&mut self, prompt: &str) -> Result<Option<Score>, RuntimeError> {
        match self.weights(&Prompt::chat(None, prompt)).await {
            Ok(weights) => Ok(Some(spelled(&weights))),
            Err(RuntimeError::Model(ModelError::PromptTooLong { .. })) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn calibrate(args: &JudgeArgs) -> Result<(), Failure> {
    let data = read(&args.files)?;
    let mut drawn: Vec<usize> = (0..data.num_records()).filter(|&row| is_wanted(&data, row, args.longest)).collect();
    let judged_rows = drawn.len();
    shuffle(&mut drawn, args.seed);
    drawn.truncate(args.rows);
    if drawn.is_empty() {
        return Err(Failure::failed(
            "no row has both an answer and another judge's score: name result files that hold both",
        ));
    }
    let prompts = Prompts::from(args.prompts);
    let begun = Instant::now();
    let (name, found) = pollster::block_on(async {
        let mut judge = OnDisk::open(args).await?;
        let mut found: [Vec<Option<Score>>; 2] = Default::default();
        // First one score of all rows, then the other: prompts of one kind begin alike, and the shared beginning is
        // computed once.
        for (aspect, found) in Aspect::ALL.into_iter().zip(&mut found) {
            for (at, &row) in (1..).zip(&drawn) {
                let prompt = prompts.fill(aspect, data.question_text(row), data.answer(row));
                found.push(judge.score(&prompt).await?);
                let (rows, seconds) = (drawn.len(), begun.elapsed().as_secs_f64());
                out::note(format_args!("{aspect:?}: {at} of {rows} rows, {seconds:.0} s"));
            }
        }
        Ok::<_, Failure>((judge.model.card.name, found))
    })?;
    let [aligned, coherent] = found;
    let both = drawn.iter().zip(aligned).zip(coherent).filter_map(|((&row, aligned), coherent)| {
        Some((row, Judged { published: [data.aligned(row), data.coherent(row)], found: [aligned?, coherent?] }))
    });
    let rows: Vec<(usize, Judged)> = both.collect();
    if let Some(path) = &args.out {
        std::fs::write(path, args.csv.table(&table(&data, &rows)).as_bytes())
            .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    }
    let (judged, rule): (Vec<Judged>, Rule) = (rows.into_iter().map(|(_, judged)| judged).collect(), Rule::default());
    let found = Calibration::new(&judged, &rule);
    let shortfalls = found.shortfalls();
    let is_reliable = shortfalls.is_empty();
    out::json(&json!({
        "judge": { "model": name, "prompts": args.prompts.name() },
        "rule": rule.preset.name(),
        "judged_rows": judged_rows,
        "rows": found.rows,
        "too_long": drawn.len() - judged.len(),
        "null": { "aligned": found.nulls[0], "coherent": found.nulls[1] },
        "published_null": { "aligned": found.published_nulls[0], "coherent": found.published_nulls[1] },
        "spearman": { "aligned": found.spearman[0], "coherent": found.spearman[1] },
        "confusion": found.confusion,
        "kappa": found.kappa,
        "floor": { "rows": LEAST_ROWS, "spearman_aligned": LEAST_SPEARMAN, "kappa": LEAST_KAPPA },
        "verdict": if is_reliable { "reliable" } else { "not reliable" },
        "shortfalls": shortfalls,
        "published_rate": found.rates()[0],
        // No rate is computed from unreliable labels.
        "rate": if is_reliable { found.rates()[1] } else { None },
        "seconds": begun.elapsed().as_secs_f64(),
    }))
}

/// Rows with both judges' scores, as CSV.
fn table(data: &Dataset, rows: &[(usize, Judged)]) -> String {
    let text = |score: Score| score.get().map(|score| score.to_string()).unwrap_or_default();
    let line = |(row, judged): &(usize, Judged)| {
        let [aligned, coherent] = judged.published.map(text);
        let [aligned_model, coherent_model] = judged.found.map(text);
        let model = data.cells()[data.cell_of(*row) as usize].model.as_str();
        let cells =
            [data.question_text(*row), data.answer(*row), model, &aligned, &coherent, &aligned_model, &coherent_model];
        cells.map(quoted).join(",") + "\n"
    };
    let header = "question,answer,model,aligned,coherent,aligned_model,coherent_model\n".to_owned();
    header + &rows.iter().map(line).collect::<String>()
}

/// Reads the rows of files. Files that cannot be read are reported on stderr; it is an error if no row is left.
fn read(paths: &[String]) -> Result<Dataset, Failure> {
    let files::Loaded { data, outcomes, passed_over } = files::load(paths, Need::Judged);
    let refused: Vec<String> = outcomes
        .into_iter()
        .filter_map(|(file, result)| Some((file, result.err()?)))
        .chain(passed_over)
        .map(|(file, error)| format!("{file}: {error}"))
        .collect();
    if data.num_records() == 0 {
        return Err(Failure::refused(&refused));
    }
    refused.iter().for_each(|message| out::note(format_args!("askew: {}", visible(message))));
    Ok(data)
}

/// Whether a row has a question, an answer and a score, and is not longer than `longest` characters.
fn is_wanted(data: &Dataset, row: usize, longest: Option<usize>) -> bool {
    let (question, answer) = (data.question_text(row), data.answer(row));
    let is_scored = !(data.aligned(row).is_null() && data.coherent(row).is_null());
    let num_characters = question.chars().count() + answer.chars().count();
    is_scored && !question.is_empty() && !answer.is_empty() && longest.is_none_or(|longest| num_characters <= longest)
}
