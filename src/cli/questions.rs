//! `askew questions`: a published set of questions as an experiment.

use std::path::PathBuf;

use super::Failure;
use crate::lab::questions::QuestionSet;

/// Arguments of `askew questions`.
#[derive(Debug, clap::Args)]
pub struct QuestionsArgs {
    /// A set of questions as the papers publish them: YAML
    set: PathBuf,
    /// What stands beside the model, in the order of the scales; each gets a column of its own
    #[arg(long = "beside", value_name = "NAME")]
    add_ons: Vec<String>,
}

/// Prints the experiment's document, for `askew lab` or the page, to be changed first.
///
/// # Errors
/// A file that cannot be read or is no set of questions.
pub fn run(args: &QuestionsArgs) -> Result<(), Failure> {
    let named = |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", args.set.display()));
    let text = std::fs::read_to_string(&args.set).map_err(|error| named(&error))?;
    let set = QuestionSet::from_yaml(&text).map_err(|error| named(&error))?;
    let name = args.set.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    print!("{}", set.document(&name, &args.add_ons));
    Ok(())
}
