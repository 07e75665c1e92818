//! Every published file, and the same answers in every format: loaded, or refused with its reason.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::collections::BTreeMap;
use std::path::Path;

use askew::cli::files;
use askew::domain::query::{By, Query, run};
use askew::formats::roles::Need;

#[test]
fn walk() {
    let Some(folder) = common::em_data("walk") else { return };
    let loaded = files::load(&[folder.to_str().unwrap().to_owned()], Need::Any);
    for (file, result) in &loaded.outcomes {
        let r = result.as_ref().unwrap();
        eprintln!(
            "{:7} rows {:5} figures {} {:?}",
            r.rows,
            r.figures.len(),
            Path::new(file).strip_prefix(&folder).unwrap().display(),
            r.problem().map(|p| p.chars().skip(file.len()).take(150).collect::<String>())
        );
    }
    for (file, error) in &loaded.passed_over {
        eprintln!("REFUSED {} {error}", Path::new(file).strip_prefix(&folder).unwrap().display());
    }
    let by = By { model: true, ..By::default() };
    for row in run(&loaded.data, &Query { by, ..Query::default() }).unwrap().rows {
        if row.key.file.as_deref().unwrap().contains("converted") {
            eprintln!("{:?} {}/{}", row.key.model, row.tally.misaligned, row.tally.denominator);
        }
    }
    let _: BTreeMap<u8, u8> = BTreeMap::new();
}
