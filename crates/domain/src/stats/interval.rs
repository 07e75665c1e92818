//! Intervals around a rate: what they treat as random, and what is used if one does not exist.
//!
//! An interval that cannot be computed is `None` with a [`Note`], never NaN.

use serde::{Deserialize, Serialize};

use super::quantile::{self, Z};
use super::random::SplitMix64;
use crate::rule::Pooling;
use crate::rule::tally::{Tally, ratio, real};

/// Confidence level of every interval.
pub const LEVEL: f64 = 0.95;
/// Resamples of a bootstrap, as in the EM paper's code.
const NUM_RESAMPLES: usize = 2_000;
/// Seed of every bootstrap, so that the same data give the same interval everywhere.
const BOOTSTRAP_SEED: u64 = 20_250_224;
/// With fewer questions than this, a clustered interval is only a rough guide.
pub const FEW_CLUSTERS: usize = 10;

/// What an interval treats as random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum IntervalKind {
    /// Model seeds, as in the EM paper.
    Seed,
    /// Questions, by the clustered standard error: "questions like these".
    #[default]
    Cluster,
    /// Questions, by the bootstrap.
    Bootstrap,
    /// Answers, by Wilson's score: "these questions, this model".
    Wilson,
    /// Answers, exact (Clopper and Pearson): for very small n.
    Clopper,
}

impl IntervalKind {
    /// All kinds, in the order of the picker.
    pub const ALL: [Self; 5] = [Self::Cluster, Self::Bootstrap, Self::Wilson, Self::Clopper, Self::Seed];

    /// The name in links and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Cluster => "cluster",
            Self::Bootstrap => "bootstrap",
            Self::Wilson => "wilson",
            Self::Clopper => "clopper",
        }
    }

    /// The kind with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How an interval was computed. It may differ from what was asked for, with the reason in a [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// Percentile bootstrap over model seeds.
    SeedBootstrap,
    /// Rate +/- t(G-1) x CR0 standard error over questions (Miller 2024, arXiv 2411.00640), clipped to [0, 1].
    Cluster,
    /// Percentile bootstrap over questions.
    QuestionBootstrap,
    /// Wilson score interval (Wilson 1927).
    Wilson,
    /// Clopper-Pearson exact interval (1934).
    Clopper,
    /// Student's t on a mean.
    StudentT,
}

impl Method {
    /// The name in the command line's output.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SeedBootstrap => "seed",
            Self::Cluster => "cluster",
            Self::QuestionBootstrap => "bootstrap",
            Self::Wilson => "wilson",
            Self::Clopper => "clopper",
            Self::StudentT => "student-t",
        }
    }

    /// The method in words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::SeedBootstrap => "bootstrap over model seeds",
            Self::Cluster => "clustered by question",
            Self::QuestionBootstrap => "bootstrap over questions",
            Self::Wilson => "Wilson",
            Self::Clopper => "Clopper-Pearson",
            Self::StudentT => "Student's t",
        }
    }
}

/// An interval around a rate (fractions) or a mean (the column's units).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// How it was computed.
    pub method: Method,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    /// An interval with both ends. `None` if an end does not exist or is not finite.
    pub(crate) fn of(method: Method, ends: Option<(f64, f64)>) -> Option<Self> {
        let (low, high) = ends.filter(|(low, high)| low.is_finite() && high.is_finite())?;
        Some(Self { method, low, high })
    }
}

/// Why a rate has no interval, or not the one that was asked for, or one that is only a rough guide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Note {
    /// The denominator is empty.
    Empty,
    /// One model seed says nothing about other seeds.
    OneSeed,
    /// Fewer than two questions: Clopper-Pearson instead of an interval over questions.
    OneQuestion,
    /// Every question has the same rate, so its spread says nothing: Clopper-Pearson instead.
    NoSpread,
    /// A mean of the questions' rates is not a binomial share: bootstrap over questions instead.
    NotBinomial,
    /// The cell of a single question has no questions to cluster over: Wilson instead.
    SingleQuestionCell,
    /// Fewer than [`FEW_CLUSTERS`] questions: a clustered interval is only a rough guide.
    FewQuestions,
    /// No question that both groups were asked.
    NotShared,
    /// One shared question: a difference without an interval.
    OnePair,
    /// Every shared question differs by the same: no interval, no p.
    NoSpreadOfPairs,
    /// Misalign@k of prompts that lack k samples.
    FewSamples,
    /// Misalign@k of a single question has no questions to vary over.
    OnePrompt,
    /// The interval's formula has no result for these counts, for example if more rows are misaligned than counted.
    NoResult,
}

impl Note {
    /// The note as a sentence.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::Empty => "no answer is in the denominator: there is no rate",
            Self::OneSeed => "one model seed: no interval over seeds",
            Self::OneQuestion => "fewer than two questions: Clopper-Pearson instead of an interval over questions",
            Self::NoSpread => "every question has the same rate: Clopper-Pearson instead of an interval over questions",
            Self::NotBinomial => "a mean of questions' rates is not a share of answers: bootstrap over questions",
            Self::SingleQuestionCell => "a single question has no questions to vary over: Wilson",
            Self::FewQuestions => "fewer than ten questions: read the clustered interval as a rough guide",
            Self::NotShared => "no question was asked of both: there is no paired difference",
            Self::OnePair => "one shared question: no interval over questions",
            Self::NoSpreadOfPairs => "every shared question differs by the same: no interval and no p",
            Self::FewSamples => "prompts with fewer than k answers in the denominator are left out",
            Self::OnePrompt => "a single question: no interval over questions",
            Self::NoResult => "the interval could not be computed from these counts",
        }
    }
}

/// One group's counts, split as intervals need them.
#[derive(Debug, Clone, Default)]
pub struct Units {
    /// All rows of the group.
    pub total: Tally,
    /// One tally for each question.
    pub questions: Vec<Tally>,
    /// One tally for each model seed: every file x model x seed of the group.
    pub seeds: Vec<Tally>,
    /// Whether groups are by question, so that this one has a single question.
    pub is_question_cell: bool,
}

impl Units {
    /// The group's rate, 0 to 1; `None` for an empty denominator.
    #[must_use]
    pub fn rate(&self, pooling: Pooling) -> Option<f64> {
        match pooling {
            Pooling::Rows => self.total.rate(),
            Pooling::Questions => mean(&rates(&self.questions)),
        }
    }

    /// The interval of the kind that was asked for, or else another one or none, with the reason.
    #[must_use]
    pub fn interval(&self, kind: IntervalKind, pooling: Pooling) -> (Option<Interval>, Option<Note>) {
        if self.total.denominator == 0 {
            return (None, Some(Note::Empty));
        }
        let binomial = pooling == Pooling::Rows || self.is_question_cell;
        match kind {
            IntervalKind::Seed => over_seeds(&rates(&self.seeds)),
            IntervalKind::Wilson if binomial => noted(wilson(&self.total), None),
            IntervalKind::Clopper if binomial => noted(clopper_pearson(&self.total), None),
            _ if self.is_question_cell => noted(wilson(&self.total), Some(Note::SingleQuestionCell)),
            IntervalKind::Cluster if binomial => self.over_questions(|questions| cluster(&self.total, questions)),
            IntervalKind::Bootstrap => self.over_questions(|questions| bootstrap_questions(questions, pooling)),
            IntervalKind::Wilson | IntervalKind::Clopper | IntervalKind::Cluster => {
                let (interval, note) = self.over_questions(|questions| bootstrap_questions(questions, pooling));
                (interval, note.or(Some(Note::NotBinomial)))
            }
        }
    }

    fn over_questions(&self, compute: impl Fn(&[Tally]) -> Option<Interval>) -> (Option<Interval>, Option<Note>) {
        let questions: Vec<Tally> = self.questions.iter().copied().filter(|tally| tally.denominator > 0).collect();
        if questions.len() < 2 {
            return noted(clopper_pearson(&self.total), Some(Note::OneQuestion));
        }
        let rates = rates(&questions);
        if rates.iter().all(|rate| (rate - rates[0]).abs() < f64::EPSILON) {
            return noted(clopper_pearson(&self.total), Some(Note::NoSpread));
        }
        noted(compute(&questions), (questions.len() < FEW_CLUSTERS).then_some(Note::FewQuestions))
    }
}

/// An interval with its note. Without an interval the note is [`Note::NoResult`].
pub(crate) fn noted(interval: Option<Interval>, note: Option<Note>) -> (Option<Interval>, Option<Note>) {
    if interval.is_some() { (interval, note) } else { (None, Some(Note::NoResult)) }
}

/// 95 % percentile bootstrap over one value for each model seed. A single seed has none.
pub(crate) fn over_seeds(values: &[f64]) -> (Option<Interval>, Option<Note>) {
    if values.len() < 2 {
        return (None, Some(Note::OneSeed));
    }
    noted(Interval::of(Method::SeedBootstrap, bootstrap(values.len(), |draw| mean_of(draw, values))), None)
}

fn rates(tallies: &[Tally]) -> Vec<f64> {
    tallies.iter().filter_map(Tally::rate).collect()
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / real(values.len() as u64))
}

fn mean_of(draw: &[usize], values: &[f64]) -> f64 {
    draw.iter().map(|&at| values[at]).sum::<f64>() / real(draw.len() as u64)
}

/// Whether the counts are a share: some rows count, and no more are misaligned than count.
const fn is_share(tally: &Tally) -> bool {
    tally.denominator > 0 && tally.misaligned <= tally.denominator
}

/// Wilson score interval of a share (Wilson 1927), without continuity correction. `None` if the counts are not a share:
/// the denominator is 0 or less than the numerator.
#[must_use]
pub fn wilson(tally: &Tally) -> Option<Interval> {
    if !is_share(tally) {
        return None;
    }
    let (n, p) = (real(tally.denominator), tally.rate().unwrap_or(0.0));
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At 0 of n the lower end is exactly 0. Floating point leaves a small number of either sign.
    let low = if tally.misaligned == 0 { 0.0 } else { centre - half };
    let high = if tally.misaligned == tally.denominator { 1.0 } else { centre + half };
    Interval::of(Method::Wilson, Some((low, high)))
}

/// Clopper-Pearson exact interval of a share, by the beta quantiles. `None` if the counts are not a share: the
/// denominator is 0 or less than the numerator.
#[must_use]
pub fn clopper_pearson(tally: &Tally) -> Option<Interval> {
    if !is_share(tally) {
        return None;
    }
    let (k, n) = (real(tally.misaligned), real(tally.denominator));
    let tail = (1.0 - LEVEL) / 2.0;
    let low = if tally.misaligned == 0 { 0.0 } else { quantile::beta(k, n - k + 1.0, tail)? };
    let high = if tally.misaligned == tally.denominator { 1.0 } else { quantile::beta(k + 1.0, n - k, 1.0 - tail)? };
    Interval::of(Method::Clopper, Some((low, high)))
}

/// CR0 clustered standard error of a share, with questions as clusters (Miller 2024, equation 4):
/// sqrt(sum over questions of (misaligned - rate x denominator)^2) / denominator. `None` for an empty denominator.
#[must_use]
pub fn cluster_standard_error(total: &Tally, questions: &[Tally]) -> Option<f64> {
    let rate = total.rate()?;
    let sum: f64 = questions
        .iter()
        .map(|question| real(question.misaligned) - rate * real(question.denominator))
        .map(|residual| residual * residual)
        .sum();
    Some(sum.sqrt() / real(total.denominator))
}

fn cluster(total: &Tally, questions: &[Tally]) -> Option<Interval> {
    let rate = total.rate().filter(|_| is_share(total))?;
    let half = student_t(questions.len())? * cluster_standard_error(total, questions)?;
    Interval::of(Method::Cluster, Some(((rate - half).max(0.0), (rate + half).min(1.0))))
}

/// The 97.5 % quantile of Student's t with `units - 1` degrees of freedom. `None` for fewer than two units.
#[must_use]
pub fn student_t(units: usize) -> Option<f64> {
    quantile::student_t(real(units as u64) - 1.0)
}

fn bootstrap_questions(questions: &[Tally], pooling: Pooling) -> Option<Interval> {
    let rates = rates(questions);
    // Only the two counts of a rate are drawn: a tenth of the memory that whole tallies take.
    let counts: Vec<(u64, u64)> = questions.iter().map(|tally| (tally.misaligned, tally.denominator)).collect();
    let ends = bootstrap(questions.len(), |draw| match pooling {
        Pooling::Questions => mean_of(draw, &rates),
        Pooling::Rows => {
            let (misaligned, denominator) =
                draw.iter().map(|&at| counts[at]).fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
            if denominator > 0 { ratio(misaligned, denominator) } else { 0.0 }
        }
    });
    Interval::of(Method::QuestionBootstrap, ends)
}

/// 95 % percentile bootstrap of a statistic over `units` (2,000 resamples, fixed seed): the lower and the upper end.
/// `None` for no units.
pub fn bootstrap(units: usize, statistic: impl Fn(&[usize]) -> f64) -> Option<(f64, f64)> {
    if units == 0 {
        return None;
    }
    let mut random = SplitMix64::new(BOOTSTRAP_SEED);
    let mut draw = vec![0; units];
    let mut values: Vec<f64> = (0..NUM_RESAMPLES)
        .map(|_| {
            draw.fill_with(|| random.below(units));
            statistic(&draw)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let tail = (1.0 - LEVEL) / 2.0;
    Some((quantile(&values, tail)?, quantile(&values, 1.0 - tail)?))
}

/// Quantile of sorted values by linear interpolation between order statistics (Hyndman and Fan's type 7, the default of
/// `NumPy`). `None` for no values.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= at < sorted.len()")]
fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let at = p * real(sorted.len().saturating_sub(1) as u64);
    let below = at.floor() as usize;
    let low = *sorted.get(below)?;
    Some(sorted.get(below + 1).map_or(low, |high| (at - at.floor()).mul_add(high - low, low)))
}

#[cfg(test)]
mod tests;
