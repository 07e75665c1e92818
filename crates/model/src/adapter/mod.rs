//! Low-rank adapters (LoRA, Hu et al. 2021, arXiv:2106.09685): a small product B A is added to some matrices of a
//! model.
//!
//! An adapted matrix computes W x + s * scale * B (A x). `scale` belongs to the adapter. s is set by the user, who can
//! change it between tokens. Files are PEFT's (`adapter_model.safetensors` with `adapter_config.json`) or llama.cpp's
//! GGUF.

mod error;
mod names;
mod peft;
mod reader;

use std::collections::BTreeMap;

pub use error::AdapterError;
pub(super) use names::number;
pub use reader::AdapterReader;
pub(super) use reader::check_architecture;

use super::tensors::LayerTensor;
use super::{Config, ModelError};

/// Highest rank accepted. Published adapters have 1 to 256.
pub const MAX_RANK: usize = 1024;

/// A low-rank adapter, checked against the model that it is for.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    /// Display name.
    pub name: String,
    /// One map per layer of the model, with one entry per adapted matrix.
    pub layers: Vec<BTreeMap<LayerTensor, LowRank>>,
}

/// The low-rank product that is added to one matrix W (d, n).
#[derive(Clone, Debug, PartialEq)]
pub struct LowRank {
    /// Number of rows of A and of columns of B.
    pub rank: usize,
    /// The resulting scale: alpha / rank or, with rslora (Kalajdzievski 2023, arXiv:2312.03732), alpha / sqrt(rank).
    pub scale: f32,
    /// A (rank, n), row-major.
    pub a: Vec<f32>,
    /// B (d, rank), row-major. Its rows are in the order of W's rows in the GGUF file.
    pub b: Vec<f32>,
}

impl Adapter {
    /// The matrices that an adapter can change.
    pub const TARGETS: [LayerTensor; 7] = [
        LayerTensor::Q,
        LayerTensor::K,
        LayerTensor::V,
        LayerTensor::AttnOutput,
        LayerTensor::Gate,
        LayerTensor::Up,
        LayerTensor::Down,
    ];

    /// Builds an adapter from one map per layer.
    ///
    /// # Errors
    /// An [`AdapterError`] that names the first part that does not fit the model.
    pub fn new(name: &str, layers: Vec<BTreeMap<LayerTensor, LowRank>>, config: &Config) -> Result<Self, ModelError> {
        if layers.len() != config.num_layers {
            return Err(AdapterError::Layer { found: layers.len(), num_layers: config.num_layers }.into());
        }
        for (layer, parts) in layers.iter().enumerate() {
            for (&target, low_rank) in parts {
                low_rank.check(target, layer, config)?;
            }
        }
        if layers.iter().all(BTreeMap::is_empty) {
            return Err(AdapterError::Empty.into());
        }
        Ok(Self { name: name.to_owned(), layers })
    }

    /// Keeps only the parts in the given layers and of the given matrices, named as in PEFT. An empty list means all.
    ///
    /// # Errors
    /// [`AdapterError::Target`] for a name that is not a matrix, [`AdapterError::Elsewhere`] when no part remains.
    pub fn only(mut self, layers: &[u32], modules: &[String]) -> Result<Self, ModelError> {
        let targets: Vec<LayerTensor> = modules
            .iter()
            .map(|name| names::module(name).ok_or_else(|| AdapterError::Target(name.clone())))
            .collect::<Result<_, _>>()?;
        for (index, parts) in self.layers.iter_mut().enumerate() {
            let acts = layers.is_empty() || layers.iter().any(|&layer| layer as usize == index);
            parts.retain(|target, _| acts && (targets.is_empty() || targets.contains(target)));
        }
        if self.layers.iter().all(BTreeMap::is_empty) {
            return Err(AdapterError::Elsewhere.into());
        }
        Ok(self)
    }

    /// The highest rank of any part.
    pub fn max_rank(&self) -> usize {
        self.parts().map(|part| part.rank).max().unwrap_or(0)
    }

    /// Size of all parts in bytes as 32-bit floats.
    pub fn num_bytes(&self) -> u64 {
        self.parts().map(|part| 4 * (part.a.len() + part.b.len()) as u64).sum()
    }

    fn parts(&self) -> impl Iterator<Item = &LowRank> {
        self.layers.iter().flat_map(BTreeMap::values)
    }
}

impl LowRank {
    fn check(&self, target: LayerTensor, layer: usize, config: &Config) -> Result<(), AdapterError> {
        let name = target.name(layer);
        let Some((d, n)) = shape(target, config) else { return Err(AdapterError::Target(name)) };
        if self.rank == 0 || self.rank > MAX_RANK {
            return Err(AdapterError::Rank { tensor: name, found: self.rank as u64, limit: MAX_RANK });
        }
        for (part, len, expected) in [("A", self.a.len(), [self.rank, n]), ("B", self.b.len(), [d, self.rank])] {
            if len != expected[0] * expected[1] {
                return Err(AdapterError::Shape {
                    tensor: format!("{part} of {name}"),
                    found: vec![len as u64],
                    expected: format!("{} x {}", expected[0], expected[1]),
                });
            }
        }
        if !self.scale.is_finite() {
            return Err(AdapterError::Config {
                key: "lora_alpha".to_owned(),
                problem: "is not a finite scale".to_owned(),
            });
        }
        Ok(())
    }
}

/// Rows and columns (d, n) of a matrix that can be adapted. None for other tensors.
pub fn shape(target: LayerTensor, config: &Config) -> Option<(usize, usize)> {
    match target {
        LayerTensor::Q => Some((config.q_dim(), config.dim)),
        LayerTensor::K | LayerTensor::V => Some((config.kv_dim(), config.dim)),
        LayerTensor::AttnOutput => Some((config.dim, config.q_dim())),
        LayerTensor::Gate | LayerTensor::Up => Some((config.ff_dim, config.dim)),
        LayerTensor::Down => Some((config.dim, config.ff_dim)),
        _ => None,
    }
}

/// W (d, n) += s * scale * B A: merges the low-rank path into the weights.
pub fn merge(weights: &mut [f32], low_rank: &LowRank, s: f32) {
    let n = low_rank.a.len() / low_rank.rank;
    for (row, b) in weights.chunks_exact_mut(n).zip(low_rank.b.chunks_exact(low_rank.rank)) {
        for (&b, a) in b.iter().zip(low_rank.a.chunks_exact(n)) {
            for (weight, a) in row.iter_mut().zip(a) {
                *weight += s * low_rank.scale * b * a;
            }
        }
    }
}
