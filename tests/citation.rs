//! The citation has one source: the version of `Cargo.toml`, and the title and author of `charts::export::citation`.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

use std::path::Path;

use askew::charts::export::citation::{AUTHOR, TITLE, VERSION, bibtex};

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn every_citation_names_the_version_of_the_workspace() {
    let manifest = read("Cargo.toml");
    let workspace = manifest.split_once("[workspace.package]").unwrap().1;
    let version = workspace.lines().find_map(|line| line.strip_prefix("version = ")).unwrap().trim_matches('"');
    assert_eq!(VERSION, version);
    let file = read("CITATION.cff");
    let has = |line: &str| assert!(file.lines().any(|found| found == line), "CITATION.cff lacks: {line}");
    has(&format!("version: {version}"));
    has(&format!("title: \"{TITLE}\""));
    has(&format!("  - name: {AUTHOR}"));
    for entry in [bibtex(None), bibtex(Some("answers.csv"))] {
        assert!(entry.contains(&format!("version = {{{version}}}")) && entry.contains(TITLE), "{entry}");
    }
}
