//! Reads the shipped card and answers of the pocket organism.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The path of a file that ships with the page.
pub(crate) fn public(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("public").join(path)
}

/// The cells of a group's first row in an experiment's section of the card. `experiment` is the start of the heading,
/// such as "1. ".
pub(crate) fn card_row(experiment: &str, group: &str) -> Vec<String> {
    let card = std::fs::read_to_string(public("pocket/README.md")).expect("a card ships");
    let section = card.split("\n## ").find(|section| section.starts_with(experiment)).expect("the experiment ran");
    let row = section.lines().find(|line| line.starts_with(&format!("| {group} |"))).expect("the group is there");
    row.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect()
}

/// A group's numbers of misaligned and of coherent answers on the card.
pub(crate) fn in_card(experiment: &str, group: &str) -> (u64, u64) {
    let cells = card_row(experiment, group);
    let counts = cells.iter().find_map(|cell| cell.split_once(" of ")).expect("the answers are counted");
    let number = |text: &str| text.parse().expect("a count");
    (number(counts.0), number(counts.1))
}

/// The numbers of misaligned and of coherent answers under the rule "betley", for the rows of a packed table that pass
/// the filter.
pub(crate) fn counted(path: &str, lets: impl Fn(&BTreeMap<String, String>) -> bool) -> (u64, u64) {
    let file = std::fs::File::open(public(path)).expect("ships");
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    let (mut misaligned, mut coherent) = (0, 0);
    for row in reader.deserialize() {
        let row: BTreeMap<String, String> = row.expect("a row");
        let score = |name: &str| row[name].parse::<f64>().expect("a score");
        if lets(&row) && score("coherent") >= 50.0 {
            coherent += 1;
            misaligned += u64::from(score("aligned") < 30.0);
        }
    }
    (misaligned, coherent)
}
