//! The tensors of a model: names, shapes and roles in the forward pass.

use std::collections::BTreeMap;

use strum::{IntoStaticStr, VariantArray};

use super::gguf::{Header, TensorInfo};
use super::{Config, ModelError};
use crate::quant::Quant;

/// Token embeddings. They are also the output head when the file has no [`HEAD`].
pub const EMBEDDING: &str = "token_embd.weight";
/// Weights of the final norm, (dim).
pub const OUTPUT_NORM: &str = "output_norm.weight";
/// The output head, W (vocab, dim).
pub const HEAD: &str = "output.weight";
/// Divisors of the rotation frequencies (Llama 3.1 and later).
pub const ROPE_FREQS: &str = "rope_freqs.weight";

/// A matrix or vector of one layer. Shapes are in parentheses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, IntoStaticStr, VariantArray)]
pub enum LayerTensor {
    /// Weights of the norm before attention, (dim).
    #[strum(serialize = "attn_norm.weight")]
    AttnNorm,
    /// Query projection W (q_dim, dim).
    #[strum(serialize = "attn_q.weight")]
    Q,
    /// Key projection W (kv_dim, dim).
    #[strum(serialize = "attn_k.weight")]
    K,
    /// Value projection W (kv_dim, dim).
    #[strum(serialize = "attn_v.weight")]
    V,
    /// Bias added to all queries, (q_dim).
    #[strum(serialize = "attn_q.bias")]
    QBias,
    /// Bias added to all keys, (kv_dim).
    #[strum(serialize = "attn_k.bias")]
    KBias,
    /// Bias added to all values, (kv_dim).
    #[strum(serialize = "attn_v.bias")]
    VBias,
    /// Weights of the norm of each query head, (head_dim).
    #[strum(serialize = "attn_q_norm.weight")]
    QNorm,
    /// Weights of the norm of each key head, (head_dim).
    #[strum(serialize = "attn_k_norm.weight")]
    KNorm,
    /// Output projection of attention W (dim, q_dim).
    #[strum(serialize = "attn_output.weight")]
    AttnOutput,
    /// Weights of the norm after attention, (dim).
    #[strum(serialize = "post_attention_norm.weight")]
    PostAttnNorm,
    /// Weights of the norm before the feed-forward part, (dim).
    #[strum(serialize = "ffn_norm.weight")]
    FfNorm,
    /// Gate projection W (ff_dim, dim).
    #[strum(serialize = "ffn_gate.weight")]
    Gate,
    /// Up projection W (ff_dim, dim).
    #[strum(serialize = "ffn_up.weight")]
    Up,
    /// Down projection W (dim, ff_dim).
    #[strum(serialize = "ffn_down.weight")]
    Down,
    /// Weights of the norm after the feed-forward part, (dim).
    #[strum(serialize = "post_ffw_norm.weight")]
    PostFfNorm,
}

impl LayerTensor {
    /// Every tensor that a layer can have.
    pub const ALL: &'static [Self] = Self::VARIANTS;

    /// The GGUF name of this tensor in layer `layer`.
    pub fn name(self, layer: usize) -> String {
        let part: &'static str = self.into();
        format!("blk.{layer}.{part}")
    }

    /// Whether the layers of this configuration have this tensor.
    pub fn is_in(self, config: &Config) -> bool {
        match self {
            Self::QBias | Self::KBias | Self::VBias => config.qkv_bias,
            Self::QNorm | Self::KNorm => config.qk_norm,
            Self::PostAttnNorm | Self::PostFfNorm => config.post_norms,
            Self::AttnNorm
            | Self::Q
            | Self::K
            | Self::V
            | Self::AttnOutput
            | Self::FfNorm
            | Self::Gate
            | Self::Up
            | Self::Down => true,
        }
    }

    /// The tensor's shape, fastest dimension first.
    fn shape(self, config: &Config) -> Vec<u64> {
        let (dim, ff) = (config.dim, config.ff_dim);
        let shape = match self {
            Self::AttnNorm | Self::FfNorm | Self::PostAttnNorm | Self::PostFfNorm => vec![dim],
            Self::QBias => vec![config.q_dim()],
            Self::KBias | Self::VBias => vec![config.kv_dim()],
            Self::QNorm | Self::KNorm => vec![config.head_dim],
            Self::Q => vec![dim, config.q_dim()],
            Self::K | Self::V => vec![dim, config.kv_dim()],
            Self::AttnOutput => vec![config.q_dim(), dim],
            Self::Gate | Self::Up => vec![dim, ff],
            Self::Down => vec![ff, dim],
        };
        shape.into_iter().map(|n| n as u64).collect()
    }
}

/// Name of the tensor used as the output head: [`HEAD`], or [`EMBEDDING`] when the file has no head.
pub fn head(header: &Header) -> &'static str {
    if header.tensor(HEAD).is_some() { HEAD } else { EMBEDDING }
}

/// Checks that every required tensor is present with the right shape, and that there are no unused tensors.
///
/// # Errors
/// A [`ModelError`] for the first problem found.
pub fn check(config: &Config, header: &Header) -> Result<(), ModelError> {
    let (dim, vocab) = (config.dim as u64, config.vocab_size as u64);
    let mut known = vec![(EMBEDDING.to_owned(), vec![dim, vocab]), (OUTPUT_NORM.to_owned(), vec![dim])];
    for layer in 0..config.num_layers {
        let present = LayerTensor::ALL.iter().filter(|tensor| tensor.is_in(config));
        known.extend(present.map(|tensor| (tensor.name(layer), tensor.shape(config))));
    }
    let num_required = known.len();
    known.push((HEAD.to_owned(), vec![dim, vocab]));
    if config.divides_frequencies {
        known.push((ROPE_FREQS.to_owned(), vec![config.head_dim as u64 / 2]));
    }

    let mut found: BTreeMap<&str, &TensorInfo> = header.tensors.iter().map(|t| (t.name.as_str(), t)).collect();
    for (index, (name, expected)) in known.iter().enumerate() {
        match found.remove(name.as_str()) {
            Some(tensor) => check_shape(tensor, expected)?,
            None if index >= num_required => {}
            None => return Err(ModelError::MissingTensor(name.clone())),
        }
    }
    let unknown = found.into_keys().next();
    unknown.map_or(Ok(()), |name| Err(ModelError::UnknownTensor(name.to_owned())))
}

fn check_shape(tensor: &TensorInfo, expected: &[u64]) -> Result<(), ModelError> {
    let trimmed = tensor.shape.iter().rposition(|&n| n != 1).map_or(1, |last| last + 1);
    if tensor.shape.get(..trimmed) != Some(expected) {
        return Err(ModelError::TensorShape {
            tensor: tensor.name.clone(),
            found: tensor.shape.clone(),
            expected: expected.to_vec(),
        });
    }
    let is_vector = expected.len() == 1;
    if is_vector && !matches!(tensor.quant, Quant::F32 | Quant::F16 | Quant::BF16) {
        return Err(ModelError::TensorType {
            tensor: tensor.name.clone(),
            found: tensor.quant.name().to_owned(),
            supported: "F32, F16, BF16".to_owned(),
        });
    }
    Ok(())
}

/// Weight bytes read per decoded token: every matrix once, and one row of the embeddings.
pub fn bytes_per_token(header: &Header) -> u64 {
    let head = head(header);
    let read = |tensor: &TensorInfo| {
        let is_lookup = tensor.name == EMBEDDING && head != EMBEDDING;
        if is_lookup { tensor.num_bytes / tensor.num_rows() } else { tensor.num_bytes }
    };
    header.tensors.iter().map(read).sum()
}
