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
    assert_eq!((student_t(0), student_t(1)), (None, None));
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
