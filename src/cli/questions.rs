//! `askew questions`: converts a published set of questions to an experiment.

use std::path::PathBuf;

use super::{Failure, out};
use crate::lab::questions::QuestionSet;

/// Arguments of `askew questions`.
#[derive(Debug, clap::Args)]
pub struct QuestionsArgs {
    /// A set of questions in the YAML format that the papers publish
    set: PathBuf,
    /// Name of an adapter or steering vector to compare with the base model, in the order of the scales; each gets its
    /// own column
    #[arg(long = "beside", value_name = "NAME")]
    add_ons: Vec<String>,
}

/// Prints the experiment as JSON for `askew lab` or the page. It is a starting point, meant to be edited.
///
/// # Errors
/// When the file cannot be read or is not a set of questions.
pub fn run(args: &QuestionsArgs) -> Result<(), Failure> {
    let named = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", args.set.display()));
    let text = std::fs::read_to_string(&args.set).map_err(|error| named(&error))?;
    let set = QuestionSet::from_yaml(&text).map_err(|error| named(&error))?;
    let name = args.set.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    out::data(&set.document(&name, &args.add_ons))
}
