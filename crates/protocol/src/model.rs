//! Models: sources, loads, loaded models, and models that are saved in the browser.

use serde::{Deserialize, Serialize};

/// The source of a model's bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A `File` (or `Blob`), which is the message's first attachment.
    Disk,
    /// An address to fetch, unless a complete copy is saved. A server on another site must allow cross-origin reads.
    Url(String),
    /// A model that is saved in this browser, by its key. If it is incomplete, the rest is downloaded.
    Kept(String),
}

impl Source {
    /// Another file in the same folder, if the source is an address. Other sources stay unchanged.
    pub fn sibling(&self, name: &str) -> Self {
        match self {
            Self::Url(address) => Self::Url(
                address.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}")),
            ),
            Self::Disk | Self::Kept(_) => self.clone(),
        }
    }
}

/// The processor that runs a model.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    #[default]
    Gpu,
    /// The CPU, in one thread: slow, for browsers without a GPU.
    Cpu,
}

/// A file of an adapter or of steering vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOnFile {
    /// The name in messages.
    pub name: String,
    /// The kind of file.
    pub kind: AddOnKind,
    /// The source of its bytes. For a PEFT adapter at an address, the configuration is `adapter_config.json` in the
    /// same folder.
    pub source: Source,
    /// The SHA-256 that its weights must have, if known.
    pub sha256: Option<[u8; 32]>,
    /// The layers that it changes, from 0. Empty means all.
    pub layers: Vec<u32>,
    /// The matrices of a layer that an adapter changes, with PEFT's names (`q_proj`, ..., `down_proj`). Empty means
    /// all.
    pub modules: Vec<String>,
}

impl AddOnFile {
    /// A file that changes all layers.
    pub fn new(name: &str, kind: AddOnKind, source: Source) -> Self {
        Self { name: name.to_owned(), kind, source, sha256: None, layers: Vec::new(), modules: Vec::new() }
    }
}

/// What a file adds to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddOnKind {
    /// A GGUF adapter.
    Adapter,
    /// The weights of a PEFT adapter. Its configuration is in another file.
    PeftAdapter,
    /// Steering vectors.
    Steering,
    /// Steering vectors that the engine computes from pairs of texts: for each layer the mean difference of the
    /// residual streams after the first and the second text of a pair (contrastive activation addition, Rimsky et al.
    /// 2023, arXiv:2312.06681). There is no file. Only in [`Command::LayOut`](crate::Command::LayOut), because it needs
    /// the loaded model.
    Contrast(Vec<(String, String)>),
}

/// How matrix products are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Math {
    /// In 32-bit floats.
    #[default]
    Exact,
    /// With activations rounded to 8-bit integers.
    Fast,
}

/// A model that has been loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// The model's slot.
    pub slot: u32,
    /// Facts about the model.
    pub card: ModelCard,
    /// SHA-256 of its file in hexadecimal; empty if it was not computed.
    pub sha256: String,
    /// A sentence on the source of its bytes and whether they are saved; may be empty.
    pub note: String,
    /// GPU memory of the model in bytes: weights, KV cache and activations.
    pub gpu_bytes: u64,
    /// Number of sequences that can be decoded together.
    pub columns: u32,
    /// Names of the adapters, then of the steering vectors.
    pub add_ons: Vec<String>,
    /// Size of the engine's own memory in bytes. It never shrinks, so this is the peak of the load. 0 outside a
    /// browser.
    pub engine_bytes: u64,
}

/// The models that can be loaded without a file from the reader.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// The space that saved models take, and the space that is left, in words.
    pub summary: String,
    /// Bytes that can still be saved, if the browser reports it.
    pub room: Option<u64>,
    /// Models that are saved in this browser, complete or in part, newest first.
    pub kept: Vec<ShelfItem>,
    /// Models that can be downloaded. Nothing is fetched until the reader chooses one.
    pub offers: Vec<ShelfItem>,
}

/// A model on the shelf. The worker makes its words, because every reader must download the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfItem {
    /// The reader's or the makers' name for it.
    pub name: String,
    /// For a saved model its size, its SHA-256 and when it was saved. Otherwise its licence and where it is stored.
    pub detail: String,
    /// The source to load it from.
    pub source: Source,
    /// The address of its file, or of the file that it was saved from.
    pub address: String,
    /// Number of its bytes that are saved in this browser.
    pub num_bytes: u64,
    /// Whether those bytes are only a part of it.
    pub is_part: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// The slot for the model.
    pub slot: u32,
    /// Bytes that were read.
    pub bytes: u64,
    /// All bytes, if the source reports it.
    pub total: Option<u64>,
    /// The current step.
    pub stage: LoadStage,
}

/// The steps of a load, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadStage {
    /// Reading the headers, and the files of adapters and vectors. They are checked before any weight is read.
    #[default]
    Headers,
    /// Moving weights to the GPU.
    Weights,
    /// Building pipelines.
    Pipelines,
}

/// Facts about a loaded model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The model's name in the file, or the name from the load command.
    pub name: String,
    /// GGUF architecture, such as `llama`.
    pub architecture: String,
    /// Number of weights.
    pub num_parameters: u64,
    /// Number of transformer layers.
    pub num_layers: u32,
    /// Number of tokens that fit in the KV cache, at most the length that the model was trained for.
    pub context_tokens: u32,
    /// Number of tokens in the vocabulary.
    pub vocab_size: u32,
    /// Number of tensors and bytes by quantization, most bytes first.
    pub quantization: Vec<QuantCount>,
    /// Weight bytes read for each decoded token.
    pub bytes_per_token: u64,
    /// Tokenizer model and pre-tokenizer, such as `gpt2/smollm`.
    pub tokenizer: String,
    /// Whether the file has a chat template.
    pub has_chat_template: bool,
    /// How it is computed. Exact also if rounding was asked for but the browser cannot multiply bytes.
    pub math: Math,
}

/// The tensors with one quantization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantCount {
    /// GGML's name, such as `Q4_1`.
    pub quant: String,
    pub num_tensors: u32,
    /// Sum of their bytes.
    pub bytes: u64,
}

/// A SHA-256 sum.
pub type Sha256Sum = [u8; 32];

/// Number of tokens in the KV cache, unless the model was trained for fewer. 2048 tokens of a 135M model take 94 MB.
pub const DEFAULT_CONTEXT: usize = 2048;
