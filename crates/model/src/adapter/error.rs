//! Everything that can be wrong with an adapter or a steering file. Each message says what to do.

/// Why an adapter or a steering vector cannot be used with a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// The format is not supported.
    #[error("this is not an adapter that can be read ({0}): choose a PEFT adapter_model.safetensors or a GGUF adapter")]
    Format(String),
    /// One of the two files of a PEFT adapter is missing.
    #[error("a PEFT adapter is two files, and {0} is missing: choose both")]
    Incomplete(&'static str),
    /// A setting of the configuration that would be ignored silently, or that makes no sense.
    #[error("the file cannot be used: \"{key}\" {problem}")]
    Config {
        /// The setting's key.
        key: String,
        /// What is wrong with its value.
        problem: String,
    },
    /// A tensor for a part of the model that cannot be adapted here.
    #[error(
        "the adapter changes \"{0}\", which cannot be adapted: only the attention and feed-forward matrices of the layers can"
    )]
    Target(String),
    /// A tensor of a steering file that does not belong to a layer.
    #[error(
        "the tensor \"{0}\" is not the steering vector of a layer: use \"layer.N\" in safetensors, \"direction.N\" from 1 in GGUF"
    )]
    Vector(String),
    /// A tensor without its partner.
    #[error("the adapter's tensor \"{tensor}\" has no partner \"{missing}\": the file is incomplete")]
    Partner {
        /// The tensor that is present.
        tensor: String,
        /// The tensor that is missing.
        missing: String,
    },
    /// The same factor occurs twice, under two spellings of its name.
    #[error("the adapter's tensor \"{0}\" is a duplicate of another one: the file is damaged")]
    Repeated(String),
    /// A tensor's shape does not match the model.
    #[error(
        "the adapter's tensor \"{tensor}\" has shape {found:?}, but this model needs {expected}: it is for another model"
    )]
    Shape {
        /// The tensor's name.
        tensor: String,
        /// Its shape, slowest dimension first.
        found: Vec<u64>,
        /// The shape needed.
        expected: String,
    },
    /// A rank outside the supported range.
    #[error("the adapter's tensor \"{tensor}\" has rank {found}; 1 to {limit} can be used")]
    Rank {
        /// The tensor's name.
        tensor: String,
        /// Its rank.
        found: u64,
        /// The highest rank that can be used.
        limit: usize,
    },
    /// A tensor with a storage format that is not supported.
    #[error("the tensor \"{tensor}\" is stored as {found}; these can be read: {supported}")]
    Type {
        /// The tensor's name.
        tensor: String,
        /// Its storage format.
        found: String,
        /// The formats that are supported.
        supported: &'static str,
    },
    /// The number of layers, or a layer's number, does not match the model.
    #[error("the file is for layer {found}, but this model has {num_layers} layers: it is for another model")]
    Layer {
        /// The layer in the file, from 0.
        found: usize,
        /// Number of layers of the model.
        num_layers: usize,
    },
    /// The adapter is for another architecture.
    #[error("the adapter is for models of architecture \"{found}\", but this model is of \"{expected}\"")]
    Architecture {
        /// The adapter's architecture.
        found: String,
        /// The model's architecture.
        expected: String,
    },
    /// Values that are not finite. They would make every answer meaningless.
    #[error("the tensor \"{0}\" holds numbers that are not finite: it is damaged, or its training diverged")]
    NotFinite(String),
    /// An adapter was chosen where a model was expected.
    #[error("this file is an adapter, not a model: load the model that it is for first, then the adapter")]
    NotAModel,
    /// The adapter has nothing for the chosen layers and matrices.
    #[error("the adapter has no tensors for the chosen layers and matrices: choose others, or all")]
    Elsewhere,
    /// The file has no tensors.
    #[error("the file changes nothing: it has no tensors for any layer")]
    Empty,
}
