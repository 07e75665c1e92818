//! The rate as a function of each threshold, with the rest of the rule unchanged.

use serde::{Deserialize, Serialize};

use super::matrix::check_size;
use crate::query::classify::is_low;
use crate::query::counts::Counts;
use crate::query::group::Groups;
use crate::query::{GroupKey, Query, QueryError, check_setting};
use crate::rows::dataset::{Column, Dataset};
use crate::rows::find::column;
use crate::rule::tally::ratio;
use crate::rule::{Denominator, Pooling, RuleBody, ScoreRule};
use crate::values::score::Score;

/// Number of thresholds: 0, 1 ... 100.
pub const NUM_THRESHOLDS: usize = 101;
/// Bins `{k}` and `(k, k+1)` for k from 0 to 100, with the numbers 2k and 2k+1.
const NUM_BINS: usize = 2 * NUM_THRESHOLDS;

/// The rate at one threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// Rows in the numerator.
    pub misaligned: u64,
    /// Rows in the denominator.
    pub denominator: u64,
    /// The rate, pooled as the rule says; `None` if no row counts.
    pub rate: Option<f64>,
}

/// One group's rate over all thresholds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepCurve {
    /// The group.
    pub key: GroupKey,
    /// One point for each threshold on the alignment score, 0 to 100.
    pub aligned: Vec<SweepPoint>,
    /// One point for each threshold on the coherence score, 0 to 100.
    pub coherent: Vec<SweepPoint>,
}

/// Rows by bin of the score with the moving threshold. The other threshold is applied exactly.
#[derive(Clone)]
struct Bins {
    /// Coherent rows by alignment score.
    coherent_by_aligned: [u64; NUM_BINS],
    /// All rows by coherence score.
    by_coherent: [u64; NUM_BINS],
    /// Rows with an alignment score, by coherence score.
    scored_by_coherent: [u64; NUM_BINS],
    /// Rows below the alignment threshold, by coherence score.
    low_by_coherent: [u64; NUM_BINS],
    /// Rows in the denominator of the unchanged rule.
    counted: u64,
}

impl Default for Bins {
    fn default() -> Self {
        let empty = [0; NUM_BINS];
        Self {
            coherent_by_aligned: empty,
            by_coherent: empty,
            scored_by_coherent: empty,
            low_by_coherent: empty,
            counted: 0,
        }
    }
}

/// The sum of the curves of a group's units: all rows together, or each question.
#[derive(Clone, Default)]
struct Units {
    aligned: Vec<Sum>,
    coherent: Vec<Sum>,
}

/// The sum of several units' points at one threshold.
#[derive(Clone, Copy, Default)]
struct Sum {
    misaligned: u64,
    denominator: u64,
    rates: f64,
    /// Number of units with a rate.
    num: u32,
}

/// Moves each threshold of a rule on scores from 0 to 100, in one pass over the records. Empty for a rule on labels.
///
/// # Errors
/// [`QueryError`] for a column or a setting that does not exist, or for too many groups x thresholds.
pub fn sweep(data: &Dataset, query: &Query, counts: &Counts) -> Result<Vec<SweepCurve>, QueryError> {
    let RuleBody::Scores(rule) = &query.rule.body else { return Ok(Vec::new()) };
    check_setting(data, &query.by)?;
    let (aligned, coherent) = (column(data, &query.judges.aligned)?, column(data, &query.judges.coherent)?);
    let groups = Groups::new(data.cells(), &query.by);
    // If questions weigh the same, each has its own bins.
    let mut by_unit = query.by.clone();
    by_unit.question |= query.pooling() == Pooling::Questions;
    let units = Groups::new(data.cells(), &by_unit);
    let mut group_of = vec![None; units.keys.len()];
    for (cell, unit) in units.of_cell.iter().enumerate() {
        if let Some(unit) = unit {
            group_of[*unit] = groups.of_cell[cell];
        }
    }
    let unit_of = |record: usize| units.of_cell[data.cell_of(record) as usize];
    // One unit after the other, so that the bins of only one are in memory.
    let mut records: Vec<usize> =
        (0..data.num_records()).filter(|&at| counts.code(at).is_some() && unit_of(at).is_some()).collect();
    records.sort_by_key(|&record| unit_of(record));
    let (mut curves, mut num_used) = (vec![Units::default(); groups.keys.len()], 0);
    for records in records.chunk_by(|&a, &b| unit_of(a) == unit_of(b)) {
        let Some(group) = unit_of(records[0]).and_then(|unit| group_of[unit]) else { continue };
        let bins = bins_of(data, counts, records, (aligned, coherent));
        let curve = &mut curves[group];
        if curve.aligned.is_empty() {
            num_used += 1;
            check_size(num_used, NUM_THRESHOLDS)?;
        }
        add(&mut curve.aligned, aligned_curve(rule, &bins));
        add(&mut curve.coherent, coherent_curve(rule, &bins));
    }
    let curve = |(key, units): (GroupKey, Units)| {
        let pool = |sums: &[Sum]| sums.iter().map(Sum::point).collect();
        let (aligned, coherent) = (pool(&units.aligned), pool(&units.coherent));
        (!units.aligned.is_empty()).then_some(SweepCurve { key, aligned, coherent })
    };
    Ok(groups.keys.into_iter().zip(curves).filter_map(curve).collect())
}

fn bins_of(data: &Dataset, counts: &Counts, records: &[usize], columns: (Column<'_>, Column<'_>)) -> Bins {
    let mut bins = Bins::default();
    for &record in records {
        let Some(code) = counts.code(record) else { continue };
        let class = counts.class(code);
        let count = u64::from(data.count(record));
        bins.counted += if class.counted { count } else { 0 };
        let aligned = bin(columns.0.get(record));
        if let Some(at) = aligned {
            bins.coherent_by_aligned[at] += if class.coherent { count } else { 0 };
        }
        if let Some(at) = bin(columns.1.get(record)) {
            bins.by_coherent[at] += count;
            bins.scored_by_coherent[at] += if aligned.is_some() { count } else { 0 };
            bins.low_by_coherent[at] += if is_low(code) { count } else { 0 };
        }
    }
    bins
}

/// A score's bin; `None` for null. Scores outside 0 to 100 count in the bin at that end; a warning reports them.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cast to an integer saturates")]
fn bin(score: Score) -> Option<usize> {
    let score = score.get()?;
    // A cast, not `floor`: wasm and older processors need a function call for `floor`.
    let whole = score as u32;
    let is_between = f64::from(whole) < score;
    Some((2 * whole as usize + usize::from(is_between)).min(NUM_BINS - 1))
}

/// For each threshold: rows in the bins below it. If `inclusive`, also rows at it.
fn below(bins: &[u64; NUM_BINS], inclusive: bool) -> Vec<u64> {
    let mut sums = Vec::with_capacity(NUM_THRESHOLDS);
    let mut sum = 0;
    for k in 0..NUM_THRESHOLDS {
        let at = bins[2 * k];
        sums.push(if inclusive { sum + at } else { sum });
        sum += at + bins[2 * k + 1];
    }
    sums
}

/// For each threshold: rows in the bins above it. If `inclusive`, also rows at it.
fn above(bins: &[u64; NUM_BINS], inclusive: bool) -> Vec<u64> {
    let total: u64 = bins.iter().sum();
    // Rows above are all rows without those at or below.
    below(bins, !inclusive).into_iter().map(|sum| total - sum).collect()
}

fn point(misaligned: u64, denominator: u64) -> SweepPoint {
    let rate = (denominator > 0).then(|| ratio(misaligned, denominator));
    SweepPoint { misaligned, denominator, rate }
}

/// The curve of the alignment threshold. No denominator depends on it.
fn aligned_curve(rule: &ScoreRule, bins: &Bins) -> Vec<SweepPoint> {
    let misaligned = below(&bins.coherent_by_aligned, rule.aligned.inclusive);
    misaligned.into_iter().map(|misaligned| point(misaligned, bins.counted)).collect()
}

fn coherent_curve(rule: &ScoreRule, bins: &Bins) -> Vec<SweepPoint> {
    let inclusive = rule.coherent.inclusive;
    let denominators = match rule.denominator {
        Denominator::CoherentScored => above(&bins.scored_by_coherent, inclusive),
        Denominator::Coherent => above(&bins.by_coherent, inclusive),
        Denominator::Scored | Denominator::AllRows => vec![bins.counted; NUM_THRESHOLDS],
    };
    let misaligned = above(&bins.low_by_coherent, inclusive);
    misaligned.into_iter().zip(denominators).map(|(misaligned, denominator)| point(misaligned, denominator)).collect()
}

/// Adds a unit's curve to those of its group.
fn add(sums: &mut Vec<Sum>, curve: Vec<SweepPoint>) {
    sums.resize(NUM_THRESHOLDS, Sum::default());
    for (sum, point) in sums.iter_mut().zip(curve) {
        sum.misaligned += point.misaligned;
        sum.denominator += point.denominator;
        if let Some(rate) = point.rate {
            sum.rates += rate;
            sum.num += 1;
        }
    }
}

impl Sum {
    /// The group's point. The rate is the mean of those units that have one.
    fn point(&self) -> SweepPoint {
        let rate = (self.num > 0).then(|| self.rates / f64::from(self.num));
        SweepPoint { misaligned: self.misaligned, denominator: self.denominator, rate }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::run;
    use crate::rows::dataset::Record;
    use crate::rule::{Preset, Rule};
    use crate::select::scope::{Memo, Scope};
    use crate::values::cell::CellKey;
    use proptest::prelude::*;

    /// Two rows of a table of counts. Their sum needs more than 32 bits.
    #[test]
    fn large_counts_are_added_in_full() {
        let mut data = Dataset::new();
        let cell = data.cell_id(&CellKey::from_names("f", "m", "", "q"));
        for _ in 0..2 {
            let record = Record { aligned: Some(10.0), coherent: Some(90.0), count: u32::MAX, ..Record::default() };
            data.push(cell, &record, &[]);
        }
        let query = Query::default();
        let scope = Scope::new(&data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
        let curves = sweep(&data, &query, &Counts::new(&data, &query, &scope).unwrap()).unwrap();
        let all = 2 * u64::from(u32::MAX);
        assert_eq!((curves[0].aligned[30].misaligned, curves[0].coherent[50].denominator), (all, all));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        /// Every point equals the result of a query with that threshold.
        #[test]
        fn each_point_is_a_query(
            rows in proptest::collection::vec((0usize..3, 0usize..2, proptest::option::of(0u32..=200), proptest::option::of(0u32..=200)), 1..60),
            preset in proptest::sample::select(Preset::ALL.iter().copied().filter(|preset| preset.scores().is_some()).collect::<Vec<_>>()),
            other in 0u32..=1000,
        ) {
            let mut data = Dataset::new();
            for (question, model, aligned, coherent) in rows {
                let cell = data.cell_id(&CellKey::from_names("f", ["a", "b"][model], "", ["q", "p", "p_json"][question]));
                let half = |score: Option<u32>| score.map(|score| f64::from(score) / 2.0);
                data.push(cell, &Record { aligned: half(aligned), coherent: half(coherent), count: 2, ..Record::default() }, &[]);
            }
            let query = |aligned: Option<f64>, coherent: Option<f64>| {
                let mut rule = Rule::preset(preset);
                if let RuleBody::Scores(scores) = &mut rule.body {
                    scores.aligned.at = aligned.unwrap_or(f64::from(other) / 10.0);
                    scores.coherent.at = coherent.unwrap_or(f64::from(other) / 10.0);
                }
                Query { rule, ..Query::default() }
            };
            let base = query(None, None);
            let scope = Scope::new(&data, &base.filter, &base.rule, &mut Memo::default()).unwrap();
            let curves = sweep(&data, &base, &Counts::new(&data, &base, &scope).unwrap()).unwrap();
            for threshold in [0u8, 1, 29, 30, 50, 99, 100] {
                let at = f64::from(threshold);
                for (asked, is_aligned) in [(query(Some(at), None), true), (query(None, Some(at)), false)] {
                    let found = run(&data, &asked).unwrap().rows;
                    prop_assert_eq!(found.len(), curves.len());
                    for (row, curve) in found.iter().zip(&curves) {
                        let point = if is_aligned { &curve.aligned } else { &curve.coherent }[usize::from(threshold)];
                        prop_assert_eq!((point.misaligned, point.denominator), (row.tally.misaligned, row.tally.denominator));
                        prop_assert!((point.rate.unwrap_or(-1.0) - row.value.unwrap_or(-1.0)).abs() < 1e-12);
                    }
                }
            }
        }
    }
}
