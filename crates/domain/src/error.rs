//! Errors of queries.

use serde::{Deserialize, Serialize};

use crate::text::words::size_text;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum QueryError {
    /// A column that no file has.
    #[error("no numeric column is named `{column}`; there are: {known}")]
    NoColumn {
        /// The column that was asked for.
        column: String,
        /// The columns that exist, as a list.
        known: String,
    },
    /// A setting that no model has.
    #[error(
        "rows cannot be grouped by `{setting}`; there are: file, model, question, group, seed, category, variant{known}"
    )]
    NoSetting {
        /// The setting that was asked for.
        setting: String,
        /// The settings that exist, each after a comma.
        known: String,
    },
    /// Too many groups to compare each with each.
    #[error(
        "{num} groups are too many to compare each with each (at most {most}): choose one to compare with, or filter"
    )]
    TooManyGroups {
        /// Number of groups.
        num: usize,
        /// Largest number of groups.
        most: usize,
    },
    /// A regular expression that cannot be read.
    #[error("`{}` is not a regular expression: {why}", start(.pattern))]
    BadPattern {
        /// The expression.
        pattern: String,
        /// The error in it.
        why: String,
    },
    /// A search in a dataset without texts.
    #[error("this data set has counts but no texts: open the files with the answers to search them")]
    NoTexts,
    /// A baseline that is not a group of the result.
    #[error("no group is named `{baseline}`; there are: {known} (a baseline needs groups: --by group)")]
    NoBaseline {
        /// The baseline that was asked for.
        baseline: String,
        /// The groups that exist, as a list.
        known: String,
    },
    /// A regular expression that would take too long in so much text.
    #[error(
        "`{}` is too large an expression to search {} of text: search for plain words, repeat less (as in `{{3000}}`), \
         or add a word that every match contains",
        start(.pattern),
        size_text(*.bytes)
    )]
    PatternTooLarge {
        /// The expression.
        pattern: String,
        /// Bytes of text to search.
        bytes: u64,
    },
    /// A table with too many cells to compute and draw.
    #[error("a table of {rows} x {columns} is too large (at most {most} cells): filter, or choose another grouping")]
    TooManyCells {
        rows: usize,
        columns: usize,
        /// Largest number of cells.
        most: usize,
    },
}

/// The start of an expression from a link, which may be long.
fn start(pattern: &str) -> String {
    const MAX_CHARS: usize = 80;
    match pattern.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}\u{2026}", &pattern[..end]),
        None => pattern.to_owned(),
    }
}

/// Names after a comma each. Of many names the first are listed, with the number of the others.
pub(crate) fn some_of(names: &[String]) -> String {
    const MAX_NAMES: usize = 20;
    let shown = names.get(..MAX_NAMES).unwrap_or(names).join(", ");
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
