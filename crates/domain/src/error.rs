//! Errors of queries.

use serde::{Deserialize, Serialize};

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
    #[error("`{pattern}` is not a regular expression: {why}")]
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
}
