//! Rates of a result file: each group's misalignment rate under one published rule, with its interval.
//!
//! `cargo run --example rates -- results.csv`; without a file, the shipped answers of the pocket organism's first
//! experiment.

use askew::cli::files::load;
use askew::domain::query::{By, Query, run};
use askew::domain::rule::{Preset, Rule};
use askew::domain::stats::interval::IntervalKind;
use askew::formats::roles::Need;

/// Prints one line per group.
///
/// # Errors
/// When the file cannot be read, or holds no answers to count.
pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/public/pocket/answers/01.csv.gz");
    let file = std::env::args().nth(1).filter(|file| !file.starts_with('-')).unwrap_or_else(|| shipped.to_owned());

    // Any known format becomes rows. Each file has its own report or error.
    let loaded = load(&[file], Need::Judged);
    for (name, outcome) in &loaded.outcomes {
        match outcome {
            Ok(report) => eprintln!("{name}: {} rows", report.rows),
            Err(error) => return Err(format!("{name}: {error}").into()),
        }
    }

    // A rate is never shown without its rule: the same rows give other rates under another one.
    let query = Query {
        rule: Rule::preset(Preset::Betley),
        by: By { group: true, ..By::default() },
        interval: IntervalKind::Wilson,
        ..Query::default()
    };
    println!("{}", query.rule.describe());
    let outcome = run(&loaded.data, &query)?;
    for row in &outcome.rows {
        let group = row.key.group.as_deref().unwrap_or("all");
        match (row.value, row.interval) {
            (Some(rate), Some(interval)) => println!(
                "{group}: {} of {} = {:.1} % [{:.1}, {:.1}]",
                row.tally.misaligned,
                row.num,
                100.0 * rate,
                100.0 * interval.low,
                100.0 * interval.high
            ),
            _ => println!("{group}: no answer counts"),
        }
    }
    for warning in &outcome.warnings {
        eprintln!("note: {warning}");
    }
    Ok(())
}
