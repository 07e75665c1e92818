//! Compares the rates in the page's tables with the rates that the command line prints.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::page::{Page, WAIT_LIMIT, quote};

/// Both sides compute in f64 and print all digits.
const TOLERANCE: f64 = 1e-9;

/// One row of a table of rates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rate {
    pub(crate) rate: Option<f64>,
    /// Method, lower bound and upper bound.
    pub(crate) interval: Option<(String, f64, f64)>,
    pub(crate) misaligned: u64,
    pub(crate) denominator: u64,
    pub(crate) rows: u64,
}

/// Rates by the name of their row.
pub(crate) type Rates = BTreeMap<String, Rate>;

/// The rows of a figure's table. Numbers are read from `<data value>`, which has all digits.
pub(crate) fn shown(page: &Page, figure: &str) -> Rates {
    let js = format!(
        "[...document.querySelectorAll({})].map(row => ({{
            name: row.cells[0].textContent.trim(),
            rate: [...row.cells[1].querySelectorAll('data')].map(d => +d.value),
            interval: [2, 3].flatMap(at => [...row.cells[at].querySelectorAll('data')]).map(d => +d.value),
            kind: row.cells[4].textContent.trim(),
            counts: [5, 6, 7].map(at => +row.cells[at].textContent),
        }}))",
        quote(&format!("{figure} tbody tr"))
    );
    let rows = page.eval(&js);
    let rows = rows.as_array().unwrap_or_else(|| page.fail(&format!("{figure} has no table")));
    rows.iter()
        .map(|row| {
            let count = |at: usize| row["counts"][at].as_u64().unwrap_or(u64::MAX);
            let end = |at: usize| row["interval"][at].as_f64();
            let kind = row["kind"].as_str().unwrap_or_default().to_owned();
            let rate = Rate {
                rate: row["rate"][0].as_f64(),
                interval: end(0).zip(end(1)).map(|(low, high)| (kind, low, high)),
                misaligned: count(0),
                denominator: count(1),
                rows: count(2),
            };
            (row["name"].as_str().unwrap_or_default().to_owned(), rate)
        })
        .collect()
}

/// The output of `askew rates`, by model or, for one file, by question.
pub(crate) fn printed(files: &[&Path], rule: &str, interval: &str, by: &str) -> Rates {
    let output = Command::new(env!("CARGO_BIN_EXE_askew"))
        .arg("rates")
        .args(files)
        .args(["--rule", rule, "--ci", interval, "--by", by])
        .output()
        .expect("the command line runs");
    assert!(output.status.success(), "askew rates: {}", String::from_utf8_lossy(&output.stderr));
    let out: Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
    let key = if by.ends_with("question") { "question" } else { "model" };
    let rows = out["rows"].as_array().expect("it prints rows");
    let rates: Rates =
        rows.iter().map(|row| (row[key].as_str().unwrap_or_default().to_owned(), rate_of(row))).collect();
    assert_eq!(rates.len(), rows.len(), "rows of {by} have names of their own");
    rates
}

fn rate_of(row: &Value) -> Rate {
    let count = |name: &str| row[name].as_u64().expect("counts are whole");
    let ci = &row["ci"];
    let ends = ci["low"].as_f64().zip(ci["high"].as_f64());
    Rate {
        rate: row["rate"].as_f64(),
        interval: ends.map(|(low, high)| (method(ci["method"].as_str().unwrap_or_default()), low, high)),
        misaligned: count("misaligned"),
        denominator: count("denominator"),
        rows: count("rows"),
    }
}

/// The page's description of an interval method, from its name on the command line.
fn method(name: &str) -> String {
    use askew::domain::stats::interval::Method;
    let all = [
        Method::SeedBootstrap,
        Method::Cluster,
        Method::QuestionBootstrap,
        Method::Wilson,
        Method::Clopper,
        Method::StudentT,
    ];
    let found = all.into_iter().find(|method| method.name() == name);
    found.unwrap_or_else(|| panic!("unknown method {name}")).describe().to_owned()
}

/// The first difference between two tables; `None` if they are equal.
pub(crate) fn difference(shown: &Rates, printed: &Rates) -> Option<String> {
    let names = |rates: &Rates| rates.keys().cloned().collect::<Vec<_>>();
    if names(shown) != names(printed) {
        return Some(format!("rows {:?}, not {:?}", names(shown), names(printed)));
    }
    shown
        .iter()
        .zip(printed.values())
        .find(|((_, a), b)| !is_same(a, b))
        .map(|((name, a), b)| format!("{name}:\n  shown   {a:?}\n  printed {b:?}"))
}

fn is_same(a: &Rate, b: &Rate) -> bool {
    let near = |a: f64, b: f64| (a - b).abs() <= TOLERANCE;
    let same_rate = match (a.rate, b.rate) {
        (Some(a), Some(b)) => near(a, b),
        (a, b) => a == b,
    };
    let same_interval = match (&a.interval, &b.interval) {
        (Some((kind, low, high)), Some((other, other_low, other_high))) => {
            kind == other && near(*low, *other_low) && near(*high, *other_high)
        }
        (a, b) => a == b,
    };
    same_rate && same_interval && (a.misaligned, a.denominator, a.rows) == (b.misaligned, b.denominator, b.rows)
}

/// Waits until a figure's table shows the printed rates. The page is checked repeatedly, because its worker computes
/// them.
pub(crate) fn wait_equal(page: &Page, figure: &str, printed: &Rates, what: &str) {
    let begun = Instant::now();
    loop {
        let Some(difference) = difference(&shown(page, figure), printed) else { return };
        if begun.elapsed() > WAIT_LIMIT {
            page.fail(&format!("{what}: {figure}: {difference}"));
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}
