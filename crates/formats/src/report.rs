//! Report of what was read from a file and exactly what was not.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::error::FormatError;

use super::figures::Figure;

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// Row number among the data rows, from 1.
    pub row: u64,
    /// Line of the file where the row begins, from 1.
    pub line: u64,
    /// Name of the column concerned; empty for the row as a whole.
    pub column: String,
    /// Reason why it was left out.
    pub why: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {} (line {})", self.row, self.line)?;
        if !self.column.is_empty() {
            write!(f, ", column {}", self.column)?;
        }
        write!(f, ": {}", self.why)
    }
}

/// A file's name, with its report or the reason why it was refused.
pub type Outcome = (String, Result<FileReport, FormatError>);

/// The outcomes of files, in order: all that were read, the first that were refused, and a count of the others. An archive
/// can have a million members.
#[derive(Debug, Default)]
pub struct Outcomes {
    list: Vec<Outcome>,
    num_refused: usize,
    num_more: u64,
}

impl Outcomes {
    /// Most refused files that are listed.
    pub const SHOWN: usize = 100;

    /// Adds a file's outcome.
    pub fn push(&mut self, file: String, result: Result<FileReport, FormatError>) {
        match result {
            Err(FormatError::NotListed { num, .. }) => self.num_more += num,
            Err(_) if self.num_refused == Self::SHOWN => self.num_more += 1,
            result => {
                self.num_refused += usize::from(result.is_err());
                self.list.push((file, result));
            }
        }
    }

    /// The list. If some are only counted, it ends with that count, under the name `others`.
    #[must_use]
    pub fn finish(mut self, others: &str) -> Vec<Outcome> {
        if self.num_more > 0 {
            let error = FormatError::NotListed { num: self.num_more, shown: self.num_refused };
            self.list.push((others.to_owned(), Err(error)));
        }
        self.list
    }
}

/// The report on one file that was read.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct FileReport {
    /// Name of the file.
    pub file: String,
    /// Number of rows read.
    pub rows: u64,
    /// Number of rows left out.
    pub num_skipped: u64,
    /// The first rows left out, at most [`FileReport::SHOWN`].
    pub skipped: Vec<Skipped>,
    /// Notes for the reader, as sentences.
    pub notes: Vec<String>,
    /// Whether the model's name was taken from the file's name.
    pub model_from_name: bool,
    /// Columns that the file lacks for rates by scores, although its other columns can be shown. `None` for judged
    /// answers.
    pub lacks: Option<String>,
    /// Figures that the file's source computed. Such a file has no rows.
    pub figures: Vec<Figure>,
}

impl FileReport {
    /// Most left-out rows that are stored with their reasons.
    pub const SHOWN: usize = 20;

    /// Records a row that was left out.
    pub fn skip(&mut self, skipped: Skipped) {
        self.num_skipped += 1;
        if self.skipped.len() < Self::SHOWN {
            self.skipped.push(skipped);
        }
    }

    /// Everything that went wrong, as one sentence; `None` if nothing did.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        let mut parts = self.notes.clone();
        if let Some(lacks) = &self.lacks {
            parts.push(format!("no column for {lacks}: there is no rate by scores, only means of the other columns"));
        }
        if let Some(first) = self.skipped.first() {
            let rows = if self.num_skipped == 1 { "row was" } else { "rows were" };
            parts.push(format!("{} {rows} left out, {} read; the first: {first}", self.num_skipped, self.rows));
        }
        (!parts.is_empty()).then(|| format!("{}: {}", self.file, parts.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refused_files_are_listed_up_to_a_limit_and_counted_exactly() {
        let mut outcomes = Outcomes::default();
        outcomes.push("good".into(), Ok(FileReport::default()));
        for at in 0..20_000 {
            outcomes.push(format!("bad {at}"), Err(FormatError::Empty));
        }
        outcomes.push("inner".into(), Err(FormatError::NotListed { num: 5, shown: 100 }));
        outcomes.push("good too".into(), Ok(FileReport::default()));
        let list = outcomes.finish("others");
        assert_eq!(list.len(), Outcomes::SHOWN + 3);
        let (name, Err(error)) = list.last().unwrap() else { panic!("{list:?}") };
        assert_eq!(name, "others");
        assert_eq!(*error, FormatError::NotListed { num: 20_000 - 100 + 5, shown: 100 });
        assert_eq!(list.iter().filter(|(_, result)| result.is_ok()).count(), 2);
    }
}
