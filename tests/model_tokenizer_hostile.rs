//! Hostile vocabularies cause no panic and no hang, and the tokens still follow the rules.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use askew::model::gguf::{Header, StringList, Value};
use askew::model::{ModelError, Tokenizer};
use proptest::collection::vec;
use proptest::prelude::*;

/// GGUF's kinds of tokens.
const NORMAL: i64 = 1;
const CONTROL: i64 = 3;
const USER_DEFINED: i64 = 4;

fn header(entries: impl IntoIterator<Item = (&'static str, Value)>) -> Header {
    let metadata = entries.into_iter().map(|(key, value)| (format!("tokenizer.ggml.{key}"), value));
    Header {
        version: 3,
        metadata: metadata.collect::<BTreeMap<_, _>>(),
        tensors: Vec::new(),
        num_bytes: 0,
        data_start: 0,
    }
}

fn list<S: AsRef<[u8]>>(texts: &[S]) -> Value {
    Value::Strings(texts.iter().map(AsRef::as_ref).collect::<StringList>())
}

/// A SentencePiece tokenizer with these tokens, without the added space before the text.
fn sentencepiece(tokens: &[(&str, i64, f32)]) -> Result<Tokenizer, ModelError> {
    let spellings: Vec<&str> = tokens.iter().map(|token| token.0).collect();
    let header = header([
        ("model", Value::String("llama".into())),
        ("tokens", list(&spellings)),
        ("token_type", Value::Ints(tokens.iter().map(|token| token.1).collect())),
        ("scores", Value::Floats(tokens.iter().map(|token| token.2).collect())),
        ("add_space_prefix", Value::Bool(false)),
        ("add_bos_token", Value::Bool(false)),
    ]);
    Tokenizer::from_header(&header, tokens.len())
}

/// A slow reference for positions of special tokens: for each length from the longest, the leftmost free occurrence.
fn slow_specials(text: &str, specials: &[String]) -> Vec<(usize, String)> {
    let mut taken = vec![false; text.len()];
    let mut found = Vec::new();
    for len in (1..=text.len()).rev() {
        for at in 0..=text.len() - len {
            let place = &text[at..at + len];
            if !taken[at..at + len].contains(&true) && specials.iter().any(|special| special == place) {
                taken[at..at + len].fill(true);
                found.push((at, place.to_owned()));
            }
        }
    }
    found.sort();
    found
}

/// A slow reference for SentencePiece's merges: of all neighbours that form a token, the best and leftmost are merged.
fn slow_joins(text: &str, tokens: &[(String, f32)]) -> Vec<String> {
    let mut pieces: Vec<String> = text.chars().map(String::from).collect();
    loop {
        let joined = pieces.windows(2).enumerate().filter_map(|(at, pair)| {
            let score = tokens.iter().find(|token| token.0 == pair.concat())?.1;
            Some((at, score))
        });
        let best = joined.fold(None, |best: Option<(usize, f32)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        });
        let Some((at, _)) = best else { return pieces };
        let right = pieces.remove(at + 1);
        pieces[at].push_str(&right);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn special_tokens_are_cut_longest_first(
        specials in vec("[ab<>]{1,5}", 1..8),
        text in "[ab<>]{0,40}",
    ) {
        let mut specials = specials;
        specials.sort();
        specials.dedup();
        let mut tokens: Vec<(&str, i64, f32)> = specials.iter().map(|text| (text.as_str(), USER_DEFINED, 0.0)).collect();
        tokens.push(("x", NORMAL, 0.0));
        let tokenizer = sentencepiece(&tokens).expect("a tokenizer");
        // Other text has no tokens, so only the special tokens are returned.
        let found: Vec<String> = tokenizer.encode(&text).iter().map(|&id| specials[id as usize].clone()).collect();
        let expected: Vec<String> = slow_specials(&text, &specials).into_iter().map(|(_, special)| special).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn sentencepiece_joins_the_best_and_leftmost(
        words in vec(("[abc]{2,6}", 0..4), 0..20),
        text in "[abc]{0,40}",
    ) {
        let mut tokens: Vec<(String, f32)> = ["a", "b", "c"].map(|letter| (letter.to_owned(), 0.0)).to_vec();
        for (word, score) in words {
            if tokens.iter().all(|token| token.0 != word) {
                tokens.push((word, score as f32));
            }
        }
        let list: Vec<(&str, i64, f32)> = tokens.iter().map(|(text, score)| (text.as_str(), NORMAL, *score)).collect();
        let tokenizer = sentencepiece(&list).expect("a tokenizer");
        let found: Vec<&str> = tokenizer.encode(&text).iter().map(|&id| list[id as usize].0).collect();
        prop_assert_eq!(found, slow_joins(&text, &tokens));
    }

    #[test]
    fn any_metadata_gives_a_tokenizer_or_an_error(
        model in prop::sample::select(vec!["gpt2", "llama", "bert", ""]),
        pre in prop::sample::select(vec!["smollm", "qwen2", "llama-bpe", "gpt-2", "default"]),
        tokens in vec(vec(prop_oneof![any::<u8>(), 0x20..0x7Fu8], 0..6), 0..40),
        kinds in vec(-1..8i64, 0..40),
        merges in vec("[ab ]{0,6}", 0..10),
        scores in vec(any::<f32>(), 0..40),
        ids in vec(0..50u64, 4),
        text in any::<String>(),
        has_kinds in any::<bool>(),
    ) {
        let fit = |len: usize| len.min(tokens.len());
        let mut entries = vec![
            ("model", Value::String(model.into())),
            ("pre", Value::String(pre.into())),
            ("tokens", list(&tokens)),
            ("merges", list(&merges)),
            ("scores", Value::Floats(scores.iter().cycle().take(fit(40)).copied().collect())),
            ("bos_token_id", Value::Uint(ids[0])),
            ("eos_token_id", Value::Uint(ids[1])),
        ];
        if has_kinds {
            entries.push(("token_type", Value::Ints(kinds.iter().cycle().take(fit(40)).copied().collect())));
        }
        if let Ok(tokenizer) = Tokenizer::from_header(&header(entries), tokens.len()) {
            let encoded = tokenizer.encode(&text);
            prop_assert!(encoded.iter().all(|&id| (id as usize) < tokens.len()));
            tokenizer.decode(&encoded);
            (0..50).for_each(|id| { tokenizer.bytes(id); tokenizer.is_end(id); });
        }
    }
}

#[test]
fn a_text_that_fits_everywhere_does_not_hang() {
    let words: Vec<String> = (1..=256).map(|len| "a".repeat(len)).collect();
    for kind in [NORMAL, CONTROL] {
        let tokens: Vec<(&str, i64, f32)> = words.iter().map(|word| (word.as_str(), kind, word.len() as f32)).collect();
        let tokenizer = sentencepiece(&tokens).expect("a tokenizer");
        let (started, text) = (Instant::now(), "a".repeat(30_000) + "b");
        assert_eq!(tokenizer.encode(&text).len(), 30_000_usize.div_ceil(256));
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }
}

#[test]
fn what_no_real_file_has_is_refused_by_name() {
    let refused = |result: Result<Tokenizer, ModelError>, part: &str| {
        let error = result.expect_err("refused").to_string();
        assert!(error.contains(part), "{error}");
    };
    let long = "x".repeat(257);
    refused(sentencepiece(&[("a", NORMAL, 0.0), (&long, CONTROL, 0.0)]), "longer than 256 bytes");
    refused(sentencepiece(&[("a", NORMAL, f32::NAN)]), "scores\" is not a list of numbers");
    let entries = |key: &'static str, value: Option<Value>| {
        let mut entries = vec![("model", Value::String("gpt2".into())), ("pre", Value::String("gpt-2".into()))];
        entries.extend([("tokens", list(&["a", "b", "ab"])), ("merges", list(&["a b"]))]);
        entries.retain(|entry| entry.0 != key);
        entries.extend(value.map(|value| (key, value)));
        Tokenizer::from_header(&header(entries), 3)
    };
    assert_eq!(entries("none", None).expect("a tokenizer").encode("abb"), [2, 1]);
    refused(entries("merges", Some(list(&["ab"]))), "entry (0) that is not two tokens");
    refused(entries("merges", None), "lacks \"tokenizer.ggml.merges\"");
    refused(entries("tokens", Some(list(&["a"]))), "differs in length");
    refused(entries("token_type", Some(Value::Ints(vec![1]))), "one number for each token");
    refused(entries("bos_token_id", Some(Value::Uint(3))), "outside the vocabulary");
    refused(entries("pre", Some(Value::String("viking".into()))), "gpt2/viking");
    refused(entries("model", Some(Value::String("t5".into()))), "t5/gpt-2");
}

#[test]
fn a_start_token_that_the_text_brings_along_is_not_doubled_in_prompts() {
    let header = header([
        ("model", Value::String("llama".into())),
        ("tokens", list(&["<unk>", "<s>", "</s>", "\u{2581}", "a"])),
        ("token_type", Value::Ints(vec![2, 3, 3, 1, 1])),
        ("scores", Value::Floats(vec![0.0; 5])),
    ]);
    let tokenizer = Tokenizer::from_header(&header, 5).expect("a tokenizer");
    assert_eq!(tokenizer.encode("a<s>a"), [1, 3, 4, 1, 3, 4]);
    assert_eq!(tokenizer.encode("<s>a"), [1, 1, 3, 4]);
    assert_eq!(tokenizer.encode_prompt("<s>a"), [1, 3, 4]);
    assert_eq!(tokenizer.encode_prompt("a"), [1, 3, 4]);
    assert_eq!(tokenizer.decode(&[1, 3, 4, 2]), "a");
    assert_eq!((tokenizer.start_text().as_str(), tokenizer.end_text().as_str()), ("<s>", "</s>"));
}
