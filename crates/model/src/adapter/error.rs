//! Everything that can be wrong with an adapter or a steering file, in words a reader can act on.

/// Why an adapter or a steering vector cannot be used with a model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AdapterError {
    /// Not one of the formats that can be read.
    #[error("this is not an adapter that can be read ({0}): choose a PEFT adapter_model.safetensors or a GGUF adapter")]
    Format(String),
    /// A PEFT adapter needs its two files.
    #[error("a PEFT adapter is two files, and {0} is missing: choose both")]
    Incomplete(&'static str),
    /// A setting of the configuration that would be silently ignored, or that makes no sense.
    #[error("the file cannot be used: \"{key}\" {problem}")]
    Config {
        /// The key.
        key: String,
        /// What is wrong with its value.
        problem: String,
    },
    /// A tensor that adapts something that cannot be adapted here.
    #[error(
        "the adapter changes \"{0}\", which cannot be adapted: only the attention and feed-forward matrices of the layers can"
    )]
    Target(String),
    /// A tensor of a steering file that belongs to no layer.
    #[error(
        "the tensor \"{0}\" is no steering vector of a layer: \"layer.N\" in safetensors, \"direction.N\" from 1 in GGUF"
    )]
    Vector(String),
    /// A tensor whose partner is not there.
    #[error("the adapter's tensor \"{tensor}\" has no partner \"{missing}\": the file is incomplete")]
    Partner {
        /// The one that is there.
        tensor: String,
        /// The one that is not.
        missing: String,
    },
    /// A tensor that occurs twice, under two spellings of its name.
    #[error("the adapter's tensor \"{0}\" says the same as another one: the file is damaged")]
    Repeated(String),
    /// A tensor of another shape than the model has.
    #[error(
        "the adapter's tensor \"{tensor}\" has shape {found:?}, but this model needs {expected}: it is for another model"
    )]
    Shape {
        /// The tensor.
        tensor: String,
        /// Its shape, slowest dimension first.
        found: Vec<u64>,
        /// The shape needed.
        expected: String,
    },
    /// A rank out of range.
    #[error("the adapter's tensor \"{tensor}\" has rank {found}; 1 to {limit} can be used")]
    Rank {
        /// The tensor.
        tensor: String,
        /// Its rank.
        found: u64,
        /// The highest rank that can be used.
        limit: usize,
    },
    /// A tensor stored in a way that cannot be read.
    #[error("the tensor \"{tensor}\" is stored as {found}; these can be read: {supported}")]
    Type {
        /// The tensor.
        tensor: String,
        /// How it is stored.
        found: String,
        /// What can be read.
        supported: &'static str,
    },
    /// More or other layers than the model has.
    #[error("the file is for layer {found}, but this model has {num_layers} layers: it is for another model")]
    Layer {
        /// The layer named, from 0.
        found: usize,
        /// Layers of the model.
        num_layers: usize,
    },
    /// An adapter for another architecture.
    #[error("the adapter is for models of architecture \"{found}\", but this model is of \"{expected}\"")]
    Architecture {
        /// The adapter's.
        found: String,
        /// The model's.
        expected: String,
    },
    /// Numbers that would make every answer meaningless.
    #[error("the tensor \"{0}\" holds numbers that are not finite: it is damaged, or its training diverged")]
    NotFinite(String),
    /// An adapter where a model was expected.
    #[error("this file is an adapter, not a model: load the model that it is for, then the adapter beside it")]
    NotAModel,
    /// Nothing in it where it was to act.
    #[error("it holds nothing for the layers and matrices that were chosen: choose others, or all")]
    Elsewhere,
    /// Nothing in it.
    #[error("the file changes nothing: it holds no tensor for any layer")]
    Empty,
}
