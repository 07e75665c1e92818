//! A model's weights on the GPU: all buffers are allocated from the headers, then filled as rows arrive.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::matrix::{GpuMatrix, Piece, Scratch};
use super::{Gpu, GpuError, pack};
use askew_model::gguf::{RowSink, TensorInfo};
use askew_model::tensors::LayerTensor;
use askew_model::{ModelError, ModelFile, tensors};

/// The weights of one layer. Projections with the same input are stacked, so that one dispatch computes them all.
#[derive(Debug)]
pub struct LayerWeights {
    pub(super) attn_norm: wgpu::Buffer,
    /// Projections of q, k and v, stacked in this order.
    pub(super) qkv: GpuMatrix,
    /// Biases of q, k and v, if the model has them.
    pub(super) qkv_bias: Option<wgpu::Buffer>,
    /// Norms of the q heads and of the k heads, if the model has them.
    pub(super) qk_norm: Option<(wgpu::Buffer, wgpu::Buffer)>,
    pub(super) attn_output: GpuMatrix,
    pub(super) post_attn_norm: Option<wgpu::Buffer>,
    pub(super) ff_norm: wgpu::Buffer,
    /// Projections of gate and up, stacked in this order.
    pub(super) gate_up: GpuMatrix,
    pub(super) down: GpuMatrix,
    pub(super) post_ff_norm: Option<wgpu::Buffer>,
}

/// All weights of a model.
#[derive(Debug)]
pub struct GpuWeights {
    pub(super) embedding: GpuMatrix,
    pub(super) layers: Vec<LayerWeights>,
    pub(super) output_norm: wgpu::Buffer,
    /// The output head. It is the embeddings again if the file has no head.
    pub(super) head: GpuMatrix,
    pub(super) rope_divisors: Option<Vec<f32>>,
}

/// The destination of a tensor's rows.
enum Target {
    Matrix(Vec<Piece>),
    /// A buffer, and the vector's position in it in bytes.
    Vector(wgpu::Buffer, u64),
    /// RoPE divisors are stored on the CPU, where the rotation table is computed.
    RopeDivisors,
}

/// Fills [`GpuWeights`] from a stream of rows.
pub struct GpuWeightsBuilder {
    gpu: Rc<Gpu>,
    weights: GpuWeights,
    targets: BTreeMap<String, Target>,
    scratch: Scratch,
}

impl GpuWeightsBuilder {
    /// Allocates every buffer. If the GPU has too little memory, [`Gpu::check`] reports it at the next flush.
    ///
    /// # Errors
    /// [`GpuError::Model`] for tensors that are missing or cannot be stacked.
    pub fn new(gpu: &Rc<Gpu>, file: &ModelFile) -> Result<Self, GpuError> {
        let mut rooms = Rooms { gpu, file, targets: BTreeMap::new() };
        let layers = (0..file.config.num_layers).map(|layer| rooms.layer(layer)).collect::<Result<_, _>>()?;
        let embedding = rooms.matrix(&[tensors::EMBEDDING.to_owned()])?;
        let head = match file.tensor(tensors::HEAD) {
            Some(_) => rooms.matrix(&[tensors::HEAD.to_owned()])?,
            None => embedding.clone(),
        };
        let output_norm = rooms.vectors(&[tensors::OUTPUT_NORM.to_owned()])?;
        rooms.targets.insert(tensors::ROPE_FREQS.to_owned(), Target::RopeDivisors);
        let targets = rooms.targets;
        let weights = GpuWeights { embedding, layers, output_norm, head, rope_divisors: None };
        Ok(Self { gpu: Rc::clone(gpu), weights, targets, scratch: Scratch::default() })
    }

    /// Returns the weights after all rows were written.
    pub fn build(self) -> GpuWeights {
        self.weights
    }
}

impl RowSink for GpuWeightsBuilder {
    type Error = GpuError;

    fn row_multiple(&self) -> u64 {
        pack::TILE_ROWS as u64
    }

    fn rows(&mut self, tensor: &TensorInfo, first_row: u64, bytes: &[u8]) -> Result<(), GpuError> {
        let Self { gpu, weights, targets, scratch } = self;
        let unknown = || ModelError::UnknownTensor(tensor.name.clone());
        match targets.get(&tensor.name).ok_or_else(unknown)? {
            Target::Matrix(pieces) => {
                let first_row = usize::try_from(first_row).map_err(|_too_large| GpuError::OutOfMemory)?;
                pieces.iter().for_each(|piece| piece.write(gpu, first_row, bytes, scratch));
            }
            Target::Vector(buffer, place) => {
                gpu.queue.write_buffer(buffer, *place, bytemuck::cast_slice(&decode(tensor, bytes)));
            }
            Target::RopeDivisors => weights.rope_divisors = Some(decode(tensor, bytes)),
        }
        Ok(())
    }
}

/// Decodes a vector. It is one row, so it always arrives in one piece.
fn decode(tensor: &TensorInfo, bytes: &[u8]) -> Vec<f32> {
    let mut values = vec![0.0; bytes.len() / tensor.quant.block_bytes() * tensor.quant.block_len()];
    tensor.quant.dequantize(bytes, &mut values);
    values
}

/// Allocates buffers and records which tensor each belongs to.
struct Rooms<'a> {
    gpu: &'a Gpu,
    file: &'a ModelFile,
    targets: BTreeMap<String, Target>,
}

impl Rooms<'_> {
    fn layer(&mut self, layer: usize) -> Result<LayerWeights, GpuError> {
        let config = &self.file.config;
        let name = |tensor: LayerTensor| tensor.name(layer);
        let biases = [LayerTensor::QBias, LayerTensor::KBias, LayerTensor::VBias].map(name);
        let is_in = |tensor: LayerTensor| tensor.is_in(config);
        let (has_bias, has_qk_norm) = (is_in(LayerTensor::QBias), is_in(LayerTensor::QNorm));
        let has_post_norms = is_in(LayerTensor::PostAttnNorm);
        let post_norm =
            |rooms: &mut Self, tensor: LayerTensor| has_post_norms.then(|| rooms.vectors(&[name(tensor)])).transpose();
        Ok(LayerWeights {
            attn_norm: self.vectors(&[name(LayerTensor::AttnNorm)])?,
            qkv: self.matrix(&[LayerTensor::Q, LayerTensor::K, LayerTensor::V].map(name))?,
            qkv_bias: has_bias.then(|| self.vectors(&biases)).transpose()?,
            qk_norm: match has_qk_norm {
                true => Some((self.vectors(&[name(LayerTensor::QNorm)])?, self.vectors(&[name(LayerTensor::KNorm)])?)),
                false => None,
            },
            attn_output: self.matrix(&[name(LayerTensor::AttnOutput)])?,
            post_attn_norm: post_norm(self, LayerTensor::PostAttnNorm)?,
            ff_norm: self.vectors(&[name(LayerTensor::FfNorm)])?,
            gate_up: self.matrix(&[LayerTensor::Gate, LayerTensor::Up].map(name))?,
            down: self.matrix(&[name(LayerTensor::Down)])?,
            post_ff_norm: post_norm(self, LayerTensor::PostFfNorm)?,
        })
    }

    fn tensor(&self, name: &str) -> Result<&TensorInfo, ModelError> {
        self.file.tensor(name).ok_or_else(|| ModelError::MissingTensor(name.to_owned()))
    }

    fn matrix(&mut self, names: &[String]) -> Result<GpuMatrix, GpuError> {
        let stacked = names.iter().map(|name| self.tensor(name)).collect::<Result<Vec<_>, _>>()?;
        let (matrix, pieces) = GpuMatrix::stacked(self.gpu, &stacked)?;
        self.targets.extend(names.iter().cloned().zip(pieces.into_iter().map(Target::Matrix)));
        Ok(matrix)
    }

    /// Allocates one buffer for several vectors, one after the other.
    fn vectors(&mut self, names: &[String]) -> Result<wgpu::Buffer, GpuError> {
        let bytes = |name: &String| Ok::<_, ModelError>(self.tensor(name)?.num_weights() * 4);
        let sizes = names.iter().map(bytes).collect::<Result<Vec<u64>, _>>()?;
        let label = names.first().map_or("", String::as_str);
        let buffer = self.gpu.storage(label, sizes.iter().sum());
        let mut place = 0;
        for (name, size) in names.iter().zip(sizes) {
            self.targets.insert(name.clone(), Target::Vector(buffer.clone(), place));
            place += size;
        }
        Ok(buffer)
    }
}
