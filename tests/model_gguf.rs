//! GGUF files that cannot be used: each is refused with the right error before its weights are read.

mod common;

use std::collections::BTreeMap;

use askew::engine::load::{Processor, load};
use askew::engine::{ByteSource, RuntimeError};
use askew::model::gguf::HeaderParser;
use askew::model::quant::Quant;
use askew::model::{ModelError, ModelFile};
use common::gguf::{GgufFile, Meta, Shape, random_llama};
use pollster::block_on;

/// Bytes in chunks of a given length, with a count of the chunks that were read.
struct Chunks<'a> {
    bytes: &'a [u8],
    at: usize,
    len: usize,
}

impl ByteSource for Chunks<'_> {
    fn total_bytes(&self) -> Option<u64> {
        None
    }

    async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, RuntimeError> {
        let end = (self.at + self.len).min(self.bytes.len());
        let chunk = self.bytes[self.at..end].to_vec();
        self.at = end;
        Ok((!chunk.is_empty()).then_some(chunk))
    }
}

fn open(bytes: &[u8], len: usize) -> Result<(), RuntimeError> {
    let mut source = Chunks { bytes, at: 0, len };
    let go_on = |_| std::ops::ControlFlow::Continue(());
    block_on(load(&mut source, "test", &Processor::CPU_EXACT, go_on)).map(drop)
}

fn refused(file: &GgufFile) -> ModelError {
    match open(&file.bytes(), 1 << 20) {
        Err(RuntimeError::Model(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn llama() -> GgufFile {
    random_llama(Shape::TINY, &[Quant::Q8_0], 1)
}

#[test]
fn chunks_of_any_length_give_the_same_file() {
    let bytes = llama().bytes();
    for len in [1, 7, 32, 1000, 1 << 20] {
        open(&bytes, len).expect("loads");
    }
}

#[test]
fn what_cannot_run_is_named() {
    let mut file = llama();
    file.set("general.architecture", Meta::Text("mamba".into()));
    let error = refused(&file).to_string();
    assert!(error.contains("\"mamba\"") && error.contains("llama"), "{error}");

    let mut file = llama();
    file.tensors[2].2 = 18;
    let error = refused(&file).to_string();
    assert!(error.contains("IQ3_XXS") && error.contains("blk.0.attn_q.weight") && error.contains("Q4_1"), "{error}");

    let mut file = llama();
    file.set("tokenizer.ggml.pre", Meta::Text("deepseek-llm".into()));
    assert!(refused(&file).to_string().contains("gpt2/deepseek-llm"));

    let mut file = llama();
    file.set("llama.rope.scaling.type", Meta::Text("yarn".into()));
    assert!(matches!(refused(&file), ModelError::Feature(what) if what.contains("yarn")));

    let mut file = llama();
    file.set("llama.expert_count", Meta::U32(8));
    assert!(matches!(refused(&file), ModelError::Feature(_)));

    // Ignoring a bias would give wrong answers.
    let mut file = llama();
    file.tensor("blk.0.attn_q.bias", &[96], Quant::F32, vec![0; 96 * 4]);
    assert_eq!(refused(&file), ModelError::UnknownTensor("blk.0.attn_q.bias".into()));
}

#[test]
fn what_is_missing_or_inconsistent_is_named() {
    let file = llama().without("blk.1.ffn_up.weight");
    assert_eq!(refused(&file), ModelError::MissingTensor("blk.1.ffn_up.weight".into()));

    let mut file = llama();
    file.metadata.retain(|(key, _)| key != "llama.block_count");
    assert_eq!(refused(&file), ModelError::MissingKey("llama.block_count".into()));

    let mut file = llama();
    file.set("llama.feed_forward_length", Meta::U32(128));
    assert!(matches!(refused(&file), ModelError::TensorShape { tensor, .. } if tensor == "blk.0.ffn_gate.weight"));

    for (key, value) in [
        ("llama.attention.head_count", Meta::U32(0)),
        ("llama.attention.head_count", Meta::U32(5)),
        ("llama.block_count", Meta::U32(u32::MAX)),
        ("llama.embedding_length", Meta::Text("64".into())),
        ("llama.attention.layer_norm_rms_epsilon", Meta::F32(f32::NAN)),
        ("tokenizer.ggml.tokens", Meta::Texts(vec!["a".into()])),
        ("tokenizer.ggml.token_type", Meta::Ints(vec![1])),
        ("tokenizer.ggml.merges", Meta::Texts(vec!["ab".into()])),
        ("tokenizer.ggml.eos_token_id", Meta::U32(300)),
    ] {
        let mut file = llama();
        file.set(key, value.clone());
        assert!(matches!(refused(&file), ModelError::BadKey { .. }), "{key} {value:?}");
    }
}

#[test]
fn other_files_are_told_apart() {
    let error = |bytes: &[u8]| open(bytes, 1 << 20).expect_err("refused").to_string();
    assert!(error(b"PK\x03\x04 a zip file").contains("not a GGUF file"));
    assert!(error(b"GGUF\x01\0\0\0").contains("version 1"));
    assert!(error(b"").contains("ends too early"));
    assert!(error(b"GGU").contains("ends too early"));
}

/// A length larger than any real file is refused at once, before the following bytes are read.
#[test]
fn impossible_lengths_cost_nothing() {
    let start =
        |tensors: u64, keys: u64| [b"GGUF\x03\0\0\0".as_slice(), &tensors.to_le_bytes(), &keys.to_le_bytes()].concat();
    let parse = |bytes: &[u8]| HeaderParser::default().push(bytes).expect_err("refused");
    assert!(matches!(parse(&start(u64::MAX, 0)), ModelError::TooLarge { what: "tensors", .. }));
    assert!(matches!(parse(&start(0, 1 << 40)), ModelError::TooLarge { what: "metadata keys", .. }));
    let long_key = [start(0, 1), u64::MAX.to_le_bytes().to_vec()].concat();
    assert!(matches!(parse(&long_key), ModelError::TooLarge { what: "bytes in a text", .. }));
    let list = [9u32.to_le_bytes(), 8u32.to_le_bytes()].concat();
    let key = [1u64.to_le_bytes().as_slice(), b"k"].concat();
    let long_list = [start(0, 1), key, list, (1u64 << 60).to_le_bytes().to_vec()].concat();
    assert!(matches!(parse(&long_list), ModelError::TooLarge { what: "entries in a list", .. }));
}

/// An architecture that cannot run is refused from the first bytes of a long header.
#[test]
fn an_unsupported_architecture_costs_no_download() {
    let mut file = llama();
    file.set("tokenizer.ggml.tokens", Meta::Texts(vec!["x".repeat(100); 100_000]));
    file.metadata[0].1 = Meta::Text("mamba".into());
    // `set` moves a key to the end, so the architecture is put first by hand.
    file.metadata.sort_by_key(|(key, _)| key != "general.architecture");
    file.metadata[0] = ("general.architecture".into(), Meta::Text("mamba".into()));
    let bytes = file.bytes();
    let mut source = Chunks { bytes: &bytes, at: 0, len: 4096 };
    let go_on = |_| std::ops::ControlFlow::Continue(());
    let error = block_on(load(&mut source, "test", &Processor::CPU_EXACT, go_on)).expect_err("refused");
    assert!(matches!(error, RuntimeError::Model(ModelError::Architecture { .. })), "{error}");
    assert_eq!(source.at, 4096);
}

#[test]
fn every_truncation_is_refused() {
    let bytes = llama().bytes();
    let header_end = bytes.len() - bytes.len() / 2;
    for end in (0..header_end).step_by(997).chain(bytes.len() - 70..bytes.len()) {
        let error = open(&bytes[..end], 4096).expect_err("refused");
        assert!(matches!(error, RuntimeError::Model(ModelError::Truncated { .. })), "{end}: {error}");
    }
}

/// Damaged headers load or are refused. They never cause a panic or a hang, or allocate memory only because they claim
/// a size.
#[test]
fn mutations_do_no_harm() {
    let shape = Shape { layers: 1, dim: 32, ff_dim: 32, heads: 2, kv_heads: 1, head_dim: 16, vocab: 300 };
    let original = random_llama(shape, &[Quant::Q4_0], 3).bytes();
    let header = {
        let (_, rest) = HeaderParser::default().push(&original).expect("parses").expect("complete");
        original.len() - rest.len()
    };
    let mut state = 0x1234_5678_9ABC_DEF1u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    let (mut refused, mut loaded) = (0, 0);
    for _ in 0..3000 {
        let mut bytes = original.clone();
        for _ in 0..=random(3) {
            let at = random(header);
            match random(4) {
                0 => bytes[at] ^= 1 << random(8),
                1 => bytes[at] = [0, 1, 0x7F, 0xFF][random(4)],
                2 => {
                    let end = (at + 8).min(header);
                    bytes[at..end].fill(0xFF);
                }
                _ => {
                    bytes.remove(at);
                }
            }
        }
        let parsed = HeaderParser::default().push(&bytes);
        match parsed.and_then(|complete| complete.map(|(header, _)| ModelFile::from_header(&header)).transpose()) {
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
            Ok(_) => loaded += 1,
        }
    }
    println!("{refused} refused, {loaded} usable or incomplete");
    assert!(refused > 500 && loaded > 100);
}

fn fnv1a(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let step = |digest: u64, byte: u8| (digest ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3);
    bytes.into_iter().fold(0xCBF2_9CE4_8422_2325, step)
}

/// Byte positions of a block's 16-bit scales.
fn scales_at(quant: Quant) -> &'static [usize] {
    match quant {
        Quant::F32 | Quant::F16 | Quant::BF16 => &[],
        Quant::Q4_0 | Quant::Q5_0 | Quant::Q8_0 | Quant::Iq4Nl => &[0],
        Quant::Q4_1 | Quant::Q5_1 | Quant::Q4K | Quant::Q5K => &[0, 2],
        Quant::Q2K => &[80, 82],
        Quant::Q3K => &[108],
        Quant::Q6K => &[208],
    }
}

/// The blocks that `fixtures/quant_blocks.py` makes: every kind of scale, and bytes at random.
fn blocks(quant: Quant) -> Vec<u8> {
    const SCALES: [u16; 11] = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x8400, 0x3C00, 0xBC00, 0x1234, 0x9ABC, 0x7BFF];
    let mut state = fnv1a(quant.name().bytes());
    let mut next = || {
        state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (state ^ (state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)).to_le_bytes()
    };
    let block_bytes = quant.block_bytes();
    let num_bytes = 40_000 / block_bytes * block_bytes;
    let mut bytes: Vec<u8> = std::iter::repeat_with(&mut next).flatten().take(num_bytes).collect();
    for (index, block) in bytes.chunks_exact_mut(block_bytes).enumerate() {
        for (&at, period) in scales_at(quant).iter().zip([1, SCALES.len()]) {
            block[at..at + 2].copy_from_slice(&SCALES[index / period % SCALES.len()].to_le_bytes());
        }
    }
    if quant == Quant::F16 {
        // Infinities and NaNs are excluded, because their bits are not defined.
        bytes.iter_mut().skip(1).step_by(2).filter(|byte| **byte & 0x7C == 0x7C).for_each(|byte| *byte &= 0xBF);
    }
    bytes
}

/// `fixtures/quant_blocks.json` was made with GGML's own Python package by the script in the same folder.
#[test]
fn blocks_decode_bit_for_bit_as_ggml_does() {
    let expected: BTreeMap<String, String> =
        serde_json::from_str(include_str!("fixtures/quant_blocks.json")).expect("json");
    assert_eq!(expected.len(), Quant::all().count());
    for quant in Quant::all() {
        let stored = blocks(quant);
        let mut weights = vec![0.0f32; stored.len() / quant.block_bytes() * quant.block_len()];
        quant.dequantize(&stored, &mut weights);
        assert_eq!(stored.len(), quant.row_bytes(weights.len()));
        let found = fnv1a(weights.iter().flat_map(|w| w.to_bits().to_le_bytes()));
        assert_eq!(format!("{found:016x}"), expected[quant.name()], "{quant:?}");
    }
}
