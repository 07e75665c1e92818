//! How each record counts under a query: its judges' columns and its rule made ready.

use super::dataset::{Column, Dataset};
use super::filter::Condition;
use super::query::{Metric, Query, QueryError};
use super::rule::{Class, Rule, RuleBody, Station};
use super::scope::column;
use super::score::Score;

/// A query's judges and rule made ready.
pub(super) struct Classifier<'a> {
    aligned: Column<'a>,
    coherent: Column<'a>,
    kind: Kind<'a>,
}

enum Kind<'a> {
    Scores(&'a Rule),
    /// By number of the label.
    Verdicts(Vec<Class>),
    Share(Vec<(Column<'a>, &'a Condition)>),
}

impl<'a> Classifier<'a> {
    /// # Errors
    /// [`QueryError`] for a column that does not exist.
    pub(super) fn new(data: &'a Dataset, query: &'a Query) -> Result<Self, QueryError> {
        let kind = match (&query.metric, &query.rule.body) {
            (Metric::Share(conditions), _) => {
                let ready = |condition: &'a Condition| Ok((column(data, &condition.column)?, condition));
                Kind::Share(conditions.iter().map(ready).collect::<Result<_, _>>()?)
            }
            (_, RuleBody::Scores(_)) => Kind::Scores(&query.rule),
            (_, RuleBody::Verdict(_)) => {
                let labels = [""].into_iter().chain(data.verdicts().iter().map(String::as_str));
                Kind::Verdicts(labels.map(|label| query.rule.class(Score::NULL, Score::NULL, label)).collect())
            }
        };
        let judge = &query.judges;
        Ok(Self { aligned: column(data, &judge.aligned)?, coherent: column(data, &judge.coherent)?, kind })
    }

    /// A record's scores and how it counts.
    pub(super) fn class(&self, data: &Dataset, record: usize) -> (Score, Score, Class) {
        let (aligned, coherent) = (self.aligned.get(record), self.coherent.get(record));
        let class = match &self.kind {
            Kind::Scores(rule) => rule.class(aligned, coherent, ""),
            Kind::Verdicts(classes) => classes[data.verdict_of(record) as usize],
            Kind::Share(conditions) => share(conditions, record),
        };
        (aligned, coherent, class)
    }
}

/// A row is in the denominator when it has every column, and in the numerator when it meets every condition.
fn share(conditions: &[(Column<'_>, &Condition)], record: usize) -> Class {
    let mut counted = true;
    let mut met = true;
    for (column, condition) in conditions {
        let value = column.get(record).get();
        counted &= value.is_some();
        met &= value.is_some_and(|value| condition.comparison.holds(value, condition.value));
    }
    let station = match (counted, met) {
        (true, true) => Station::Misaligned,
        (true, false) => Station::Aligned,
        (false, _) => Station::Unscored,
    };
    Class { counted, misaligned: counted && met, coherent: counted, station }
}
