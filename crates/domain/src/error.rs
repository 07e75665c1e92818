//! Why a question to a dataset has no answer.

use serde::{Deserialize, Serialize};

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum QueryError {
    /// A column that no file has.
    #[error("no numeric column is named `{column}`; there are: {known}")]
    NoColumn {
        /// What was asked for.
        column: String,
        /// What there is.
        known: String,
    },
    /// A setting that no model has.
    #[error(
        "nothing to group by is named `{setting}`; there are: file, model, question, group, seed, category, variant{known}"
    )]
    NoSetting {
        /// What was asked for.
        setting: String,
        /// What there is besides, each after a comma.
        known: String,
    },
    /// More groups than are compared with each other at once.
    #[error(
        "{num} groups are too many to compare each with each (at most {most}): choose one to compare with, or filter"
    )]
    TooManyGroups {
        /// Groups there are.
        num: usize,
        /// Groups there may be.
        most: usize,
    },
    /// A regular expression that cannot be read.
    #[error("`{pattern}` is no regular expression: {why}")]
    BadPattern {
        /// What was asked for.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A search where there is nothing to search.
    #[error("this data set holds counts and no texts: open the files with the answers to search them")]
    NoTexts,
    /// A baseline that is no group of the result.
    #[error("no group is named `{baseline}`; there are: {known} (a baseline needs groups: --by group)")]
    NoBaseline {
        /// What was asked for.
        baseline: String,
        /// What there is.
        known: String,
    },
}
