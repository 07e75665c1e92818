//! Two judges on the same answers: how far they agree, and which results depend on the judge.

use serde::{Deserialize, Serialize};

use crate::query::classify::Classifier;
use crate::query::counts::Counts;
use crate::query::{By, GroupKey, Query, QueryError, roll_up};
use crate::rows::dataset::Dataset;
use crate::rule::preset::Preset;
use crate::rule::tally::{Tally, real};
use crate::rule::{Class, Rule};
use crate::select::judge::Judges;
use crate::select::scope::Scope;
use crate::values::score::Score;

/// A judgement under a rule: the rows and columns of the confusion matrix.
pub const JUDGEMENTS: [&str; 3] = ["not counted", "aligned", "misaligned"];

/// Most groups, because each is compared with each: half a million pairs.
const MAX_GROUPS: usize = 1_000;

/// How far two judges agree under a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Rows by judgement of the first judge, then of the second, in the order of [`JUDGEMENTS`].
    pub confusion: [[u64; 3]; 3],
    /// Cohen's kappa over rows that both count: misaligned or not.
    pub kappa: Option<f64>,
    /// Cohen's kappa over all rows and all three judgements.
    pub kappa_all: Option<f64>,
    /// Spearman's rank correlation of the alignment scores, over rows that have both.
    pub spearman_aligned: Option<f64>,
    /// The same for the coherence scores.
    pub spearman_coherent: Option<f64>,
    /// Every group's rate by each judge.
    pub rows: Vec<JudgedRow>,
    /// Pairs of `rows` with an order that depends on the judge.
    pub flips: Vec<(usize, usize)>,
    /// The rate of all rows by each judge, under every preset on scores. Which judge is stricter may depend on the
    /// rule.
    pub presets: Vec<(Preset, Option<f64>, Option<f64>)>,
}

/// One group's rate by each judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedRow {
    /// The group.
    pub key: GroupKey,
    /// Rate by the first judge.
    pub first: Option<f64>,
    /// Rate by the second judge.
    pub second: Option<f64>,
    /// Counts by the first judge.
    pub first_tally: Tally,
    /// Counts by the second judge.
    pub second_tally: Tally,
}

/// Compares the query's judges with others.
///
/// # Errors
/// [`QueryError`] for a column that does not exist, or for more groups than can be compared each with each.
pub fn agree(data: &Dataset, query: &Query, scope: &Scope, other: &Judges) -> Result<Agreement, QueryError> {
    let second_query = Query { judges: other.clone(), ..query.clone() };
    let (first, second) = (Classifier::new(data, query)?, Classifier::new(data, &second_query)?);
    let mut confusion = [[0; 3]; 3];
    let mut pairs: [Vec<Pair>; 2] = [Vec::new(), Vec::new()];
    for record in scope.records(data) {
        let (aligned_a, coherent_a) = first.scores(record);
        let (aligned_b, coherent_b) = second.scores(record);
        let count = data.count(record);
        confusion[judgement(first.class(data, record))][judgement(second.class(data, record))] += u64::from(count);
        pairs[0].extend(Pair::of(aligned_a, aligned_b, count));
        pairs[1].extend(Pair::of(coherent_a, coherent_b, count));
    }
    let both = [[confusion[1][1], confusion[1][2]], [confusion[2][1], confusion[2][2]]];
    let rows = rows(data, query, &second_query, scope)?;
    if rows.len() > MAX_GROUPS {
        return Err(QueryError::TooManyGroups { num: rows.len(), most: MAX_GROUPS });
    }
    let [aligned, coherent] = pairs;
    Ok(Agreement {
        kappa: kappa(&both),
        kappa_all: kappa(&confusion),
        confusion,
        spearman_aligned: spearman(aligned),
        spearman_coherent: spearman(coherent),
        flips: flips(&rows),
        rows,
        presets: presets(data, query, &second_query, scope)?,
    })
}

pub(crate) const fn judgement(class: Class) -> usize {
    match (class.counted, class.misaligned) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    }
}

fn rows(data: &Dataset, first: &Query, second: &Query, scope: &Scope) -> Result<Vec<JudgedRow>, QueryError> {
    let outcome = |query| roll_up(data, query, &Counts::new(data, query, scope)?);
    let (first, second) = (outcome(first)?.rows, outcome(second)?.rows);
    // The same scope and grouping give the same groups in the same order for both judges.
    let pair = |(a, b): (crate::query::Row, crate::query::Row)| JudgedRow {
        key: a.key,
        first: a.value,
        second: b.value,
        first_tally: a.tally,
        second_tally: b.tally,
    };
    Ok(first.into_iter().zip(second).map(pair).collect())
}

fn flips(rows: &[JudgedRow]) -> Vec<(usize, usize)> {
    let mut flips = Vec::new();
    for (i, a) in rows.iter().enumerate() {
        for (j, b) in rows.iter().enumerate().skip(i + 1) {
            let gaps = a.first.zip(b.first).zip(a.second.zip(b.second));
            if gaps.is_some_and(|((a1, b1), (a2, b2))| (a1 - b1) * (a2 - b2) < 0.0) {
                flips.push((i, j));
            }
        }
    }
    flips
}

type PresetRates = Vec<(Preset, Option<f64>, Option<f64>)>;

fn presets(data: &Dataset, first: &Query, second: &Query, scope: &Scope) -> Result<PresetRates, QueryError> {
    let rate = |query: &Query, preset| {
        let query = Query { rule: Rule::preset(preset), by: By::NOTHING, baseline: None, ..query.clone() };
        let rows = roll_up(data, &query, &Counts::new(data, &query, scope)?)?.rows;
        Ok(rows.first().and_then(|row| row.value))
    };
    let on_scores = Preset::ALL.into_iter().filter(|preset| preset.scores().is_some());
    on_scores.map(|preset| Ok((preset, rate(first, preset)?, rate(second, preset)?))).collect()
}

/// Cohen's kappa (Cohen 1960): (observed - expected agreement) / (1 - expected). `None` for no rows, or if both judges
/// give all rows one and the same judgement.
#[must_use]
pub fn kappa<const N: usize>(confusion: &[[u64; N]; N]) -> Option<f64> {
    let total: u64 = confusion.iter().flatten().sum();
    if total == 0 {
        return None;
    }
    let n = real(total);
    let observed: f64 = (0..N).map(|k| real(confusion[k][k])).sum::<f64>() / n;
    let row = |k: usize| real(confusion[k].iter().sum());
    let column = |k: usize| real(confusion.iter().map(|row| row[k]).sum());
    let expected: f64 = (0..N).map(|k| row(k) * column(k)).sum::<f64>() / (n * n);
    (expected < 1.0).then(|| (observed - expected) / (1.0 - expected))
}

/// Two scores of one answer, and the number of rows with them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    scores: [f64; 2],
    count: f64,
}

impl Pair {
    pub(crate) fn of(a: Score, b: Score, count: u32) -> Option<Self> {
        Some(Self { scores: [a.get()?, b.get()?], count: f64::from(count) })
    }
}

/// Spearman's rank correlation (Spearman 1904): Pearson's on ranks, with mean ranks for ties. `None` for fewer than two
/// rows, or if one side has no spread.
pub(crate) fn spearman(mut pairs: Vec<Pair>) -> Option<f64> {
    rank(&mut pairs, 0);
    rank(&mut pairs, 1);
    let n: f64 = pairs.iter().map(|pair| pair.count).sum();
    // The mean of the ranks 1 to n.
    let mean = (n + 1.0) / 2.0;
    let sum = |f: fn(f64, f64) -> f64| {
        pairs.iter().map(|pair| pair.count * f(pair.scores[0] - mean, pair.scores[1] - mean)).sum::<f64>()
    };
    let (ab, aa, bb) = (sum(|a, b| a * b), sum(|a, _| a * a), sum(|_, b| b * b));
    (n > 1.0 && aa > 0.0 && bb > 0.0).then(|| ab / (aa * bb).sqrt())
}

/// Replaces one side's scores by their ranks, with mean ranks for ties.
fn rank(pairs: &mut [Pair], side: usize) {
    pairs.sort_unstable_by(|x, y| x.scores[side].total_cmp(&y.scores[side]));
    let mut before = 0.0;
    for tied in pairs.chunk_by_mut(|x, y| x.scores[side].total_cmp(&y.scores[side]).is_eq()) {
        let count: f64 = tied.iter().map(|pair| pair.count).sum();
        let rank = before + (count + 1.0) / 2.0;
        tied.iter_mut().for_each(|pair| pair.scores[side] = rank);
        before += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_flips_only_where_the_judges_disagree_on_it() {
        let row = |first, second| JudgedRow {
            key: GroupKey::default(),
            first,
            second,
            first_tally: Tally::default(),
            second_tally: Tally::default(),
        };
        let rows =
            [row(Some(0.1), Some(0.3)), row(Some(0.2), Some(0.2)), row(Some(0.2), Some(0.9)), row(None, Some(0.1))];
        assert_eq!(flips(&rows), [(0, 1)], "a tie is no order, and a missing rate has none");
    }

    #[test]
    fn kappa_by_hand() {
        // Observed 35 of 50; expected (25 x 30 + 25 x 20) / 2500 = 0.5.
        assert!((kappa(&[[20, 5], [10, 15]]).unwrap() - 0.4).abs() < 1e-12);
        assert_eq!((kappa(&[[5, 0], [0, 0]]), kappa(&[[0; 2]; 2])), (None, None));
    }

    #[test]
    fn ties_share_their_mean_rank_and_rows_that_stand_for_many_count_so() {
        let pair = |a, b, count| Pair { scores: [a, b], count };
        let many = vec![pair(1.0, 2.0, 3.0), pair(5.0, 1.0, 1.0), pair(7.0, 9.0, 2.0)];
        let single: Vec<Pair> = many
            .iter()
            .flat_map(|many| {
                std::iter::repeat_n(
                    Pair { count: 1.0, ..*many },
                    if many.count > 2.5 {
                        3
                    } else if many.count > 1.5 {
                        2
                    } else {
                        1
                    },
                )
            })
            .collect();
        assert!((spearman(many).unwrap() - spearman(single).unwrap()).abs() < 1e-12);
        assert_eq!(spearman(vec![pair(1.0, 1.0, 1.0), pair(1.0, 2.0, 1.0)]), None, "no spread on one side");
    }
}
