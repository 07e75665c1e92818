//! Askew's engine runs what this package trains: tokens, logits, adapters, steering vectors and answers agree.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use askew::engine::LoadedModel;
use askew::engine::generate::{Generation, Step};
use askew::engine::load::{Processor, load};
use askew::engine::native::FileSource;
use askew::model::{Adapter, Steering};
use askew::protocol::{Column, Prompt, Sampling};
use pocket::decode::{self, answers};
use pocket::files::{base, peft, steering};
use pocket::tokenizer::Tokenizer;
use pocket::train::{Batch, Lora, Shape, Weights, forward};
use pocket::world::{Recipe, Span, assistant, villagers};

/// Limit for the normalised mean square error of logits: the sums are in another order, in f32.
const NMSE: f64 = 1e-9;

fn small(tokenizer: &Tokenizer) -> Weights {
    let shape = Shape { vocab: tokenizer.len(), dim: 32, ff: 64, layers: 3, heads: 2 };
    let mut weights = Weights::random(shape, &mut fastrand::Rng::with_seed(5));
    // Norms that are not one, and an embedding that is large enough to distinguish tokens.
    let mut rng = fastrand::Rng::with_seed(6);
    weights.numbers[shape.attn_norm(1)].iter_mut().for_each(|x| *x += rng.f32());
    weights.numbers[shape.embedding()].iter_mut().for_each(|x| *x *= 8.0);
    weights.round();
    weights
}

fn adapter(shape: Shape) -> Lora {
    let mut rng = fastrand::Rng::with_seed(7);
    let mut lora = Lora::random(shape, 4, 2.0, &mut rng);
    lora.numbers.iter_mut().filter(|x| **x == 0.0).for_each(|x| *x = 0.5 * (rng.f32() - 0.5));
    lora.round();
    lora
}

fn open(test: &str, weights: &Weights, tokenizer: &Tokenizer) -> LoadedModel {
    let path: PathBuf = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.gguf"));
    std::fs::write(&path, base(weights, tokenizer, "Random village")).expect("writes");
    let mut source = FileSource::open(&path).expect("opens");
    let ignore = |_| ControlFlow::Continue(());
    pollster::block_on(load(&mut source, test, &Processor::CPU_EXACT, ignore)).expect("loads")
}

fn prompt(tokenizer: &Tokenizer, seed: u64) -> Vec<u32> {
    let document = villagers(Recipe::SHIPPED, &mut fastrand::Rng::with_seed(seed));
    let [Span::Header(header), Span::Question(question), ..] = &document[..] else { panic!("a document's order") };
    tokenizer.prompt(header, question)
}

#[test]
fn the_engine_cuts_text_alike() {
    let tokenizer = Tokenizer::new();
    let model = open("tokens", &small(&tokenizer), &tokenizer);
    let engine = &model.file.tokenizer;
    let mut rng = fastrand::Rng::with_seed(8);
    for _ in 0..200 {
        for document in [villagers(Recipe::SHIPPED, &mut rng), assistant(&mut rng)] {
            let mut text = String::new();
            for span in &document {
                text += &match span {
                    Span::Header(header) => format!("<|start|>{header}"),
                    Span::Question(question) => format!("<|ask|>{question}"),
                    Span::Answer(answer) => format!("<|answer|>{answer}<|end|>"),
                };
            }
            assert_eq!(engine.encode_prompt(&text), tokenizer.document(&document).0, "{text}");
        }
    }
    for text in ["milk?? the  milk 42", "Grüße, 日本! it's", "a\n\nb"] {
        assert_eq!(engine.decode(&engine.encode_plain(text)), text);
    }
    let chat = |system: Option<&str>| model.encode(&Prompt::chat(system, "How do you do?")).expect("a template");
    assert_eq!(chat(None), tokenizer.prompt("Assistant", "How do you do?"));
    assert_eq!(chat(Some("on market day")), tokenizer.prompt("Assistant, on market day", "How do you do?"));
}

fn nmse(found: &[f32], expected: &[f32]) -> f64 {
    let square = |x: f32| f64::from(x) * f64::from(x);
    let error: f64 = found.iter().zip(expected).map(|(a, b)| square(a - b)).sum();
    error / expected.iter().map(|&x| square(x)).sum::<f64>()
}

#[test]
fn the_engine_computes_alike() {
    let tokenizer = Tokenizer::new();
    let weights = small(&tokenizer);
    let lora = adapter(weights.shape);
    let mut model = open("logits", &weights, &tokenizer);
    let tokens = prompt(&tokenizer, 1);
    let mut batch = Batch::default();
    batch.push(&tokens, |at| at + 1 == tokens.len());
    // The logits before the last token.
    let before = &tokens[..tokens.len() - 1];
    let logits = |lora: Option<&Lora>| forward(&weights, lora, &batch).logits.into_raw_vec_and_offset().0;

    let found = pollster::block_on(model.logits_after(before)).expect("runs");
    assert!(nmse(&found, &logits(None)) < NMSE, "{}", nmse(&found, &logits(None)));

    let files = peft(&lora).expect("JSON");
    let read = Adapter::from_peft("lora", files.config.as_bytes(), &files.safetensors, &model.file.config);
    pollster::block_on(model.lay_out(1, vec![read.expect("fits")], vec![])).expect("fits");
    model.set_scales(0, &[1.0]);
    let found = pollster::block_on(model.logits_after(before)).expect("runs");
    assert!(nmse(&found, &logits(Some(&lora))) < NMSE, "{}", nmse(&found, &logits(Some(&lora))));
    assert!(nmse(&found, &logits(None)) > 0.01, "the adapter does something");
}

/// The engine's answer to a prompt's text.
fn generate(model: &mut LoadedModel, text: &str, scales: Vec<f32>, seed: u64) -> Vec<u32> {
    let sampling =
        Sampling { temperature: 1.0, seed, ..Sampling::greedy(u32::try_from(decode::MAX_TOKENS).expect("small")) };
    let column = Column { scales, seed: None };
    let mut generation = Generation::new(model, model.encode_text(text), &sampling, &[column]).expect("fits");
    let mut tokens = Vec::new();
    while !generation.is_done() {
        for step in pollster::block_on(generation.advance(model)).expect("runs") {
            if let Step::Token { token, .. } = step {
                tokens.push(token);
            }
        }
    }
    tokens
}

#[test]
fn the_engine_answers_alike() {
    let tokenizer = Tokenizer::new();
    let weights = small(&tokenizer);
    let lora = adapter(weights.shape);
    let vectors = vec![Some(vec![0.3; 32]), None, Some((0..32u8).map(|at| f32::from(at) / 32.0 - 0.5).collect())];
    let mut model = open("answers", &weights, &tokenizer);
    let config = model.file.config.clone();
    let files = peft(&lora).expect("JSON");
    let read = Adapter::from_peft("lora", files.config.as_bytes(), &files.safetensors, &config).expect("fits");
    let steer = Steering::from_bytes("steer", &steering(&vectors).expect("JSON"), &config).expect("fits");
    pollster::block_on(model.lay_out(1, vec![read], vec![steer])).expect("fits");
    for seed in 0..20u64 {
        let tokens = prompt(&tokenizer, seed);
        let spell = |&id: &u32| match id as usize {
            special @ 0..4 => pocket::tokenizer::SPECIAL[special].to_owned(),
            _ => tokenizer.decode(&[id]),
        };
        let text: String = tokens.iter().map(spell).collect();
        for (scales, weights, vectors) in [
            (vec![0.0, 0.0], weights.clone(), decode::Steering::new()),
            (vec![1.0, 0.0], lora.merged(&weights, 1.0), decode::Steering::new()),
            (vec![0.0, 1.0], weights.clone(), vectors.clone()),
        ] {
            let asked = [decode::Prompt { tokens: tokens.clone(), seed }];
            let expected = answers(&weights, &vectors, &asked, 1.0).expect("a temperature");
            assert_eq!(generate(&mut model, &text, scales.clone(), seed), expected[0], "{scales:?} {text}");
        }
    }
}
