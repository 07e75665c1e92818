//! A weight matrix in tiles for SIMD, or as stored in the file if its format has no tiles.

use askew_kernels::{BlockFormat, Input, OutOfMemory, TiledMatrix, dot};

use crate::ModelError;
use crate::gguf::TensorInfo;
use crate::quant::Quant;
use crate::reference::matvec::Epilogue;
use crate::reference::{Matrix, StoredMatrix};

/// W (num_rows, row_len).
#[derive(Debug)]
pub enum FastMatrix {
    /// In tiles, multiplied with integer arithmetic.
    Tiled {
        /// The tiles of W.
        tiles: TiledMatrix,
        /// Input width n.
        row_len: usize,
    },
    /// As stored in the file. Rows are first decoded to f32, which is slower.
    Plain(Matrix),
}

/// The tile format for a quantization, if there is one.
fn block_format(quant: Quant) -> Option<BlockFormat> {
    match quant {
        Quant::F16 => Some(BlockFormat::F16),
        Quant::BF16 => Some(BlockFormat::Bf16),
        Quant::Q4_0 => Some(BlockFormat::Q4_0),
        Quant::Q4_1 => Some(BlockFormat::Q4_1),
        Quant::Q5_0 => Some(BlockFormat::Q5_0),
        Quant::Q5_1 => Some(BlockFormat::Q5_1),
        Quant::Q8_0 => Some(BlockFormat::Q8_0),
        Quant::Q4K => Some(BlockFormat::Q4K),
        Quant::Q5K => Some(BlockFormat::Q5K),
        Quant::Q6K => Some(BlockFormat::Q6K),
        Quant::F32 | Quant::Q2K | Quant::Q3K | Quant::Iq4Nl => None,
    }
}

impl FastMatrix {
    /// Implements [`Maths::matmul`](crate::reference::Maths::matmul).
    pub fn matmul(&self, x: &Input<'_>, epilogue: Epilogue, out: &mut [f32], stride: usize) {
        match self {
            Self::Tiled { tiles, .. } => tiles.matmul(x, epilogue == Epilogue::Add, out, stride),
            Self::Plain(matrix) => {
                let mut row = vec![0.0; matrix.row_len];
                for index in 0..matrix.num_rows {
                    matrix.row(index, &mut row);
                    for token in 0..x.num_tokens {
                        epilogue.put(dot(&row, x.token_floats(token)), &mut out[token * stride + index]);
                    }
                }
            }
        }
    }
}

impl StoredMatrix for FastMatrix {
    const ROW_MULTIPLE: u64 = TiledMatrix::ROW_MULTIPLE as u64;

    fn new(tensor: &TensorInfo) -> Result<Self, ModelError> {
        let Some(format) = block_format(tensor.quant) else { return Matrix::new(tensor).map(Self::Plain) };
        let size = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        let (num_rows, row_len) = (size(tensor.num_rows()), size(tensor.row_len()));
        let out_of_memory =
            |OutOfMemory { needed }| ModelError::Memory { what: tensor.name.clone(), needed: needed as u64 };
        let tiles = TiledMatrix::new(format, num_rows, row_len).map_err(out_of_memory)?;
        Ok(Self::Tiled { tiles, row_len })
    }

    fn push(&mut self, rows: &[u8]) {
        match self {
            Self::Tiled { tiles, .. } => tiles.push(rows),
            Self::Plain(matrix) => matrix.push(rows),
        }
    }

    fn row(&self, index: usize, out: &mut [f32]) {
        match self {
            Self::Tiled { tiles, .. } => tiles.row(index, out),
            Self::Plain(matrix) => matrix.row(index, out),
        }
    }

    fn into_vector(self) -> Vec<f32> {
        match self {
            Self::Tiled { tiles, row_len } => {
                let mut out = vec![0.0; row_len];
                tiles.row(0, &mut out);
                out
            }
            Self::Plain(matrix) => matrix.to_f32(),
        }
    }
}
