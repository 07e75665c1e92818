//! Writes GGUF version 3: a model with its tokenizer and chat template.

use crate::tokenizer::{CHAT_TEMPLATE, END, PRE_TOKENIZER, SPECIAL, START, Tokenizer};
use crate::train::{CONTEXT, MATRICES, Matrix, NORM_EPS, ROPE_THETA, Weights};

/// Tensors begin at multiples of this many bytes.
const ALIGNMENT: usize = 32;
/// GGML's type number of 32-bit floats.
const F32: u32 = 0;
/// GGML's type number of 16-bit floats.
const F16: u32 = 1;
/// Token types of text and of structure (`tokenizer.ggml.token_type`).
const NORMAL: i32 = 1;
const CONTROL: i32 = 3;

/// A file that is being built.
#[derive(Default)]
struct File {
    metadata: Vec<u8>,
    num_keys: u64,
    tensors: Vec<u8>,
    num_tensors: u64,
    data: Vec<u8>,
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

impl File {
    fn key(&mut self, key: &str, kind: u32) -> &mut Vec<u8> {
        self.num_keys += 1;
        text(&mut self.metadata, key);
        self.metadata.extend(kind.to_le_bytes());
        &mut self.metadata
    }

    fn number(&mut self, key: &str, value: usize) {
        let value = u32::try_from(value).unwrap_or(u32::MAX);
        self.key(key, 4).extend(value.to_le_bytes());
    }

    fn float(&mut self, key: &str, value: f32) {
        self.key(key, 6).extend(value.to_le_bytes());
    }

    fn bool(&mut self, key: &str, value: bool) {
        self.key(key, 7).push(u8::from(value));
    }

    fn text(&mut self, key: &str, value: &str) {
        text(self.key(key, 8), value);
    }

    fn texts(&mut self, key: &str, values: &[String]) {
        let out = self.list(key, 8, values.len());
        values.iter().for_each(|value| text(out, value));
    }

    fn ints(&mut self, key: &str, values: &[i32]) {
        self.list(key, 5, values.len()).extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }

    fn list(&mut self, key: &str, kind: u32, len: usize) -> &mut Vec<u8> {
        let out = self.key(key, 9);
        out.extend(kind.to_le_bytes());
        out.extend((len as u64).to_le_bytes());
        out
    }

    /// Adds a tensor. Its shape has the fastest dimension first.
    fn tensor(&mut self, name: &str, shape: &[usize], kind: u32, numbers: &[f32]) {
        self.num_tensors += 1;
        text(&mut self.tensors, name);
        self.tensors.extend(u32::try_from(shape.len()).unwrap_or_default().to_le_bytes());
        shape.iter().for_each(|&n| self.tensors.extend((n as u64).to_le_bytes()));
        self.tensors.extend(kind.to_le_bytes());
        self.data.resize(self.data.len().next_multiple_of(ALIGNMENT), 0);
        self.tensors.extend((self.data.len() as u64).to_le_bytes());
        match kind {
            F16 => self.data.extend(numbers.iter().flat_map(|&x| half::f16::from_f32(x).to_le_bytes())),
            _ => self.data.extend(numbers.iter().flat_map(|x| x.to_le_bytes())),
        }
    }

    fn bytes(self) -> Vec<u8> {
        let counts = [self.num_tensors.to_le_bytes(), self.num_keys.to_le_bytes()].concat();
        let mut out = [b"GGUF".as_slice(), &3u32.to_le_bytes(), &counts, &self.metadata, &self.tensors].concat();
        out.resize(out.len().next_multiple_of(ALIGNMENT), 0);
        out.extend(self.data);
        out
    }
}

/// A model's file. Matrices are stored in 16 bits ([`Weights::round`] has rounded them to that), norms in 32 bits, as
/// llama.cpp requires.
pub fn base(weights: &Weights, tokenizer: &Tokenizer, name: &str) -> Vec<u8> {
    let (shape, mut file) = (weights.shape, File::default());
    file.text("general.architecture", "llama");
    file.text("general.name", name);
    file.text("general.license", "MIT OR Apache-2.0");
    // 1 means "mostly F16".
    file.number("general.file_type", 1);
    for (key, value) in [
        ("block_count", shape.layers),
        ("context_length", CONTEXT),
        ("embedding_length", shape.dim),
        ("feed_forward_length", shape.ff),
        ("attention.head_count", shape.heads),
        ("attention.head_count_kv", shape.heads),
        ("rope.dimension_count", shape.head_dim()),
        ("vocab_size", shape.vocab),
    ] {
        file.number(&format!("llama.{key}"), value);
    }
    file.float("llama.attention.layer_norm_rms_epsilon", NORM_EPS);
    file.float("llama.rope.freq_base", ROPE_THETA);
    file.text("tokenizer.ggml.model", "gpt2");
    file.text("tokenizer.ggml.pre", PRE_TOKENIZER);
    file.texts("tokenizer.ggml.tokens", &tokenizer.spellings());
    let kinds = (0..tokenizer.len()).map(|id| if id < SPECIAL.len() { CONTROL } else { NORMAL });
    file.ints("tokenizer.ggml.token_type", &kinds.collect::<Vec<_>>());
    file.texts("tokenizer.ggml.merges", &[]);
    file.number("tokenizer.ggml.bos_token_id", START as usize);
    file.number("tokenizer.ggml.eos_token_id", END as usize);
    file.bool("tokenizer.ggml.add_bos_token", true);
    file.text("tokenizer.chat_template", CHAT_TEMPLATE);

    let numbers = |range: std::ops::Range<usize>| &weights.numbers[range];
    file.tensor("token_embd.weight", &[shape.dim, shape.vocab], F16, numbers(shape.embedding()));
    for layer in 0..shape.layers {
        let own = |part: &str| format!("blk.{layer}.{part}.weight");
        file.tensor(&own("attn_norm"), &[shape.dim], F32, numbers(shape.attn_norm(layer)));
        file.tensor(&own("ffn_norm"), &[shape.dim], F32, numbers(shape.ff_norm(layer)));
        for matrix in MATRICES {
            let (d, n) = shape.rows_columns(matrix);
            file.tensor(&own(part(matrix)), &[n, d], F16, numbers(shape.matrix(layer, matrix)));
        }
    }
    file.tensor("output_norm.weight", &[shape.dim], F32, numbers(shape.output_norm()));
    file.bytes()
}

/// The name of a matrix in GGUF.
const fn part(matrix: Matrix) -> &'static str {
    match matrix {
        Matrix::Q => "attn_q",
        Matrix::K => "attn_k",
        Matrix::V => "attn_v",
        Matrix::O => "attn_output",
        Matrix::Gate => "ffn_gate",
        Matrix::Up => "ffn_up",
        Matrix::Down => "ffn_down",
    }
}
