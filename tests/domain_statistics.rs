//! Compares statistics with statsmodels, scipy, numpy, pandas and mpmath. `tests/independent/statistics.py` computed the
//! expected numbers once.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use askew::domain::figure::agreement::agree;
use askew::domain::figure::compare::{compare, holm};
use askew::domain::query::counts::Counts;
use askew::domain::query::metric::Metric;
use askew::domain::query::{By, GroupKey, Query, Row, run};
use askew::domain::rows::dataset::{Dataset, Record};
use askew::domain::rule::tally::Tally;
use askew::domain::rule::{Preset, Rule, RuleBody};
use askew::domain::select::judge::Judges;
use askew::domain::select::scope::{Memo, Scope};
use askew::domain::stats::interval::{IntervalKind, clopper_pearson, cluster_standard_error, student_t};
use askew::domain::stats::quantile::two_sided;
use askew::domain::values::cell::CellKey;
use askew::domain::values::score::Score;
use serde_json::Value;

/// Allowed rounding difference of two ways to compute one number. Both find quantiles by root search.
const TOLERANCE: f64 = 1e-9;

fn expected() -> Value {
    serde_json::from_str(include_str!("fixtures/statistics.json")).unwrap()
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("no number: {value}"))
}

fn assert_close(found: impl Into<Option<f64>>, expected: &Value, what: &str) {
    let (found, expected) = (found.into().unwrap(), number(expected));
    assert!((found - expected).abs() < TOLERANCE, "{what}: {found} where {expected} is expected");
}

/// The fixture's answers, in its order.
fn data() -> Dataset {
    let mut data = Dataset::new();
    let columns = ["aligned_b", "coherent_b"].map(|name| data.numeric_id(name));
    for row in expected()["rows"].as_array().unwrap() {
        let cell =
            data.cell_id(&CellKey::from_names("made.csv", row[0].as_str().unwrap(), "", row[1].as_str().unwrap()));
        let second = [(columns[0], row[4].as_f64().into()), (columns[1], row[5].as_f64().into())];
        let record = Record { aligned: row[2].as_f64(), coherent: row[3].as_f64(), count: 1, ..Record::default() };
        data.push(cell, &record, &second.map(|(column, score): (usize, Score)| (column, score)));
    }
    data
}

fn model_rows(query: &Query) -> Vec<(String, Row)> {
    let rows = run(&data(), query).unwrap().rows;
    rows.into_iter().map(|row| (row.key.model.clone().unwrap(), row)).collect()
}

fn interval(row: &Row) -> [f64; 2] {
    row.interval.map(|found| [found.low, found.high]).unwrap()
}

#[test]
fn intervals_of_a_rate() {
    let expected = expected();
    for (kind, key) in [
        (IntervalKind::Wilson, "statsmodels.proportion_confint wilson"),
        (IntervalKind::Clopper, "statsmodels.proportion_confint beta"),
        (IntervalKind::Bootstrap, "bootstrap of questions"),
    ] {
        for (model, row) in model_rows(&Query { interval: kind, ..Query::default() }) {
            let expected = &expected["models"][&model];
            assert_eq!(row.tally.misaligned, expected["misaligned"].as_u64().unwrap());
            assert_eq!(row.tally.denominator, expected["denominator"].as_u64().unwrap());
            for (end, found) in interval(&row).into_iter().enumerate() {
                assert_close(found, &expected[key][end], &format!("{model} {key}"));
            }
        }
    }
}

#[test]
fn clustered_by_question() {
    let expected = expected();
    for (model, row) in model_rows(&Query { interval: IntervalKind::Cluster, ..Query::default() }) {
        let expected = &expected["models"][&model]["statsmodels.OLS cluster CR0"];
        let by = By { question: true, ..By::NOTHING };
        let mut query = Query { by, ..Query::default() };
        query.filter.models.push(model.clone());
        let questions: Vec<_> = run(&data(), &query).unwrap().rows.iter().map(|row| row.tally).collect();
        assert_close(row.value, &expected["value"], &model);
        assert_close(cluster_standard_error(&row.tally, &questions), &expected["error"], &model);
        let [low, high] = interval(&row);
        assert_close(low, &expected["low"], &model);
        assert_close(high, &expected["high"], &model);
    }
}

/// Counts as one row of a table of counts may have. From 7.3 million the search for a quantile did not end.
#[test]
fn intervals_of_large_counts() {
    let expected = expected();
    for row in expected["scipy.stats.beta.ppf, mpmath.quad"].as_array().unwrap() {
        let (misaligned, denominator) = (row[0].as_u64().unwrap(), row[1].as_u64().unwrap());
        let tally = Tally { rows: denominator, misaligned, denominator, ..Tally::default() };
        let [low, high] = [number(&row[2]), number(&row[3])];
        // Near 1 a double has no more digits.
        let tolerance = 1e-8 * (high - low) + f64::EPSILON;
        let found = clopper_pearson(&tally).unwrap();
        assert!(
            (found.low - low).abs() < tolerance && (found.high - high).abs() < tolerance,
            "{misaligned} of {denominator}: {found:?}, expected {low} to {high}"
        );
    }
    for row in expected["scipy.stats.t.ppf"].as_array().unwrap() {
        let units = usize::try_from(row[0].as_u64().unwrap()).unwrap();
        assert_close(student_t(units), &row[1], &format!("t of {units} units"));
    }
    for row in expected["scipy.stats.t.sf"].as_array().unwrap() {
        let (freedom, t, p) = (number(&row[0]), number(&row[1]), number(&row[2]));
        let found = two_sided(t, freedom).unwrap();
        assert!((found / p - 1.0).abs() < 1e-7, "p of {t} with {freedom} degrees: {found}, expected {p}");
    }
}

/// The whole way from a row, also for means, which count rows as degrees of freedom.
#[test]
fn one_row_may_have_a_large_count() {
    let mut data = Dataset::of_counts();
    let cell = data.cell_id(&CellKey::from_names("made.csv", "m", "", "q"));
    for (aligned, count) in [(10.0, 8_000_000), (90.0, u32::MAX)] {
        let record = Record { aligned: Some(aligned), coherent: Some(90.0), count, ..Record::default() };
        data.push(cell, &record, &[]);
    }
    for metric in ["rate", "mean:aligned", "misalign@4000000000", "misalign@all", "share:aligned<30", "count"] {
        for interval in IntervalKind::ALL {
            let query = Query { metric: metric.parse().unwrap(), interval, ..Query::default() };
            let row = run(&data, &query).unwrap().rows.remove(0);
            assert!(row.value.is_some(), "{metric}");
            if let Some(found) = row.interval {
                assert!(found.low < found.high && found.high - found.low < 0.1, "{metric} {interval:?}: {found:?}");
            }
        }
    }
}

/// A rule that gives all questions equal weight, at the fixture's thresholds.
fn equal_questions() -> Rule {
    let (mut rule, betley) = (Rule::preset(Preset::EqualPrompts), Rule::default());
    if let (RuleBody::Scores(scores), RuleBody::Scores(usual)) = (&mut rule.body, &betley.body) {
        (scores.aligned, scores.coherent) = (usual.aligned, usual.coherent);
    }
    rule
}

#[test]
fn questions_that_weigh_the_same() {
    let expected = expected();
    let query = Query { rule: equal_questions(), interval: IntervalKind::Bootstrap, ..Query::default() };
    for (model, row) in model_rows(&query) {
        let expected = &expected["models"][&model];
        assert_close(row.value, &expected["mean of questions' rates"], &model);
        for (end, found) in interval(&row).into_iter().enumerate() {
            assert_close(found, &expected["bootstrap of questions' rates"][end], &model);
        }
    }
}

#[test]
fn misalign_at_k_and_means() {
    let expected = expected();
    let ask = |metric| model_rows(&Query { metric, ..Query::default() });
    for k in [1, 2, 5] {
        for (model, row) in ask(Metric::MisalignAt(Some(k))) {
            assert_close(row.value, &expected["models"][&model]["codex pass@k"][k.to_string()], &model);
        }
    }
    for (model, row) in ask(Metric::MisalignAt(None)) {
        assert_close(row.value, &expected["models"][&model]["share of prompts with one"], &model);
    }
    for (model, row) in ask(Metric::Mean("aligned".into())) {
        assert_close(row.value, &expected["models"][&model]["pandas mean aligned"], &model);
        assert_close(row.deviation, &expected["models"][&model]["pandas std aligned"], &model);
    }
}

fn counts(data: &Dataset, query: &Query) -> Counts {
    let scope = Scope::new(data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
    Counts::new(data, query, &scope).unwrap()
}

#[test]
fn paired_differences() {
    let (expected, data) = (expected(), data());
    for (rule, key) in [
        (Rule::default(), "statsmodels.OLS cluster CR0"),
        (equal_questions(), "equal questions, statsmodels.OLS cluster CR0"),
    ] {
        let query = Query { rule, ..Query::default() };
        let rows = compare(&data, &query, &counts(&data, &query), None).unwrap();
        let (row, expected) = (&rows[0], &expected["paired"][key]);
        assert_eq!(rows.len(), 1);
        assert_eq!(row.num_questions, 12, "the question of one model only is left out");
        assert_close(row.difference, &expected["value"], key);
        assert_close(row.standard_error, &expected["error"], key);
        assert_close(row.interval.map(|found| found.low), &expected["low"], key);
        assert_close(row.interval.map(|found| found.high), &expected["high"], key);
        assert_close(row.p, &expected["p"], key);
        assert_eq!(row.p_holm, row.p, "one comparison is not adjusted");
        // Swapping the groups changes only the sign.
        let tuned = GroupKey { file: Some("made.csv".into()), model: Some("tuned".into()), ..GroupKey::default() };
        let other = compare(&data, &query, &counts(&data, &query), Some(&tuned)).unwrap();
        assert_eq!(other[0].difference, row.difference.map(|gap| -gap));
        assert_eq!(other[0].p, row.p);
    }
}

#[test]
fn holm_adjustment() {
    let expected = expected();
    let list = |key: &str| expected[key].as_array().unwrap().iter().map(|p| Some(number(p))).collect::<Vec<_>>();
    let mut ps = list("ps");
    let found = holm(&ps);
    for (at, expected) in list("statsmodels.multipletests holm").into_iter().enumerate() {
        assert!((found[at].unwrap() - expected.unwrap()).abs() < TOLERANCE, "{at}: {found:?}");
    }
    ps.insert(2, None);
    let with_gap = holm(&ps);
    assert_eq!(with_gap.iter().flatten().collect::<Vec<_>>(), found.iter().flatten().collect::<Vec<_>>());
    assert_eq!(with_gap[2], None, "what was not compared has no p and counts for none");
}

#[test]
fn two_judges() {
    let (expected, data) = (expected(), data());
    let query = Query::default();
    let scope = Scope::new(&data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
    let second = Judges { aligned: "aligned_b".into(), coherent: "coherent_b".into() };
    let found = agree(&data, &query, &scope, &second).unwrap();
    let confusion: [[u64; 3]; 3] = serde_json::from_value(expected["confusion"].clone()).unwrap();
    assert_eq!(found.confusion, confusion);
    assert_close(found.kappa, &expected["statsmodels.cohens_kappa"], "kappa");
    assert_close(found.kappa_all, &expected["statsmodels.cohens_kappa of three"], "kappa of three");
    assert_close(found.spearman_aligned, &expected["scipy.spearmanr aligned"], "aligned");
    assert_close(found.spearman_coherent, &expected["scipy.spearmanr coherent"], "coherent");
    // Each judge's rates are the same as for that judge alone.
    let alone = run(&data, &Query { judges: second.clone(), ..query.clone() }).unwrap().rows;
    assert_eq!(
        found.rows.iter().map(|row| row.second).collect::<Vec<_>>(),
        alone.iter().map(|row| row.value).collect::<Vec<_>>()
    );
    let with_itself = agree(&data, &query, &scope, &Judges::default()).unwrap();
    assert_eq!((with_itself.kappa, with_itself.flips.len()), (Some(1.0), 0));
    assert!((with_itself.spearman_aligned.unwrap() - 1.0).abs() < 1e-12);
}
