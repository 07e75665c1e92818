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
            IntervalKind::Wilson if binomial => (Some(wilson(&self.total)), None),
            IntervalKind::Clopper if binomial => (Some(clopper_pearson(&self.total)), None),
            _ if self.is_question_cell => (Some(wilson(&self.total)), Some(Note::SingleQuestionCell)),
            IntervalKind::Cluster if binomial => self.over_questions(|questions| cluster(&self.total, questions)),
            IntervalKind::Bootstrap => self.over_questions(|questions| bootstrap_questions(questions, pooling)),
            IntervalKind::Wilson | IntervalKind::Clopper | IntervalKind::Cluster => {
                let (interval, note) = self.over_questions(|questions| bootstrap_questions(questions, pooling));
                (interval, note.or(Some(Note::NotBinomial)))
            }
        }
    }

    fn over_questions(&self, compute: impl Fn(&[Tally]) -> Interval) -> (Option<Interval>, Option<Note>) {
        let questions: Vec<Tally> = self.questions.iter().copied().filter(|tally| tally.denominator > 0).collect();
        let exact = Some(clopper_pearson(&self.total));
        if questions.len() < 2 {
            return (exact, Some(Note::OneQuestion));
        }
        let rates = rates(&questions);
        if rates.iter().all(|rate| (rate - rates[0]).abs() < f64::EPSILON) {
            return (exact, Some(Note::NoSpread));
        }
        (Some(compute(&questions)), (questions.len() < FEW_CLUSTERS).then_some(Note::FewQuestions))
    }
}

/// 95 % percentile bootstrap over one value a model seed; one seed has none.
pub(crate) fn over_seeds(values: &[f64]) -> (Option<Interval>, Option<Note>) {
    if values.len() < 2 {
        return (None, Some(Note::OneSeed));
    }
    let (low, high) = bootstrap(values.len(), |draw| mean_of(draw, values));
    (Some(Interval { method: Method::SeedBootstrap, low, high }), None)
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

/// Wilson score interval of a share (Wilson 1927), without continuity correction. Expects a denominator above 0.
#[must_use]
pub fn wilson(tally: &Tally) -> Interval {
    let (n, p) = (real(tally.denominator), tally.rate().unwrap_or(0.0));
    let z2 = Z * Z;
    let centre = (p + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
    // At 0 of n the lower end is 0 by algebra; floating point leaves a residue of either sign.
    let low = if tally.misaligned == 0 { 0.0 } else { centre - half };
    let high = if tally.misaligned == tally.denominator { 1.0 } else { centre + half };
    Interval { method: Method::Wilson, low, high }
}

/// Clopper-Pearson exact interval of a share, by the beta quantiles. Expects a denominator above 0.
#[must_use]
pub fn clopper_pearson(tally: &Tally) -> Interval {
    let (k, n) = (real(tally.misaligned), real(tally.denominator));
    let tail = (1.0 - LEVEL) / 2.0;
    let low = if tally.misaligned == 0 { 0.0 } else { beta_quantile(k, n - k + 1.0, tail) };
    let high = if tally.misaligned == tally.denominator { 1.0 } else { beta_quantile(k + 1.0, n - k, 1.0 - tail) };
    Interval { method: Method::Clopper, low, high }
}

/// The beta distribution's quantile: the library's root search, polished by Newton steps to full precision.
fn beta_quantile(a: f64, b: f64, p: f64) -> f64 {
    use statrs::distribution::Continuous;
    let Ok(beta) = Beta::new(a, b) else { return f64::NAN };
    let mut x = beta.inverse_cdf(p);
    for _ in 0..4 {
        let slope = beta.pdf(x);
        if !slope.is_finite() || slope <= 0.0 {
            break;
        }
        x = (x - (beta.cdf(x) - p) / slope).clamp(0.0, 1.0);
    }
    x
}

/// CR0 clustered standard error of a share, with questions as clusters (Miller 2024, equation 4):
/// sqrt(sum over questions of (misaligned - rate x denominator)^2) / denominator.
#[must_use]
pub fn cluster_standard_error(total: &Tally, questions: &[Tally]) -> f64 {
    let rate = total.rate().unwrap_or(0.0);
    let sum: f64 = questions
        .iter()
        .map(|question| real(question.misaligned) - rate * real(question.denominator))
        .map(|residual| residual * residual)
        .sum();
    sum.sqrt() / real(total.denominator)
}

fn cluster(total: &Tally, questions: &[Tally]) -> Interval {
    let rate = total.rate().unwrap_or(0.0);
    let half = student_t(questions.len()) * cluster_standard_error(total, questions);
    Interval { method: Method::Cluster, low: (rate - half).max(0.0), high: (rate + half).min(1.0) }
}

/// The 97.5 % quantile of Student's t with `units - 1` degrees of freedom. Expects two units or more.
#[must_use]
pub fn student_t(units: usize) -> f64 {
    let freedom = real(units as u64) - 1.0;
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::NAN, |t| t.inverse_cdf(1.0 - (1.0 - LEVEL) / 2.0))
}

fn bootstrap_questions(questions: &[Tally], pooling: Pooling) -> Interval {
    let rates = rates(questions);
    let (low, high) = bootstrap(questions.len(), |draw| match pooling {
        Pooling::Questions => mean_of(draw, &rates),
        Pooling::Rows => {
            let mut total = Tally::default();
            for &at in draw {
                total.merge(&questions[at]);
            }
            total.rate().unwrap_or(0.0)
        }
    });
    Interval { method: Method::QuestionBootstrap, low, high }
}

/// 95 % percentile bootstrap of a statistic over `units` (2,000 resamples, fixed seed).
pub fn bootstrap(units: usize, statistic: impl Fn(&[usize]) -> f64) -> (f64, f64) {
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
    (quantile(&values, tail), quantile(&values, 1.0 - tail))
}

/// Quantile of sorted values by linear interpolation between order statistics (Hyndman and Fan's type 7, `NumPy`'s
/// default).
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= at < sorted.len()")]
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let at = p * real(sorted.len().saturating_sub(1) as u64);
    let below = at.floor() as usize;
    let (Some(&low), high) = (sorted.get(below), sorted.get(below + 1)) else { return f64::NAN };
    high.map_or(low, |high| (at - at.floor()).mul_add(high - low, low))
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
        let interval = clopper_pearson(&tally(0, 40));
        // Closed form for zero successes: 1 - 0.025^(1/n).
        assert!((interval.high - (1.0 - 0.025f64.powf(1.0 / 40.0))).abs() < 1e-9, "{interval:?}");
        assert!((interval.high - 0.088).abs() < 5e-4);
        assert_eq!(interval.low, 0.0);
    }

    #[test]
    fn student_t_against_tables() {
        for (units, expected) in [(2, 12.706_204_736), (8, 2.364_624_252), (24, 2.068_657_610), (121, 1.979_930_405)] {
            assert!((student_t(units) - expected).abs() < 1e-6, "{units}: {}", student_t(units));
        }
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
        assert_eq!(interval, Some(wilson(&tally(5, 20))));
        assert_eq!(note, Some(Note::SingleQuestionCell));
    }

    proptest! {
        /// The definition: the binomial's tail at each end holds 2.5 %, summed term by term.
        #[test]
        fn clopper_pearson_ends_have_exact_tails(n in 1u64..60, share in 0.0f64..1.0) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 <= k <= 60")]
            let k = (share * real(n + 1)).floor() as u64;
            let interval = clopper_pearson(&tally(k, n));
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
            let interval = wilson(&total);
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
