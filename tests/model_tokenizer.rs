//! Compares tokens with those of an independent engine, on ten thousand texts for each vocabulary.
//!
//! `fixtures/tokenizer_digests.json` holds digests of llama.cpp's tokens, made by `independent/tokenizer_digests.py`.

mod common;

use std::path::{Path, PathBuf};

use askew::model::Tokenizer;
use askew::model::gguf::{Header, HeaderParser, StringList, Value};
use common::gguf::{GgufFile, Meta};
use common::models::{GEMMA, QWEN, SMOLLM, cached};
use common::strings::{BLOCK, digest, strings};
use serde_json::Value as Json;

/// Name of a SentencePiece vocabulary like llama 2's, with tokens that are matched literally in text.
const MADE: &str = "sentencepiece";
const MADE_USER_DEFINED: [&str; 6] = ["\n\n", "\n\n\n", "[INST]", "ab", "bcd", "\u{1f600}"];

/// Environment variable with the folder to which the texts and the made vocabularies are written for the independent
/// engine.
const OUT_VARIABLE: &str = "ASKEW_TOKENIZER_OUT";

fn read_header(mut reader: impl std::io::Read) -> Header {
    let mut parser = HeaderParser::default();
    let mut chunk = vec![0; 1 << 20];
    loop {
        let len = reader.read(&mut chunk).expect("reads");
        if len == 0 {
            return parser.finish().expect("a header").0;
        }
        if let Some((header, _)) = parser.push(&chunk[..len]).expect("a header") {
            return header;
        }
    }
}

fn open(path: &Path) -> Tokenizer {
    tokenizer(&read_header(std::fs::File::open(path).expect("opens")))
}

fn tokenizer(header: &Header) -> Tokenizer {
    let Some(Value::Strings(tokens)) = header.metadata.get("tokenizer.ggml.tokens") else { panic!("no tokens") };
    Tokenizer::from_header(header, tokens.len()).expect("a tokenizer")
}

fn list<'a>(header: &'a Header, key: &str) -> &'a StringList {
    let Some(Value::Strings(list)) = header.metadata.get(key) else { panic!("no {key}") };
    list
}

fn texts(list: &StringList) -> Vec<String> {
    list.iter().map(|bytes| String::from_utf8(bytes.to_vec()).expect("text")).collect()
}

/// A file that is only a vocabulary.
fn vocabulary_file(model: &str, tokens: Vec<String>, kinds: Vec<i32>) -> GgufFile {
    let mut file = GgufFile::default();
    file.set("general.architecture", Meta::Text("llama".into()));
    file.set("tokenizer.ggml.model", Meta::Text(model.into()));
    file.set("tokenizer.ggml.tokens", Meta::Texts(tokens));
    file.set("tokenizer.ggml.token_type", Meta::Ints(kinds));
    file
}

/// SmolLM2's vocabulary with another pre-tokenizer. Every `drop`th merge is left out, so that some tokens are only used
/// for whole words.
fn byte_level(header: &Header, pre: &str, drop: usize) -> GgufFile {
    let Some(Value::Ints(kinds)) = header.metadata.get("tokenizer.ggml.token_type") else { panic!("no kinds") };
    let kinds = kinds.iter().map(|&kind| i32::try_from(kind).expect("small")).collect();
    let mut file = vocabulary_file("gpt2", texts(list(header, "tokenizer.ggml.tokens")), kinds);
    let merges = texts(list(header, "tokenizer.ggml.merges")).into_iter().enumerate();
    let kept = merges.filter(|(at, _)| (at + 1) % drop != 0).map(|(_, merge)| merge).collect();
    file.set("tokenizer.ggml.merges", Meta::Texts(kept));
    file.set("tokenizer.ggml.pre", Meta::Text(pre.into()));
    file.set("tokenizer.ggml.bos_token_id", Meta::U32(1));
    file.set("tokenizer.ggml.eos_token_id", Meta::U32(2));
    file
}

/// SmolLM2's words in SentencePiece's spelling, with byte tokens, a space before the text, and tied scores.
fn sentencepiece(header: &Header) -> GgufFile {
    let smollm = tokenizer(header);
    let mut tokens = ["<unk>", "<s>", "</s>"].map(str::to_owned).to_vec();
    let mut kinds = vec![2, 3, 3];
    for byte in 0..=u8::MAX {
        tokens.push(format!("<0x{byte:02X}>"));
        kinds.push(6);
    }
    for user_defined in MADE_USER_DEFINED {
        tokens.push(user_defined.to_owned());
        kinds.push(4);
    }
    for id in 17..u32::try_from(list(header, "tokenizer.ggml.tokens").len()).expect("small") {
        let Ok(word) = String::from_utf8(smollm.bytes(id)) else { continue };
        let word = word.replace(' ', "\u{2581}");
        // Nothing defines which of two equal spellings is used, and the independent engine ends spellings at NUL.
        let is_ambiguous = smollm.bytes(id).starts_with("\u{2581}".as_bytes()) || tokens[..265].contains(&word);
        if !is_ambiguous && !word.contains('\0') {
            tokens.push(word);
            kinds.push(1);
        }
    }
    let scores = (0..tokens.len()).map(|at| -((at / 3) as f32)).collect();
    let mut seen = std::collections::HashSet::new();
    assert!(tokens.iter().all(|token| seen.insert(token)), "no spelling twice");
    let mut file = vocabulary_file("llama", tokens, kinds);
    file.set("tokenizer.ggml.scores", Meta::Floats(scores));
    file
}

/// The vocabularies made from SmolLM2's, which is available in continuous integration.
fn made(header: &Header) -> [(&'static str, GgufFile); 4] {
    [
        ("llama-bpe", byte_level(header, "llama-bpe", 7)),
        ("gpt-2", byte_level(header, "gpt-2", usize::MAX)),
        ("qwen2", byte_level(header, "qwen2", usize::MAX)),
        (MADE, sentencepiece(header)),
    ]
}

fn digest_ids(tokenizer: &Tokenizer, texts: &[String]) -> String {
    let lists = texts.iter().map(|text| tokenizer.encode(text));
    digest(lists.flat_map(|ids| {
        let len = u32::try_from(ids.len()).expect("short");
        std::iter::once(len).chain(ids).flat_map(u32::to_le_bytes).collect::<Vec<u8>>()
    }))
}

/// Checks that tokens decode to the original text: hidden tokens as they are spelled, all others as they are shown.
fn check_round_trip(name: &str, tokenizer: &Tokenizer, text: &str) {
    let is_hidden = |id: &u32| tokenizer.bytes(*id).is_empty();
    let ids = tokenizer.encode(text).split_off(tokenizer.encode("").len());
    // SentencePiece writes spaces as U+2581 and reads both as a space.
    let expected = if tokenizer.name() == "llama" { text.replace('\u{2581}', " ") } else { text.to_owned() };
    if !ids.iter().any(is_hidden) {
        let is_cut = name == MADE && MADE_USER_DEFINED.iter().any(|token| text.contains(token));
        // This vocabulary adds a space after each special token, but only the first is removed again.
        assert!(is_cut || tokenizer.decode(&ids) == expected, "{name}: {text:?}");
    } else if name != MADE {
        let spell = |id: &u32| if is_hidden(id) { tokenizer.spelling(*id).to_vec() } else { tokenizer.bytes(*id) };
        let whole: Vec<u8> = ids.iter().flat_map(spell).collect();
        assert_eq!(String::from_utf8(whole).expect("text"), expected, "{name}");
    }
}

/// Compares the digest of every block of texts with the independent engine's.
fn check(name: &str, tokenizer: &Tokenizer) {
    let fixture: Json = serde_json::from_str(include_str!("fixtures/tokenizer_digests.json")).expect("json");
    let all = strings();
    let joined = all.iter().flat_map(|text| text.bytes().chain([0xFF]));
    assert_eq!(fixture["strings"], digest(joined), "the texts have changed: run independent/tokenizer_digests.py");
    let expected = fixture["models"][name].as_array().unwrap_or_else(|| panic!("no digests for {name}"));
    assert_eq!(all.len(), expected.len() * BLOCK);
    let differ: Vec<usize> = (0..expected.len())
        .filter(|&block| expected[block] != digest_ids(tokenizer, &all[block * BLOCK..][..BLOCK]))
        .collect();
    assert!(differ.is_empty(), "{name}: blocks {differ:?} differ from {}", fixture["engine"]);
    let num_tokens = u32::try_from(fixture["vocabularies"][name]["tokens"].as_u64().expect("a number")).expect("small");
    let shown = (0..num_tokens).flat_map(|id| tokenizer.bytes(id).into_iter().chain([0xFF]));
    assert_eq!(fixture["vocabularies"][name]["shown"], digest(shown), "{name}: what tokens show");
    let ends: Vec<u32> = (0..num_tokens).filter(|&id| tokenizer.is_end(id)).collect();
    assert_eq!(fixture["vocabularies"][name]["ends"], serde_json::json!(ends), "{name}: tokens that end an answer");
    // SmolLM2's vocabulary lacks letters for bytes of the highest planes. They are dropped, as in the independent
    // engine.
    let letters: Vec<Vec<u8>> =
        (0..num_tokens).map(|id| tokenizer.bytes(id)).filter(|bytes| bytes.len() == 1).collect();
    let lacking: Vec<u8> = (0..=u8::MAX).filter(|byte| !letters.contains(&vec![*byte])).collect();
    let whole = all.iter().filter(|text| !text.bytes().any(|byte| lacking.contains(&byte)));
    let num_whole = whole.inspect(|text| check_round_trip(name, tokenizer, text)).count();
    assert!(num_whole * 2 > all.len(), "{name} lacks {lacking:?}");
    println!("{name}: {} texts as {}, {num_whole} come back", all.len(), fixture["engine"]);
}

#[test]
fn smollm_and_vocabularies_made_of_it_give_the_independent_engines_tokens() {
    let Some(path) = cached("tokens", SMOLLM) else { return };
    let header = read_header(std::fs::File::open(&path).expect("opens"));
    check(SMOLLM, &tokenizer(&header));
    for (name, file) in made(&header) {
        check(name, &tokenizer(&read_header(file.bytes().as_slice())));
    }
}

#[test]
#[ignore = "needs a model that continuous integration does not fetch"]
fn gemma_gives_the_independent_engines_tokens() {
    let Some(path) = cached("tokens of gemma", GEMMA) else { return };
    check(GEMMA, &open(&path));
}

#[test]
#[ignore = "needs a model that continuous integration does not fetch"]
fn qwen_gives_the_independent_engines_tokens() {
    let Some(path) = cached("tokens of qwen", QWEN) else { return };
    check(QWEN, &open(&path));
}

#[test]
#[ignore = "writes files for the independent engine"]
fn writes_the_texts_and_the_made_vocabularies() {
    let Some(folder) = std::env::var_os(OUT_VARIABLE).map(PathBuf::from) else {
        let reason = format!("{OUT_VARIABLE} is not set to a folder");
        return common::skip("writing texts", common::Lack::Step, &reason);
    };
    let Some(path) = cached("writing texts", SMOLLM) else { return };
    let header = read_header(std::fs::File::open(&path).expect("opens"));
    for (name, file) in made(&header) {
        std::fs::write(folder.join(format!("{name}.gguf")), file.bytes()).expect("writes");
    }
    let lines: String = strings().iter().map(|text| serde_json::to_string(text).expect("json") + "\n").collect();
    std::fs::write(folder.join("strings.jsonl"), lines).expect("writes");
}
