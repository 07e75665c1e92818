//! Text to tokens and back, with the tokenizer that is stored in a GGUF file.
//!
//! This is our own code because the available crates that read GGUF vocabularies all need `fancy-regex`, which alone is
//! larger than the size limit of the engine worker. The pre-tokenizers in use are few and short enough to write by
//! hand.

mod bpe;
mod bytes;
mod named;
mod pretokenize;
mod special;
mod spm;
mod stream;
mod vocabulary;

pub use stream::{StopStrings, Utf8Stream};

use super::ModelError;
use super::gguf::{Header, StringList, Value};
use bpe::Merges;
use pretokenize::PreTokenizer;
use special::SpecialTokens;
use spm::SentencePiece;
use vocabulary::{Kind, Vocabulary};

/// A tokenizer: byte-level BPE or SentencePiece.
#[derive(Debug)]
pub struct Tokenizer {
    vocabulary: Vocabulary,
    special: SpecialTokens,
    method: Method,
    start: Option<u32>,
    end: Option<u32>,
    /// Tokens that end an answer, sorted.
    ends: Vec<u32>,
    adds_start: bool,
    adds_end: bool,
    name: String,
}

/// How text between special tokens is encoded.
#[derive(Debug)]
enum Method {
    Bytes(PreTokenizer, Merges),
    SentencePiece(SentencePiece),
}

impl Tokenizer {
    /// Reads the tokenizer from a file's metadata.
    ///
    /// [`ModelError::Tokenizer`] for an unsupported kind of tokenizer. [`ModelError::MissingKey`] or
    /// [`ModelError::BadKey`] for inconsistent metadata.
    /// inconsistent metadata.
    pub fn from_header(header: &Header, vocab_size: usize) -> Result<Self, ModelError> {
        let model = header.str("tokenizer.ggml.model")?.ok_or_else(|| missing("tokenizer.ggml.model"))?;
        let pre_name = header.str("tokenizer.ggml.pre")?.unwrap_or("default");
        let pre = PreTokenizer::named(pre_name).filter(|_| model == "gpt2");
        let name = if model == SENTENCEPIECE { model.to_owned() } else { format!("{model}/{pre_name}") };
        if pre.is_none() && model != SENTENCEPIECE {
            let byte_level: String = PreTokenizer::names().map(|name| format!(", gpt2/{name}")).collect();
            return Err(ModelError::Tokenizer { found: name, supported: SENTENCEPIECE.to_owned() + &byte_level });
        }

        let mut vocabulary = Vocabulary::from_header(header)?;
        if vocabulary.len() != vocab_size {
            return Err(bad("tokenizer.ggml.tokens", "differs in length from the embeddings"));
        }
        let token = |key: &str| match header.u32(key)? {
            Some(id) if id as usize >= vocab_size => Err(bad(key, "is outside the vocabulary")),
            other => Ok(other),
        };
        // These are the defaults of SentencePiece vocabularies (llama.cpp, `llama_vocab::impl::load`).
        let default = |id: u32| Some(id).filter(|&id| pre.is_none() && (id as usize) < vocab_size);
        let start = token("tokenizer.ggml.bos_token_id")?.or(default(1));
        let end = token("tokenizer.ggml.eos_token_id")?.or(default(2));
        let mut ends: Vec<u32> = end.into_iter().collect();
        for key in ["eot", "eom", "fim_pad", "fim_rep", "fim_sep"] {
            ends.extend(token(&format!("tokenizer.ggml.{key}_token_id"))?);
        }
        ends.extend(named::set_controls(&mut vocabulary));
        ends.sort_unstable();
        ends.dedup();

        let special = SpecialTokens::new(&vocabulary)?;
        let method = match pre {
            Some(pre) => Method::Bytes(pre, Merges::from_header(header, &vocabulary)?),
            None => Method::SentencePiece(SentencePiece::from_header(header, &vocabulary)?),
        };
        let adds_start = header.bool("tokenizer.ggml.add_bos_token")?.unwrap_or(pre.is_none_or(|pre| pre.adds_start));
        let adds_end = header.bool("tokenizer.ggml.add_eos_token")?.unwrap_or(false);
        Ok(Self { vocabulary, special, method, start, end, ends, adds_start, adds_end, name })
    }

    /// Model and pre-tokenizer, such as `gpt2/smollm`. `llama` means SentencePiece.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Encodes `text` as llama.cpp does (`llama_tokenize` with `add_special` and `parse_special`). Special tokens that
    /// are written out in the text, such as `<|im_start|>`, become those tokens. The start and end tokens are added if
    /// the file asks for them, even if the text already has them.
    pub fn encode(&self, text: &str) -> Vec<u32> {
        let mut out: Vec<u32> = self.start.filter(|_| self.adds_start).into_iter().collect();
        self.append(text, &mut out);
        out.extend(self.end.filter(|_| self.adds_end));
        out
    }

    /// Encodes a text that the model continues. Differs from [`Self::encode`] in two ways: a start token that the text
    /// already has (as in most rendered chats) is not doubled, and no end token is added.
    pub fn encode_prompt(&self, text: &str) -> Vec<u32> {
        let mut out: Vec<u32> = self.start.filter(|_| self.adds_start).into_iter().collect();
        self.append(text, &mut out);
        if let [first, second, ..] = out[..]
            && self.adds_start
            && first == second
            && self.start == Some(first)
        {
            out.remove(0);
        }
        out
    }

    /// Encodes `text` for the middle of a context, without start and end tokens.
    pub fn encode_plain(&self, text: &str) -> Vec<u32> {
        let mut out = Vec::new();
        self.append(text, &mut out);
        out
    }

    /// Appends the tokens of `text`, including special tokens that are written out in it.
    fn append(&self, text: &str, out: &mut Vec<u32>) {
        let mut scratch = bpe::Scratch::default();
        let mut at = 0;
        for found in self.special.find(text, &self.vocabulary) {
            self.append_plain(&text[at..found.at], &mut scratch, out);
            out.push(found.id);
            at = found.at + found.len;
        }
        self.append_plain(&text[at..], &mut scratch, out);
    }

    /// Appends the tokens of a text without special tokens. The text is at the start or follows a special token.
    fn append_plain(&self, text: &str, scratch: &mut bpe::Scratch, out: &mut Vec<u32>) {
        if text.is_empty() {
            return;
        }
        match &self.method {
            Method::SentencePiece(method) => method.encode(text, &self.vocabulary, out),
            Method::Bytes(pre, merges) => {
                for word in pre.split(text) {
                    let whole = Some(word).filter(|_| pre.ignores_merges);
                    let whole = whole.map(|word| bytes::to_letters(word.as_bytes()));
                    match whole.and_then(|letters| self.vocabulary.find(letters.as_bytes())) {
                        Some(id) => out.push(id),
                        None => merges.encode(word.as_bytes(), scratch, out),
                    }
                }
            }
        }
    }

    /// Decodes tokens from the start of a text, without control tokens and without the space that encoding put before
    /// the first word. Invalid UTF-8 becomes U+FFFD.
    pub fn decode(&self, ids: &[u32]) -> String {
        let all: Vec<u8> = ids.iter().flat_map(|&id| self.bytes(id)).collect();
        let added: &[u8] = match &self.method {
            Method::SentencePiece(method) if method.adds_space() => b" ",
            _ => b"",
        };
        String::from_utf8_lossy(all.strip_prefix(added).unwrap_or(&all)).into_owned()
    }

    /// The token's spelling in the vocabulary.
    pub fn spelling(&self, id: u32) -> &[u8] {
        self.vocabulary.spelling(id)
    }

    /// The bytes that a token adds to an answer. Control tokens add none.
    pub fn bytes(&self, id: u32) -> Vec<u8> {
        let (spelling, kind) = (self.spelling(id), self.vocabulary.kind(id));
        match (&self.method, kind) {
            (Method::Bytes(..), Kind::Normal) => bytes::from_letters(spelling),
            _ => SentencePiece::bytes(spelling, kind),
        }
    }

    /// Whether the token ends an answer.
    pub fn is_end(&self, id: u32) -> bool {
        self.ends.binary_search(&id).is_ok()
    }

    /// The start token's spelling, for chat templates.
    pub fn start_text(&self) -> String {
        self.start.map(|id| String::from_utf8_lossy(self.spelling(id)).into_owned()).unwrap_or_default()
    }

    /// The end token's spelling, for chat templates.
    pub fn end_text(&self) -> String {
        self.end.map(|id| String::from_utf8_lossy(self.spelling(id)).into_owned()).unwrap_or_default()
    }
}

/// The value of `tokenizer.ggml.model` for SentencePiece.
const SENTENCEPIECE: &str = "llama";

fn strings<'a>(header: &'a Header, key: &str) -> Result<&'a StringList, ModelError> {
    match header.metadata.get(key) {
        Some(Value::Strings(list)) => Ok(list),
        Some(_) => Err(bad(key, "is not a list of texts")),
        None => Err(missing(key)),
    }
}

fn bad(key: &str, problem: &str) -> ModelError {
    ModelError::BadKey { key: key.to_owned(), problem: problem.to_owned() }
}

fn missing(key: &str) -> ModelError {
    ModelError::MissingKey(key.to_owned())
}
