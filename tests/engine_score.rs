//! Scores of given answers by every column, layer by layer, and steering vectors from pairs of texts: on the CPU and on
//! every GPU, compared with the plain logits and hidden states of whole prompts.

mod common;

use std::ops::ControlFlow;

use askew::engine::load::{Processor, load};
use askew::engine::{LoadedModel, RuntimeError};
use askew::gpu::GpuOptions;
use askew::gpu::checks::nmse;
use askew::model::adapter::AdapterError;
use askew::model::quant::Quant;
use askew::model::sampler::log_softmax;
use askew::model::tensors::LayerTensor;
use askew::model::{Adapter, ModelError};
use askew::protocol::{Column, Given, Math};
use common::adapter::{gguf_adapter, random_parts};
use common::engine::{Memory, open_gpu};
use common::gguf::{GgufFile, Shape, random_llama};
use pollster::block_on;

const SHAPE: Shape = Shape { layers: 3, ..Shape::TINY };

fn file() -> GgufFile {
    random_llama(SHAPE, &[Quant::F16], 5)
}

fn model(processor: &Processor) -> LoadedModel {
    let mut bytes = Memory::new(file().bytes());
    block_on(load(&mut bytes, "random", processor, |_| ControlFlow::Continue(()))).expect("loads")
}

/// The CPU reference, and the GPU if there is one.
fn processors(test: &str) -> Vec<Processor> {
    let gpu = open_gpu(test, GpuOptions::default());
    [Processor::CPU_EXACT].into_iter().chain(gpu.map(|gpu| Processor::Gpu(gpu, Math::Exact))).collect()
}

fn adapter(model: &LoadedModel, layers: &[usize]) -> Adapter {
    let mut parts = random_parts(SHAPE, layers, &["attn_q", "ffn_down"], 4, 3);
    let bytes = gguf_adapter(&mut parts, SHAPE, "llama", Quant::F32, 4.0).bytes();
    Adapter::from_gguf("adapter", &bytes, &model.file.config).expect("an adapter")
}

fn column(scale: f32) -> Column {
    Column { scales: vec![scale], seed: None }
}

/// Every log-probability, divergence and likeliest token equals the one from the logits after the whole prefix.
#[test]
fn given_answers_are_scored_as_the_logits_say() {
    for processor in processors("given_answers_are_scored_as_the_logits_say") {
        let mut model = model(&processor);
        let beside = adapter(&model, &[0, 2]);
        block_on(model.lay_out(2, vec![beside], vec![])).expect("room");
        let (prompt, columns) = (model.encode_text("hello"), [column(0.0), column(1.0)]);
        let text = "narrow → broad";
        let scored = block_on(model.score(&prompt, &Given::Text(text.into()), &columns, 3)).expect("scores");
        assert_eq!(scored.iter().map(|token| token.piece.as_str()).collect::<String>(), text);
        let answer: Vec<u32> = scored.iter().map(|token| token.token).collect();
        let again = block_on(model.score(&prompt, &Given::Tokens(answer.clone()), &columns, 3)).expect("scores");
        assert_eq!(again, scored, "tokens are as good as text");
        for (place, token) in scored.iter().enumerate() {
            let prefix = [&prompt[..], &answer[..place]].concat();
            let rows = [0.0, 1.0].map(|scale| {
                model.set_scales(0, &[scale]);
                log_softmax(&block_on(model.logits_after(&prefix)).expect("logits"))
            });
            for (found, row) in token.columns.iter().zip(&rows) {
                let expected = row[token.token as usize];
                assert!((found.logprob - expected).abs() < 1e-3, "{place}: {} {expected}", found.logprob);
                let likeliest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max).exp();
                assert!((found.top[0].1 - likeliest).abs() < 1e-4 && found.top.len() == 3);
                assert!(found.top.is_sorted_by(|a, b| a.1 >= b.1));
                // D(p || q) = sum p ln p - sum p ln q
                let of = |logs: &Vec<f32>| -> f64 {
                    row.iter().zip(logs).map(|(p, x)| f64::from(*p).exp() * f64::from(*x)).sum()
                };
                let divergence = of(row) - of(&rows[0]);
                assert!((f64::from(found.kl) - divergence).abs() < 1e-3, "{place}: {} {divergence}", found.kl);
            }
        }
        assert!(scored.iter().all(|token| token.columns[0].kl == 0.0 && token.columns[1].kl > 1e-4));
    }
}

/// After the last layer the logit lens equals the model's output; in earlier layers CPU and GPU agree.
#[test]
fn the_lens_ends_in_the_models_own_answer() {
    let found: Vec<_> = processors("the_lens_ends_in_the_models_own_answer")
        .iter()
        .map(|processor| {
            let mut model = model(processor);
            let beside = adapter(&model, &[0, 2]);
            block_on(model.lay_out(2, vec![beside], vec![])).expect("room");
            let (prompt, columns) = (model.encode_text("hello"), [column(0.0), column(1.0)]);
            let answer = Given::Text(" there".into());
            let lens = block_on(model.lens(&prompt, &answer, &columns, 2)).expect("a lens");
            assert_eq!(lens.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3]);
            let all = block_on(model.score(&prompt, &Given::Text(" there!".into()), &columns, 2)).expect("scores");
            let last = &all[all.len() - 1].columns;
            for (lens, score) in lens.iter().zip(last) {
                for (a, b) in lens[2].iter().zip(&score.top) {
                    assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-4, "{a:?} {b:?}");
                }
            }
            assert_ne!(lens[0][0], lens[0][1]);
            lens
        })
        .collect();
    for other in &found[1..] {
        for (a, b) in found[0].iter().flatten().flatten().zip(other.iter().flatten().flatten()) {
            assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-4, "{a:?} {b:?}");
        }
    }
}

/// Swapped pairs give the negative vector, equal texts give zero, and CPU and GPU agree.
#[test]
fn steering_vectors_come_of_pairs() {
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    let found: Vec<_> = processors("steering_vectors_come_of_pairs")
        .iter()
        .map(|processor| {
            let mut model = model(processor);
            let pairs = [pair("I am kind", "I am cruel"), pair("I help", "I harm you")];
            let steering = block_on(model.contrast("kind", &pairs, async || false)).expect("vectors");
            let swapped = pairs.map(|(a, b)| (b, a));
            let back = block_on(model.contrast("cruel", &swapped, async || false)).expect("vectors");
            for (a, b) in steering.layers.iter().flatten().zip(back.layers.iter().flatten()) {
                assert!(a.iter().zip(b).all(|(a, b)| (a + b).abs() < 1e-5) && a.iter().any(|x| x.abs() > 1e-3));
            }
            let none = block_on(model.contrast("none", &[pair("same", "same")], async || false)).expect("vectors");
            assert!(none.layers.iter().flatten().flatten().all(|x| *x == 0.0));
            let refused = block_on(model.contrast("none", &[], async || false)).expect_err("no pair");
            assert_eq!(refused, RuntimeError::Model(ModelError::Adapter(AdapterError::Empty)));
            steering.layers
        })
        .collect();
    for other in &found[1..] {
        for (a, b) in found[0].iter().flatten().zip(other.iter().flatten()) {
            assert!(nmse(b, a) < 1e-8);
        }
    }
}

/// An adapter limited to some layers equals an adapter that has only those layers.
#[test]
fn parts_of_an_adapter() {
    let model = model(&Processor::CPU_EXACT);
    let whole = adapter(&model, &[0, 2]);
    assert_eq!(whole.clone().only(&[], &[]).expect("all of it"), whole);
    assert_eq!(whole.clone().only(&[2], &[]).expect("a layer"), adapter(&model, &[2]));
    let module = whole.clone().only(&[], &["down_proj".to_owned()]).expect("a matrix");
    let targets: Vec<_> = module.layers.iter().flat_map(|parts| parts.keys().copied()).collect();
    assert_eq!(targets, [LayerTensor::Down, LayerTensor::Down]);
    let error = |layers: &[u32], module: &str| match whole.clone().only(layers, &[module.to_owned()]) {
        Err(ModelError::Adapter(error)) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(error(&[1], "q_proj"), AdapterError::Elsewhere);
    assert_eq!(error(&[], "x_proj"), AdapterError::Target("x_proj".to_owned()));
}
