//! A model's weights in memory, in the formats of the file.

use std::collections::BTreeMap;

use super::maths::StoredMatrix;
use crate::gguf::{RowSink, TensorInfo};
use crate::quant::Quant;
use crate::tensors::LayerTensor;
use crate::{Config, ModelError, ModelFile, tensors};

/// W (num_rows, row_len), decoded when needed.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Storage format of the weights.
    pub quant: Quant,
    /// Output width d.
    pub num_rows: usize,
    /// Input width n.
    pub row_len: usize,
    /// The rows as stored in the file, one after the other.
    pub bytes: Vec<u8>,
}

impl Matrix {
    /// Decodes a row into `out` (row_len,).
    pub fn row(&self, index: usize, out: &mut [f32]) {
        let row_bytes = self.quant.row_bytes(self.row_len);
        self.quant.dequantize(&self.bytes[index * row_bytes..][..row_bytes], out);
    }

    /// Decodes the whole matrix.
    pub fn to_f32(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.num_rows * self.row_len];
        self.quant.dequantize(&self.bytes, &mut out);
        out
    }
}

impl StoredMatrix for Matrix {
    fn new(tensor: &TensorInfo) -> Result<Self, ModelError> {
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let mut bytes = Vec::new();
        let out_of_memory = |_| ModelError::Memory { what: tensor.name.clone(), needed: tensor.num_bytes };
        bytes.try_reserve_exact(size(tensor.num_bytes)).map_err(out_of_memory)?;
        Ok(Self { quant: tensor.quant, num_rows: size(tensor.num_rows()), row_len: size(tensor.row_len()), bytes })
    }

    fn push(&mut self, rows: &[u8]) {
        self.bytes.extend_from_slice(rows);
    }

    fn row(&self, index: usize, out: &mut [f32]) {
        Self::row(self, index, out);
    }

    fn into_vector(self) -> Vec<f32> {
        self.to_f32()
    }
}

/// The weights of one layer. Shapes are those of [`LayerTensor`]. Tensors that the architecture does not have are None.
#[derive(Clone, Debug)]
pub struct LayerWeights<M = Matrix> {
    pub(super) attn_norm: Vec<f32>,
    pub(super) q: M,
    pub(super) k: M,
    pub(super) v: M,
    pub(super) q_bias: Option<Vec<f32>>,
    pub(super) k_bias: Option<Vec<f32>>,
    pub(super) v_bias: Option<Vec<f32>>,
    pub(super) q_norm: Option<Vec<f32>>,
    pub(super) k_norm: Option<Vec<f32>>,
    pub(super) attn_output: M,
    pub(super) post_attn_norm: Option<Vec<f32>>,
    pub(super) ff_norm: Vec<f32>,
    pub(super) gate: M,
    pub(super) up: M,
    pub(super) down: M,
    pub(super) post_ff_norm: Option<Vec<f32>>,
}

/// All weights of a model.
#[derive(Clone, Debug)]
pub struct Weights<M = Matrix> {
    pub(super) embedding: M,
    pub(super) layers: Vec<LayerWeights<M>>,
    pub(super) output_norm: Vec<f32>,
    /// None if the embeddings are also the output head.
    pub(super) head: Option<M>,
    pub(super) rope_divisors: Option<Vec<f32>>,
}

/// Collects rows from a stream into [`Weights`].
#[derive(Debug)]
pub struct WeightsBuilder<M = Matrix> {
    matrices: BTreeMap<String, M>,
}

impl<M> Default for WeightsBuilder<M> {
    fn default() -> Self {
        Self { matrices: BTreeMap::new() }
    }
}

impl<M: StoredMatrix> RowSink for WeightsBuilder<M> {
    type Error = ModelError;

    fn rows(&mut self, tensor: &TensorInfo, _first_row: u64, bytes: &[u8]) -> Result<(), ModelError> {
        if !self.matrices.contains_key(&tensor.name) {
            self.matrices.insert(tensor.name.clone(), M::new(tensor)?);
        }
        if let Some(matrix) = self.matrices.get_mut(&tensor.name) {
            matrix.push(bytes);
        }
        Ok(())
    }

    fn row_multiple(&self) -> u64 {
        M::ROW_MULTIPLE
    }
}

impl<M: StoredMatrix> WeightsBuilder<M> {
    /// Builds the weights from the collected tensors.
    ///
    /// # Errors
    /// [`ModelError::MissingTensor`] when the stream ended before all tensors had arrived.
    pub fn build(mut self, file: &ModelFile) -> Result<Weights<M>, ModelError> {
        let layers =
            (0..file.config.num_layers).map(|layer| self.layer(&file.config, layer)).collect::<Result<_, _>>()?;
        Ok(Weights {
            embedding: self.take(tensors::EMBEDDING)?,
            layers,
            output_norm: self.take(tensors::OUTPUT_NORM)?.into_vector(),
            head: file.tensor(tensors::HEAD).map(|_| self.take(tensors::HEAD)).transpose()?,
            rope_divisors: file
                .tensor(tensors::ROPE_FREQS)
                .map(|_| self.take(tensors::ROPE_FREQS).map(M::into_vector))
                .transpose()?,
        })
    }

    fn layer(&mut self, config: &Config, layer: usize) -> Result<LayerWeights<M>, ModelError> {
        Ok(LayerWeights {
            attn_norm: self.take(&LayerTensor::AttnNorm.name(layer))?.into_vector(),
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
            ff_norm: self.take(&LayerTensor::FfNorm.name(layer))?.into_vector(),
            gate: self.take(&LayerTensor::Gate.name(layer))?,
            up: self.take(&LayerTensor::Up.name(layer))?,
            down: self.take(&LayerTensor::Down.name(layer))?,
            post_ff_norm: self.optional(config, LayerTensor::PostFfNorm, layer)?,
        })
    }

    fn optional(&mut self, config: &Config, tensor: LayerTensor, layer: usize) -> Result<Option<Vec<f32>>, ModelError> {
        let wanted = tensor.is_in(config);
        wanted.then(|| self.take(&tensor.name(layer)).map(M::into_vector)).transpose()
    }

    fn take(&mut self, name: &str) -> Result<M, ModelError> {
        self.matrices.remove(name).ok_or_else(|| ModelError::MissingTensor(name.to_owned()))
    }
}
