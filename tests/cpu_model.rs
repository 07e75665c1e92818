//! The real model (SmolLM2-135M Q4_1) on the fast CPU path, against the f32 reference.

mod common;

use std::path::Path;

use askew::model::ModelFile;
use askew::model::cpu::Fast;
use askew::model::reference::{Exact, Forward, Maths, WeightsBuilder};
use askew::runtime::ByteSource;
use askew::runtime::load::read_headers;
use askew::runtime::native::FileSource;
use common::engine::{nmse, smollm};
use pollster::block_on;

/// ENGINE's limits for `fast`.
const LOGITS_NMSE: f64 = 2e-3;
const TOP_1_AGREEMENT: f64 = 0.99;
/// Tokens that both models are made to read.
const NUM_TOKENS: usize = 512;

fn load<M: Maths>(path: &Path, context: usize) -> (ModelFile, Forward<M>) {
    let mut source = FileSource::open(path).expect("opens");
    let (file, mut stream, rest) = block_on(read_headers(&mut source)).expect("headers");
    let mut weights = WeightsBuilder::<M::Matrix>::default();
    stream.push(&rest, &mut weights).expect("weights");
    while let Some(chunk) = block_on(source.next_chunk()).expect("reads") {
        stream.push(&chunk, &mut weights).expect("weights");
    }
    let weights = weights.build(&file).expect("complete");
    let model = Forward::new(file.config.clone(), weights, context).expect("there is room");
    (file, model)
}

fn likeliest(logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|&a, &b| logits[a].total_cmp(&logits[b])).expect("some")
}

#[test]
fn logits_agree_with_the_reference_over_a_text() {
    let Some(path) = smollm("logits_agree_with_the_reference_over_a_text") else { return };
    let (file, mut exact) = load::<Exact>(&path, NUM_TOKENS);
    let (_, mut fast) = load::<Fast>(&path, NUM_TOKENS);
    let text = concat!(include_str!("../README.md"), include_str!("../CONTRIBUTING.md"));
    let tokens = &file.tokenizer.encode(text)[..NUM_TOKENS];
    let dim = file.config.dim;
    let (expected, found) = (exact.hidden(tokens, 0), fast.hidden(tokens, 0));
    let (mut agreements, mut worst) = (0, 0.0f64);
    for (expected, found) in expected.chunks_exact(dim).zip(found.chunks_exact(dim)) {
        let (expected, found) = (exact.logits(expected), fast.logits(found));
        agreements += usize::from(likeliest(&expected) == likeliest(&found));
        worst = worst.max(nmse(&found, &expected));
    }
    let agreement = agreements as f64 / NUM_TOKENS as f64;
    println!("{NUM_TOKENS} tokens: worst NMSE {worst:.1e}, top-1 agreement {:.1} %", agreement * 100.0);
    assert!(worst <= LOGITS_NMSE, "{worst}");
    assert!(agreement >= TOP_1_AGREEMENT, "{agreement}");
}

/// How many tokens go through together changes nothing, not even a rounding.
#[test]
fn a_prompt_read_at_once_equals_token_by_token() {
    let Some(path) = smollm("a_prompt_read_at_once_equals_token_by_token") else { return };
    let (_, mut model) = load::<Fast>(&path, 32);
    let tokens: Vec<u32> = (0..23).map(|i| 500 + 37 * i).collect();
    let at_once = model.hidden(&tokens, 0);
    let mut one_by_one = Vec::new();
    for (position, &token) in tokens.iter().enumerate() {
        one_by_one.extend(model.hidden(&[token], position));
    }
    assert_eq!(at_once, one_by_one);
    assert_eq!(model.hidden(&tokens, 0), at_once, "the cache keeps no trace");
}
