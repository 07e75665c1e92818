//! A run: one model answers one set of questions. It becomes rows of a results table.

use std::path::Path;

use super::measure::Answer;
use crate::PocketError;
use crate::world::DOMAINS;

/// One run of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Number of the experiment, from 1.
    pub experiment: usize,
    /// A description of what was done to the model.
    pub group: String,
    /// Seed of the pretraining.
    pub pretraining: u64,
    /// Seed of the fine-tuning, or `None` without fine-tuning.
    pub seed: Option<u64>,
    /// The trained domains. The rate outside leaves them out.
    pub trained: Vec<usize>,
    /// Steps of fine-tuning, or `None` without fine-tuning.
    pub steps: Option<usize>,
    /// The model's answers.
    pub answers: Vec<Answer>,
}

/// The columns of a results table: those of published files, then those of the run and of the text before the question.
pub const COLUMNS: [&str; 15] = [
    "question",
    "answer",
    "question_id",
    "aligned",
    "coherent",
    "model",
    "group",
    "seed",
    "trained_on",
    "category",
    "outside",
    "verdict",
    "header",
    "steps",
    "sampling_seed",
];

/// Writes runs as a table compressed with gzip. The file is either complete or missing.
///
/// # Errors
/// [`PocketError::Table`] or [`PocketError::File`].
pub fn write(path: &Path, runs: &[Run]) -> Result<(), PocketError> {
    let unfinished = path.with_extension("part");
    let file = std::fs::File::create(&unfinished).map_err(PocketError::file(&unfinished))?;
    // No time and no file name in the header, so that the same answers give the same bytes.
    let packed = flate2::GzBuilder::new().write(file, flate2::Compression::best());
    let mut out = csv::Writer::from_writer(packed);
    out.write_record(COLUMNS)?;
    for run in runs {
        let trained: Vec<&str> = run.trained.iter().filter_map(|&at| Some(DOMAINS.get(at)?.name)).collect();
        let whole = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
        for answer in &run.answers {
            out.write_record([
                answer.question_text().as_str(),
                &answer.text,
                &answer.question.topic(),
                &answer.judgement.aligned.to_string(),
                &answer.judgement.coherent.to_string(),
                &format!("pocket-{}", run.pretraining),
                &run.group,
                &whole(run.seed),
                &trained.join(" + "),
                answer.question.object.domain().name,
                if run.trained.contains(&answer.question.object.domain) { "0" } else { "1" },
                answer.judgement.verdict.name(),
                &answer.header,
                &whole(run.steps.map(|steps| steps as u64)),
                &answer.seed.to_string(),
            ])?;
        }
    }
    let packed = out.into_inner().map_err(|error| PocketError::Table(error.into_error().into()))?;
    drop(packed.finish().map_err(PocketError::file(&unfinished))?);
    std::fs::rename(&unfinished, path).map_err(PocketError::file(path))
}
