//! Adapters and steering vectors: files are read, refused by name, and applied as if merged into the weights.

mod common;

use askew::gpu::checks::nmse;
use askew::model::adapter::merge;
use askew::model::gguf::{HeaderParser, WeightStream};
use askew::model::quant::Quant;
use askew::model::reference::{Reference, WeightsBuilder};
use askew::model::{Adapter, AdapterError, AdapterReader, Config, ModelError, ModelFile, Steering};
use common::adapter::{Part, SafetensorsFile, gguf_adapter, merged, peft, peft_name, random_parts, store};
use common::gguf::{GgufFile, Meta, Shape, noise, random_model};
use serde_json::{Value, json};

/// Limit for an adapter applied next to the weights, compared with one merged into them: they differ only by rounding.
const MAX_NMSE: f64 = 1e-5;
/// Minimum effect of an adapter, because one without effect would pass every comparison.
const MIN_CHANGE: f64 = 1e-2;

const SHAPE: Shape = Shape { dim: 64, ff_dim: 96, layers: 3, heads: 4, kv_heads: 2, head_dim: 24, vocab: 300 };
const ALL: [&str; 7] = ["attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down"];
const TOKENS: [u32; 9] = [5, 42, 79, 116, 153, 190, 227, 264, 5];

fn base(architecture: &str) -> GgufFile {
    random_model(architecture, SHAPE, &[Quant::F32], 11)
}

fn reference(file: &GgufFile) -> (Config, Reference) {
    reference_of(&file.bytes())
}

fn reference_of(bytes: &[u8]) -> (Config, Reference) {
    let (header, rest) = HeaderParser::default().push(bytes).expect("parses").expect("complete");
    let model = ModelFile::from_header(&header).expect("usable");
    let mut builder = WeightsBuilder::default();
    let mut stream = WeightStream::new(&model.tensors, header.num_bytes);
    stream.push(&rest, &mut builder).expect("weights");
    stream.finish().expect("complete");
    let weights = builder.build(&model).expect("complete");
    (model.config.clone(), Reference::new(model.config, weights, 64).expect("there is room"))
}

fn config(architecture: &str) -> Config {
    reference(&base(architecture)).0
}

/// The logits after the last token.
fn logits(model: &mut Reference) -> Vec<f32> {
    logits_after(model, &TOKENS)
}

fn logits_after(model: &mut Reference, tokens: &[u32]) -> Vec<f32> {
    let mut hidden = Vec::new();
    for (position, &token) in tokens.iter().enumerate() {
        hidden = model.hidden(&[token], position);
    }
    model.logits(&hidden)
}

/// Applies an adapter to `architecture` at a scale and compares with the merged weights.
fn check(what: &str, architecture: &str, adapter: Adapter, parts: &[Part], scale: f32, s: f32) {
    let base = base(architecture);
    let (_, mut model) = reference(&base);
    let plain = logits(&mut model);
    model.lay_out(1, vec![adapter.clone()], Vec::new()).expect("room");
    model.set_scales(0, &[s]);
    let found = logits(&mut model);
    let file = merged(&base, parts, SHAPE, architecture, scale * s);
    let folded = folded(&base, &adapter, s);
    for (one, other) in file.tensors.iter().zip(&folded.tensors) {
        let floats = |bytes: &[u8]| bytes.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect::<Vec<_>>();
        assert!(nmse(&floats(&other.3), &floats(&one.3)) <= 1e-12, "{what}: {}", one.0);
    }
    let expected = logits(&mut reference(&file).1);
    let (error, change) = (nmse(&found, &expected), nmse(&expected, &plain));
    println!("{what}: NMSE {error:.1e} to merged weights, {change:.1e} to the base");
    assert!(error <= MAX_NMSE && change >= MIN_CHANGE, "{what}: {error:e}, {change:e}");

    model.set_scales(0, &[0.0]);
    let bits = |x: Vec<f32>| x.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(logits(&mut model)), bits(plain), "{what} at scale 0");
}

/// The model with the adapter merged into its weights by [`merge`].
fn folded(model: &GgufFile, adapter: &Adapter, s: f32) -> GgufFile {
    let mut model = model.clone();
    for (layer, parts) in adapter.layers.iter().enumerate() {
        for (target, part) in parts {
            let tensor = model.tensors.iter_mut().find(|tensor| tensor.0 == target.name(layer)).expect("there");
            let mut weights: Vec<f32> = tensor.3.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect();
            merge(&mut weights, part, s);
            tensor.3 = store(&mut weights, "F32");
        }
    }
    model
}

fn from_peft(files: &(Value, SafetensorsFile), config: &Config) -> Result<Adapter, ModelError> {
    Adapter::from_peft("test", files.0.to_string().as_bytes(), &files.1.bytes(), config)
}

#[test]
fn an_adapter_equals_merged_weights() {
    for architecture in ["llama", "qwen2", "qwen3", "gemma3"] {
        let config = config(architecture);
        for (seed, (rank, alpha, s, layers, matrices, dtype)) in [
            (4, 8.0, 1.0, &[0, 1, 2][..], &ALL[..], "F32"),
            (1, 1.0, 1.0, &[0, 1, 2], &ALL, "F16"),
            (3, 6.0, 1.0, &[1], &["attn_q", "attn_k"], "F32"),
            (8, 4.0, -1.5, &[0, 2], &["ffn_gate", "ffn_down", "attn_v"], "F32"),
            (16, 16.0, 2.0, &[2], &["ffn_up", "attn_output"], "BF16"),
        ]
        .into_iter()
        .enumerate()
        {
            let mut parts = random_parts(SHAPE, layers, matrices, rank, seed as u64);
            let scale = alpha / rank as f32;
            let what = format!("{architecture}, rank {rank}, {dtype}, {} parts", parts.len());
            let files = peft(&mut parts, dtype, alpha, peft_name);
            let adapter = from_peft(&files, &config).expect("usable");
            let numbers: usize = parts.iter().map(|part| part.a.len() + part.b.len()).sum();
            assert_eq!((adapter.max_rank(), adapter.num_bytes()), (rank, 4 * numbers as u64));
            check(&format!("PEFT, {what}"), architecture, adapter, &parts, scale, s);

            let quant = Quant::all().find(|quant| quant.name() == dtype).expect("a type");
            let file = gguf_adapter(&mut parts, SHAPE, architecture, quant, alpha);
            let adapter = Adapter::from_gguf("test", &file.bytes(), &config).expect("usable");
            check(&format!("GGUF, {what}"), architecture, adapter, &parts, scale, s);
        }
    }
}

/// Both formats of the same numbers give the same adapter, bit for bit, so the permutation matches the converter's.
#[test]
fn both_formats_give_the_same_adapter() {
    for architecture in ["llama", "qwen2"] {
        let config = config(architecture);
        let mut parts = random_parts(SHAPE, &[0, 1, 2], &ALL, 4, 1);
        let one = from_peft(&peft(&mut parts, "F32", 8.0, peft_name), &config).expect("usable");
        let file = gguf_adapter(&mut parts, SHAPE, architecture, Quant::F32, 8.0);
        let other = Adapter::from_gguf("test", &file.bytes(), &config).expect("usable");
        assert!(one == other, "{architecture}");
    }
}

#[test]
fn alpha_and_rslora_decide_the_scale() {
    let config = config("llama");
    let mut parts = random_parts(SHAPE, &[0], &["attn_v"], 4, 1);
    let mut files = peft(&mut parts, "F32", 8.0, peft_name);
    let scale = |adapter: Adapter| adapter.layers[0].values().next().expect("a part").scale;
    assert_eq!(scale(from_peft(&files, &config).expect("usable")), 2.0);
    files.0["use_rslora"] = json!(true);
    let adapter = from_peft(&files, &config).expect("usable");
    assert_eq!(scale(adapter.clone()), 4.0);
    check("rslora", "llama", adapter, &parts, 4.0, 1.0);

    // llama.cpp does not scale an adapter without alpha, or with alpha 0.
    for (alpha, expected) in [(Some(0.0), 1.0), (None, 1.0), (Some(2.0), 0.5)] {
        let mut file = gguf_adapter(&mut parts, SHAPE, "llama", Quant::F32, 8.0);
        file.metadata.retain(|(key, _)| key != "adapter.lora.alpha");
        if let Some(alpha) = alpha {
            file.set("adapter.lora.alpha", Meta::F32(alpha));
        }
        assert_eq!(scale(Adapter::from_gguf("test", &file.bytes(), &config).expect("usable")), expected);
    }
}

#[test]
fn spellings_and_chunks_do_not_matter() {
    let config = config("qwen2");
    let mut parts = random_parts(SHAPE, &[0, 2], &ALL, 2, 1);
    let files = peft(&mut parts, "F16", 8.0, peft_name);
    let expected = from_peft(&files, &config).expect("usable");
    for spell in [
        |layer: usize, module: &str, factor: &str| format!("model.layers.{layer}.{module}.lora_{factor}.weight"),
        |layer: usize, module: &str, factor: &str| {
            format!("base_model.model.model.layers.{layer}.{module}.lora_{factor}.default.weight")
        },
        |layer: usize, module: &str, factor: &str| {
            format!("base_model.model.layers.{layer}.{module}.lora_{factor}.weight")
        },
    ] {
        let files = peft(&mut parts, "F16", 8.0, spell);
        assert!(from_peft(&files, &config).expect("usable") == expected);
    }
    let gguf = gguf_adapter(&mut parts, SHAPE, "qwen2", Quant::F16, 8.0).bytes();
    for len in [1, 3, 8, 1000, 1 << 20] {
        for (json, bytes) in [(Some(files.0.to_string()), files.1.bytes()), (None, gguf.clone())] {
            let mut reader =
                AdapterReader::new("test", json.as_deref().map(str::as_bytes), &config).expect("a configuration");
            bytes.chunks(len).for_each(|chunk| reader.push(chunk).expect("goes on"));
            assert!(reader.finish().expect("complete") == expected, "chunks of {len}");
        }
    }
}

#[test]
fn stored_types_are_read() {
    let config = config("llama");
    for dtype in ["F32", "F16", "BF16"] {
        let mut parts = random_parts(SHAPE, &[1], &["ffn_down"], 2, 1);
        let adapter = from_peft(&peft(&mut parts, dtype, 8.0, peft_name), &config).expect("usable");
        let part = adapter.layers[1].values().next().expect("a part");
        assert_eq!((&part.a, &part.b), (&parts[0].a, &parts[0].b), "{dtype}");
    }
    // A has rank 2 and blocks of 32: 64 columns are two blocks per row. B's rows are too short for blocks, so B stays
    // F32.
    let mut parts = random_parts(SHAPE, &[1], &["attn_v"], 2, 1);
    let mut file = gguf_adapter(&mut parts, SHAPE, "llama", Quant::F32, 8.0);
    let blocks: Vec<u8> = (0..4u8)
        .flat_map(|block| {
            let d = half::f16::from_f32(0.5).to_le_bytes();
            d.into_iter().chain((0..32).map(move |i| i + 40 * block))
        })
        .collect();
    (file.tensors[0].2, file.tensors[0].3) = (Quant::Q8_0.ggml_number(), blocks);
    let adapter = Adapter::from_gguf("test", &file.bytes(), &config).expect("usable");
    let part = adapter.layers[1].values().next().expect("a part");
    let expected = (0..4u8).flat_map(|block| (0..32).map(move |i| 0.5 * f32::from((i + 40 * block).cast_signed())));
    assert_eq!(part.a, expected.collect::<Vec<_>>());
}

fn adapter_error(result: Result<impl std::fmt::Debug, ModelError>) -> AdapterError {
    match result {
        Err(ModelError::Adapter(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// A feature that the configuration switches on and that is not supported is refused by name.
#[test]
fn settings_that_cannot_be_run_are_named() {
    let config = config("llama");
    let files = peft(&mut random_parts(SHAPE, &[0], &["attn_q"], 4, 1), "F32", 8.0, peft_name);
    let with = |key: &str, value: Value| {
        let mut files = files.clone();
        files.0[key] = value;
        from_peft(&files, &config)
    };
    for (key, value) in [
        ("peft_type", json!("IA3")),
        ("bias", json!("all")),
        ("bias", json!("lora_only")),
        ("fan_in_fan_out", json!(true)),
        ("use_dora", json!(true)),
        ("lora_bias", json!(true)),
        ("modules_to_save", json!(["lm_head"])),
        ("rank_pattern", json!({"q_proj": 8})),
        ("alpha_pattern", json!({"q_proj": 8})),
        ("layer_replication", json!([[0, 4], [2, 5]])),
        ("init_lora_weights", json!("pissa_niter_4")),
        ("init_lora_weights", json!("olora")),
        ("trainable_token_indices", json!([1])),
        ("target_parameters", json!(["experts.gate_up_proj"])),
        ("alora_invocation_tokens", json!([1, 2])),
        ("use_qalora", json!(true)),
        ("something_new", json!("on")),
        ("something_new", json!(1)),
        ("r", json!(0)),
        ("r", json!(-4)),
        ("r", json!(8)),
        ("r", json!("4")),
        ("r", Value::Null),
        ("lora_alpha", json!("8")),
        ("lora_alpha", json!(1e300)),
        ("use_rslora", json!("yes")),
    ] {
        let error = adapter_error(with(key, value.clone()));
        assert!(matches!(&error, AdapterError::Config { key: named, .. } if named == key), "{key} {value}: {error:?}");
        assert!(error.to_string().contains(key), "{error}");
    }
    for (key, value) in [
        ("init_lora_weights", json!("gaussian")),
        ("target_modules", json!("all-linear")),
        ("layers_to_transform", json!([0])),
        ("modules_to_save", json!([])),
        ("something_new", json!(false)),
    ] {
        assert!(with(key, value.clone()).is_ok(), "{key} {value}");
    }
    for json in ["", "[]", "{", "{\"r\": 1} x", "null", &"[".repeat(100_000)] {
        let result = Adapter::from_peft("test", json.as_bytes(), &files.1.bytes(), &config);
        assert!(matches!(adapter_error(result), AdapterError::Format(_)), "{}", &json[..json.len().min(20)]);
    }
    let mut reader = AdapterReader::new("test", None, &config).expect("no configuration is needed yet");
    assert_eq!(adapter_error(reader.push(&files.1.bytes())), AdapterError::Incomplete("adapter_config.json"));
}

/// The message names the tensor, the shape found and the shape that the model needs.
#[test]
fn tensors_that_do_not_fit_are_named() {
    let config = config("llama");
    let files = peft(&mut random_parts(SHAPE, &[0, 1], &["attn_q", "ffn_down"], 4, 1), "F32", 8.0, peft_name);
    let spoilt = |spoil: &dyn Fn(&mut SafetensorsFile)| {
        let mut files = files.clone();
        spoil(&mut files.1);
        from_peft(&files, &config)
    };
    let first = peft_name(0, "self_attn.q_proj", "A");

    let error = adapter_error(spoilt(&|file| file.tensors[0].2 = vec![8, 32]));
    assert!(
        matches!(&error, AdapterError::Shape { tensor, found, .. } if *tensor == first && found == &[8, 32]),
        "{error}"
    );
    assert!(error.to_string().contains("(rank, 64)") && error.to_string().contains("another model"), "{error}");
    // The factors' ranks differ.
    let error = adapter_error(spoilt(&|file| {
        file.tensors[1].2[1] = 2;
        file.tensors[1].3.truncate(96 * 2 * 4);
    }));
    assert!(
        matches!(&error, AdapterError::Config { key, problem } if key == "r" && problem.contains("rank 2")),
        "{error}"
    );
    assert_eq!(
        adapter_error(spoilt(&|file| drop(file.tensors.remove(1)))),
        AdapterError::Partner { tensor: first.clone(), missing: "B of blk.0.attn_q.weight".into() }
    );
    assert_eq!(
        adapter_error(spoilt(&|file| file.tensors.push((
            "model.layers.0.self_attn.q_proj.lora_A.weight".into(),
            "F32".into(),
            vec![4, 64],
            vec![0; 1024]
        )))),
        AdapterError::Repeated("model.layers.0.self_attn.q_proj.lora_A.weight".into())
    );
    for name in [
        "base_model.model.model.embed_tokens.lora_embedding_A",
        "base_model.model.lm_head.lora_A.weight",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector",
        "base_model.model.model.layers.0.self_attn.q_proj.lora_B.bias",
        "base_model.model.model.layers.0.input_layernorm.weight",
        "base_model.model.model.layers.0.mlp.experts.3.down_proj.lora_A.weight",
    ] {
        let result = spoilt(&|file| file.tensor(name, "F32", &[4, 64], vec![0; 1024]));
        assert_eq!(adapter_error(result), AdapterError::Target(name.into()));
    }
    assert_eq!(
        adapter_error(spoilt(&|file| file.tensors[0].0 = peft_name(3, "self_attn.q_proj", "A"))),
        AdapterError::Layer { found: 3, num_layers: 3 }
    );
    assert!(matches!(
        adapter_error(spoilt(&|file| file.tensors[0].1 = "I8".into())),
        AdapterError::Type { found, .. } if found == "I8"
    ));
    assert_eq!(
        adapter_error(spoilt(&|file| file.tensors[0].3[4..8].copy_from_slice(&f32::NAN.to_le_bytes()))),
        AdapterError::NotFinite(first)
    );
    assert_eq!(adapter_error(spoilt(&|file| file.tensors.clear())), AdapterError::Empty);

    let big = Adapter::from_peft(
        "test",
        common::adapter::peft_config(2000, 8.0).to_string().as_bytes(),
        &peft(&mut random_parts(SHAPE, &[0], &["attn_q"], 2000, 1), "F16", 8.0, peft_name).1.bytes(),
        &config,
    );
    assert!(matches!(adapter_error(big), AdapterError::Rank { found: 2000, .. }));
}

#[test]
fn other_gguf_files_are_told_apart() {
    let config = config("llama");
    let file = gguf_adapter(&mut random_parts(SHAPE, &[0], &["attn_q"], 4, 1), SHAPE, "llama", Quant::F32, 8.0);
    let with = |key: &str, value: Meta| {
        let mut file = file.clone();
        file.set(key, value);
        adapter_error(Adapter::from_gguf("test", &file.bytes(), &config))
    };
    let text = |text: &str| Meta::Text(text.into());
    assert!(matches!(with("general.type", text("model")), AdapterError::Format(what) if what.contains("model")));
    assert!(matches!(with("general.type", text("vocab")), AdapterError::Config { .. }));
    assert!(matches!(with("adapter.type", text("ia3")), AdapterError::Config { .. }));
    let alora = with("adapter.alora.invocation_tokens", Meta::Ints(vec![1]));
    assert!(alora.to_string().contains("invocation_tokens"), "{alora}");
    assert_eq!(
        with("general.architecture", text("qwen2")),
        AdapterError::Architecture { found: "qwen2".into(), expected: "llama".into() }
    );
    assert!(Adapter::from_gguf("test", &base("llama").bytes(), &config).is_err());
    let mut norm = file.clone();
    norm.tensor("blk.0.attn_norm.weight", &[64], Quant::F32, vec![0; 256]);
    assert_eq!(
        adapter_error(Adapter::from_gguf("test", &norm.bytes(), &config)),
        AdapterError::Target("blk.0.attn_norm.weight".into())
    );
    // An adapter is not accepted as a model.
    let (header, _) = HeaderParser::default().push(&file.bytes()).expect("parses").expect("complete");
    let error = ModelFile::from_header(&header).expect_err("no model").to_string();
    assert!(error.contains("adapter") && error.contains("load the model"), "{error}");
}

#[test]
fn safetensors_that_lie_are_refused() {
    let config = config("llama");
    let json = common::adapter::peft_config(1, 8.0).to_string();
    let read = |bytes: &[u8]| Adapter::from_peft("test", json.as_bytes(), bytes, &config);
    let file = |header: &str, data: usize| {
        [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), &vec![0; data]].concat()
    };
    let name = peft_name(0, "self_attn.q_proj", "A");
    let entry = |shape: &str, offsets: &str| {
        file(&format!("{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":{shape},\"data_offsets\":{offsets}}}}}"), 256)
    };
    let is_corrupt =
        |bytes: &[u8]| assert!(matches!(read(bytes), Err(ModelError::Corrupt(_))), "{}", bytes.escape_ascii());
    is_corrupt(&entry("[1,64]", "[0,255]"));
    is_corrupt(&entry("[1,64]", "[4,260]"));
    is_corrupt(&entry("[1,64]", "[256,0]"));
    is_corrupt(&entry("[1,64]", "[0]"));
    is_corrupt(&entry("[1,-64]", "[0,256]"));
    is_corrupt(&entry("[1.5,64]", "[0,256]"));
    is_corrupt(&entry("[0,64]", "[0,0]"));
    is_corrupt(&entry("[4294967296,4294967296,4294967296]", "[0,256]"));
    is_corrupt(&entry("[1,1,1,1,64]", "[0,256]"));
    is_corrupt(&entry("\"x\"", "[0,256]"));
    is_corrupt(&file(&format!("{{\"{name}\":3}}"), 0));
    is_corrupt(&file("{\"a\":", 0));
    assert!(matches!(read(&entry("[1,64]", "[0,256]")), Err(ModelError::Adapter(AdapterError::Partner { .. }))));
    let long = [(1u64 << 40).to_le_bytes().as_slice(), b"{"].concat();
    assert!(matches!(read(&long), Err(ModelError::TooLarge { .. })));
    assert!(matches!(read(b"PK\x03\x04 some zip archive"), Err(ModelError::Adapter(AdapterError::Format(_)))));
    for len in [0, 3, 4, 8, 9, 40] {
        let whole = entry("[1,64]", "[0,256]");
        assert!(matches!(read(&whole[..len]), Err(ModelError::Truncated { .. })), "{len}");
    }
    let parts = &mut random_parts(SHAPE, &[0], &["attn_q"], 1, 1);
    let whole = peft(parts, "F32", 8.0, peft_name).1.bytes();
    assert!(matches!(read(&whole[..whole.len() - 1]), Err(ModelError::Truncated { .. })));
}

/// Steering vectors (dim,) for some layers, as GGUF and as safetensors.
fn steering_files(vectors: &[(usize, Vec<f32>)], architecture: &str) -> (GgufFile, SafetensorsFile) {
    let (mut gguf, mut safetensors) = (GgufFile::default(), SafetensorsFile::default());
    gguf.set("general.architecture", Meta::Text("controlvector".into()));
    gguf.set("controlvector.model_hint", Meta::Text(architecture.into()));
    gguf.set("controlvector.layer_count", Meta::U32(2));
    for (layer, vector) in vectors {
        let bytes = store(&mut vector.clone(), "F32");
        gguf.tensor(&format!("direction.{layer}"), &[vector.len() as u64], Quant::F32, bytes.clone());
        safetensors.tensor(&format!("layer.{layer}"), "F32", &[vector.len()], bytes);
    }
    (gguf, safetensors)
}

#[test]
fn steering_is_read_from_both_formats() {
    let config = config("llama");
    let vectors = [(1, noise(64, 1)), (2, noise(64, 2))];
    let (gguf, safetensors) = steering_files(&vectors, "llama");
    let expected = [None, Some(vectors[0].1.clone()), Some(vectors[1].1.clone())];
    let one = Steering::from_bytes("test", &gguf.bytes(), &config).expect("usable");
    assert_eq!(one.layers, expected);
    assert!(one == Steering::from_bytes("test", &safetensors.bytes(), &config).expect("usable"));

    let mut other = SafetensorsFile::default();
    other.tensor("steering.0", "F16", &[1, 64], store(&mut noise(64, 3), "F16"));
    let other = Steering::from_bytes("test", &other.bytes(), &config).expect("usable");
    assert!(other.layers[0].is_some() && other.layers[1..] == [None, None]);
}

/// A vector after layer N has the effect of a bias at the end of that layer; here, of its last matrix.
#[test]
fn steering_is_added_after_its_layer() {
    let base = base("llama");
    let (config, mut model) = reference(&base);
    let plain = logits(&mut model);
    let vectors = [(1, noise(64, 1)), (2, noise(64, 2))];
    let steering = Steering::from_bytes("test", &steering_files(&vectors, "llama").0.bytes(), &config).expect("usable");
    model.lay_out(1, Vec::new(), vec![steering.clone()]).expect("room");
    model.set_scales(0, &[0.7]);
    let steered = logits(&mut model);
    assert!(nmse(&steered, &plain) >= MIN_CHANGE);

    // After the last layer the vector only shifts the last hidden state.
    let last = Steering { layers: vec![None, None, steering.layers[2].clone()], ..steering };
    let (_, mut other) = reference(&base);
    let hidden = |model: &mut Reference| {
        (0..).zip(TOKENS).fold(Vec::new(), |_, (position, token)| model.hidden(&[token], position))
    };
    let before = hidden(&mut other);
    other.lay_out(1, Vec::new(), vec![last]).expect("room");
    other.set_scales(0, &[-2.0]);
    for ((found, before), v) in hidden(&mut other).iter().zip(before).zip(&vectors[1].1) {
        assert!((found - (before - 2.0 * v)).abs() <= 1e-6 * (1.0 + before.abs()));
    }

    model.set_scales(0, &[0.0]);
    let bits = |x: Vec<f32>| x.into_iter().map(f32::to_bits).collect::<Vec<_>>();
    assert_eq!(bits(logits(&mut model)), bits(plain));
}

#[test]
fn steering_that_does_not_fit_is_named() {
    let config = config("llama");
    let read = |file: &SafetensorsFile| adapter_error(Steering::from_bytes("test", &file.bytes(), &config));
    let one = |name: &str, len: usize| {
        let mut file = SafetensorsFile::default();
        file.tensor(name, "F32", &[len], store(&mut noise(len, 1), "F32"));
        file
    };
    assert!(matches!(read(&one("layer.0", 63)), AdapterError::Shape { tensor, .. } if tensor == "layer.0"));
    assert_eq!(read(&one("layer.3", 64)), AdapterError::Layer { found: 3, num_layers: 3 });
    assert_eq!(read(&one("mean", 64)), AdapterError::Vector("mean".into()));
    assert_eq!(read(&one("layer.-1", 64)), AdapterError::Vector("layer.-1".into()));
    assert_eq!(read(&SafetensorsFile::default()), AdapterError::Empty);
    let mut twice = one("layer.0", 64);
    twice.tensors.extend(one("steering.0", 64).tensors);
    assert_eq!(read(&twice), AdapterError::Repeated("steering.0".into()));

    let gguf = |layer, architecture: &str| {
        let file = steering_files(&[(layer, noise(64, 1))], architecture).0;
        adapter_error(Steering::from_bytes("test", &file.bytes(), &config))
    };
    // llama.cpp has no vector for layer 0.
    assert_eq!(gguf(0, "llama"), AdapterError::Vector("direction.0".into()));
    assert!(matches!(gguf(1, "qwen2"), AdapterError::Architecture { found, .. } if found == "qwen2"));
    let adapter = gguf_adapter(&mut random_parts(SHAPE, &[0], &["attn_q"], 4, 1), SHAPE, "llama", Quant::F32, 8.0);
    let error = adapter_error(Steering::from_bytes("test", &adapter.bytes(), &config));
    assert!(matches!(error, AdapterError::Config { .. }), "{error}");
}

/// A case of `independent/adapters.py`: files, and another engine's logits after the tokens.
#[derive(serde::Deserialize)]
struct Case {
    what: String,
    model: String,
    config: Option<String>,
    adapter: Option<String>,
    steering: Option<String>,
    scale: Option<f32>,
    tokens: Vec<u32>,
    logits: Vec<f32>,
}

/// Environment variable with the folder that `independent/adapters.py` wrote to.
const CASES_VARIABLE: &str = "ASKEW_ADAPTER_CASES";

#[test]
#[ignore = "reads what independent/adapters.py wrote, which needs PEFT and llama.cpp"]
fn logits_equal_independent_engines() {
    let Some(folder) = std::env::var_os(CASES_VARIABLE).map(std::path::PathBuf::from) else {
        let reason = format!("{CASES_VARIABLE} is not set to a folder: independent/adapters.py makes one");
        return common::skip("logits_equal_independent_engines", common::Lack::Step, &reason);
    };
    let read = |name: &str| std::fs::read(folder.join(name)).expect("a file of the folder");
    let cases: Vec<Case> = serde_json::from_slice(&read("cases.json")).expect("cases");
    let mut worst = 0.0f64;
    for case in &cases {
        let (config, mut model) = reference_of(&read(&case.model));
        let scale = case.scale.unwrap_or(1.0);
        if let Some(name) = &case.adapter {
            let json = case.config.as_deref().map(read);
            let mut reader = AdapterReader::new(name, json.as_deref(), &config).expect("a usable configuration");
            reader.push(&read(name)).expect("usable");
            model.lay_out(1, vec![reader.finish().expect("complete")], Vec::new()).expect("room");
            model.set_scales(0, &[scale]);
        }
        if let Some(name) = &case.steering {
            let steering = Steering::from_bytes(name, &read(name), &config).expect("usable");
            model.lay_out(1, Vec::new(), vec![steering]).expect("room");
            model.set_scales(0, &[scale]);
        }
        let error = nmse(&logits_after(&mut model, &case.tokens), &case.logits);
        println!("{}: NMSE {error:.1e}", case.what);
        worst = worst.max(error);
    }
    println!("{} cases, worst NMSE {worst:.1e}", cases.len());
    assert!(cases.len() > 30 && worst <= MAX_NMSE, "{worst:e}");
}
