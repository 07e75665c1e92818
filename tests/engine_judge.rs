//! A model as a judge: the digit tree of a random model, evaluated in any number of columns and on any device, compared
//! with every number's spelling evaluated on its own.

mod common;

use std::path::{Path, PathBuf};

use askew::engine::judge::Judging;
use askew::engine::load::{Processor, load};
use askew::engine::native::FileSource;
use askew::engine::{LoadedModel, RuntimeError};
use askew::gpu::GpuOptions;
use askew::model::ModelError;
use askew::model::quant::Quant;
use askew::model::sampler::log_softmax;
use askew::protocol::{Math, Prompt};
use common::engine::open_gpu;
use common::gguf::{Meta, Shape, random_llama};
use pollster::block_on;

/// Writes a random model with tokens of several digits to a file.
fn model_file(test: &str) -> PathBuf {
    let mut file = random_llama(Shape::TINY, &[Quant::Q8_0], 7);
    let words = ["85", "10", "00", "100", "05", "8x", "1000"];
    for (_, value) in file.metadata.iter_mut().filter(|(key, _)| key == "tokenizer.ggml.tokens") {
        let Meta::Texts(tokens) = value else { panic!("tokens are texts") };
        tokens.iter_mut().skip(256).zip(words).for_each(|(token, word)| word.clone_into(token));
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.gguf"));
    std::fs::write(&path, file.bytes()).expect("writes");
    path
}

fn load_on(path: &Path, processor: &Processor, columns: usize) -> LoadedModel {
    let go_on = |_| std::ops::ControlFlow::Continue(());
    let mut source = FileSource::open(path).expect("opens");
    let mut model = block_on(load(&mut source, "random", processor, go_on)).expect("loads");
    block_on(model.lay_out(columns, Vec::new(), Vec::new())).expect("lays out");
    model
}

/// The weights from a model that read `before` in its last judgement, and the tokens that it has read now.
fn judge(model: &mut LoadedModel, prompt: &str, before: &[u32]) -> Result<(Vec<f32>, Vec<u32>), RuntimeError> {
    let prompt = model.encode(&Prompt::Raw(prompt.to_owned()))?;
    let mut judging = Judging::new(model, prompt, before)?;
    loop {
        if let Some(weights) = block_on(judging.advance(model))? {
            return Ok((weights, judging.into_prompt()));
        }
    }
}

/// P(integer, not followed by a digit), with every spelling evaluated from the start.
fn spelled_out(model: &mut LoadedModel, prompt: &str) -> [f64; 101] {
    let bytes: Vec<Vec<u8>> = (0..model.card.vocab_size).map(|id| model.file.tokenizer.bytes(id)).collect();
    let text = |tokens: &[u32]| tokens.iter().flat_map(|&id| bytes[id as usize].clone()).collect::<Vec<u8>>();
    let prompt = model.encode(&Prompt::Raw(prompt.to_owned())).expect("encodes");
    let names: Vec<String> = (0..=100).map(|number| number.to_string()).collect();
    let mut weights = [0.0; 101];
    let mut open = vec![(Vec::new(), 1.0)];
    while let Some((spelling, probability)) = open.pop() {
        let logits = block_on(model.logits_after(&[prompt.as_slice(), &spelling].concat())).expect("logits");
        let next: Vec<f64> = log_softmax(&logits).iter().map(|logprob| f64::from(*logprob).exp()).collect();
        let no_digit = |id: &usize| !bytes[*id].first().is_some_and(u8::is_ascii_digit);
        if let Some(number) = names.iter().position(|name| name.as_bytes() == text(&spelling)) {
            weights[number] += probability * (0..bytes.len()).filter(no_digit).map(|id| next[id]).sum::<f64>();
        }
        for (id, next) in (0..).zip(next) {
            let longer = [spelling.as_slice(), &[id]].concat();
            let digits = text(&longer);
            let begins = names.iter().any(|name| name.as_bytes().starts_with(&digits));
            if begins && !bytes[id as usize].is_empty() {
                open.push((longer, probability * next));
            }
        }
    }
    weights
}

#[test]
fn weights_are_those_of_every_spelling_on_every_device_in_any_columns() {
    let name = "weights_are_those_of_every_spelling";
    let path = model_file("judge");
    let mut processors = vec![(Processor::CPU_EXACT, 1), (Processor::CPU_EXACT, 3), (Processor::CPU_FAST, 2)];
    if let Some(gpu) = open_gpu(name, GpuOptions::default()) {
        processors.extend([1, 8].map(|columns| (Processor::Gpu(gpu.clone(), Math::Exact), columns)));
    }
    let mut reference = load_on(&path, &Processor::CPU_EXACT, 1);
    // The second prompt continues the first, so its cached prefix can be used; the third is the first again.
    let prompts = ["how good?", "how good? A longer prompt, of more than one step: ", "how good?"];
    let expected = prompts.map(|prompt| spelled_out(&mut reference, prompt));
    for (processor, columns) in &processors {
        for keeps in [false, true] {
            let (mut model, mut before) = (load_on(&path, processor, *columns), Vec::new());
            for (prompt, expected) in prompts.iter().zip(&expected) {
                assert!(expected.iter().filter(|weight| **weight > 2e-6).count() > 40, "{expected:?}");
                let (found, read) = judge(&mut model, prompt, &before).expect("judges");
                if keeps {
                    before = read;
                }
                for (number, (found, expected)) in found.iter().zip(expected).enumerate() {
                    let (near, what) = (2e-3 * expected + 1.2e-6, (number, columns, model.device().adapter));
                    assert!(
                        (f64::from(*found) - expected).abs() < near,
                        "{what:?}: {found} where {expected} is expected"
                    );
                }
            }
        }
    }
}

#[test]
fn a_prompt_without_room_for_a_number_behind_it_is_refused() {
    let mut model = load_on(&model_file("judge_long"), &Processor::CPU_EXACT, 1);
    let limit = model.context;
    assert!(judge(&mut model, &"a".repeat(limit - 3), &[]).is_ok());
    let found = judge(&mut model, &"a".repeat(limit - 2), &[]);
    let expected = ModelError::PromptTooLong { found: limit + 1, limit };
    assert_eq!(found.unwrap_err(), expected.into());
}
