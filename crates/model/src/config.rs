//! What a model computes: numbers and switches read from its metadata. The forward passes branch on these fields and
//! never on an architecture's name, so supporting another architecture means adding an entry to [`ARCHITECTURES`].

use super::gguf::{Header, TensorInfo, Value};
use super::quant::{BLOCK_LEN, Quant};
use super::{ModelError, tensors};

/// The key that names the architecture.
pub const ARCHITECTURE_KEY: &str = "general.architecture";

/// Limits beyond any real model. A header that claims more is refused.
const MAX_LAYERS: u32 = 512;
const MAX_DIM: u32 = 1 << 17;
const MAX_FF_DIM: u32 = 1 << 19;
const MAX_HEADS: u32 = 1 << 10;
const MAX_HEAD_DIM: u32 = 512;
const MAX_VOCAB: u32 = 1 << 21;

/// How the dimensions of a head are paired for rotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RopeStyle {
    /// Pairs are neighbours: (0, 1), (2, 3), ... GGUF files of `llama` models store the rows of q and k permuted for
    /// this.
    Interleaved,
    /// Pairs are half a head apart: (0, d/2), (1, d/2 + 1), ...
    Halves,
}

/// The non-linearity of the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// x sigmoid(x).
    Silu,
    /// The tanh approximation of GELU.
    GeluTanh,
}

/// The properties that differ between architectures.
#[derive(Clone, Copy, Debug)]
pub(super) struct Architecture {
    name: &'static str,
    rope_style: RopeStyle,
    activation: Activation,
    /// Embeddings are multiplied by the square root of the model's width.
    scales_embeddings: bool,
    /// Queries, keys and values have a bias.
    qkv_bias: bool,
    /// Every head of queries and keys is normalised before its rotation.
    qk_norm: bool,
    /// The outputs of attention and of the feed-forward part are normalised before they are added to the residual
    /// stream.
    post_norms: bool,
    /// Files may contain divisors of the rotation frequencies.
    divides_frequencies: bool,
    /// For files with a sliding window: in each group of this many layers, all but the last use the window. Those
    /// layers rotate with this base and no position scale.
    local_layers: Option<(usize, f32)>,
    /// Models with this many layers scale attention by their width per head instead of the head's own width.
    wide_attention_layers: Option<usize>,
}

const LLAMA: Architecture = Architecture {
    name: "llama",
    rope_style: RopeStyle::Interleaved,
    activation: Activation::Silu,
    scales_embeddings: false,
    qkv_bias: false,
    qk_norm: false,
    post_norms: false,
    divides_frequencies: true,
    local_layers: None,
    wide_attention_layers: None,
};

const QWEN2: Architecture =
    Architecture { name: "qwen2", rope_style: RopeStyle::Halves, qkv_bias: true, divides_frequencies: false, ..LLAMA };

const QWEN3: Architecture = Architecture { name: "qwen3", qkv_bias: false, qk_norm: true, ..QWEN2 };

/// Five of six layers use a sliding window. The 27B model is recognised by its 62 layers, as in llama.cpp.
const GEMMA3: Architecture = Architecture {
    name: "gemma3",
    rope_style: RopeStyle::Halves,
    activation: Activation::GeluTanh,
    scales_embeddings: true,
    qkv_bias: false,
    qk_norm: true,
    post_norms: true,
    divides_frequencies: false,
    local_layers: Some((6, 10_000.0)),
    wide_attention_layers: Some(62),
};

/// Architectures that can be run.
const ARCHITECTURES: [Architecture; 4] = [LLAMA, QWEN2, QWEN3, GEMMA3];

/// Keys of features that change the results. If a key is present and not zero, the file is refused.
const REFUSED_NUMBERS: [(&str, &str); 6] = [
    ("attn_logit_softcapping", "soft caps on attention"),
    ("final_logit_softcapping", "soft caps on logits"),
    ("attention.scale", "its own attention scale"),
    ("logit_scale", "scaled logits"),
    ("residual_scale", "a scaled residual stream"),
    ("embedding_scale", "its own embedding scale"),
];

/// The sliding window of local layers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct LocalLayers {
    /// Positions attended to, including the token's own.
    window: usize,
    /// A layer is global if its number plus one is a multiple of this.
    pattern: usize,
    /// Base of the local layers' rotation frequencies.
    rope_theta: f32,
}

/// A model's shape and features.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Architecture name in GGUF.
    pub architecture: &'static str,
    /// Number of transformer layers.
    pub num_layers: usize,
    /// Width of the residual stream.
    pub dim: usize,
    /// Width inside the feed-forward part of a layer.
    pub ff_dim: usize,
    /// Number of query heads.
    pub num_heads: usize,
    /// Number of key and value heads. Each serves `num_heads / num_kv_heads` query heads (GQA).
    pub num_kv_heads: usize,
    /// Width of a head.
    pub head_dim: usize,
    /// Number of tokens in the vocabulary.
    pub vocab_size: usize,
    /// Context length in tokens that the model was trained for.
    pub trained_context: usize,
    /// Epsilon of the RMS norms: added to the mean square before the root.
    pub norm_eps: f32,
    /// Base of the rotation frequencies (RoPE theta).
    pub rope_theta: f32,
    /// Positions are divided by this (linear RoPE scaling).
    pub rope_position_scale: f32,
    /// How dimensions are paired for rotation.
    pub rope_style: RopeStyle,
    /// The non-linearity of the gate.
    pub activation: Activation,
    /// Embeddings are multiplied by this.
    pub embedding_scale: f32,
    /// Products of queries and keys are multiplied by this before the softmax.
    pub attention_scale: f32,
    /// Queries, keys and values have a bias.
    pub qkv_bias: bool,
    /// Every head of queries and keys is normalised before its rotation.
    pub qk_norm: bool,
    /// The outputs of attention and of the feed-forward part are normalised before they are added to the residual
    /// stream.
    pub post_norms: bool,
    /// The file may contain divisors of the rotation frequencies.
    pub(super) divides_frequencies: bool,
    local_layers: Option<LocalLayers>,
}

impl Config {
    /// Reads the configuration and checks that the file has every tensor in the right shape and no others.
    ///
    /// # Errors
    /// A [`ModelError`] that names what is missing, inconsistent or not supported.
    pub fn from_header(header: &Header) -> Result<Self, ModelError> {
        let name = header.metadata.get(ARCHITECTURE_KEY);
        let architecture =
            check_architecture(name.ok_or_else(|| ModelError::MissingKey(ARCHITECTURE_KEY.to_owned()))?)?;
        let key = |suffix: &str| format!("{}.{suffix}", architecture.name);
        let sized = |suffix: &str, limit: u32| {
            let key = key(suffix);
            in_range(&key, header.required_u32(&key)?, limit)
        };
        let num_heads = sized("attention.head_count", MAX_HEADS)?;
        let kv_key = key("attention.head_count_kv");
        let num_kv_heads = match header.u32(&kv_key)? {
            None => num_heads,
            Some(n) => in_range(&kv_key, n, MAX_HEADS)?,
        };
        let dim = sized("embedding_length", MAX_DIM)?;
        let head_key = key("attention.key_length");
        let head_dim = match header.u32(&head_key)? {
            None => dim / num_heads,
            Some(n) => in_range(&head_key, n, MAX_HEAD_DIM)?,
        };
        let embedding = header.tensor(tensors::EMBEDDING).ok_or_else(|| missing(tensors::EMBEDDING))?;
        let vocab_size = u32::try_from(embedding.num_rows()).ok().filter(|&n| n <= MAX_VOCAB);
        let vocab_size = vocab_size.ok_or_else(|| bad(tensors::EMBEDDING, "has too many rows"))? as usize;
        let eps_key = key("attention.layer_norm_rms_epsilon");
        let num_layers = sized("block_count", MAX_LAYERS)?;
        let scaled_width =
            if architecture.wide_attention_layers == Some(num_layers) { dim / num_heads } else { head_dim };

        let config = Self {
            architecture: architecture.name,
            num_layers,
            dim,
            ff_dim: sized("feed_forward_length", MAX_FF_DIM)?,
            num_heads,
            num_kv_heads,
            head_dim,
            vocab_size,
            trained_context: sized("context_length", u32::MAX)?,
            norm_eps: header.f32(&eps_key)?.ok_or(ModelError::MissingKey(eps_key))?,
            rope_theta: header.f32(&key("rope.freq_base"))?.unwrap_or(10_000.0),
            rope_position_scale: rope_position_scale(header, &key)?,
            rope_style: architecture.rope_style,
            activation: architecture.activation,
            embedding_scale: if architecture.scales_embeddings { (dim as f32).sqrt() } else { 1.0 },
            attention_scale: 1.0 / (scaled_width as f32).sqrt(),
            qkv_bias: architecture.qkv_bias,
            qk_norm: architecture.qk_norm,
            post_norms: architecture.post_norms,
            divides_frequencies: architecture.divides_frequencies,
            local_layers: local_layers(header, architecture, &key)?,
        };
        config.check(header, &key)?;
        tensors::check(&config, header)?;
        Ok(config)
    }

    /// Refuses shapes that the kernels cannot handle and features that would otherwise be ignored silently.
    fn check(&self, header: &Header, key: &impl Fn(&str) -> String) -> Result<(), ModelError> {
        let heads = key("attention.head_count");
        if !self.num_heads.is_multiple_of(self.num_kv_heads) {
            return Err(bad(&heads, "is not a multiple of the number of key heads"));
        }
        if self.head_dim == 0 || !self.head_dim.is_multiple_of(4) || self.head_dim > MAX_HEAD_DIM as usize {
            return Err(bad(&heads, "gives a head width that is not a multiple of 4 up to 512"));
        }
        for (suffix, width) in [
            ("embedding_length", self.dim),
            ("feed_forward_length", self.ff_dim),
            ("attention.head_count", self.num_heads * self.head_dim),
        ] {
            if !width.is_multiple_of(BLOCK_LEN) {
                return Err(bad(&key(suffix), "gives rows that are not a multiple of 32 long"));
            }
        }
        for suffix in [
            "rope.dimension_count",
            "rope.dimension_count_swa",
            "attention.value_length",
            "attention.key_length_swa",
            "attention.value_length_swa",
        ] {
            if header.u32(&key(suffix))?.is_some_and(|n| n as usize != self.head_dim) {
                return Err(ModelError::Feature(format!("a {suffix} other than its head width")));
            }
        }
        if header.u32(&key("expert_count"))?.is_some_and(|n| n > 0) {
            return Err(ModelError::Feature("a mixture of experts".to_owned()));
        }
        for (suffix, feature) in REFUSED_NUMBERS {
            if header.f32(&key(suffix))?.is_some_and(|x| x != 0.0) {
                return Err(ModelError::Feature(feature.to_owned()));
            }
        }
        if header.bool(&key("attention.causal"))? == Some(false) {
            return Err(ModelError::Feature("attention in both directions".to_owned()));
        }
        let is_positive = |theta: f32| theta > 0.0;
        let thetas = [Some(self.rope_theta), self.local_layers.map(|local| local.rope_theta)];
        let has_thetas = thetas.into_iter().flatten().all(is_positive);
        if !(self.norm_eps >= 0.0 && has_thetas && self.rope_position_scale > 0.0) {
            return Err(bad(&key("rope.freq_base"), "or the norm's epsilon is not a positive number"));
        }
        Ok(())
    }

    /// Positions that layer `layer` attends to, including the token's own. None if the layer attends to all positions
    /// before it.
    pub fn window(&self, layer: usize) -> Option<usize> {
        self.local_layers.filter(|local| !(layer + 1).is_multiple_of(local.pattern)).map(|local| local.window)
    }

    /// Whether layer `layer` rotates with the local frequencies: [`Config::rope`].
    pub fn uses_local_rope(&self, layer: usize) -> bool {
        self.window(layer).is_some()
    }

    /// Base and position scale of the rotation frequencies, for local or global layers.
    pub fn rope(&self, is_local: bool) -> (f32, f32) {
        match self.local_layers {
            Some(local) if is_local => (local.rope_theta, 1.0),
            _ => (self.rope_theta, self.rope_position_scale),
        }
    }

    /// Width of all query heads together.
    pub fn q_dim(&self) -> usize {
        self.num_heads * self.head_dim
    }

    /// Width of all key (or value) heads together.
    pub fn kv_dim(&self) -> usize {
        self.num_kv_heads * self.head_dim
    }

    /// Width of queries, keys and values together.
    pub fn qkv_dim(&self) -> usize {
        self.q_dim() + 2 * self.kv_dim()
    }
}

/// Finds the table entry for the value of [`ARCHITECTURE_KEY`]. Called as soon as that key has been read.
pub(super) fn check_architecture(value: &Value) -> Result<&'static Architecture, ModelError> {
    let Value::String(found) = value else { return Err(bad(ARCHITECTURE_KEY, "is not text")) };
    let entry = ARCHITECTURES.iter().find(|entry| entry.name == found);
    entry.ok_or_else(|| ModelError::Architecture {
        found: found.clone(),
        supported: ARCHITECTURES.map(|entry| entry.name).join(", "),
    })
}

/// Reads the scale as llama.cpp does: a factor without a type is linear, and older files use another key.
fn rope_position_scale(header: &Header, key: &impl Fn(&str) -> String) -> Result<f32, ModelError> {
    match header.str(&key("rope.scaling.type"))? {
        Some("none") => Ok(1.0),
        None | Some("linear") => {
            let factor = match header.f32(&key("rope.scaling.factor"))? {
                None => header.f32(&key("rope.scale_linear"))?,
                given => given,
            };
            Ok(factor.filter(|&factor| factor != 0.0).unwrap_or(1.0))
        }
        Some(other) => Err(ModelError::Feature(format!("RoPE scaling of type \"{other}\""))),
    }
}

/// The sliding window of a file, if its architecture supports one. Other files are refused if their window would have
/// an effect.
fn local_layers(
    header: &Header,
    architecture: &Architecture,
    key: &impl Fn(&str) -> String,
) -> Result<Option<LocalLayers>, ModelError> {
    let window_key = key("attention.sliding_window");
    let Some(window) = header.u32(&window_key)?.filter(|&window| window > 0) else { return Ok(None) };
    let Some((pattern, rope_theta)) = architecture.local_layers else {
        let binds = header.u32(&key("context_length"))?.is_none_or(|context| window < context);
        let feature = || ModelError::Feature("a sliding window in an architecture that has none".to_owned());
        return if binds { Err(feature()) } else { Ok(None) };
    };
    let pattern_key = key("attention.sliding_window_pattern");
    if matches!(header.metadata.get(&pattern_key), Some(Value::Bools(_) | Value::Ints(_))) {
        return Err(ModelError::Feature("a list of layers with a sliding window".to_owned()));
    }
    let pattern = match header.u32(&pattern_key)? {
        None => pattern,
        Some(n) => in_range(&pattern_key, n, MAX_LAYERS)?,
    };
    let rope_theta = header.f32(&key("rope.freq_base_swa"))?.unwrap_or(rope_theta);
    Ok(Some(LocalLayers { window: in_range(&window_key, window, u32::MAX)?, pattern, rope_theta }))
}

fn in_range(key: &str, found: u32, limit: u32) -> Result<usize, ModelError> {
    if found == 0 || found > limit {
        Err(bad(key, &format!("is {found}, outside 1 to {limit}")))
    } else {
        Ok(found as usize)
    }
}

fn bad(key: &str, problem: &str) -> ModelError {
    ModelError::BadKey { key: key.to_owned(), problem: problem.to_owned() }
}

fn missing(name: &str) -> ModelError {
    ModelError::MissingTensor(name.to_owned())
}

/// Number of tensors and bytes per format, most bytes first.
pub fn count_quants(tensors: &[TensorInfo]) -> Vec<(Quant, u32, u64)> {
    let mut counts: Vec<(Quant, u32, u64)> = Quant::all().map(|quant| (quant, 0, 0)).collect();
    for tensor in tensors {
        if let Some(count) = counts.iter_mut().find(|count| count.0 == tensor.quant) {
            count.1 += 1;
            count.2 += tensor.num_bytes;
        }
    }
    counts.retain(|count| count.1 > 0);
    counts.sort_by_key(|count| std::cmp::Reverse(count.2));
    counts
}
