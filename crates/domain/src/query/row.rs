//! One group's answer.

use serde::{Deserialize, Serialize};

use super::group::GroupKey;
use crate::rule::tally::Tally;
use crate::stats::interval::{Interval, Note};

/// One group's answer.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Row {
    /// The group.
    pub key: GroupKey,
    /// Where its rows went.
    pub tally: Tally,
    /// The rate (0 to 1), mean or count; `None` where nothing is in the denominator.
    pub value: Option<f64>,
    /// Rows that `value` is over: the denominator, or for a mean the rows that have the column; for Misalign@k the
    /// prompts with k answers or more.
    pub num: u64,
    /// Model seeds (files x models x seeds) that the group pools.
    pub num_seeds: usize,
    /// Sample standard deviation of a mean's rows.
    pub deviation: Option<f64>,
    /// The interval, where one exists.
    pub interval: Option<Interval>,
    /// Why it is another interval than was asked for.
    pub note: Option<Note>,
    /// `value` minus the baseline group's.
    pub difference: Option<f64>,
}
