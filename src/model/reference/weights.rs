//! A model's weights in memory, as stored in the file.

use std::collections::BTreeMap;

use crate::model::gguf::{RowSink, TensorInfo};
use crate::model::quant::Quant;
use crate::model::tensors::{self, LayerTensor};
use crate::model::{Config, ModelError, ModelFile};

/// W (num_rows, row_len), decoded on demand.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// How it is stored.
    pub quant: Quant,
    /// Output width d.
    pub num_rows: usize,
    /// Input width n.
    pub row_len: usize,
    /// Rows one after the other.
    pub bytes: Vec<u8>,
}

impl Matrix {
    /// Decodes a row into `out` (row_len,).
    pub fn row(&self, index: usize, out: &mut [f32]) {
        let row_bytes = self.quant.row_bytes(self.row_len);
        self.quant.dequantize(&self.bytes[index * row_bytes..][..row_bytes], out);
    }

    /// Decodes everything.
    pub fn to_f32(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.num_rows * self.row_len];
        self.quant.dequantize(&self.bytes, &mut out);
        out
    }
}

/// The weights of one layer; shapes as in [`LayerTensor`]. None is what the architecture does without.
#[derive(Clone, Debug)]
pub struct LayerWeights {
    pub(super) attn_norm: Vec<f32>,
    pub(super) q: Matrix,
    pub(super) k: Matrix,
    pub(super) v: Matrix,
    pub(super) q_bias: Option<Vec<f32>>,
    pub(super) k_bias: Option<Vec<f32>>,
    pub(super) v_bias: Option<Vec<f32>>,
    pub(super) q_norm: Option<Vec<f32>>,
    pub(super) k_norm: Option<Vec<f32>>,
    pub(super) attn_output: Matrix,
    pub(super) post_attn_norm: Option<Vec<f32>>,
    pub(super) ff_norm: Vec<f32>,
    pub(super) gate: Matrix,
    pub(super) up: Matrix,
    pub(super) down: Matrix,
    pub(super) post_ff_norm: Option<Vec<f32>>,
}

/// All weights.
#[derive(Clone, Debug)]
pub struct Weights {
    pub(super) embedding: Matrix,
    pub(super) layers: Vec<LayerWeights>,
    pub(super) output_norm: Vec<f32>,
    /// None where the embeddings serve again.
    pub(super) head: Option<Matrix>,
    pub(super) rope_divisors: Option<Vec<f32>>,
}

/// Collects rows into [`Weights`].
#[derive(Debug, Default)]
pub struct WeightsBuilder {
    matrices: BTreeMap<String, Matrix>,
}

impl RowSink for WeightsBuilder {
    type Error = ModelError;

    fn rows(&mut self, tensor: &TensorInfo, _first_row: u64, bytes: &[u8]) -> Result<(), ModelError> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let matrix = self.matrices.entry(tensor.name.clone()).or_insert_with(|| Matrix {
            quant: tensor.quant,
            num_rows: size(tensor.num_rows()),
            row_len: size(tensor.row_len()),
            bytes: Vec::new(),
        });
        matrix.bytes.extend_from_slice(bytes);
        Ok(())
    }
}

impl WeightsBuilder {
    /// Sorts the tensors into their places.
    ///
    /// # Errors
    /// [`ModelError::MissingTensor`] when the stream ended before all had come.
    pub fn build(mut self, file: &ModelFile) -> Result<Weights, ModelError> {
        let layers =
            (0..file.config.num_layers).map(|layer| self.layer(&file.config, layer)).collect::<Result<_, _>>()?;
        Ok(Weights {
            embedding: self.take(tensors::EMBEDDING)?,
            layers,
            output_norm: self.take(tensors::OUTPUT_NORM)?.to_f32(),
            head: file.tensor(tensors::HEAD).map(|_| self.take(tensors::HEAD)).transpose()?,
            rope_divisors: file
                .tensor(tensors::ROPE_FREQS)
                .map(|_| self.take(tensors::ROPE_FREQS).map(|matrix| matrix.to_f32()))
                .transpose()?,
        })
    }

    fn layer(&mut self, config: &Config, layer: usize) -> Result<LayerWeights, ModelError> {
        Ok(LayerWeights {
            attn_norm: self.take(&LayerTensor::AttnNorm.name(layer))?.to_f32(),
            q: self.take(&LayerTensor::Q.name(layer))?,
            k: self.take(&LayerTensor::K.name(layer))?,
            v: self.take(&LayerTensor::V.name(layer))?,
            q_bias: self.optional(config, LayerTensor::QBias, layer)?,
            k_bias: self.optional(config, LayerTensor::KBias, layer)?,
            v_bias: self.optional(config, LayerTensor::VBias, layer)?,
            q_norm: self.optional(config, LayerTensor::QNorm, layer)?,
            k_norm: self.optional(config, LayerTensor::KNorm, layer)?,
            attn_output: self.take(&LayerTensor::AttnOutput.name(layer))?,
            post_attn_norm: self.optional(config, LayerTensor::PostAttnNorm, layer)?,
            ff_norm: self.take(&LayerTensor::FfNorm.name(layer))?.to_f32(),
            gate: self.take(&LayerTensor::Gate.name(layer))?,
            up: self.take(&LayerTensor::Up.name(layer))?,
            down: self.take(&LayerTensor::Down.name(layer))?,
            post_ff_norm: self.optional(config, LayerTensor::PostFfNorm, layer)?,
        })
    }

    fn optional(&mut self, config: &Config, tensor: LayerTensor, layer: usize) -> Result<Option<Vec<f32>>, ModelError> {
        let wanted = tensor.is_in(config);
        wanted.then(|| self.take(&tensor.name(layer)).map(|vector| vector.to_f32())).transpose()
    }

    fn take(&mut self, name: &str) -> Result<Matrix, ModelError> {
        self.matrices.remove(name).ok_or_else(|| ModelError::MissingTensor(name.to_owned()))
    }
}
