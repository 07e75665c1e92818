//! How each record counts under a query.
//!
//! A record's code is one byte with everything that a rule needs to know about it: one of a few classes. The pass over
//! a million records writes codes and counts them by cell. Everything else that is drawn under the same rule reads
//! codes.

use crate::filter::Condition;
use crate::query::{Metric, Query, QueryError};
use crate::rows::dataset::{Column, Dataset};
use crate::rows::find::column;
use crate::rule::{Class, Coded, RuleBody, ScoreRule, Station};
use crate::values::score::Score;

/// Number of codes. Rules on scores use three for alignment x three for coherence, other rules four classes x four
/// combinations of nulls.
pub(crate) const NUM_CODES: usize = 16;

/// A query's judges and rule, prepared for a dataset.
pub(crate) struct Classifier<'a> {
    aligned: Column<'a>,
    coherent: Column<'a>,
    kind: Kind<'a>,
    coded: [Coded; NUM_CODES],
}

enum Kind<'a> {
    Scores(ScoreRule),
    /// Number of the class by number of the label.
    Verdicts(Vec<u8>),
    Share(Vec<(Column<'a>, &'a Condition)>),
}

/// The classes of rules that are not on scores: in the numerator, in the denominator only, outside it, without a label
/// or a column that the rule needs.
const CLASSES: [Class; 4] = [
    class_of(true, true, Station::Misaligned),
    class_of(true, false, Station::Aligned),
    class_of(false, false, Station::Incoherent),
    class_of(false, false, Station::Unscored),
];

const fn class_of(counted: bool, misaligned: bool, station: Station) -> Class {
    Class { counted, misaligned, coherent: counted, station }
}

impl<'a> Classifier<'a> {
    /// # Errors
    /// [`QueryError`] for a column that does not exist.
    pub(crate) fn new(data: &'a Dataset, query: &'a Query) -> Result<Self, QueryError> {
        let kind = match (&query.metric, &query.rule.body) {
            (Metric::Share(conditions), _) => {
                let ready = |condition: &'a Condition| Ok((column(data, &condition.column)?, condition));
                Kind::Share(conditions.iter().map(ready).collect::<Result<_, _>>()?)
            }
            (_, RuleBody::Scores(rule)) => Kind::Scores(*rule),
            (_, RuleBody::Verdict(_)) => {
                let labels = [""].into_iter().chain(data.verdicts().iter().map(String::as_str));
                Kind::Verdicts(
                    labels.map(|label| class_number(query.rule.class(Score::NULL, Score::NULL, label))).collect(),
                )
            }
        };
        let judge = &query.judges;
        let coded = std::array::from_fn(|code| decode(query, &kind, code));
        Ok(Self { aligned: column(data, &judge.aligned)?, coherent: column(data, &judge.coherent)?, kind, coded })
    }

    /// The meaning of each code.
    pub(crate) const fn coded(&self) -> &[Coded; NUM_CODES] {
        &self.coded
    }

    /// A record's scores.
    pub(crate) fn scores(&self, record: usize) -> (Score, Score) {
        (self.aligned.get(record), self.coherent.get(record))
    }

    /// A record's code.
    pub(crate) fn code(&self, data: &Dataset, record: usize) -> u8 {
        let (aligned, coherent) = self.scores(record);
        let nulls = u8::from(aligned.is_null()) + 2 * u8::from(coherent.is_null());
        match &self.kind {
            Kind::Scores(rule) => {
                let low = part(aligned, rule.aligned.takes(aligned));
                low + 3 * part(coherent, rule.coherent.takes(coherent))
            }
            Kind::Verdicts(classes) => classes[data.verdict_of(record) as usize] + 4 * nulls,
            Kind::Share(conditions) => share(conditions, record) + 4 * nulls,
        }
    }

    /// The class of a record.
    pub(crate) fn class(&self, data: &Dataset, record: usize) -> Class {
        self.coded[usize::from(self.code(data, record))].class
    }
}

/// 0 for null, 1 for a score that its threshold does not take, 2 for one that it takes.
const fn part(score: Score, is_taken: bool) -> u8 {
    if score.is_null() { 0 } else { 1 + is_taken as u8 }
}

/// Whether a code of a rule on scores has an alignment score below the threshold.
pub(crate) const fn is_low(code: u8) -> bool {
    code % 3 == 2
}

fn decode(query: &Query, kind: &Kind<'_>, code: usize) -> Coded {
    if let Kind::Scores(rule) = kind {
        // One score represents all on the same side of a threshold, because thresholds are finite.
        let aligned = [Score::NULL, Score::new(f64::MAX), Score::new(f64::MIN)][code % 3];
        let coherent = [Score::NULL, Score::new(f64::MIN), Score::new(f64::MAX)][(code / 3).min(2)];
        debug_assert!(rule.aligned.at.is_finite() && rule.coherent.at.is_finite(), "thresholds are finite");
        let class = query.rule.class(aligned, coherent, "");
        return Coded { class, is_aligned_null: aligned.is_null(), is_coherent_null: coherent.is_null() };
    }
    let nulls = code / CLASSES.len();
    Coded { class: CLASSES[code % CLASSES.len()], is_aligned_null: nulls % 2 == 1, is_coherent_null: nulls >= 2 }
}

/// The number of a class among [`CLASSES`].
fn class_number(class: Class) -> u8 {
    match class.station {
        Station::Misaligned => 0,
        Station::Aligned => 1,
        Station::Incoherent => 2,
        Station::Unscored => 3,
    }
}

/// A row is in the denominator if it has every column, and in the numerator if it also meets every condition.
fn share(conditions: &[(Column<'_>, &Condition)], record: usize) -> u8 {
    let mut is_met = true;
    for (column, condition) in conditions {
        let Some(value) = column.get(record).get() else { return 3 };
        is_met &= condition.comparison.holds(value, condition.value);
    }
    u8::from(!is_met)
}
