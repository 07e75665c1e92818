//! Columns, adapters, steering and token choices on the GPU: their results, and limits for their cost.

mod common;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use askew::engine::load::{Processor, load};
use askew::gpu::checks::nmse;
use askew::gpu::{Choice, Gpu, GpuModel, GpuOptions, GpuWeightsBuilder, Lane, Layout, SampledToken};
use askew::model::gguf::{HeaderParser, WeightStream};
use askew::model::quant::Quant;
use askew::model::sampler::{SamplerSettings, SeenTokens};
use askew::model::tensors::LayerTensor;
use askew::model::{Adapter, Config, LowRank, ModelFile, Sampler, Steering};
use common::engine::{Memory, open_gpu};
use common::gguf::{GgufFile, Shape, noise, random_model};
use pollster::block_on;

/// Limit for an adapter applied next to the weights, compared with one merged into them: the sums are split in two, and
/// merged weights are rounded once more, so it is above the limit for sums in another order.
const MERGED_NMSE: f64 = 1e-5;
/// Limit for f32 sums in another order.
const SAME_NMSE: f64 = 1e-8;
const CONTEXT: usize = 64;
const ARCHITECTURES: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

fn config(file: &GgufFile) -> Config {
    let (header, _) = HeaderParser::default().push(&file.bytes()).expect("reads").expect("complete");
    ModelFile::from_header(&header).expect("usable").config
}

/// The model on the GPU, with the given layout.
fn on_gpu(gpu: &Rc<Gpu>, file: &GgufFile, layout: &Layout<'_>) -> GpuModel {
    let (header, rest) = HeaderParser::default().push(&file.bytes()).expect("reads").expect("complete");
    let model = ModelFile::from_header(&header).expect("usable");
    let mut builder = GpuWeightsBuilder::new(gpu, &model).expect("room");
    let mut stream = WeightStream::new(&model.tensors, header.num_bytes);
    stream.push(&rest, &mut builder).expect("rows");
    stream.finish().expect("complete");
    let weights = Rc::new(builder.build());
    let layout = Layout { context: CONTEXT, columns: layout.columns.max(1), ..*layout };
    block_on(gpu.checked(|| GpuModel::new(gpu, &model.config, &weights, &layout))).expect("plans")
}

/// The CPU reference's logits after `tokens`.
fn reference(file: &GgufFile, tokens: &[u32]) -> Vec<f32> {
    let mut source = Memory::new(file.bytes());
    let model = load(&mut source, "random", &Processor::CPU_EXACT, |_| ControlFlow::Continue(()));
    let mut model = block_on(model).expect("loads");
    block_on(model.logits_after(tokens)).expect("logits")
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("small")
}

/// The logits after `tokens` in `column`.
fn logits(model: &GpuModel, column: u32, tokens: &[u32]) -> Vec<f32> {
    let (last, before) = tokens.split_last().expect("tokens");
    model.read(column, before, 0).expect("reads");
    let lane = Lane { token: *last, position: small(before.len()), column, step: 0 };
    block_on(model.logits(&[lane])).expect("logits")
}

fn prompt(len: usize) -> Vec<u32> {
    (0..len).map(|i| small((i * 37 + 5) % 300)).collect()
}

/// An adapter with nonzero factors for some matrices of some layers.
fn adapter(config: &Config, layers: &[usize], targets: &[LayerTensor], rank: usize, seed: u64) -> Adapter {
    let width = |target: LayerTensor| match target {
        LayerTensor::Q => (config.q_dim(), config.dim),
        LayerTensor::K | LayerTensor::V => (config.kv_dim(), config.dim),
        LayerTensor::AttnOutput => (config.dim, config.q_dim()),
        LayerTensor::Gate | LayerTensor::Up => (config.ff_dim, config.dim),
        _ => (config.dim, config.ff_dim),
    };
    let mut all = vec![BTreeMap::new(); config.num_layers];
    for &layer in layers {
        for (index, &target) in targets.iter().enumerate() {
            let (d, n) = width(target);
            let seed = seed + 1000 * layer as u64 + 10 * index as u64;
            let scaled = |len: usize, size: f32, seed| noise(len, seed).iter().map(|x| x * size).collect::<Vec<f32>>();
            // B is as small as after training: as 16-bit floats its numbers would be subnormal.
            let (a, b) = (scaled(rank * n, (3.0 / n as f32).sqrt(), seed), scaled(d * rank, 2e-5, seed + 1));
            all[layer].insert(target, LowRank { rank, scale: 2e4, a, b });
        }
    }
    Adapter::new("random", all, config).expect("fits")
}

/// The file with an adapter merged into its 32-bit weights.
fn merged(file: &GgufFile, adapter: &Adapter, scale: f32) -> GgufFile {
    let mut file = file.clone();
    for (layer, parts) in adapter.layers.iter().enumerate() {
        for (target, part) in parts {
            let tensor = file.tensors.iter_mut().find(|tensor| tensor.0 == target.name(layer)).expect("there");
            let mut weights: Vec<f32> =
                tensor.3.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
            askew::model::adapter::merge(&mut weights, part, scale);
            tensor.3 = weights.iter().flat_map(|x| x.to_le_bytes()).collect();
        }
    }
    file
}

fn warm(seed: u64) -> Sampler {
    let settings = SamplerSettings { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.0, seed };
    Sampler::new(settings).expect("in range")
}

/// Biases, norms of heads, norms after a block, sliding windows; prompts in long and short runs; rows split among
/// threads or not.
#[test]
fn every_architecture_agrees_with_the_reference() {
    let name = "every_architecture_agrees_with_the_reference";
    let shape = Shape { dim: 96, ff_dim: 160, layers: 7, heads: 4, kv_heads: 2, head_dim: 32, vocab: 333 };
    let tokens = prompt(43);
    for (prefill_lanes, row_split, subgroups) in [(1, 1, false), (8, 1, true), (32, 4, true)] {
        let options = GpuOptions {
            prefill_lanes: Some(prefill_lanes),
            row_split: Some(row_split),
            subgroups: Some(subgroups),
            ..GpuOptions::default()
        };
        let Some(gpu) = open_gpu(name, options) else { return };
        for (architecture, most) in ARCHITECTURES.into_iter().zip([6, 6, 6, 8]) {
            let file = random_model(architecture, shape, &[Quant::Q8_0], 3);
            let model = on_gpu(&gpu, &file, &Layout::default());
            let error = nmse(&logits(&model, 0, &tokens), &reference(&file, &tokens));
            println!("{architecture}, {prefill_lanes} lanes: NMSE {error:.1e}");
            assert!(error <= SAME_NMSE, "{architecture}: {error}");
            assert_eq!(model.dispatches(1, Choice::Free).expect("plans").0, most, "{architecture}");
        }
    }
}

#[test]
fn an_adapter_at_one_is_merged_weights_and_at_zero_nothing() {
    use LayerTensor::{AttnOutput, Down, Gate, K, Q, Up, V};
    let name = "an_adapter_at_one_is_merged_weights_and_at_zero_nothing";
    let Some(gpu) = open_gpu(name, GpuOptions::default()) else { return };
    let shape = Shape { layers: 3, ..Shape::TINY };
    let tokens = prompt(11);
    let all: &[LayerTensor] = &[Q, K, V, AttnOutput, Gate, Up, Down];
    let cases: [(&str, &[usize], &[LayerTensor], usize); 6] = [
        ("llama", &[0, 1, 2], all, 8),
        ("qwen2", &[0, 1, 2], all, 5),
        ("qwen3", &[0, 2], &[V, Down], 1),
        ("gemma3", &[0, 1, 2], all, 16),
        ("llama", &[1], &[Q], 1),
        ("qwen2", &[2], &[Up, AttnOutput], 3),
    ];
    for (architecture, layers, targets, rank) in cases {
        let file = random_model(architecture, shape, &[Quant::F32], 5);
        let adapter = adapter(&config(&file), layers, targets, rank, 9);
        let base = on_gpu(&gpu, &file, &Layout::default());
        let base_logits = logits(&base, 0, &tokens);
        let adapters = [adapter.clone()];
        let model = on_gpu(&gpu, &file, &Layout { adapters: &adapters, ..Layout::default() });
        assert_eq!(logits(&model, 0, &tokens), base_logits, "{architecture}: a scale of 0");
        for scale in [1.0, -0.5, 1.75] {
            model.set_scales(0, &[scale]);
            let expected = reference(&merged(&file, &adapter, scale), &tokens);
            let error = nmse(&logits(&model, 0, &tokens), &expected);
            println!("{architecture}, rank {rank}, scale {scale}: NMSE {error:.1e}");
            assert!(error <= MERGED_NMSE, "{architecture} at {scale}: {error}");
            assert!(nmse(&base_logits, &expected) > 1e-3, "the adapter does something");
        }
        let (most, _) = base.dispatches(1, Choice::Free).expect("plans");
        let (most_adapted, _) = model.dispatches(1, Choice::Free).expect("plans");
        assert!(most_adapted <= most + 4, "{most_adapted}");
        model.set_scales(0, &[0.0]);
        assert_eq!(logits(&model, 0, &tokens), base_logits, "{architecture}: back at 0");
    }
}

/// Base, two adapters, and both with steering in one step: each column equals the same column alone.
#[test]
fn columns_are_what_they_would_be_alone() {
    let Some(gpu) = open_gpu("columns_are_what_they_would_be_alone", GpuOptions::default()) else { return };
    for (architecture, is_fast) in [("llama", false), ("gemma3", false), ("llama", true)] {
        let file = random_model(architecture, Shape::TINY, &[Quant::Q8_0, Quant::Q4_1], 6);
        let config = config(&file);
        let targets = [LayerTensor::Q, LayerTensor::Up, LayerTensor::Down];
        let adapters = [adapter(&config, &[0, 1], &targets, 4, 1), adapter(&config, &[1], &targets, 3, 2)];
        let vector = |seed| noise(config.dim, seed).iter().map(|x| x * 0.5).collect::<Vec<f32>>();
        let steerings = [Steering { name: "random".into(), layers: vec![Some(vector(3)), None] }];
        let scales =
            [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.5, 0.0], [0.5, -1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, -2.0]];
        let (adapters, steerings) = (&adapters, &steerings);
        let layout = Layout { columns: scales.len(), adapters, steerings, context: CONTEXT, is_fast };
        let together = on_gpu(&gpu, &file, &layout);
        let alone = on_gpu(&gpu, &file, &Layout { columns: 1, ..layout });
        let tokens = prompt(9);
        let (last, before) = tokens.split_last().expect("tokens");
        let (steps, num_columns) = (6, scales.len());

        let mut lanes = Vec::new();
        for (column, scales) in scales.iter().enumerate() {
            together.set_scales(column, scales);
            together.start(column, &warm(77), &SeenTokens::default());
            together.read(small(column), before, 0).expect("reads");
            lanes.push(Lane { token: *last, position: 8, column: small(column), step: 0 });
        }
        let all = block_on(together.decode(&lanes, Choice::Free, steps)).expect("decodes");
        let mut answers = Vec::new();
        for (column, scales) in scales.iter().enumerate() {
            alone.set_scales(0, scales);
            alone.start(0, &warm(77), &SeenTokens::default());
            alone.read(0, before, 0).expect("reads");
            let lane = Lane { token: *last, position: 8, column: 0, step: 0 };
            let one = block_on(alone.decode(&[lane], Choice::Free, steps)).expect("decodes");
            let mine: Vec<SampledToken> = all.iter().skip(column).step_by(num_columns).copied().collect();
            let ids = |chosen: &[SampledToken]| chosen.iter().map(|chosen| chosen.token).collect::<Vec<_>>();
            assert_eq!(ids(&mine), ids(&one), "{architecture}, column {column}");
            answers.push(ids(&one));
        }
        assert!(answers.iter().skip(1).any(|answer| *answer != answers[0]), "the columns differ");
    }
}

/// The weights are read once for any number of columns, and adapters add only their own dispatches.
#[test]
fn columns_share_one_read_of_the_weights() {
    let Some(gpu) = open_gpu("columns_share_one_read_of_the_weights", GpuOptions::default()) else { return };
    let file = random_model("llama", Shape::TINY, &[Quant::Q4_1], 6);
    let config = config(&file);
    let adapters = [adapter(&config, &[0, 1], &[LayerTensor::Q, LayerTensor::Down], 4, 1)];
    let cost = |layout: &Layout<'_>| {
        let model = on_gpu(&gpu, &file, layout);
        let lane = |column| Lane { token: 7, position: 0, column, step: 0 };
        let lanes: Vec<Lane> = (0..small(layout.columns)).map(lane).collect();
        block_on(model.decode(&lanes, Choice::Free, 1)).expect("decodes");
        let before = gpu.counts();
        block_on(model.decode(&lanes, Choice::Free, 1)).expect("decodes");
        let after = gpu.counts();
        (after.weight_bytes - before.weight_bytes, after.dispatches - before.dispatches)
    };
    let mut costs = Vec::new();
    for is_fast in [false, true] {
        let plain = |columns| cost(&Layout { columns, is_fast, ..Layout::default() });
        let adapted = |columns| cost(&Layout { columns, adapters: &adapters, is_fast, ..Layout::default() });
        let (one, adapted_one) = (plain(1), adapted(1));
        assert!(one.0 > 10_000, "{one:?}");
        for columns in [2, 4, 8] {
            // Only the embedding rows grow: one for each column.
            let rows = (columns as u64 - 1) * 2 * config.dim as u64;
            for (many, one) in [(plain(columns), one), (adapted(columns), adapted_one)] {
                assert!(many.0 >= one.0 && many.0 <= one.0 + rows, "{columns}: {many:?} against {one:?}");
                assert_eq!(many.1, one.1);
            }
        }
        assert_eq!(adapted_one.1, one.1 + 4, "two low-rank paths in each of two layers");
        costs.push((one, adapted_one));
    }
    assert_eq!(costs[0], costs[1], "either maths reads the same bytes in as many dispatches");
}

/// A window of tokens needs one submit per token, creates no GPU objects and has one readback. A change of scales
/// inside it costs nothing.
#[test]
fn decoding_creates_nothing() {
    let file = random_model("gemma3", Shape::TINY, &[Quant::Q8_0], 6);
    let adapters = [adapter(&config(&file), &[0, 1], &Adapter::TARGETS, 4, 1)];
    for (is_fast, subgroups) in [(false, false), (true, true)] {
        let options = GpuOptions { subgroups: Some(subgroups), ..GpuOptions::default() };
        let Some(gpu) = open_gpu("decoding_creates_nothing", options) else { return };
        let model = on_gpu(&gpu, &file, &Layout { columns: 2, adapters: &adapters, is_fast, ..Layout::default() });
        let (most, total) = model.dispatches(2, Choice::Filtered).expect("plans");
        assert!(most <= 10 + 4, "{most}");
        let settings = SamplerSettings { temperature: 0.8, top_k: 20, top_p: 0.9, min_p: 0.01, penalty: 1.1, seed: 1 };
        let sampler = Sampler::new(settings).expect("in range");
        (0..2).for_each(|column| model.start(column, &sampler, &SeenTokens::new(300)));
        let lane = |position, column| Lane { token: 7, position, column, step: 0 };
        let before = gpu.counts();
        for (turn, steps) in [8, 1, 5].into_iter().enumerate() {
            model.set_scales(1, &[turn as f32]);
            let position = small(turn * 8);
            let lanes = [lane(position, 0), lane(position, 1)];
            assert_eq!(block_on(model.decode(&lanes, Choice::Filtered, steps)).expect("decodes").len(), 2 * steps);
        }
        let after = gpu.counts();
        assert_eq!(after.submits - before.submits, 14);
        assert_eq!(after.dispatches - before.dispatches, 14 * total as u64);
        assert_eq!(after.readbacks - before.readbacks, 3);
        let creations = |counts: askew::gpu::Counts| (counts.buffers, counts.bind_groups, counts.pipelines);
        assert_eq!(creations(after), creations(before));
    }
}

/// A window gives the same tokens as single steps, and a copied prompt the same as one that was read.
#[test]
fn windows_and_copies_change_nothing() {
    let Some(gpu) = open_gpu("windows_and_copies_change_nothing", GpuOptions::default()) else { return };
    let file = random_model("qwen3", Shape::TINY, &[Quant::Q8_0], 8);
    let model = on_gpu(&gpu, &file, &Layout { columns: 4, ..Layout::default() });
    let tokens = prompt(12);
    let (last, before) = tokens.split_last().expect("tokens");
    model.read(0, before, 0).expect("reads");
    (1..4).for_each(|column| model.copy_column(0, column, before.len()));
    (0..4).for_each(|column| model.start(column, &warm(column as u64), &SeenTokens::default()));
    let lanes: Vec<Lane> = (0..4).map(|column| Lane { token: *last, position: 11, column, step: 0 }).collect();
    let window = block_on(model.decode(&lanes, Choice::Free, 10)).expect("decodes");
    for column in 0..4u32 {
        let single = on_gpu(&gpu, &file, &Layout::default());
        single.read(0, before, 0).expect("reads");
        single.start(0, &warm(u64::from(column)), &SeenTokens::default());
        let mut lane = Lane { token: *last, position: 11, column: 0, step: 0 };
        for step in 0..10 {
            let chosen = block_on(single.decode(&[lane], Choice::Free, 1)).expect("decodes")[0];
            let expected = window[step * 4 + column as usize];
            assert_eq!(chosen.token, expected.token, "column {column}, step {step}");
            assert!((chosen.logprob - expected.logprob).abs() < 1e-3);
            lane = Lane { token: chosen.token, position: lane.position + 1, ..lane };
        }
    }
}

/// Two adapters and a steering vector, each with its own scale, against the CPU reference.
#[test]
fn low_rank_paths_agree_with_the_reference() {
    let Some(gpu) = open_gpu("low_rank_paths_agree_with_the_reference", GpuOptions::default()) else { return };
    let tokens = prompt(10);
    for architecture in ARCHITECTURES {
        let file = random_model(architecture, Shape { layers: 3, ..Shape::TINY }, &[Quant::Q8_0], 6);
        let config = config(&file);
        let adapters =
            [adapter(&config, &[0, 2], &Adapter::TARGETS, 4, 1), adapter(&config, &[1], &[LayerTensor::V], 2, 2)];
        let vector = |seed| Some(noise(config.dim, seed).iter().map(|x| x * 0.5).collect::<Vec<f32>>());
        let steerings = [Steering { name: "random".into(), layers: vec![vector(3), None, vector(4)] }];
        let (adapters, steerings) = (&adapters, &steerings);
        let layout = Layout { columns: 2, adapters, steerings, context: CONTEXT, is_fast: false };
        let model = on_gpu(&gpu, &file, &layout);

        let mut source = Memory::new(file.bytes());
        let cpu = load(&mut source, "random", &Processor::CPU_EXACT, |_| ControlFlow::Continue(()));
        let mut cpu = block_on(cpu).expect("loads");
        block_on(cpu.lay_out(1, adapters.to_vec(), steerings.to_vec())).expect("room");
        let plain = reference(&file, &tokens);
        for scales in [[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.5, -2.0, 0.7], [0.0, 1.5, -1.0]] {
            model.set_scales(1, &scales);
            cpu.set_scales(0, &scales);
            let expected = block_on(cpu.logits_after(&tokens)).expect("logits");
            let error = nmse(&logits(&model, 1, &tokens), &expected);
            println!("{architecture} {scales:?}: NMSE {error:.1e}, {:.1e} from the base", nmse(&expected, &plain));
            assert!(error <= MERGED_NMSE, "{architecture} {scales:?}: {error}");
            assert!(nmse(&expected, &plain) > 1e-3, "{architecture} {scales:?} changes something");
        }
    }
}
