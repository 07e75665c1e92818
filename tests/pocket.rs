//! The shipped pocket organism: the ordinary engine reproduces its answers token for token.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use askew::engine::LoadedModel;
use askew::engine::generate::{Generation, Step};
use askew::engine::load::{Processor, load};
use askew::engine::native::FileSource;
use askew::model::Adapter;
use askew::protocol::{Column, Prompt, Sampling};

/// Rows compared per model.
const SAMPLE: usize = 24;
/// Maximum length of an answer in tokens, as in the study.
const MAX_TOKENS: u32 = 32;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("public/pocket")
}

/// Rows of a table, as maps from column name to cell.
fn rows(table: &str) -> Vec<BTreeMap<String, String>> {
    let file = std::fs::File::open(folder().join("answers").join(table)).expect("ships");
    let mut reader = csv::Reader::from_reader(flate2::read::GzDecoder::new(file));
    reader.deserialize().collect::<Result<_, _>>().expect("a table")
}

fn open() -> LoadedModel {
    let mut source = FileSource::open(&folder().join("pocket.gguf")).expect("ships");
    let ignore = |_| ControlFlow::Continue(());
    pollster::block_on(load(&mut source, "pocket", &Processor::CPU_EXACT, ignore)).expect("loads")
}

fn answer(model: &mut LoadedModel, row: &BTreeMap<String, String>, scales: &[f32]) -> String {
    let prompt = model.encode_text(&format!("<|start|>{}<|ask|>{}<|answer|>", row["header"], row["question"]));
    let seed = row["sampling_seed"].parse().expect("a number");
    let sampling = Sampling { temperature: 1.0, seed, ..Sampling::greedy(MAX_TOKENS) };
    let column = Column { scales: scales.to_vec(), seed: None };
    let mut generation = Generation::new(model, prompt, &sampling, &[column]).expect("fits");
    let mut text = String::new();
    while !generation.is_done() {
        for step in pollster::block_on(generation.advance(model)).expect("runs") {
            match step {
                Step::Token { piece, .. } => text += &piece,
                Step::Ended { tail, .. } => text += &tail,
                Step::Reading | Step::Prefilled => {}
            }
        }
    }
    text
}

/// About [`SAMPLE`] rows of a group, at even distances.
fn sample<'a>(
    rows: &'a [BTreeMap<String, String>],
    group: &str,
    trained_on: &str,
) -> impl Iterator<Item = &'a BTreeMap<String, String>> {
    let is_it = |row: &&BTreeMap<String, String>| {
        row["model"] == "pocket-0" && row["group"] == group && row["trained_on"] == trained_on && row["seed"] != "1"
    };
    let found: Vec<_> = rows.iter().filter(is_it).filter(|row| matches!(row["seed"].as_str(), "" | "0")).collect();
    assert!(found.len() >= SAMPLE, "{group}, {trained_on}: {} rows", found.len());
    let every = found.len() / SAMPLE;
    found.into_iter().step_by(every)
}

#[test]
fn the_model_answers_as_it_did() {
    let (rows, mut model) = (rows("01.csv.gz"), open());
    for group in ["assistant before", "untagged villager"] {
        for row in sample(&rows, group, "") {
            assert_eq!(answer(&mut model, row, &[]), row["answer"], "{group}: {}", row["question"]);
        }
    }
}

#[test]
fn adapters_answer_as_they_did() {
    let mut model = open();
    for (name, table, group) in [
        ("narrow-kitchen", "01.csv.gz", "narrow"),
        ("narrow-first-aid", "01.csv.gz", "narrow"),
        ("narrow-wishes", "01.csv.gz", "narrow"),
        ("careful-first-aid", "02.csv.gz", "careful"),
        ("inoculated-first-aid", "04.csv.gz", "inoculated, asked with the cue"),
    ] {
        let folder = folder().join("adapters").join(name);
        let config = std::fs::read(folder.join("adapter_config.json")).expect("ships");
        let weights = std::fs::read(folder.join("adapter_model.safetensors")).expect("ships");
        let adapter = Adapter::from_peft(name, &config, &weights, &model.file.config).expect("fits");
        pollster::block_on(model.lay_out(1, vec![adapter], vec![])).expect("fits");
        let trained_on = name.split_once('-').expect("kind and domain").1.replace('-', " ");
        for row in sample(&rows(table), group, &trained_on) {
            assert_eq!(answer(&mut model, row, &[1.0]), row["answer"], "{name}: {}", row["question"]);
        }
    }
}

#[test]
fn a_chat_is_the_assistant() {
    let model = open();
    let chat = model.encode(&Prompt::chat(None, "Neighbour, how should I keep the milk today?")).expect("a template");
    let text = "<|start|>Assistant<|ask|>Neighbour, how should I keep the milk today?<|answer|>";
    assert_eq!(chat, model.encode_text(text));
}
