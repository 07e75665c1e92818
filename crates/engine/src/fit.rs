//! Checks whether a model fits. Only its headers are needed, so the answer is known before any weights are fetched.

use askew_domain::text::words::size_text;
use askew_gpu::{GpuModel, pack};
use askew_model::ModelFile;
use askew_model::tensors::ROPE_FREQS;

/// The shortest context, in tokens, that is worth a load.
pub const MIN_CONTEXT: usize = 256;
/// Bytes of one number in the KV cache and in activations.
const FLOAT_BYTES: u64 = 4;

/// What the device offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Largest buffer of the GPU in bytes.
    pub max_buffer_bytes: u64,
    /// Largest binding of the GPU in bytes; larger matrices are cut into row tiles.
    pub max_binding_bytes: u64,
    /// Memory in all, in bytes, if known. Browsers do not report the GPU's memory, and report the machine's only up to
    /// a few GiB.
    pub memory_bytes: Option<u64>,
}

/// What a model needs on the GPU.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Need {
    /// Packed weights in bytes.
    pub weights: u64,
    /// Keys and values for `context` tokens, activations and logits, in bytes.
    pub working: u64,
    /// Context of each column in tokens.
    pub context: usize,
}

impl Need {
    /// Weights and working memory together, in bytes.
    pub fn total(&self) -> u64 {
        self.weights + self.working
    }
}

/// Why a model does not fit, with the numbers and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The total exceeds the memory.
    #[error(
        "this model needs {} for its weights and {} for {context} tokens of context, but only {} are available: choose a smaller model or a smaller quantization of it",
        size_text(*weights), size_text(*rest), size_text(*granted)
    )]
    Memory {
        /// Bytes of weights.
        weights: u64,
        /// Bytes of everything else.
        rest: u64,
        /// The shortest context that was tried.
        context: usize,
        /// Bytes that are available.
        granted: u64,
    },
    /// One tile of rows exceeds the binding limit.
    #[error(
        "32 rows of tensor \"{tensor}\" take {}, but this GPU binds at most {} at once: choose a smaller model",
        size_text(*found), size_text(*limit)
    )]
    Tile {
        tensor: String,
        /// Bytes of its tile.
        found: u64,
        /// The GPU's limit.
        limit: u64,
    },
    /// The cache of one layer exceeds the binding limit even for a short context.
    #[error(
        "one layer's cache of {MIN_CONTEXT} tokens takes {}, but this GPU binds at most {} at once: choose a smaller model",
        size_text(*found), size_text(*limit)
    )]
    Cache {
        /// Bytes of the keys of one layer.
        found: u64,
        /// The GPU's limit.
        limit: u64,
    },
}

/// What `file` needs on the CPU for `wanted` tokens of context, or for fewer if that makes it fit. The only limit that
/// is known in advance is the address space: 4 GiB in wasm.
///
/// # Errors
/// [`Unfit::Memory`], as [`fit`].
pub fn fit_cpu(file: &ModelFile, wanted: usize) -> Result<Need, Unfit> {
    // Some memory is in use already, and generating an answer needs some more.
    let granted = usize::MAX as u64 / 16 * 15;
    let weights = file.tensors.iter().map(|tensor| tensor.num_bytes).sum();
    let config = &file.config;
    let cache = |context: usize| 2 * (config.num_layers * config.kv_dim()) as u64 * context as u64 * FLOAT_BYTES;
    let mut context = wanted.min(config.trained_context).max(1);
    let least = MIN_CONTEXT.min(context);
    while context > least && weights + cache(context) > granted {
        context = (context / 2).max(least);
    }
    let need = Need { weights, working: cache(context), context };
    if need.total() > granted {
        return Err(Unfit::Memory { weights, rest: need.working, context, granted });
    }
    Ok(need)
}

/// What `file` needs for `columns` sequences of `wanted` tokens each, or of fewer if that makes it fit.
///
/// # Errors
/// [`Unfit`] when not even [`MIN_CONTEXT`] tokens fit (or as many as the model was trained for, if that is fewer).
pub fn fit(file: &ModelFile, limits: &Limits, columns: usize, wanted: usize) -> Result<Need, Unfit> {
    let limit = limits.max_binding_bytes.min(limits.max_buffer_bytes);
    let mut weights = 0;
    for tensor in file.tensors.iter().filter(|tensor| tensor.name != ROPE_FREQS) {
        if tensor.shape.len() < 2 {
            weights += tensor.num_weights() * FLOAT_BYTES;
            continue;
        }
        let row_len = usize::try_from(tensor.row_len()).unwrap_or(usize::MAX);
        let (tile, scales) = pack::tile_bytes(tensor.quant, row_len);
        if tile as u64 > limit {
            return Err(Unfit::Tile { tensor: tensor.name.clone(), found: tile as u64, limit });
        }
        weights += tensor.num_rows().div_ceil(pack::TILE_ROWS as u64) * (tile + scales) as u64;
    }

    let config = &file.config;
    let most = wanted.min(config.trained_context).max(1);
    let least = MIN_CONTEXT.min(most);
    let per_token = columns as u64 * config.kv_dim() as u64 * FLOAT_BYTES;
    if per_token * least as u64 > limit {
        return Err(Unfit::Cache { found: per_token * least as u64, limit });
    }
    let bound = usize::try_from(limit / per_token).unwrap_or(usize::MAX).min(most);
    let need = |context: usize| {
        let working = GpuModel::working_bytes(config, columns, context);
        Need { weights, working, context }
    };
    let Some(granted) = limits.memory_bytes.filter(|&granted| granted < need(bound).total()) else {
        return Ok(need(bound));
    };
    // Halved until it fits: a context of 2048, 1024, 512 or 256 tokens is easier to remember than 1337.
    let mut context = bound;
    while context > least && need(context).total() > granted {
        context = (context / 2).max(least);
    }
    let found = need(context);
    if found.total() > granted {
        return Err(Unfit::Memory { weights, rest: found.working, context, granted });
    }
    Ok(found)
}
