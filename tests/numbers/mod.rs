//! The domain's results for one small table, as lines of text that must be the same natively and in a browser.
//!
//! A browser has 32-bit sizes and its own mathematics library. Counts and orders must be equal, and fractions nearly
//! equal. `expected.txt` was written natively; tests/rates.rs shows that the numbers are right.

use std::fmt::Write;

use askew::domain::answers::{Part, select};
use askew::domain::query::{By, GroupKey, Query, run};
use askew::domain::rows::dataset::Dataset;
use askew::domain::rule::{Preset, Rule, RuleBody};
use askew::domain::stats::interval::IntervalKind;
use askew::formats::csv;
use askew::formats::roles::Need;

/// Everything is computed in f64, and platforms differ only in the last digits of `ln` and `exp`.
const TOLERANCE: f64 = 1e-12;

const TABLE: &str = include_str!("table.csv");
const EXPECTED: &str = include_str!("expected.txt");

/// The table's rates under every rule, grouping and interval, and the reading order of its answers.
pub(crate) fn lines() -> String {
    let mut data = Dataset::default();
    let report = csv::read(&mut data, "table.csv", TABLE.as_bytes(), Need::Judged).expect("the table can be read");
    let mut text = format!("rows {} skipped {}\n", report.rows, report.num_skipped);
    let groupings = [
        ("model", By::default()),
        ("question", By { question: true, ..By::default() }),
        ("group", By { group: true, ..By::NOTHING }),
    ];
    for preset in Preset::ALL {
        let mut rule = Rule::preset(preset);
        if let RuleBody::Verdict(labels) = &mut rule.body {
            labels.misaligned = vec!["bad".to_owned()];
            labels.counted = vec!["good".to_owned()];
        }
        for interval in IntervalKind::ALL {
            for (name, by) in &groupings {
                let query = Query { rule: rule.clone(), interval, by: by.clone(), ..Query::default() };
                let outcome = run(&data, &query).expect("the query has an answer");
                for row in outcome.rows {
                    let tally = &row.tally;
                    let found = row.interval.map_or_else(
                        || "none".to_owned(),
                        |found| format!("{} {:?} {:?}", found.method.name(), found.low, found.high),
                    );
                    writeln!(
                        text,
                        "{} {} by {name} | {} | {} of {} in {} | {:?} | {found}",
                        preset.name(),
                        interval.name(),
                        row.key.label(),
                        tally.misaligned,
                        tally.denominator,
                        tally.rows,
                        row.value.unwrap_or(-1.0),
                    )
                    .expect("text takes text");
                }
            }
        }
    }
    for seed in [0, 1, u64::MAX] {
        let query = Query::default();
        let order = select(&data, &query, &GroupKey::default(), Part::All, seed).expect("the rows are there");
        writeln!(text, "order {seed}: {order:?}").expect("text takes text");
    }
    text
}

/// The first line that differs from the expected one; `None` if all are equal.
pub(crate) fn difference(found: &str) -> Option<String> {
    let (mut found, mut expected) = (found.lines(), EXPECTED.lines());
    loop {
        match (found.next(), expected.next()) {
            (None, None) => return None,
            (Some(a), Some(b)) if is_same(a, b) => {}
            (a, b) => return Some(format!("found    {a:?}\nexpected {b:?}")),
        }
    }
}

/// Compares word by word: whole numbers and names exactly, fractions within the tolerance.
fn is_same(a: &str, b: &str) -> bool {
    let is_same_word = |(a, b): (&str, &str)| {
        let fraction = |word: &str| word.contains(['.', 'e']).then(|| word.parse::<f64>().ok()).flatten();
        match (fraction(a), fraction(b)) {
            (Some(a), Some(b)) => (a - b).abs() <= TOLERANCE,
            _ => a == b,
        }
    };
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    a.len() == b.len() && a.into_iter().zip(b).all(is_same_word)
}
