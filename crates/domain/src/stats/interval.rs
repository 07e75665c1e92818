//! Intervals around a rate: what they treat as random, and what to do where one does not exist.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Beta, ContinuousCDF, StudentsT};

use super::random::SplitMix64;
use crate::rule::Pooling;
use crate::rule::tally::{Tally, real};

/// Confidence level of every interval.
pub const LEVEL: f64 = 0.95;
/// The standard normal's 97.5 % quantile.
const Z: f64 = 1.959_963_984_540_054;
/// Resamples of a bootstrap: what the EM paper's code draws.
const NUM_RESAMPLES: usize = 2_000;
/// Seed of every bootstrap, so that the same data give the same interval everywhere.
const BOOTSTRAP_SEED: u64 = 20_250_224;
/// Questions under which a clustered interval is a rough guide only.
pub const FEW_CLUSTERS: usize = 10;

/// What the reader asks an interval to treat as random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum IntervalKind {
    /// Model seeds: what the EM paper draws.
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
    /// All kinds, in the order a picker shows.
    pub const ALL: [Self; 5] = [Self::Cluster, Self::Bootstrap, Self::Wilson, Self::Clopper, Self::Seed];

    /// The name used in links and on the command line.
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

    /// The kind of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// How an interval was computed, which may differ from what was asked for: see [`Note`].
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

    /// The method, for a reader.
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

/// Why a rate has another interval than was asked for, or none, or one to read with care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Note {
    /// Nothing in the denominator.
    Empty,
    /// One model seed says nothing about other seeds.
    OneSeed,
    /// Fewer than two questions: Clopper-Pearson instead of an interval over questions.
    OneQuestion,
    /// Every question has the same rate, so its spread says nothing: Clopper-Pearson instead.
    NoSpread,
    /// A mean of per-question rates is no binomial share: bootstrap over questions instead.
    NotBinomial,
    /// A single question's cell has no questions to cluster over: Wilson instead.
    SingleQuestionCell,
    /// Fewer than ten questions: a clustered interval is rough.
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

/// One group's counts, split the ways that intervals need.
#[derive(Debug, Clone, Default)]
pub struct Units {
    /// All of the group.
    pub total: Tally,
    /// By question.
    pub questions: Vec<Tally>,
    /// By model seed: every file x model of the group.
    pub seeds: Vec<Tally>,
    /// Whether the group is one question by construction.
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

    /// The interval of the kind that was asked for, or the nearest one that exists, with the reason.
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

/// 95 % percentile bootstrap over one value a model seed; one seed has none.
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
    // At 0 of n the lower end is 0 by algebra; floating point leaves a residue of either sign.
    let low = if tally.misaligned == 0 { 0.0 } else { centre - half };
    let high = if tally.misaligned == tally.denominator { 1.0 } else { centre + half };
    Interval::of(Method::Wilson, Some((low, high)))
}

/// Clopper-Pearson exact interval of a share, by the beta quantiles. `None` if the counts are not a share: the denominator
/// is 0 or less than the numerator.
#[must_use]
pub fn clopper_pearson(tally: &Tally) -> Option<Interval> {
    if !is_share(tally) {
        return None;
    }
    let (k, n) = (real(tally.misaligned), real(tally.denominator));
    let tail = (1.0 - LEVEL) / 2.0;
    let low = if tally.misaligned == 0 { 0.0 } else { beta_quantile(k, n - k + 1.0, tail)? };
    let high = if tally.misaligned == tally.denominator { 1.0 } else { beta_quantile(k + 1.0, n - k, 1.0 - tail)? };
    Interval::of(Method::Clopper, Some((low, high)))
}

/// The beta distribution's quantile: the library's root search, refined by Newton steps to full precision. `None` if a
/// parameter is not above 0.
fn beta_quantile(a: f64, b: f64, p: f64) -> Option<f64> {
    use statrs::distribution::Continuous;
    let beta = Beta::new(a, b).ok()?;
    let mut x = beta.inverse_cdf(p);
    for _ in 0..4 {
        let slope = beta.pdf(x);
        if !slope.is_finite() || slope <= 0.0 {
            break;
        }
        x = (x - (beta.cdf(x) - p) / slope).clamp(0.0, 1.0);
    }
    Some(x)
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
    let freedom = real(units as u64) - 1.0;
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?;
    Some(t.inverse_cdf(1.0 - (1.0 - LEVEL) / 2.0))
}

fn bootstrap_questions(questions: &[Tally], pooling: Pooling) -> Option<Interval> {
    let rates = rates(questions);
    let ends = bootstrap(questions.len(), |draw| match pooling {
        Pooling::Questions => mean_of(draw, &rates),
        Pooling::Rows => {
            let mut total = Tally::default();
            for &at in draw {
                total.merge(&questions[at]);
            }
            total.rate().unwrap_or(0.0)
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

/// Quantile of sorted values by linear interpolation between order statistics (Hyndman and Fan's type 7, `NumPy`'s
/// default). `None` for no values.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= at < sorted.len()")]
fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let at = p * real(sorted.len().saturating_sub(1) as u64);
    let below = at.floor() as usize;
    let low = *sorted.get(below)?;
    Some(sorted.get(below + 1).map_or(low, |high| (at - at.floor()).mul_add(high - low, low)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tally(misaligned: u64, denominator: u64) -> Tally {
        Tally { rows: denominator, misaligned, denominator, ..Tally::default() }
    }

    #[test]
    fn zero_of_forty_is_at_most_8_8_percent() {
        let interval = clopper_pearson(&tally(0, 40)).unwrap();
        // Closed form for zero successes: 1 - 0.025^(1/n).
        assert!((interval.high - (1.0 - 0.025f64.powf(1.0 / 40.0))).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 0.088).abs() < 5e-4);
        assert_eq!(interval.low, 0.0);
    }

    #[test]
    fn student_t_against_tables() {
        for (units, expected) in [(2, 12.706_204_736), (8, 2.364_624_252), (24, 2.068_657_610), (121, 1.979_930_405)] {
            let found = student_t(units).unwrap();
            assert!((found - expected).abs() < 1e-6, "{units}: {found}");
        }
    }

    /// Counts that no file has, but that a damaged message could have.
    #[test]
    fn a_failed_interval_is_none_with_a_note() {
        let bad = tally(5, 3);
        for counts in [bad, tally(0, 0), tally(1, 0)] {
            assert_eq!((wilson(&counts), clopper_pearson(&counts)), (None, None), "{counts:?}");
        }
        let units = Units { total: bad, questions: vec![tally(5, 2), tally(0, 1)], ..Units::default() };
        for kind in [IntervalKind::Wilson, IntervalKind::Clopper, IntervalKind::Cluster] {
            assert_eq!(units.interval(kind, Pooling::Rows), (None, Some(Note::NoResult)), "{kind:?}");
        }
        let single = Units { questions: vec![bad], ..units.clone() };
        assert_eq!(single.interval(IntervalKind::Cluster, Pooling::Rows), (None, Some(Note::NoResult)));
        assert_eq!((student_t(0), student_t(1), beta_quantile(1.0, 0.0, 0.5)), (None, None, None));
        assert_eq!((bootstrap(0, |_| 1.0), bootstrap(3, |_| 1.0)), (None, Some((1.0, 1.0))));
        assert_eq!(over_seeds(&[f64::INFINITY, 1.0]), (None, Some(Note::NoResult)));
        assert_eq!(cluster_standard_error(&tally(0, 0), &[]), None);
    }

    #[test]
    fn intervals_that_do_not_exist_say_so() {
        let one = Units {
            total: tally(3, 10),
            questions: vec![tally(3, 10), tally(0, 0)],
            seeds: vec![tally(3, 10)],
            is_question_cell: false,
        };
        let (interval, note) = one.interval(IntervalKind::Cluster, Pooling::Rows);
        assert_eq!((interval.map(|found| found.method), note), (Some(Method::Clopper), Some(Note::OneQuestion)));
        assert_eq!(one.interval(IntervalKind::Seed, Pooling::Rows), (None, Some(Note::OneSeed)));
        let flat = Units { total: tally(0, 20), questions: vec![tally(0, 10); 2], ..Units::default() };
        for kind in [IntervalKind::Cluster, IntervalKind::Bootstrap] {
            let (interval, note) = flat.interval(kind, Pooling::Rows);
            assert_eq!((interval.map(|found| found.method), note), (Some(Method::Clopper), Some(Note::NoSpread)));
        }
        let (interval, note) = Units::default().interval(IntervalKind::Wilson, Pooling::Rows);
        assert_eq!((interval, note), (None, Some(Note::Empty)));
        let mixed = Units { total: tally(5, 20), questions: vec![tally(5, 10), tally(0, 10)], ..Units::default() };
        let (interval, note) = mixed.interval(IntervalKind::Wilson, Pooling::Questions);
        assert_eq!(interval.map(|found| found.method), Some(Method::QuestionBootstrap));
        assert_eq!(note, Some(Note::FewQuestions));
        let cell = Units { is_question_cell: true, ..mixed };
        let (interval, note) = cell.interval(IntervalKind::Cluster, Pooling::Rows);
        assert_eq!(interval, wilson(&tally(5, 20)));
        assert_eq!(note, Some(Note::SingleQuestionCell));
    }

    proptest! {
        /// The definition: the binomial's tail at each end holds 2.5 %, summed term by term.
        #[test]
        fn clopper_pearson_ends_have_exact_tails(n in 1u64..60, share in 0.0f64..1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= k <= 60")]
            let k = (share * real(n + 1)).floor() as u64;
            let interval = clopper_pearson(&tally(k, n)).unwrap();
            let mass = |p: f64, from: u64, to: u64| -> f64 {
                (from..=to).map(|i| {
                    let choose: f64 = (1..=i).map(|j| real(n - i + j) / real(j)).product();
                    choose * p.powf(real(i)) * (1.0 - p).powf(real(n - i))
                }).sum()
            };
            if k > 0 {
                prop_assert!((mass(interval.low, k, n) - 0.025).abs() < 1e-8);
            }
            if k < n {
                prop_assert!((mass(interval.high, 0, k) - 0.025).abs() < 1e-8);
            }
        }

        /// The definition: Wilson's ends solve (p - rate)^2 = z^2 p (1 - p) / n.
        #[test]
        fn wilson_ends_solve_the_score_equation(n in 1u64..5000, share in 0.0f64..1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= k <= n")]
            let k = (share * real(n)).floor() as u64;
            let total = tally(k, n);
            let interval = wilson(&total).unwrap();
            for p in [interval.low, interval.high] {
                let gap = (p - total.rate().unwrap()).powi(2) - Z * Z * p * (1.0 - p) / real(n);
                prop_assert!(gap.abs() < 1e-12, "{} {}", p, gap);
            }
        }

        #[test]
        fn every_interval_holds_the_rate(cells in proptest::collection::vec((0u64..20, 0u64..20), 2..12)) {
            let questions: Vec<Tally> = cells.iter().map(|&(k, rest)| tally(k, k + rest)).collect();
            let mut total = Tally::default();
            questions.iter().for_each(|question| total.merge(question));
            let units = Units { total, seeds: questions.clone(), questions, is_question_cell: false };
            if let Some(rate) = units.rate(Pooling::Rows) {
                for kind in [IntervalKind::Cluster, IntervalKind::Wilson, IntervalKind::Clopper] {
                    let (interval, _) = units.interval(kind, Pooling::Rows);
                    let interval = interval.unwrap();
                    prop_assert!(interval.low <= rate + 1e-12 && rate <= interval.high + 1e-12, "{:?}", interval);
                    prop_assert!((0.0..=1.0).contains(&interval.low) && (0.0..=1.0).contains(&interval.high));
                }
            }
        }
    }
}
