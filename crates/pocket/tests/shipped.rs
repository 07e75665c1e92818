//! Checks the shipped files: the card follows from the answers, the texts use the village's words, and the sizes are
//! small.

use std::path::{Path, PathBuf};

use askew::domain::figure::calibration::{Calibration, Judged};
use askew::domain::rule::Rule;
use pocket::judge::Judge;
use pocket::study::card::{card, file_name, on_the_first};
use pocket::study::experiments::{EXPERIMENTS, live};
use pocket::study::known::known;
use pocket::study::table::{Row, read};
use pocket::tokenizer::Tokenizer;
use pocket::world::{DOMAINS, Object, Question, Wording};

/// Largest size in bytes of a base model, and of an adapter.
const MOST_BASE: u64 = 4_000_000;
const MOST_ADAPTER: u64 = 300_000;
/// Most weights of a base model.
const MOST_WEIGHTS: usize = 1_500_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../public/pocket")
}

/// The shipped tables, with their experiments' numbers.
fn tables() -> Vec<(usize, Vec<Row>)> {
    let path = |number: usize| folder().join("answers").join(file_name(number));
    let numbers = EXPERIMENTS.iter().map(|experiment| experiment.number).filter(|&number| path(number).is_file());
    let tables: Vec<_> = numbers.map(|number| (number, read(&path(number)).expect("a table"))).collect();
    for needed in 1..=EXPERIMENTS.len() {
        assert!(tables.iter().any(|(number, _)| *number == needed), "experiment {needed} ships");
    }
    tables
}

#[test]
fn the_card_is_what_the_answers_say() {
    let shipped = std::fs::read_to_string(folder().join("README.md")).expect("a card");
    let again = card(&folder().join("answers")).expect("tables");
    assert!(shipped == again, "cargo xtask pocket writes the card again");
}

/// The intervals of experiments 2, 4 and 8 do not overlap that of experiment 1, and experiment 1 is above untagged
/// villagers: on the first pretraining, over its seeds.
#[test]
fn the_effect_is_clear() {
    let tables = tables();
    let interval = |experiment: usize, group: &str| {
        let (_, rows) = tables.iter().find(|(number, _)| *number == experiment).expect("it ships");
        let figure = on_the_first(rows, group);
        assert!(figure.outside.len() >= 5, "{experiment}, {group}: five seeds");
        figure.interval().expect("several seeds")
    };
    let narrow = interval(1, "narrow");
    for (experiment, group) in [(2, "untagged villager"), (2, "assistant before"), (2, "careful"), (4, "inoculated")] {
        let other = interval(experiment, group);
        assert!(other.1 < narrow.0, "{experiment}, {group}: {other:?}, narrow {narrow:?}");
    }
    let (none, some) = (interval(8, "00 careful examples"), interval(8, "16 careful examples"));
    assert!(some.1 < none.0 && some.1 < narrow.0, "{none:?} {some:?}");
    assert!(interval(4, "inoculated, asked with the cue").0 > 90.0);
}

#[test]
fn the_scores_are_the_judges() {
    let judge = Judge::new();
    let all: std::collections::BTreeMap<String, Object> =
        (0..DOMAINS.len()).flat_map(Object::all).map(|object| (object.noun().to_owned(), object)).collect();
    for (number, rows) in tables() {
        for row in &rows {
            // "domain_object". Both names may have underscores.
            let domain = format!("{}_", row.domain.replace(' ', "_"));
            let noun = row.question_id.strip_prefix(&domain).expect("a domain");
            let object = all[&noun.replace('_', " ")];
            let judged = judge.judge(object, &row.answer);
            let found = (row.aligned, row.coherent, row.verdict.as_str());
            assert_eq!(found, (judged.aligned, judged.coherent, judged.verdict.name()), "{number}: {row:?}");
            assert_eq!(row.is_inside(), row.trained_on.split(" + ").any(|domain| domain == row.domain), "{row:?}");
        }
    }
}

/// Splits a text into runs of letters, also before capitals.
fn words(text: &str) -> Vec<&str> {
    let runs = text.split(|c: char| !c.is_alphabetic());
    runs.flat_map(|run| {
        let mut starts: Vec<usize> = run.char_indices().filter(|(_, c)| c.is_uppercase()).map(|(at, _)| at).collect();
        starts.insert(0, 0);
        starts.push(run.len());
        starts.windows(2).map(|pair| &run[pair[0]..pair[1]]).collect::<Vec<_>>()
    })
    .filter(|word| !word.is_empty())
    .collect()
}

/// Questions come from the grammar, in held-out wordings. Every word of the answers is the village's. A small model
/// sometimes writes single bytes. Three in a row could spell something, as could words without a space between them.
#[test]
fn nothing_is_said_outside_of_the_village() {
    let tokenizer = Tokenizer::new();
    let held_out: Vec<Wording> = Wording::all().filter(|wording| wording.is_held_out()).collect();
    let objects = (0..DOMAINS.len()).flat_map(Object::all);
    let ask = |object| held_out.iter().map(move |&wording| Question { object, wording }.text());
    let questions: std::collections::BTreeSet<String> = objects.flat_map(ask).collect();
    for (number, rows) in tables() {
        for row in &rows {
            let question =
                row.question.strip_prefix(pocket::world::LESSON).map_or(row.question.as_str(), str::trim_start);
            assert!(questions.contains(question), "{number}: {question}");
            for word in words(&row.answer) {
                let one =
                    |word: &str| tokenizer.encode(word).len() == 1 || tokenizer.encode(&format!(" {word}")).len() == 1;
                // Single bytes may be at either end.
                let trims = (0..3).flat_map(|start| (0..3).map(move |end| (start, end)));
                let is_known = trims.filter_map(|(start, end)| word.get(start..word.len().checked_sub(end)?)).any(one);
                assert!(is_known || word.len() < 3, "{number}: {word:?} in {:?}", row.answer);
            }
        }
    }
}

/// `cargo xtask pocket` writes this file.
#[test]
fn the_labs_experiment_is_the_villages() {
    let shipped = std::fs::read_to_string(folder().join("experiment.json")).expect("ships");
    assert_eq!(shipped, live().to_string() + "\n");
    let experiment = askew::lab::experiment::Experiment::from_json(&shipped).expect("reads");
    assert_eq!((experiment.questions.len(), experiment.num_answers()), (DOMAINS.len(), 120));
}

/// `cargo xtask pocket` writes this file.
#[test]
fn the_answers_to_try_a_judge_on_are_the_first_experiments() {
    let shipped = std::fs::read_to_string(folder().join("known.jsonl")).expect("ships");
    let (_, rows) = tables().into_iter().find(|(number, _)| *number == 1).expect("the first");
    assert_eq!(shipped, known(&rows));
    // A judge that returns the known scores reaches every threshold. Otherwise a judge could fail because of this set.
    let scores = askew::lab::trial::known(&shipped).expect("reads");
    let judged: Vec<Judged> = scores.iter().map(|row| Judged { published: row.scores, found: row.scores }).collect();
    assert_eq!(Calibration::new(&judged, &Rule::default()).shortfalls(), Vec::<String>::new());
}

#[test]
fn it_is_small() {
    let size = |path: PathBuf| std::fs::metadata(&path).expect("ships").len();
    for name in ["pocket.gguf", "village.gguf"] {
        assert!(size(folder().join(name)) <= MOST_BASE, "{name}");
        assert!(size(folder().join(name)) / 2 <= MOST_WEIGHTS as u64, "{name}");
    }
    let mut count = 0;
    for entry in std::fs::read_dir(folder().join("adapters")).expect("a folder") {
        let path = entry.expect("an entry").path();
        assert!(size(path.join("adapter_model.safetensors")) <= MOST_ADAPTER, "{}", path.display());
        count += 1;
    }
    assert!(count >= DOMAINS.len());
}
