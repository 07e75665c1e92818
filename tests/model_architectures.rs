//! The configuration read for each architecture, and the effect of its features in the reference.
//! `independent/engines.py` compares them with another engine, to show that they are right.

mod common;

use askew::engine::load::{Processor, load};
use askew::model::config::{Activation, RopeStyle};
use askew::model::gguf::HeaderParser;
use askew::model::quant::Quant;
use askew::model::rope::RopeTable;
use askew::model::tensors::LayerTensor;
use askew::model::{Config, ModelError, ModelFile};
use common::engine::Memory;
use common::gguf::{GgufFile, Meta, Shape, random_model};
use pollster::block_on;

const ARCHITECTURES: [&str; 4] = ["llama", "qwen2", "qwen3", "gemma3"];

fn model(architecture: &str) -> GgufFile {
    random_model(architecture, Shape::TINY, &[Quant::Q8_0], 3)
}

fn read(file: &GgufFile) -> Result<ModelFile, ModelError> {
    let (header, _) = HeaderParser::default().push(&file.bytes())?.expect("complete");
    ModelFile::from_header(&header)
}

fn config(file: &GgufFile) -> Config {
    read(file).expect("usable").config
}

/// The reference's logits after `tokens`.
fn logits(file: &GgufFile, tokens: &[u32]) -> Vec<f32> {
    let go_on = |_| std::ops::ControlFlow::Continue(());
    let mut source = Memory::new(file.bytes());
    let mut model = block_on(load(&mut source, "random", &Processor::CPU_EXACT, go_on)).expect("loads");
    block_on(model.logits_after(tokens)).expect("logits")
}

#[test]
fn features_follow_from_the_architecture() {
    let [llama, qwen2, qwen3, gemma3] = ARCHITECTURES.map(|name| config(&model(name)));
    assert_eq!([&llama, &qwen2, &qwen3, &gemma3].map(|c| c.qkv_bias), [false, true, false, false]);
    assert_eq!([&llama, &qwen2, &qwen3, &gemma3].map(|c| c.qk_norm), [false, false, true, true]);
    assert_eq!([&llama, &qwen2, &qwen3, &gemma3].map(|c| c.post_norms), [false, false, false, true]);
    assert_eq!(llama.rope_style, RopeStyle::Interleaved);
    for other in [&qwen2, &qwen3, &gemma3] {
        assert_eq!(other.rope_style, RopeStyle::Halves);
    }
    assert_eq!((qwen3.activation, gemma3.activation), (Activation::Silu, Activation::GeluTanh));
    assert_eq!((qwen3.embedding_scale, gemma3.embedding_scale), (1.0, 8.0));
    for config in [&llama, &qwen2, &qwen3, &gemma3] {
        assert_eq!(config.attention_scale, 1.0 / 24.0f32.sqrt());
        for &tensor in LayerTensor::ALL {
            let is_optional = tensor.name(0).contains("bias") || tensor.name(0).contains("_norm.weight");
            assert!(tensor.is_in(config) || is_optional, "{tensor:?}");
        }
    }
}

/// Five of six layers have a sliding window, unless the file gives another pattern; only global layers are scaled.
#[test]
fn gemma3_alternates_windows() {
    let mut file = random_model("gemma3", Shape { layers: 7, ..Shape::TINY }, &[Quant::Q8_0], 1);
    file.metadata.retain(|(key, _)| key != "gemma3.attention.sliding_window_pattern");
    let config_of_six = config(&file);
    let windows: Vec<_> = (0..7).map(|layer| config_of_six.window(layer)).collect();
    assert_eq!(windows, [Some(5), Some(5), Some(5), Some(5), Some(5), None, Some(5)]);
    assert!((0..7).all(|layer| config_of_six.uses_local_rope(layer) == (layer != 5)));
    assert_eq!((config_of_six.rope(true), config_of_six.rope(false)), ((10_000.0, 1.0), (1_000_000.0, 8.0)));

    let local = RopeTable::new(&config_of_six, None, 9, true);
    let global = RopeTable::new(&config_of_six, None, 9, false);
    assert!((local.at(8)[0][0] - 8.0f32.cos()).abs() < 1e-6, "local positions are not scaled");
    assert!((global.at(8)[0][0] - 1.0f32.cos()).abs() < 1e-6, "global positions are");

    file.set("gemma3.attention.sliding_window_pattern", Meta::U32(3));
    assert_eq!((0..6).filter(|&layer| config(&file).window(layer).is_none()).collect::<Vec<_>>(), [2, 5]);
    file.metadata.retain(|(key, _)| key != "gemma3.attention.sliding_window");
    assert_eq!(config(&file).window(0), None);
}

/// The largest gemma3 is recognized by its number of layers, as in llama.cpp.
#[test]
fn the_27b_gemma3_scales_attention_by_its_width_per_head() {
    let shape = Shape { layers: 62, dim: 32, ff_dim: 32, heads: 2, kv_heads: 1, head_dim: 32, vocab: 300 };
    assert_eq!(config(&random_model("gemma3", shape, &[Quant::Q4_0], 1)).attention_scale, 0.25);
    let shape = Shape { layers: 61, ..shape };
    assert_eq!(config(&random_model("gemma3", shape, &[Quant::Q4_0], 1)).attention_scale, 1.0 / 32.0f32.sqrt());
}

#[test]
fn tensors_of_an_architecture_are_all_needed_and_no_others_fit() {
    for architecture in ARCHITECTURES {
        let file = model(architecture);
        let whole = config(&file);
        for &tensor in LayerTensor::ALL {
            let name = tensor.name(1);
            if tensor.is_in(&whole) {
                let error = read(&file.clone().without(&name)).expect_err("refused");
                assert_eq!(error, ModelError::MissingTensor(name));
            } else {
                let mut file = file.clone();
                file.tensor(&name, &[24], Quant::F32, vec![0; 96]);
                assert_eq!(read(&file).expect_err("refused"), ModelError::UnknownTensor(name));
            }
        }
    }
    // Only llama has divided frequencies.
    let mut file = model("qwen2");
    file.tensor("rope_freqs.weight", &[12], Quant::F32, vec![0; 48]);
    assert_eq!(read(&file).expect_err("refused"), ModelError::UnknownTensor("rope_freqs.weight".into()));
}

#[test]
fn features_that_would_be_left_out_are_refused_by_name() {
    for (architecture, key, value, named) in [
        ("gemma3", "final_logit_softcapping", Meta::F32(30.0), "soft caps on logits"),
        ("gemma3", "attn_logit_softcapping", Meta::F32(50.0), "soft caps on attention"),
        ("llama", "attention.sliding_window", Meta::U32(32), "sliding window"),
        ("llama", "attention.scale", Meta::F32(0.1), "attention scale"),
        ("llama", "logit_scale", Meta::F32(0.1), "scaled logits"),
        ("qwen3", "rope.scaling.type", Meta::Text("yarn".into()), "yarn"),
        ("qwen2", "rope.dimension_count", Meta::U32(12), "rope.dimension_count"),
        ("gemma3", "attention.key_length_swa", Meta::U32(12), "key_length_swa"),
        ("gemma3", "attention.sliding_window_pattern", Meta::Ints(vec![1, 0]), "list of layers"),
    ] {
        let mut file = model(architecture);
        file.set(&format!("{architecture}.{key}"), value);
        let error = read(&file).expect_err("refused").to_string();
        assert!(error.contains(named), "{key}: {error}");
    }
    // A setting without effect is not a reason for refusal.
    for (key, value) in [
        ("final_logit_softcapping", Meta::F32(0.0)),
        ("attention.sliding_window", Meta::U32(64)),
        ("rope.scaling.type", Meta::Text("none".into())),
    ] {
        let mut file = model("llama");
        file.set(&format!("llama.{key}"), value);
        config(&file);
    }
}

#[test]
fn positions_are_scaled_as_llama_cpp_scales_them() {
    let scale = |keys: &[(&str, Meta)]| {
        let mut file = model("llama");
        keys.iter().for_each(|(key, value)| file.set(&format!("llama.{key}"), value.clone()));
        config(&file).rope_position_scale
    };
    let linear = || ("rope.scaling.type", Meta::Text("linear".into()));
    assert_eq!(scale(&[]), 1.0);
    assert_eq!(scale(&[linear(), ("rope.scaling.factor", Meta::F32(4.0))]), 4.0);
    assert_eq!(scale(&[("rope.scaling.factor", Meta::F32(4.0))]), 4.0);
    assert_eq!(scale(&[("rope.scale_linear", Meta::F32(2.0))]), 2.0);
    assert_eq!(
        scale(&[("rope.scaling.type", Meta::Text("none".into())), ("rope.scaling.factor", Meta::F32(4.0))]),
        1.0
    );
}

/// Two layers with a window of five see nine tokens; with a global layer, all tokens are seen.
#[test]
fn a_window_hides_what_lies_before_it() {
    let mut file = model("gemma3");
    let tokens: Vec<u32> = (0..12).map(|i| (i * 37 + 5) % 300).collect();
    let changed = |at: usize| {
        let mut tokens = tokens.clone();
        tokens[at] = 299;
        tokens
    };
    assert_ne!(logits(&file, &changed(2)), logits(&file, &tokens), "the second layer is global");
    file.set("gemma3.attention.sliding_window_pattern", Meta::U32(3));
    assert_eq!(logits(&file, &changed(2)), logits(&file, &tokens));
    assert_ne!(logits(&file, &changed(3)), logits(&file, &tokens));
}

/// Every vector of every architecture affects the logits.
#[test]
fn no_vector_goes_unused() {
    let tokens = [5, 42, 79];
    for architecture in ARCHITECTURES {
        let file = model(architecture);
        let expected = logits(&file, &tokens);
        assert!(expected.iter().all(|x| x.is_finite()) && expected.iter().any(|x| x.abs() > 0.1));
        for index in 0..file.tensors.len() {
            let (name, shape, ..) = &file.tensors[index];
            if shape.len() == 1 {
                let mut changed = file.clone();
                let doubled = |value: &[u8]| f32::from_le_bytes([value[0], value[1], value[2], value[3]]) * 2.0;
                let bytes = changed.tensors[index].3.chunks_exact(4).flat_map(|v| doubled(v).to_le_bytes()).collect();
                changed.tensors[index].3 = bytes;
                assert_ne!(logits(&changed, &tokens), expected, "{architecture}: {name}");
            }
        }
    }
}
