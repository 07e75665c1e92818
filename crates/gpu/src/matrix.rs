//! Matrices on the GPU: one or more tensors stacked on top of each other, split into slabs that fit a binding.

use super::{Gpu, GpuError, pack};
use askew_model::ModelError;
use askew_model::gguf::TensorInfo;
use askew_model::quant::{BLOCK_LEN, Quant};

/// Rows with one format in one pair of buffers. One dispatch works on one slab.
#[derive(Clone, Debug)]
pub struct Slab {
    /// Storage format of the weights.
    pub quant: Quant,
    /// Packed weights; see [`crate::pack`].
    pub weights: wgpu::Buffer,
    /// Packed scales. An unused stub for formats without scales.
    pub scales: wgpu::Buffer,
    /// Index of the slab's first row in the whole matrix.
    pub first_row: usize,
    pub num_rows: usize,
}

/// W (num_rows, row_len), split into slabs.
#[derive(Clone, Debug)]
pub struct GpuMatrix {
    /// Slabs from top to bottom.
    pub slabs: Vec<Slab>,
    /// Output width d.
    pub num_rows: usize,
    /// Input width n.
    pub row_len: usize,
}

/// A destination for rows of one tensor.
#[derive(Clone, Debug)]
pub struct Piece {
    quant: Quant,
    row_len: usize,
    weights: wgpu::Buffer,
    scales: wgpu::Buffer,
    /// Index of the first row within the tensor.
    first_row: usize,
    num_rows: usize,
    /// Index of the slab's tile that has this row.
    first_tile: usize,
}

/// A slab before its buffers are allocated.
struct Draft {
    quant: Quant,
    first_row: usize,
    num_rows: usize,
}

impl GpuMatrix {
    /// Allocates a matrix for tensors stacked in order. Also returns the pieces for each tensor, which take its rows.
    ///
    /// Tensors share a slab if their formats, the tile boundaries and the device's binding size allow it.
    ///
    /// # Errors
    /// [`ModelError::TensorShape`] when rows differ in length or are not a multiple of 32 long.
    pub fn stacked(gpu: &Gpu, tensors: &[&TensorInfo]) -> Result<(Self, Vec<Vec<Piece>>), GpuError> {
        let row_len = tensors.first().map_or(0, |tensor| tensor.row_len());
        let row_len_size = size(row_len)?;
        for tensor in tensors {
            if tensor.row_len() != row_len || !row_len.is_multiple_of(BLOCK_LEN as u64) {
                let rounded = row_len.next_multiple_of(BLOCK_LEN as u64);
                return Err(ModelError::TensorShape {
                    tensor: tensor.name.clone(),
                    found: tensor.shape.clone(),
                    expected: vec![rounded, tensor.num_rows()],
                }
                .into());
            }
        }

        let mut drafts: Vec<Draft> = Vec::new();
        // For each tensor: (draft, first row in the tensor, rows, first tile in the draft).
        let mut places: Vec<Vec<(usize, usize, usize, usize)>> = Vec::new();
        let mut num_rows = 0;
        for tensor in tensors {
            let max_tiles = max_tiles(gpu, tensor.quant, row_len_size);
            let mut place = Vec::new();
            let (mut done, rows) = (0, size(tensor.num_rows())?);
            while done < rows {
                let fits = drafts.last().is_some_and(|last| {
                    let on_tile = last.num_rows.is_multiple_of(pack::TILE_ROWS);
                    last.quant == tensor.quant && on_tile && last.num_rows / pack::TILE_ROWS < max_tiles
                });
                if !fits {
                    drafts.push(Draft { quant: tensor.quant, first_row: num_rows, num_rows: 0 });
                }
                let index = drafts.len() - 1;
                let draft = &mut drafts[index];
                let room = max_tiles * pack::TILE_ROWS - draft.num_rows;
                let taken = room.min(rows - done);
                place.push((index, done, taken, draft.num_rows / pack::TILE_ROWS));
                draft.num_rows += taken;
                done += taken;
                num_rows += taken;
            }
            places.push(place);
        }

        let label = tensors.first().map_or("", |tensor| tensor.name.as_str());
        let slabs: Vec<Slab> = drafts.iter().map(|draft| allocate(gpu, label, draft, row_len_size)).collect();
        let piece = |(index, first_row, num_rows, first_tile): (usize, usize, usize, usize)| {
            let Slab { quant, weights, scales, .. } = slabs[index].clone();
            Piece { quant, row_len: row_len_size, weights, scales, first_row, num_rows, first_tile }
        };
        let pieces = places.into_iter().map(|place| place.into_iter().map(piece).collect()).collect();
        Ok((Self { slabs, num_rows, row_len: row_len_size }, pieces))
    }
}

fn size(n: u64) -> Result<usize, GpuError> {
    usize::try_from(n).map_err(|_too_large| GpuError::OutOfMemory)
}

/// Tiles of this format that fit one binding. At least one, whatever the device's limit is.
fn max_tiles(gpu: &Gpu, quant: Quant, row_len: usize) -> usize {
    let (weights, scales) = pack::tile_bytes(quant, row_len);
    let limit = usize::try_from(gpu.caps().max_binding_bytes).unwrap_or(usize::MAX);
    (limit / weights.max(scales)).max(1)
}

fn allocate(gpu: &Gpu, label: &str, draft: &Draft, row_len: usize) -> Slab {
    let (weights, scales) = pack::tile_bytes(draft.quant, row_len);
    let tiles = draft.num_rows.div_ceil(pack::TILE_ROWS);
    Slab {
        quant: draft.quant,
        weights: gpu.storage(label, (tiles * weights) as u64),
        scales: gpu.storage(label, (tiles * scales) as u64),
        first_row: draft.first_row,
        num_rows: draft.num_rows,
    }
}

impl Piece {
    /// Writes the rows that belong to this piece. `rows` starts at the tensor's row `first_row`, which is at the start
    /// of a tile.
    pub fn write(&self, gpu: &Gpu, first_row: usize, rows: &[u8], scratch: &mut Scratch) {
        let row_bytes = self.quant.row_bytes(self.row_len);
        let start = first_row.max(self.first_row);
        let end = (first_row + rows.len() / row_bytes).min(self.first_row + self.num_rows);
        if start >= end {
            return;
        }
        let mine = &rows[(start - first_row) * row_bytes..(end - first_row) * row_bytes];
        pack::pack(self.quant, self.row_len, mine, &mut scratch.weights, &mut scratch.scales);
        let tile = self.first_tile + (start - self.first_row) / pack::TILE_ROWS;
        let (weights, scales) = pack::tile_bytes(self.quant, self.row_len);
        gpu.queue.write_buffer(&self.weights, (tile * weights) as u64, &scratch.weights);
        if scales > 0 {
            gpu.queue.write_buffer(&self.scales, (tile * scales) as u64, &scratch.scales);
        }
    }
}

/// Memory for packing, reused for every batch.
#[derive(Debug, Default)]
pub struct Scratch {
    weights: Vec<u8>,
    scales: Vec<u8>,
}
