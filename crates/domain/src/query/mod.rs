//! Queries: from a dataset and a rule to rates.

pub(crate) mod classify;
pub mod counts;
pub mod group;
pub mod metric;
pub mod published;
pub mod roll_up;
pub mod row;
pub mod sql;
pub mod warning;

use serde::{Deserialize, Serialize};

use crate::filter::Filter;
use crate::rule::{Pooling, Rule};
use crate::select::judge::Judges;
use crate::stats::interval::IntervalKind;

pub use crate::error::QueryError;
pub use group::{By, GroupKey};
pub use metric::Metric;
pub(crate) use roll_up::{Group, check_setting};
pub use roll_up::{Outcome, roll_up, run};
pub use row::Row;

/// A question about a dataset.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Query {
    /// The number that is computed for each group.
    pub metric: Metric,
    /// The rule of the rate.
    pub rule: Rule,
    /// The columns that serve as the judge's scores.
    pub judges: Judges,
    /// The grouping.
    pub by: By,
    /// Which rows are used.
    pub filter: Filter,
    /// The kind of interval.
    pub interval: IntervalKind,
    /// A group. Its value is subtracted from the values of the others.
    pub baseline: Option<String>,
}

impl Query {
    /// How questions are pooled: as the rule says, unless the metric has its own conditions.
    pub(crate) fn pooling(&self) -> Pooling {
        if matches!(self.metric, Metric::Share(_)) { Pooling::Rows } else { self.rule.pooling() }
    }
}
