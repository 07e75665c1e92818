//! Distributions of scores: histograms of one column, and of alignment x coherence.

use serde::{Deserialize, Serialize};

use crate::query::counts::Counts;
use crate::query::group::Groups;
use crate::query::{By, GroupKey, Query, QueryError, check_setting};
use crate::rows::dataset::Dataset;
use crate::rows::find::column;
use crate::rule::Station;
use crate::select::scope::Scope;
use crate::stats::random::SplitMix64;

/// The largest score; the smallest is 0.
const MAX_SCORE: f64 = 100.0;

/// Width of a bin in points of a score: 1 to 50.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct BinWidth(u8);

impl BinWidth {
    /// A width. Values outside 1 to 50 are replaced by the nearest of those.
    #[must_use]
    pub fn new(width: u8) -> Self {
        Self(width.clamp(1, 50))
    }

    /// The width in points.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }

    /// Number of bins from 0 to 100. The last contains 100 itself.
    #[must_use]
    pub fn num_bins(self) -> usize {
        usize::from(100_u8.div_ceil(self.0))
    }

    /// A score's bin: [0, w), [w, 2w) ... Scores outside 0 to 100 count in the bin at that end.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the bins")]
    fn of(self, score: f64) -> usize {
        ((score.clamp(0.0, MAX_SCORE) / f64::from(self.0)) as usize).min(self.num_bins() - 1)
    }
}

/// One group's histogram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Histogram {
    /// The group.
    pub key: GroupKey,
    /// Rows by bin.
    pub counts: Vec<u64>,
    /// Rows without a score.
    pub num_null: u64,
}

/// Histograms of a score column by group, over all rows of the scope.
///
/// # Errors
/// [`QueryError`] for a column or a setting that does not exist.
pub fn histogram(
    data: &Dataset,
    by: &By,
    scope: &Scope,
    name: &str,
    width: BinWidth,
) -> Result<Vec<Histogram>, QueryError> {
    check_setting(data, by)?;
    let values = column(data, name)?;
    let groups = Groups::new(data.cells(), by);
    let empty = |key| Histogram { key, counts: vec![0; width.num_bins()], num_null: 0 };
    let mut histograms: Vec<Histogram> = groups.keys.into_iter().map(empty).collect();
    for record in scope.records(data) {
        let Some(group) = groups.of_cell[data.cell_of(record) as usize] else { continue };
        let count = u64::from(data.count(record));
        match values.get(record).get() {
            Some(value) => histograms[group].counts[width.of(value)] += count,
            None => histograms[group].num_null += count,
        }
    }
    histograms.retain(|histogram| histogram.num_null + histogram.counts.iter().sum::<u64>() > 0);
    Ok(histograms)
}

/// A point of the scatter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Number of its record. A press opens the record's answer.
    pub record: u32,
    /// Alignment score.
    pub aligned: f64,
    /// Coherence score.
    pub coherent: f64,
    /// The row's station under the rule.
    pub station: Station,
}

/// Alignment x coherence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Width of a bin.
    pub width: BinWidth,
    /// Bins with rows: number of the bin for alignment, number of the bin for coherence, rows.
    pub bins: Vec<(u8, u8, u64)>,
    /// Records with both scores: all of them, or a fair sample if there are more than the limit.
    pub points: Vec<Point>,
    /// Rows with both scores.
    pub num_scored: u64,
    /// Rows without an alignment score, or without a coherence score, or both.
    pub num_null: u64,
}

/// Seed of the sample of points: the same rows give the same points.
const SAMPLE_SEED: u64 = 1;

/// The plane of a group's rows: density, and up to `limit` points.
///
/// # Errors
/// [`QueryError`] for a column that does not exist.
pub fn plane(
    data: &Dataset,
    query: &Query,
    counts: &Counts,
    group: &GroupKey,
    width: BinWidth,
    limit: usize,
) -> Result<Plane, QueryError> {
    let (aligned, coherent) = (column(data, &query.judges.aligned)?, column(data, &query.judges.coherent)?);
    let in_group: Vec<bool> = data.cells().iter().map(|cell| group.holds(cell)).collect();
    let num_bins = width.num_bins();
    let mut bins = vec![0_u64; num_bins * num_bins];
    let mut scored = Vec::new();
    let (mut num_scored, mut num_null) = (0, 0);
    for record in (0..data.num_records()).filter(|&record| in_group[data.cell_of(record) as usize]) {
        if counts.code(record).is_none() {
            continue;
        }
        let count = u64::from(data.count(record));
        match (aligned.get(record).get(), coherent.get(record).get()) {
            (Some(aligned), Some(coherent)) => {
                num_scored += count;
                bins[width.of(aligned) * num_bins + width.of(coherent)] += count;
                scored.push(u32::try_from(record).unwrap_or(u32::MAX));
            }
            _ => num_null += count,
        }
    }
    let point = |&record: &u32| {
        let at = record as usize;
        let station = counts.class(counts.code(at)?).station;
        Some(Point { record, aligned: aligned.get(at).get()?, coherent: coherent.get(at).get()?, station })
    };
    let points = sample(scored.len(), limit).filter_map(|at| scored.get(at)).filter_map(point).collect();
    let small = |at: usize| u8::try_from(at).unwrap_or(u8::MAX);
    let bins = bins.iter().enumerate().filter(|(_, count)| **count > 0);
    let bins = bins.map(|(at, &count)| (small(at / num_bins), small(at % num_bins), count)).collect();
    Ok(Plane { width, bins, points, num_scored, num_null })
}

/// At most `limit` of `num` places, in order: all of them, or random draws without the duplicates.
fn sample(num: usize, limit: usize) -> impl Iterator<Item = usize> {
    let mut places: Vec<usize> = if num <= limit {
        (0..num).collect()
    } else {
        let mut random = SplitMix64::new(SAMPLE_SEED);
        (0..limit).map(|_| random.below(num)).collect()
    };
    places.sort_unstable();
    places.dedup();
    places.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::dataset::Record;
    use crate::select::scope::Memo;
    use crate::values::cell::CellKey;

    fn data(scores: &[(Option<f64>, Option<f64>)]) -> Dataset {
        let mut data = Dataset::new();
        let cell = data.cell_id(&CellKey::from_names("f", "m", "", "q"));
        for &(aligned, coherent) in scores {
            data.push(cell, &Record { aligned, coherent, count: 1, ..Record::default() }, &[]);
        }
        data
    }

    fn scope(data: &Dataset) -> Scope {
        let query = Query::default();
        Scope::new(data, &query.filter, &query.rule, &mut Memo::default()).unwrap()
    }

    #[test]
    fn every_row_is_in_a_bin_or_null() {
        let data = data(&[
            (Some(0.0), Some(1.0)),
            (Some(29.9), Some(50.0)),
            (Some(30.0), None),
            (Some(100.0), Some(100.0)),
            (None, None),
        ]);
        let (scope, width) = (scope(&data), BinWidth::new(30));
        let found = histogram(&data, &By::default(), &scope, "aligned", width).unwrap();
        assert_eq!((found[0].counts.as_slice(), found[0].num_null), ([2, 1, 0, 1].as_slice(), 1));
        let counts = Counts::new(&data, &Query::default(), &scope).unwrap();
        let plane = plane(&data, &Query::default(), &counts, &GroupKey::default(), width, 3).unwrap();
        assert_eq!(plane.bins, [(0, 0, 1), (0, 1, 1), (3, 3, 1)]);
        assert_eq!((plane.num_scored, plane.num_null, plane.points.len()), (3, 2, 3));
        assert_eq!(BinWidth::new(0).num_bins(), 100);
        assert!(histogram(&data, &By::default(), &scope, "medical", width).is_err());
    }

    #[test]
    fn points_are_a_fair_sample() {
        let scores: Vec<_> = (0..1000).map(|k| (Some(f64::from(k) / 10.0), Some(50.0))).collect();
        let data = data(&scores);
        let counts = Counts::new(&data, &Query::default(), &scope(&data)).unwrap();
        let plane = plane(&data, &Query::default(), &counts, &GroupKey::default(), BinWidth::new(10), 100).unwrap();
        assert!((85..=100).contains(&plane.points.len()), "{}", plane.points.len());
        let mean = plane.points.iter().map(|point| point.aligned).sum::<f64>() / plane.points.len() as f64;
        // 50 is the mean of all; the error of a mean of 90 of them is 3.
        assert!((mean - 50.0).abs() < 9.0, "{mean}");
        assert!(plane.points.iter().all(|point| data.aligned(point.record as usize).get() == Some(point.aligned)));
    }
}
