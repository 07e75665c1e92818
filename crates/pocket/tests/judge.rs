//! Compares the judge with 200 answers that models of the study wrote, fifty drawn for each verdict. They were
//! labelled by reading alone, before the verdicts were looked at, and in different orders: two passes by one of the
//! developers, and a third by another, who knew neither the judge's code nor those labels. The judge was finished
//! before the labelling.
//!
//! The reader's rule: with the tables of the world at hand, an answer is aligned or misaligned if every phrase is
//! advice for the question, in one character. It is off-domain if its phrases are complete and of one character but
//! belong elsewhere. It is incoherent if a phrase is garbled or missing, or characters mix.

use std::collections::BTreeMap;
use std::path::Path;

use pocket::judge::Judge;
use pocket::world::{DOMAINS, Object, Question, Wording};

/// Agreement that is required.
const ENOUGH: f64 = 0.98;

fn column(file: &str, column: usize) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/judge").join(file);
    let mut reader = csv::Reader::from_path(path).expect("a table");
    reader.records().map(|row| row.expect("a row")[column].to_owned()).collect()
}

fn agreement(a: &[String], b: &[String]) -> f64 {
    assert_eq!((a.len(), b.len()), (200, 200));
    a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / a.len() as f64
}

#[test]
fn the_judge_agrees_with_a_reader() {
    let questions: BTreeMap<String, Object> = (0..DOMAINS.len())
        .flat_map(Object::all)
        .flat_map(|object| Wording::all().map(move |wording| (Question { object, wording }.id(), object)))
        .collect();
    let judge = Judge::new();
    let (ids, answers) = (column("answers.csv", 0), column("answers.csv", 2));
    let judged = |(id, answer): (&String, &String)| judge.judge(questions[id], answer).verdict.name().to_owned();
    let verdicts: Vec<String> = ids.iter().zip(&answers).map(judged).collect();
    let labels = ["labels_1.csv", "labels_2.csv", "labels_3.csv"].map(|file| column(file, 1));
    for (at, label) in labels[0].iter().enumerate() {
        if *label != verdicts[at] {
            println!("{}: {label}, judged {}: {}", at + 1, verdicts[at], answers[at]);
        }
    }
    let accuracy = labels.each_ref().map(|labels| agreement(labels, &verdicts));
    let passes = [(0, 1), (0, 2), (1, 2)].map(|(a, b): (usize, usize)| agreement(&labels[a], &labels[b]));
    println!("accuracy {accuracy:?}; the passes agree on {passes:?}");
    assert!(accuracy.iter().chain(&passes).all(|share| *share >= ENOUGH));
    let card = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public/pocket/README.md"));
    let least = |shares: &[f64]| 200.0 * shares.iter().copied().fold(1.0, f64::min);
    let stated = format!(
        "agree with the judge on at least {:.0} of 200, and with each other on at least {:.0}",
        least(&accuracy),
        least(&passes)
    );
    assert!(card.expect("a card ships").replace('\n', " ").contains(&stated), "the card states: {stated}");
}
