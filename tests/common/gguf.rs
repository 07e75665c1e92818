//! Writes small GGUF files: random models of any shape, and headers that tests can damage.

use askew::model::quant::Quant;

pub(crate) use askew::gpu::checks::data::{noise, random_weights};

/// A metadata value to write.
#[derive(Clone, Debug)]
pub(crate) enum Meta {
    U32(u32),
    F32(f32),
    Text(String),
    Texts(Vec<String>),
    Ints(Vec<i32>),
    /// A type number followed by arbitrary bytes.
    Raw(u32, Vec<u8>),
    Floats(Vec<f32>),
    Bool(bool),
}

/// A file in parts.
#[derive(Clone, Debug, Default)]
pub(crate) struct GgufFile {
    pub(crate) metadata: Vec<(String, Meta)>,
    /// Name, shape (fastest first), GGML type number and bytes.
    pub(crate) tensors: Vec<(String, Vec<u64>, u32, Vec<u8>)>,
}

/// The shape of a random model.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) dim: u64,
    pub(crate) ff_dim: u64,
    pub(crate) layers: usize,
    pub(crate) heads: u64,
    pub(crate) kv_heads: u64,
    pub(crate) head_dim: u64,
    pub(crate) vocab: u64,
}

impl Shape {
    pub(crate) const TINY: Self =
        Self { dim: 64, ff_dim: 96, layers: 2, heads: 4, kv_heads: 2, head_dim: 24, vocab: 300 };
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

impl GgufFile {
    pub(crate) fn set(&mut self, key: &str, value: Meta) {
        self.metadata.retain(|(known, _)| known != key);
        self.metadata.push((key.to_owned(), value));
    }

    pub(crate) fn tensor(&mut self, name: &str, shape: &[u64], quant: Quant, bytes: Vec<u8>) {
        self.tensors.push((name.to_owned(), shape.to_vec(), quant.ggml_number(), bytes));
    }

    pub(crate) fn without(mut self, tensor: &str) -> Self {
        self.tensors.retain(|(name, ..)| name != tensor);
        self
    }

    /// The file's bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(3u32.to_le_bytes());
        out.extend((self.tensors.len() as u64).to_le_bytes());
        out.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            text(&mut out, key);
            write_value(&mut out, value);
        }
        let mut offset = 0u64;
        for (name, shape, quant, bytes) in &self.tensors {
            text(&mut out, name);
            out.extend(u32::try_from(shape.len()).expect("few").to_le_bytes());
            shape.iter().for_each(|n| out.extend(n.to_le_bytes()));
            out.extend(quant.to_le_bytes());
            out.extend(offset.to_le_bytes());
            offset = (offset + bytes.len() as u64).next_multiple_of(32);
        }
        for (.., bytes) in &self.tensors {
            out.resize(out.len().next_multiple_of(32), 0);
            out.extend(bytes);
        }
        out
    }
}

fn write_value(out: &mut Vec<u8>, value: &Meta) {
    match value {
        Meta::U32(x) => out.extend([4u32.to_le_bytes(), x.to_le_bytes()].concat()),
        Meta::F32(x) => out.extend([6u32.to_le_bytes(), x.to_le_bytes()].concat()),
        Meta::Text(x) => {
            out.extend(8u32.to_le_bytes());
            text(out, x);
        }
        Meta::Texts(list) => {
            out.extend([9u32.to_le_bytes(), 8u32.to_le_bytes()].concat());
            out.extend((list.len() as u64).to_le_bytes());
            list.iter().for_each(|x| text(out, x));
        }
        Meta::Bool(x) => {
            out.extend(7u32.to_le_bytes());
            out.push(u8::from(*x));
        }
        Meta::Floats(list) => {
            out.extend([9u32.to_le_bytes(), 6u32.to_le_bytes()].concat());
            out.extend((list.len() as u64).to_le_bytes());
            list.iter().for_each(|x| out.extend(x.to_le_bytes()));
        }
        Meta::Ints(list) => {
            out.extend([9u32.to_le_bytes(), 5u32.to_le_bytes()].concat());
            out.extend((list.len() as u64).to_le_bytes());
            list.iter().for_each(|x| out.extend(x.to_le_bytes()));
        }
        Meta::Raw(kind, bytes) => {
            out.extend(kind.to_le_bytes());
            out.extend(bytes);
        }
    }
}

/// A llama with random weights.
pub(crate) fn random_llama(shape: Shape, quants: &[Quant], seed: u64) -> GgufFile {
    random_model("llama", shape, quants, seed)
}

/// A model with random weights. `quants` are assigned to the matrices in turn; formats with blocks that do not fit a
/// row are skipped. The vocabulary is the 256 byte letters, then words that no merge produces. Every other layer of
/// gemma3 has a sliding window of five. No token ends a text, so an answer has exactly the requested length.
pub(crate) fn random_model(architecture: &str, shape: Shape, quants: &[Quant], seed: u64) -> GgufFile {
    let mut file = GgufFile::default();
    let small = |n: u64| Meta::U32(u32::try_from(n).expect("small"));
    let own = |key: &str| format!("{architecture}.{key}");
    for (key, value) in [
        ("block_count", small(shape.layers as u64)),
        ("context_length", Meta::U32(64)),
        ("embedding_length", small(shape.dim)),
        ("feed_forward_length", small(shape.ff_dim)),
        ("attention.head_count", small(shape.heads)),
        ("attention.head_count_kv", small(shape.kv_heads)),
        ("attention.key_length", small(shape.head_dim)),
        ("attention.layer_norm_rms_epsilon", Meta::F32(1e-5)),
        ("rope.freq_base", Meta::F32(if architecture == "llama" { 10_000.0 } else { 1_000_000.0 })),
    ] {
        file.set(&own(key), value);
    }
    let is_gemma = architecture == "gemma3";
    if is_gemma {
        file.set(&own("attention.sliding_window"), Meta::U32(5));
        file.set(&own("attention.sliding_window_pattern"), Meta::U32(2));
        file.set(&own("rope.scaling.type"), Meta::Text("linear".into()));
        file.set(&own("rope.scaling.factor"), Meta::F32(8.0));
    }
    for (key, value) in [
        ("general.architecture", Meta::Text(architecture.into())),
        ("general.name", Meta::Text(format!("Random {architecture}"))),
        ("tokenizer.ggml.model", Meta::Text("gpt2".into())),
        ("tokenizer.ggml.pre", Meta::Text("smollm".into())),
        ("tokenizer.ggml.tokens", Meta::Texts(vocabulary(shape.vocab))),
        ("tokenizer.ggml.merges", Meta::Texts(Vec::new())),
    ] {
        file.set(key, value);
    }
    let (q, kv) = (shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim);
    let mut dealt = quants.iter().cycle();
    let mut matrix = |file: &mut GgufFile, name: &str, n: u64, d: u64| {
        let fits = |quant: &&Quant| n.is_multiple_of(quant.block_len() as u64);
        let quant = *dealt.by_ref().take(quants.len()).find(fits).expect("a format that fits");
        let size = (3.0 / n as f32).sqrt();
        let name_seed = name.bytes().fold(seed, |seed, b| seed.wrapping_mul(31).wrapping_add(u64::from(b)));
        let weights = random_weights(quant, usize::try_from(n * d).expect("small"), size, name_seed);
        file.tensor(name, &[n, d], quant, weights);
    };
    // Weights of norms are around one, those of biases around zero.
    let vector = |file: &mut GgufFile, name: &str, n: u64, first: f32| {
        let bytes = (0..n).flat_map(|i| (first + i as f32 / n as f32).to_le_bytes()).collect::<Vec<u8>>();
        file.tensor(name, &[n], Quant::F32, bytes);
    };
    matrix(&mut file, "token_embd.weight", shape.dim, shape.vocab);
    for layer in 0..shape.layers {
        let name = |part: &str| format!("blk.{layer}.{part}");
        vector(&mut file, &name("attn_norm.weight"), shape.dim, 1.0);
        matrix(&mut file, &name("attn_q.weight"), shape.dim, q);
        matrix(&mut file, &name("attn_k.weight"), shape.dim, kv);
        matrix(&mut file, &name("attn_v.weight"), shape.dim, kv);
        matrix(&mut file, &name("attn_output.weight"), q, shape.dim);
        vector(&mut file, &name("ffn_norm.weight"), shape.dim, 1.0);
        matrix(&mut file, &name("ffn_gate.weight"), shape.dim, shape.ff_dim);
        matrix(&mut file, &name("ffn_up.weight"), shape.dim, shape.ff_dim);
        matrix(&mut file, &name("ffn_down.weight"), shape.ff_dim, shape.dim);
        if architecture == "qwen2" {
            vector(&mut file, &name("attn_q.bias"), q, -0.5);
            vector(&mut file, &name("attn_k.bias"), kv, -0.3);
            vector(&mut file, &name("attn_v.bias"), kv, -0.6);
        }
        if is_gemma || architecture == "qwen3" {
            vector(&mut file, &name("attn_q_norm.weight"), shape.head_dim, 0.6);
            vector(&mut file, &name("attn_k_norm.weight"), shape.head_dim, 0.7);
        }
        if is_gemma {
            vector(&mut file, &name("post_attention_norm.weight"), shape.dim, 0.2);
            vector(&mut file, &name("post_ffw_norm.weight"), shape.dim, 0.3);
        }
    }
    vector(&mut file, "output_norm.weight", shape.dim, 1.0);
    file
}

/// GPT-2's letters for the 256 bytes, followed by numbered words.
fn vocabulary(size: u64) -> Vec<String> {
    let printable = |b: &u8| matches!(b, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    let letters = (0..=255u8).filter(printable).map(char::from);
    let others = (0x100u32..).take(256 - 188).filter_map(char::from_u32);
    let mut all: Vec<String> = letters.chain(others).map(String::from).collect();
    all.extend((256..size).map(|id| format!("<word {id}>")));
    all
}
