//! Models: where they come from, how loading goes, what is known of one and what is kept.

use serde::{Deserialize, Serialize};

/// Where a model's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A `File` (or `Blob`) sent as the message's first attachment.
    Disk,
    /// An address to fetch, unless a whole copy is kept. The server must allow cross-origin reads if it is another site.
    Url(String),
    /// A model that is kept in this browser, by its key; one that is not whole is downloaded to its end.
    Kept(String),
}

impl Source {
    /// Another file of the same folder, where the source is an address.
    pub fn sibling(&self, name: &str) -> Self {
        match self {
            Self::Url(address) => Self::Url(
                address.rsplit_once('/').map_or_else(|| name.to_owned(), |(folder, _)| format!("{folder}/{name}")),
            ),
            Self::Disk | Self::Kept(_) => self.clone(),
        }
    }
}

/// Where a model runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// The GPU.
    #[default]
    Gpu,
    /// The CPU, in one thread: slow, for browsers without a GPU.
    Cpu,
}

/// A file of an adapter or of steering vectors.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddOnFile {
    /// What it is called in messages.
    pub name: String,
    /// What it holds.
    pub kind: AddOnKind,
    /// Where its bytes come from. The configuration of a PEFT adapter at an address is the `adapter_config.json` beside it.
    pub source: Source,
    /// The SHA-256 that its weights must have, where that is known.
    pub sha256: Option<[u8; 32]>,
    /// The layers in which it acts, from 0; none means all.
    pub layers: Vec<u32>,
    /// The matrices of a layer that an adapter acts on, as PEFT names them (`q_proj`, ..., `down_proj`); none means all.
    pub modules: Vec<String>,
}

impl AddOnFile {
    /// A file that acts in all layers.
    pub fn new(name: &str, kind: AddOnKind, source: Source) -> Self {
        Self { name: name.to_owned(), kind, source, sha256: None, layers: Vec::new(), modules: Vec::new() }
    }
}

/// What a file adds to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AddOnKind {
    /// A GGUF adapter.
    Adapter,
    /// PEFT's weights, with its configuration in another file.
    PeftAdapter,
    /// Steering vectors.
    Steering,
    /// Steering vectors made here, of texts in pairs: for each layer the mean difference of the residual streams behind the
    /// first and the second of a pair (contrastive activation addition, Rimsky et al. 2023, arXiv:2312.06681). No file; only
    /// in [`Command::LayOut`], for the model must be there.
    Contrast(Vec<(String, String)>),
}

/// How products are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Math {
    /// In f32.
    #[default]
    Exact,
    /// Activations are rounded to integers.
    Fast,
}

/// A model that has been loaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Loaded {
    /// Where it stands.
    pub slot: u32,
    /// What it is.
    pub card: ModelCard,
    /// SHA-256 of its file in hexadecimal; empty where it was not computed.
    pub sha256: String,
    /// Where its bytes came from and whether they are kept, in a sentence; may be empty.
    pub note: String,
    /// Memory of the GPU that it takes, in bytes: weights, cache and activations.
    pub gpu_bytes: u64,
    /// Sequences that can be decoded together.
    pub columns: u32,
    /// Names of adapters, then of steering vectors.
    pub add_ons: Vec<String>,
    /// Size of the engine's own memory in bytes. It never shrinks, so this is the most that loading took. 0 natively.
    pub engine_bytes: u64,
}

/// What can be loaded without a file at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shelf {
    /// How much is kept and how much more may be, in words.
    pub summary: String,
    /// Bytes that may still be kept, where the browser says.
    pub room: Option<u64>,
    /// Models kept in this browser, newest first, and parts of some.
    pub kept: Vec<ShelfItem>,
    /// Models by name. Nothing of them is fetched until one is chosen.
    pub offers: Vec<ShelfItem>,
}

/// A model on the shelf. Its words are made by the worker, for the page is what every reader downloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelfItem {
    /// What the reader or its makers call it.
    pub name: String,
    /// Its size, its sum and when it was kept; or its licence and where it lies.
    pub detail: String,
    /// How it is loaded.
    pub source: Source,
    /// Where it lies, or came from.
    pub address: String,
    /// Bytes of it that are in this browser.
    pub num_bytes: u64,
    /// Whether that is a part.
    pub is_part: bool,
}

/// How far a load has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadProgress {
    /// Where the model goes.
    pub slot: u32,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes in all, where the source says.
    pub total: Option<u64>,
    /// What is going on.
    pub stage: LoadStage,
}

/// The steps of a load, in order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum LoadStage {
    /// Reading the headers, and files beside the model, which are checked before any weight is read.
    #[default]
    Headers,
    /// Moving weights to the GPU.
    Weights,
    /// Building pipelines.
    Pipelines,
}

/// What a loaded model is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ModelCard {
    /// The file's own name for the model, or the name given on load.
    pub name: String,
    /// GGUF architecture, such as `llama`.
    pub architecture: String,
    /// Number of weights.
    pub num_parameters: u64,
    /// Number of transformer layers.
    pub num_layers: u32,
    /// Tokens that fit in the KV cache here (at most what the model was trained for).
    pub context_tokens: u32,
    /// Number of tokens in the vocabulary.
    pub vocab_size: u32,
    /// Tensors and bytes by quantization, most bytes first.
    pub quantization: Vec<QuantCount>,
    /// Weight bytes read for each decoded token.
    pub bytes_per_token: u64,
    /// Tokenizer model and pre-tokenizer, such as `gpt2/smollm`.
    pub tokenizer: String,
    /// Whether the file carries a chat template.
    pub has_chat_template: bool,
    /// How it is computed here: exactly also where rounding was asked for and the browser cannot multiply bytes.
    pub math: Math,
}

/// Tensors that share a quantization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuantCount {
    /// GGML's name, such as `Q4_1`.
    pub quant: String,
    /// Number of tensors.
    pub num_tensors: u32,
    /// Their bytes together.
    pub bytes: u64,
}

/// A SHA-256 sum.
pub type Sha256Sum = [u8; 32];

/// Tokens that the cache holds unless the model was trained for fewer. 2048 tokens of a 135M model take 94 MB.
pub const DEFAULT_CONTEXT: usize = 2048;
