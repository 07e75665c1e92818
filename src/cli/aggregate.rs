//! `askew aggregate`: counts per score bin, without the answers.

use super::out::{self, CsvArgs};
use super::{Failure, files};
use crate::formats::aggregate;
use crate::formats::roles::Need;

/// Arguments of `askew aggregate`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Result files; the table shows them under the names given here
    #[arg(required = true)]
    files: Vec<String>,
    #[command(flatten)]
    csv: CsvArgs,
}

/// Reads the files and prints their aggregate table.
///
/// # Errors
/// A [`Failure`] with code 1 when a file is refused or rows of it are left out: a published table must be whole.
pub fn run(args: &Args) -> Result<(), Failure> {
    let loaded = files::load(&args.files, Need::Judged);
    for (file, result) in loaded.outcomes {
        let report = result.map_err(|error| Failure::failed(format!("{file}: {error}")))?;
        if let Some(problem) = report.problem() {
            return Err(Failure::failed(problem));
        }
    }
    out::data(&args.csv.table(&aggregate::write(&loaded.data)))
}
