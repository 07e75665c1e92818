//! Low-rank paths: what adapters (LoRA) and steering vectors add to the model's products, with separate scales per
//! column.
//!
//! An adapter adds s B A x to the product of a matrix. A steering vector adds s v to the residual stream after a layer,
//! which is a low-rank path of rank one with A x = 1. Both have one scale s per column, in [`ColumnScales`], which the host
//! can change between tokens. For a matrix that an adapter does not change, its part of A and B is zero. A layer that
//! no adapter changes does not have a low-rank path.

use std::collections::BTreeMap;

use super::kernel::Constant;
use super::matrix::{GpuMatrix, Scratch};
use super::ops::MAX_LANES;
use super::{Gpu, GpuError};
use askew_model::adapter::{Adapter, LowRank};
use askew_model::gguf::TensorInfo;
use askew_model::quant::Quant;
use askew_model::tensors::LayerTensor;
use askew_model::{Config, Steering};

/// Most steering vectors at once. One workgroup of `embed.wgsl` copies their scales.
pub const MAX_STEERINGS: usize = 32;

/// The scales of adapters, followed by those of steering vectors: (columns, per_column) in f32.
#[derive(Clone, Debug)]
pub struct ColumnScales {
    /// All scales.
    pub buffer: wgpu::Buffer,
    /// Number of adapters and steering vectors, at least 1.
    pub per_column: usize,
}

/// The first half of a low-rank path: A of every adapter, for each of the matrices that share an input.
#[derive(Clone, Debug)]
pub struct LowRankA {
    /// (matrices * adapters * adapter_rank, n) in f16. Each row was divided by a power of two so that it fits 16-bit
    /// floats.
    pub a: GpuMatrix,
    /// One factor per row of A: the adapter's own scale, times the divisors of the row of A and of the column of B.
    pub gains: wgpu::Buffer,
    pub adapters: usize,
    /// Rows of A per adapter: the largest rank, rounded up to a multiple of 4.
    pub adapter_rank: usize,
    /// The result z = scale A x, (MAX_LANES, z_stride).
    pub z: wgpu::Buffer,
    /// Entries of z per lane.
    pub z_stride: usize,
}

impl LowRankA {
    pub(super) fn constants(&self) -> Result<[(&'static str, Constant); 3], GpuError> {
        Ok([
            ("ADAPTERS", self.adapters.try_into()?),
            ("ADAPTER_RANK", self.adapter_rank.try_into()?),
            ("Z_STRIDE", self.z_stride.try_into()?),
        ])
    }
}

/// The second half of a low-rank path: B, which gives what is added to each row of a stack of matrices.
#[derive(Clone, Debug)]
pub struct LowRankB {
    /// B as pairs of f16, (rank / 2, rows of the stack).
    pub b: wgpu::Buffer,
    /// Entries of z that a row uses, a multiple of 4.
    pub rank: usize,
    /// The input z, (MAX_LANES, z_stride).
    pub z: wgpu::Buffer,
    /// Entries of z per lane.
    pub z_stride: usize,
    /// First row of the second and of the third matrix in the stack.
    pub starts: [Option<usize>; 2],
}

impl LowRankB {
    pub(super) fn constants(&self) -> Result<Vec<(&'static str, Constant)>, GpuError> {
        let mut constants = vec![("RANK", self.rank.try_into()?), ("Z_STRIDE", self.z_stride.try_into()?)];
        for (name, start) in ["SECOND_AT", "THIRD_AT"].into_iter().zip(self.starts) {
            if let Some(start) = start {
                constants.push((name, start.try_into()?));
            }
        }
        Ok(constants)
    }
}

/// The low-rank path of one product.
#[derive(Clone, Debug, Default)]
pub struct LowRankPath {
    /// First half. Present if an adapter changes the product.
    pub a: Option<LowRankA>,
    /// Second half. Present if anything is added.
    pub b: Option<LowRankB>,
}

/// The low-rank paths of one layer.
#[derive(Clone, Debug, Default)]
pub struct LayerPaths {
    /// For the stack of q, k and v.
    pub qkv: LowRankPath,
    /// For the output projection of attention.
    pub attn_output: LowRankPath,
    /// For the stack of gate and up.
    pub gate_up: LowRankPath,
    /// For the down projection. Includes steering if no norm follows the projection.
    pub down: LowRankPath,
    /// Steering for models with a norm after the down projection, and the position of its scales in z.
    pub steering: Option<(LowRankB, usize)>,
}

/// All low-rank paths of a model.
#[derive(Clone, Debug)]
pub struct LowRankPaths {
    /// The scales of all columns.
    pub scales: ColumnScales,
    /// The low-rank paths of each layer.
    pub layers: Vec<LayerPaths>,
    pub num_adapters: usize,
    /// Number of steering vectors.
    pub num_steerings: usize,
    /// Position of the steering scales in z of `down`, the entries of z per lane, and z itself.
    pub(super) steering_z: (usize, usize, wgpu::Buffer),
}

/// The z buffers of the four products that can have low-rank paths.
struct Zs {
    qkv: (wgpu::Buffer, usize),
    attn_output: (wgpu::Buffer, usize),
    gate_up: (wgpu::Buffer, usize),
    down: (wgpu::Buffer, usize),
}

impl LowRankPaths {
    /// Builds the low-rank paths of `adapters` and `steerings` for `columns` columns. All scales are 0.
    ///
    /// # Errors
    /// [`GpuError::Refused`] for more than [`MAX_STEERINGS`] steering vectors, or for sizes beyond 32 bits.
    pub fn new(
        gpu: &Gpu,
        config: &Config,
        columns: usize,
        adapters: &[Adapter],
        steerings: &[Steering],
    ) -> Result<Self, GpuError> {
        if steerings.len() > MAX_STEERINGS {
            return Err(GpuError::Refused(format!("{} steering vectors; at most {MAX_STEERINGS}", steerings.len())));
        }
        let adapter_rank = adapters.iter().map(Adapter::max_rank).max().unwrap_or(0).next_multiple_of(4);
        let run = adapters.len() * adapter_rank;
        let steering_run = steerings.len().next_multiple_of(4);
        let z = |stride: usize| (gpu.storage("z", (MAX_LANES * stride * 4) as u64), stride);
        let zs = Zs { qkv: z(3 * run), attn_output: z(run), gate_up: z(2 * run), down: z(run + steering_run) };
        let per_column = (adapters.len() + steerings.len()).max(1);
        let scales =
            ColumnScales { buffer: gpu.storage("column scales", (columns * per_column * 4) as u64), per_column };
        let builder = Builder { gpu, config, adapters, steerings, adapter_rank, zs };
        let layers = (0..config.num_layers).map(|layer| builder.layer(layer)).collect::<Result<_, _>>()?;
        let steering_z = (run, builder.zs.down.1, builder.zs.down.0);
        Ok(Self { scales, layers, num_adapters: adapters.len(), num_steerings: steerings.len(), steering_z })
    }
}

struct Builder<'a> {
    gpu: &'a Gpu,
    config: &'a Config,
    adapters: &'a [Adapter],
    steerings: &'a [Steering],
    adapter_rank: usize,
    zs: Zs,
}

impl Builder<'_> {
    fn layer(&self, layer: usize) -> Result<LayerPaths, GpuError> {
        let Config { dim, ff_dim, .. } = *self.config;
        let (q, kv) = (self.config.q_dim(), self.config.kv_dim());
        let steering = self.steering(layer);
        let between = self.config.post_norms;
        let with_down = steering.as_deref().filter(|_| !between);
        let mut paths = LayerPaths {
            qkv: self.path(
                layer,
                &[(LayerTensor::Q, q), (LayerTensor::K, kv), (LayerTensor::V, kv)],
                dim,
                &self.zs.qkv,
                None,
            )?,
            attn_output: self.path(layer, &[(LayerTensor::AttnOutput, dim)], q, &self.zs.attn_output, None)?,
            gate_up: self.path(
                layer,
                &[(LayerTensor::Gate, ff_dim), (LayerTensor::Up, ff_dim)],
                dim,
                &self.zs.gate_up,
                None,
            )?,
            down: self.path(layer, &[(LayerTensor::Down, dim)], ff_dim, &self.zs.down, with_down)?,
            steering: None,
        };
        if let Some(vectors) = steering.filter(|_| between) {
            let b = self.pairs(&vectors, dim, self.steerings.len().next_multiple_of(4));
            paths.steering = Some((self.low_rank_b(b, self.zs.down.1 - self.run(), &self.zs.down, &[]), self.run()));
        }
        Ok(paths)
    }

    /// Entries of z that one matrix uses for all adapters.
    fn run(&self) -> usize {
        self.adapters.len() * self.adapter_rank
    }

    /// The vectors that are added after a layer, (steerings, dim). None if there are none.
    fn steering(&self, layer: usize) -> Option<Vec<f32>> {
        let vectors: Vec<Option<&Vec<f32>>> =
            self.steerings.iter().map(|steering| steering.layers.get(layer).and_then(Option::as_ref)).collect();
        if vectors.iter().all(Option::is_none) {
            return None;
        }
        let zeros = vec![0.0; self.config.dim];
        Some(vectors.into_iter().flat_map(|vector| vector.unwrap_or(&zeros).clone()).collect())
    }

    /// Builds the low-rank path of matrices stacked on one input of width `n`. `stack` has their numbers of rows. `extra`
    /// is (steerings, rows).
    fn path(
        &self,
        layer: usize,
        stack: &[(LayerTensor, usize)],
        n: usize,
        z: &(wgpu::Buffer, usize),
        extra: Option<&[f32]>,
    ) -> Result<LowRankPath, GpuError> {
        let empty = BTreeMap::new();
        let parts = |target: LayerTensor| -> Vec<Option<&LowRank>> {
            let layers = self.adapters.iter().map(|adapter| adapter.layers.get(layer).unwrap_or(&empty));
            layers.map(|layer| layer.get(&target)).collect()
        };
        let is_adapted = stack.iter().any(|(target, _)| parts(*target).iter().any(Option::is_some));
        if !is_adapted && extra.is_none() {
            return Ok(LowRankPath::default());
        }
        let rows: usize = stack.iter().map(|(_, rows)| rows).sum();
        let run = self.run();
        let rank = if extra.is_some() { z.1 } else { run };
        // B transposed: (rank, rows).
        let mut b = vec![0.0f32; rank * rows];
        let mut a = vec![0.0f32; stack.len() * run * n];
        let mut gains = vec![0.0f32; stack.len() * run];
        let mut first_row = 0;
        for (index, (target, num_rows)) in stack.iter().enumerate() {
            for (adapter, part) in parts(*target).into_iter().enumerate() {
                let Some(part) = part else { continue };
                let (a_scale, b_scale) = (power_above(&part.a), power_above(&part.b));
                for r in 0..part.rank {
                    let entry = adapter * self.adapter_rank + r;
                    let row = index * run + entry;
                    gains[row] = part.scale * a_scale * b_scale;
                    for (to, from) in a[row * n..][..n].iter_mut().zip(&part.a[r * n..]) {
                        *to = from / a_scale;
                    }
                    for i in 0..*num_rows {
                        b[entry * rows + first_row + i] = part.b[i * part.rank + r] / b_scale;
                    }
                }
            }
            first_row += num_rows;
        }
        if let Some(extra) = extra {
            b[run * rows..][..extra.len()].copy_from_slice(extra);
        }
        let starts: Vec<usize> = stack
            .iter()
            .scan(0, |at, (_, rows)| {
                *at += rows;
                Some(*at)
            })
            .collect();
        let b = self.pairs(&b, rows, rank);
        let low_rank_b = self.low_rank_b(b, rank, z, &starts[..stack.len() - 1]);
        let low_rank_a = if is_adapted { Some(self.low_rank_a(&a, n, &gains, z)?) } else { None };
        Ok(LowRankPath { a: low_rank_a, b: Some(low_rank_b) })
    }

    fn low_rank_a(&self, a: &[f32], n: usize, gains: &[f32], z: &(wgpu::Buffer, usize)) -> Result<LowRankA, GpuError> {
        let bytes: Vec<u8> = a.iter().flat_map(|&x| half::f16::from_f32(x).to_le_bytes()).collect();
        let info = TensorInfo {
            name: "low-rank A".to_owned(),
            shape: vec![n as u64, (a.len() / n) as u64],
            quant: Quant::F16,
            offset: 0,
            num_bytes: bytes.len() as u64,
        };
        let (matrix, pieces) = GpuMatrix::stacked(self.gpu, &[&info])?;
        let mut scratch = Scratch::default();
        pieces.iter().flatten().for_each(|piece| piece.write(self.gpu, 0, &bytes, &mut scratch));
        Ok(LowRankA {
            a: matrix,
            gains: self.gpu.upload("gains", gains),
            adapters: self.adapters.len(),
            adapter_rank: self.adapter_rank,
            z: z.0.clone(),
            z_stride: z.1,
        })
    }

    /// Packs `columns` (at most `rank`, rows) as pairs of f16, (rank / 2, rows).
    fn pairs(&self, columns: &[f32], rows: usize, rank: usize) -> wgpu::Buffer {
        let at = |entry: usize, row: usize| columns.get(entry * rows + row).copied().unwrap_or(0.0);
        let pair = |entry: usize, row: usize| {
            let [low, high] = [at(entry, row), at(entry + 1, row)].map(|x| u32::from(half::f16::from_f32(x).to_bits()));
            low | high << 16
        };
        let words: Vec<u32> =
            (0..rank / 2).flat_map(|i| (0..rows).map(move |row| (i, row))).map(|(i, row)| pair(2 * i, row)).collect();
        self.gpu.upload("low-rank B", &words)
    }

    fn low_rank_b(&self, b: wgpu::Buffer, rank: usize, z: &(wgpu::Buffer, usize), starts: &[usize]) -> LowRankB {
        let starts = [starts.first().copied(), starts.get(1).copied()];
        LowRankB { b, rank, z: z.0.clone(), z_stride: z.1, starts }
    }
}

/// The smallest power of two that is at least the largest magnitude. Dividing by it is exact and keeps 16-bit floats
/// normal.
fn power_above(values: &[f32]) -> f32 {
    let largest = values.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
    if largest > 0.0 && largest.is_finite() { largest.log2().ceil().clamp(-100.0, 100.0).exp2() } else { 1.0 }
}
