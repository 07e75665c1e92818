//! Everything that can be wrong with a model file or with a request to the model. Each message says what to do.

/// Why a model cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// The file does not start like a GGUF file.
    #[error(
        "this is not a GGUF file (it begins with \"{}\", not \"GGUF\"): choose a file with a name that ends in .gguf",
        found.escape_ascii()
    )]
    NotGguf {
        /// The first four bytes of the file.
        found: [u8; 4],
    },
    /// A GGUF version that is obsolete, or newer than this code.
    #[error(
        "this file is GGUF version {0}; versions 2 and 3 can be read: convert the model again with a current llama.cpp"
    )]
    Version(u32),
    /// The file contradicts itself.
    #[error("the file is damaged ({0}): download it again")]
    Corrupt(String),
    /// The file ends early.
    #[error("the file ends too early (after {at} bytes, while reading {reading}): download it again")]
    Truncated {
        /// Bytes read before the end.
        at: u64,
        /// What was being read.
        reading: String,
    },
    /// Larger than anything real, so it is refused before memory is spent on it.
    #[error(
        "the file asks for too much ({what}: {found}, at most {limit} is accepted): it is damaged or was made to do harm"
    )]
    TooLarge {
        /// The item that is too large, with its unit.
        what: &'static str,
        /// The size found.
        found: u64,
        /// The size accepted.
        limit: u64,
    },
    /// There is not enough memory for a part of the model.
    #[error(
        "memory ran out ({what} needs {} MiB more): close other tabs and programs, or choose a smaller model",
        needed.div_ceil(1 << 20)
    )]
    Memory {
        /// The part that needs memory.
        what: String,
        /// Bytes requested.
        needed: u64,
    },
    /// An architecture that is not in the table of supported ones.
    #[error("models of architecture \"{found}\" cannot be run yet; these can: {supported}")]
    Architecture {
        /// The architecture that the file names.
        found: String,
        /// Names of the supported architectures.
        supported: String,
    },
    /// A quantization without a kernel.
    #[error(
        "tensor \"{tensor}\" is stored as {found}, which cannot be run yet; these can: {supported}. Choose another quantization of the same model"
    )]
    TensorType {
        /// The tensor's name.
        tensor: String,
        /// GGML's name of the type, or its number.
        found: String,
        /// Names of the supported types.
        supported: String,
    },
    /// A model feature that would change the results if it were ignored.
    #[error("this model uses {0}, which cannot be run yet: choose another model")]
    Feature(String),
    /// A required key is missing.
    #[error("the file lacks \"{0}\": convert the model again with a current llama.cpp")]
    MissingKey(String),
    /// A key has a value with the wrong type or out of range.
    #[error("the file's \"{key}\" {problem}: convert the model again with a current llama.cpp")]
    BadKey {
        /// The metadata key.
        key: String,
        /// What is wrong with its value.
        problem: String,
    },
    /// A required tensor is missing.
    #[error("the file lacks the tensor \"{0}\": it is incomplete, or split into parts")]
    MissingTensor(String),
    /// A tensor's shape differs from what the configuration says.
    #[error(
        "tensor \"{tensor}\" has shape {found:?}, but the model's configuration needs {expected:?}: the file is inconsistent"
    )]
    TensorShape {
        /// The tensor's name.
        tensor: String,
        /// Its shape, fastest dimension first.
        found: Vec<u64>,
        /// The shape needed, fastest dimension first.
        expected: Vec<u64>,
    },
    /// A tensor that this architecture does not use; running without it would give wrong results.
    #[error("tensor \"{0}\" belongs to no part of this architecture that can be run yet: choose another model")]
    UnknownTensor(String),
    /// This kind of tokenizer is not supported.
    #[error("the file's tokenizer is \"{found}\", which cannot be run yet; these can: {supported}")]
    Tokenizer {
        /// The tokenizer that the file names.
        found: String,
        /// Names of the supported tokenizers.
        supported: String,
    },
    /// A chat was requested from a file without a chat template.
    #[error("this file has no chat template (it is a base model): give it a raw prompt instead")]
    NoChatTemplate,
    /// The file's chat template does not render.
    #[error("the file's chat template could not be rendered ({0}): give the model a raw prompt instead")]
    ChatTemplate(String),
    /// The prompt has no tokens.
    #[error("the prompt is empty: write something")]
    EmptyPrompt,
    /// The prompt does not leave room for an answer.
    #[error("the prompt is {found} tokens long, but only {limit} fit: shorten it")]
    PromptTooLong {
        /// Tokens in the prompt.
        found: usize,
        /// Tokens that fit.
        limit: usize,
    },
    /// A token number outside the vocabulary.
    #[error("token {token} is not in the vocabulary, which has {vocab_size} tokens")]
    TokenRange {
        token: u32,
        /// The vocabulary's size.
        vocab_size: u32,
    },
    /// An adapter or a steering vector that cannot be used.
    #[error(transparent)]
    Adapter(#[from] super::adapter::AdapterError),
    /// More columns or scales than the model has room for.
    #[error("{} columns with {} scales were requested; there are {} and {}", found.0, found.1, limit.0, limit.1)]
    Columns {
        /// Columns and scales requested.
        found: (usize, usize),
        /// Columns and scales available.
        limit: (usize, usize),
    },
    /// The logits are not numbers.
    #[error(
        "the model's output is not a number: its file, its adapter or its steering is damaged, or a scale is too large"
    )]
    NotNumbers,
    /// A sampling setting out of range.
    #[error("{name} is {found}, but must be {range}")]
    Sampling {
        /// The setting's name.
        name: &'static str,
        /// The setting's value.
        found: String,
        /// The allowed range.
        range: &'static str,
    },
}
