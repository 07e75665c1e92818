//! Paired differences between groups on the questions that both were asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::some_of;
use crate::query::counts::Counts;
use crate::query::group::Groups;
use crate::query::metric::Metric;
use crate::query::{By, GroupKey, Query, QueryError, check_setting};
use crate::rows::dataset::Dataset;
use crate::rule::Pooling;
use crate::rule::tally::real;
use crate::stats::interval::{FEW_CLUSTERS, Interval, Method, Note, noted, student_t};
use crate::stats::misalign_at_k::Prompt;
use crate::stats::quantile::two_sided;

/// Most groups for a comparison of each with each: 496 pairs.
const MAX_GROUPS: usize = 32;

/// One group minus another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The group that is subtracted.
    pub from: GroupKey,
    /// The group that it is subtracted from.
    pub to: GroupKey,
    /// Number of pairs: questions that both groups were asked.
    pub num_questions: usize,
    /// Value of `from` over those questions.
    pub from_value: Option<f64>,
    /// Value of `to` over those questions.
    pub to_value: Option<f64>,
    /// `to_value - from_value`.
    pub difference: Option<f64>,
    /// Clustered standard error of the difference.
    pub standard_error: Option<f64>,
    /// The difference +/- t(G-1) x standard error; not clipped.
    pub interval: Option<Interval>,
    /// Two-sided p of no difference, by t(G-1).
    pub p: Option<f64>,
    /// The p adjusted for all comparisons of the table.
    pub p_holm: Option<f64>,
    /// Why there is no interval, or why it is only a rough guide.
    pub note: Option<Note>,
}

/// A question's part in a group's value: a sum and its weight, the number of rows.
#[derive(Debug, Clone, Copy, Default)]
struct Part {
    sum: f64,
    weight: f64,
}

/// A group's parts by number of the question.
type Parts = BTreeMap<usize, Part>;

/// Compares every group with `against`. Without it, compares each group with every later one.
///
/// # Errors
/// [`QueryError`] for a setting that no model has, or for too many groups to compare each with each.
pub fn compare(
    data: &Dataset,
    query: &Query,
    counts: &Counts,
    against: Option<&GroupKey>,
) -> Result<Vec<Difference>, QueryError> {
    check_setting(data, &query.by)?;
    // Pairs are made of questions. Groups are made of everything else in the grouping.
    let by = By { question: false, variant: false, ..query.by.clone() };
    let questions = Groups::new(data.cells(), &By { question: true, ..By::NOTHING });
    let groups = Groups::new(data.cells(), &by);
    // Only the questions that a group was asked: thousands of groups x questions would not fit into memory.
    let mut parts = vec![Parts::new(); groups.keys.len()];
    for cell in 0..data.cells().len() {
        if let (Some(group), Some(question)) = (groups.of_cell[cell], questions.of_cell[cell]) {
            let part = part_of(query, counts, cell);
            let sum = parts[group].entry(question).or_default();
            sum.sum += part.sum;
            sum.weight += part.weight;
        }
    }
    if query.pooling() == Pooling::Questions {
        parts.iter_mut().flat_map(Parts::values_mut).for_each(weigh_once);
    }
    let asked: Vec<usize> = (0..parts.len()).filter(|&at| parts[at].values().any(|part| part.weight > 0.0)).collect();
    let pairs: Vec<(usize, usize)> = match against {
        Some(against) => {
            let Some(base) = asked.iter().copied().find(|&at| groups.keys[at] == *against) else {
                let known: Vec<String> = asked.iter().map(|&at| groups.keys[at].label()).collect();
                return Err(QueryError::NoBaseline { baseline: against.label(), known: some_of(&known) });
            };
            asked.iter().filter(|&&at| at != base).map(|&at| (base, at)).collect()
        }
        None if asked.len() > MAX_GROUPS => {
            return Err(QueryError::TooManyGroups { num: asked.len(), most: MAX_GROUPS });
        }
        None => asked.iter().enumerate().flat_map(|(i, &a)| asked[i + 1..].iter().map(move |&b| (a, b))).collect(),
    };
    let difference = |(from, to): (usize, usize)| {
        let keys = (groups.keys[from].clone(), groups.keys[to].clone());
        difference(keys, &parts[from], &parts[to])
    };
    let mut rows: Vec<Difference> = pairs.into_iter().map(difference).collect();
    let adjusted = holm(&rows.iter().map(|row| row.p).collect::<Vec<_>>());
    for (row, p) in rows.iter_mut().zip(adjusted) {
        row.p_holm = p;
    }
    Ok(rows)
}

fn part_of(query: &Query, counts: &Counts, cell: usize) -> Part {
    let tally = &counts.tallies[cell];
    match &query.metric {
        Metric::Mean(_) => {
            let moments = counts.moments(cell);
            Part { sum: moments.sum(), weight: real(moments.count) }
        }
        Metric::Count => Part { sum: real(tally.rows), weight: if tally.rows > 0 { 1.0 } else { 0.0 } },
        Metric::MisalignAt(k) => {
            let (num_samples, num_misaligned) = (tally.denominator, tally.misaligned);
            let prompt = Prompt { num_samples, num_misaligned, ..Prompt::default() };
            let value = prompt.at(k.map_or(num_samples, u64::from));
            value.map_or_else(Part::default, |sum| Part { sum, weight: 1.0 })
        }
        Metric::Rate | Metric::Share(_) => Part { sum: real(tally.misaligned), weight: real(tally.denominator) },
    }
}

fn weigh_once(part: &mut Part) {
    if part.weight > 0.0 {
        *part = Part { sum: part.sum / part.weight, weight: 1.0 };
    }
}

/// The difference of two ratios over shared questions, with the CR0 standard error clustered by question:
/// sqrt(sum over questions of e^2), where e = (sum - R weight) / total weight of one group minus the same of the other.
///
/// This is the cluster-robust error of the group's coefficient in a regression of the answers on the group (Liang and
/// Zeger 1986; Miller 2024, arXiv 2411.00640, section 3.2). A question's effect on both groups cancels.
fn difference((from, to): (GroupKey, GroupKey), from_parts: &Parts, to_parts: &Parts) -> Difference {
    let shared: Vec<(Part, Part)> = to_parts
        .iter()
        .filter_map(|(question, to)| Some((*from_parts.get(question)?, *to)))
        .filter(|(a, b)| a.weight > 0.0 && b.weight > 0.0)
        .collect();
    let num_questions = shared.len();
    let total = |side: fn(&(Part, Part)) -> Part| {
        shared
            .iter()
            .map(side)
            .fold(Part::default(), |all, part| Part { sum: all.sum + part.sum, weight: all.weight + part.weight })
    };
    let (a, b) = (total(|pair| pair.0), total(|pair| pair.1));
    let mut row = Difference {
        from,
        to,
        num_questions,
        from_value: None,
        to_value: None,
        difference: None,
        standard_error: None,
        interval: None,
        p: None,
        p_holm: None,
        note: Some(Note::NotShared),
    };
    if num_questions == 0 {
        return row;
    }
    let (rate_a, rate_b) = (a.sum / a.weight, b.sum / b.weight);
    let gap = rate_b - rate_a;
    (row.from_value, row.to_value, row.difference) = (Some(rate_a), Some(rate_b), Some(gap));
    if num_questions < 2 {
        row.note = Some(Note::OnePair);
        return row;
    }
    let influence =
        |(x, y): &(Part, Part)| (y.sum - rate_b * y.weight) / b.weight - (x.sum - rate_a * x.weight) / a.weight;
    let error = shared.iter().map(influence).map(|e| e * e).sum::<f64>().sqrt();
    row.standard_error = Some(error);
    // Only rounding errors are left: every question differs by the same.
    if error <= f64::EPSILON * gap.abs().max(f64::MIN_POSITIVE) * real(num_questions as u64) {
        row.note = Some(Note::NoSpreadOfPairs);
        return row;
    }
    let half = student_t(num_questions).map(|t| t * error);
    let interval = Interval::of(Method::Cluster, half.map(|half| (gap - half, gap + half)));
    (row.interval, row.note) = noted(interval, (num_questions < FEW_CLUSTERS).then_some(Note::FewQuestions));
    row.p = two_sided(gap / error, real(num_questions as u64) - 1.0);
    row
}

/// Holm's step-down adjustment (Holm 1979): the k-th smallest of m is multiplied by m - k + 1, and each is at least as
/// large as the one before it. Missing ones do not count as comparisons.
#[must_use]
pub fn holm(ps: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut known: Vec<(usize, f64)> = ps.iter().enumerate().filter_map(|(at, p)| Some((at, (*p)?))).collect();
    known.sort_by(|a, b| a.1.total_cmp(&b.1));
    let mut adjusted = vec![None; ps.len()];
    let mut least: f64 = 0.0;
    for (rank, (at, p)) in known.iter().enumerate() {
        least = least.max((p * real((known.len() - rank) as u64)).min(1.0));
        adjusted[*at] = Some(least);
    }
    adjusted
}
