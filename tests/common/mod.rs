//! Helpers that several test files share.

#![allow(dead_code, reason = "each test file uses a part of this module")]

pub(crate) mod adapter;
pub(crate) mod archive;
pub(crate) mod engine;
pub(crate) mod fuzz;
pub(crate) mod gguf;
pub(crate) mod groups;
pub(crate) mod lab;
mod lack;
pub(crate) mod layout;
pub(crate) mod models;
pub(crate) mod mutate;
pub(crate) mod openai;
pub(crate) mod parquet;
pub(crate) mod pocket;
pub(crate) mod strings;

use std::path::{Path, PathBuf};

pub(crate) use lack::Lack;

/// Whether tests run in continuous integration.
pub(crate) fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true")
}

/// The folder of the published result files; if it is absent, `None`, and the skip is noted.
pub(crate) fn em_data(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("ASKEW_EM_DATA").map_or_else(|| PathBuf::from("../shared/data/em"), PathBuf::from);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    if folder.join("expected_rates.csv").is_file() {
        return Some(folder);
    }
    skip(test, Lack::Data, "the published result files are absent: set ASKEW_EM_DATA to their folder");
    None
}

/// The folder of downloaded files: `ASKEW_CACHE`, or `~/.cache/askew`.
pub(crate) fn cache() -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    std::env::var_os("ASKEW_CACHE").map_or_else(|| home.join(".cache/askew"), PathBuf::from)
}

/// All files in a folder and its subfolders.
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Notes that a test was skipped, what it lacks, and how to get that. `cargo xtask test` counts it as skipped. With
/// `CI=true` only some kinds of skips are allowed: see [`Lack::is_allowed_in_ci`].
pub(crate) fn skip(test: &str, lack: Lack, reason: &str) {
    lack.note(test, reason).expect("the skip log takes a line");
}
