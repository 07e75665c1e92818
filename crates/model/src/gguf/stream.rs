//! Weights as they come: whole rows of one tensor at a time, in bounded memory.

use super::TensorInfo;
use crate::ModelError;

/// Most bytes held back before rows are passed on.
const BATCH_BYTES: u64 = 1 << 20;

/// Takes rows of tensors.
pub trait RowSink {
    /// What can go wrong when rows are stored.
    type Error: From<ModelError>;

    /// Rows `first_row ..` of `tensor`, as stored in the file. Batches come in order and without gaps, and every batch
    /// but a tensor's last is a multiple of [`RowSink::row_multiple`] rows long.
    ///
    /// # Errors
    /// Whatever keeps the sink from storing them.
    fn rows(&mut self, tensor: &TensorInfo, first_row: u64, bytes: &[u8]) -> Result<(), Self::Error>;

    /// See [`RowSink::rows`].
    fn row_multiple(&self) -> u64 {
        1
    }
}

/// Cuts the file's data section into rows.
#[derive(Debug)]
pub struct WeightStream {
    tensors: Vec<TensorInfo>,
    current: usize,
    /// Place of the next byte in the file.
    at: u64,
    /// Rows of the current tensor that were passed on.
    rows_done: u64,
    pending: Vec<u8>,
}

impl WeightStream {
    /// A stream of these tensors, in the order of their bytes, that starts at byte `at` of the file.
    pub fn new(tensors: &[TensorInfo], at: u64) -> Self {
        Self { tensors: tensors.to_vec(), current: 0, at, rows_done: 0, pending: Vec::new() }
    }

    /// Takes the next chunk of the file and passes complete rows to `sink`.
    ///
    /// # Errors
    /// The sink's.
    pub fn push<S: RowSink>(&mut self, mut chunk: &[u8], sink: &mut S) -> Result<(), S::Error> {
        while let Some(tensor) = self.tensors.get(self.current) {
            if chunk.is_empty() {
                break;
            }
            let gap = tensor.offset.saturating_sub(self.at);
            if gap > 0 {
                chunk = self.advance(chunk, gap).1;
                continue;
            }
            let row_bytes = tensor.num_bytes / tensor.num_rows();
            let multiple = sink.row_multiple();
            let batch_rows = (BATCH_BYTES / (row_bytes * multiple)).max(1) * multiple;
            let batch_bytes = batch_rows.min(tensor.num_rows() - self.rows_done) * row_bytes;
            let (taken, rest) = self.advance(chunk, batch_bytes - self.pending.len() as u64);
            chunk = rest;
            self.pending.extend_from_slice(taken);
            if self.pending.len() as u64 == batch_bytes {
                let tensor = &self.tensors[self.current];
                sink.rows(tensor, self.rows_done, &self.pending)?;
                self.pending.clear();
                self.rows_done += batch_bytes / row_bytes;
                if self.rows_done == tensor.num_rows() {
                    self.current += 1;
                    self.rows_done = 0;
                }
            }
        }
        Ok(())
    }

    /// Bytes of the file that have come.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Says that no more bytes will come.
    ///
    /// # Errors
    /// [`ModelError::Truncated`] when tensors are incomplete.
    pub fn finish(&self) -> Result<(), ModelError> {
        match self.tensors.get(self.current) {
            None => Ok(()),
            Some(tensor) => Err(ModelError::Truncated { at: self.at, reading: format!("tensor \"{}\"", tensor.name) }),
        }
    }

    fn advance<'a>(&mut self, chunk: &'a [u8], wanted: u64) -> (&'a [u8], &'a [u8]) {
        let len = usize::try_from(wanted).unwrap_or(usize::MAX).min(chunk.len());
        self.at += len as u64;
        chunk.split_at(len)
    }
}
