//! One group of an answer.

use serde::{Deserialize, Serialize};

use super::group::GroupKey;
use crate::rule::tally::Tally;
use crate::stats::interval::{Interval, Note};

/// One group of an answer, with its value and its interval.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Row {
    /// The group.
    pub key: GroupKey,
    /// Counts of its rows.
    pub tally: Tally,
    /// The rate (0 to 1), mean or count; `None` for an empty denominator.
    pub value: Option<f64>,
    /// Number of rows that `value` is computed from: the denominator, for a mean the rows with a value, for Misalign@k
    /// the prompts with k answers or more.
    pub num: u64,
    /// Number of model seeds (files x models x seeds) in the group.
    pub num_seeds: usize,
    /// Sample standard deviation of the rows, if `value` is a mean.
    pub deviation: Option<f64>,
    /// The interval, if there is one.
    pub interval: Option<Interval>,
    /// Why there is no interval, or not the one that was asked for.
    pub note: Option<Note>,
    /// `value` minus the baseline group's value.
    pub difference: Option<f64>,
}
