//! Streams weights: whole rows of one tensor at a time, in bounded memory.

use super::TensorInfo;
use crate::ModelError;

/// Most bytes buffered before rows are passed on.
const BATCH_BYTES: u64 = 1 << 20;

/// Receives the rows of tensors.
pub trait RowSink {
    /// The error when rows cannot be stored.
    type Error: From<ModelError>;

    /// Receives rows `first_row ..` of `tensor`, as stored in the file. Batches come in order and without gaps. The
    /// number of rows in a batch is a multiple of [`RowSink::row_multiple`], except in the last batch of a tensor.
    ///
    /// # Errors
    /// The sink's error when it cannot store the rows.
    fn rows(&mut self, tensor: &TensorInfo, first_row: u64, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Batches have a multiple of this many rows: see [`RowSink::rows`].
    fn row_multiple(&self) -> u64 {
        1
    }
}

/// Cuts the file's data section into rows.
#[derive(Debug)]
pub struct WeightStream {
    tensors: Vec<TensorInfo>,
    current: usize,
    /// Position of the next byte in the file.
    at: u64,
    /// Rows of the current tensor that were already passed on.
    rows_done: u64,
    pending: Vec<u8>,
}

impl WeightStream {
    /// Creates a stream of these tensors, in the order in which they are stored. It starts at byte `at` of the file.
    pub fn new(tensors: &[TensorInfo], at: u64) -> Self {
        Self { tensors: tensors.to_vec(), current: 0, at, rows_done: 0, pending: Vec::new() }
    }

    /// Adds the next chunk of the file and passes complete rows to `sink`.
    ///
    /// # Errors
    /// Any error of the sink.
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

    /// Position in the file after the last byte received.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Checks at the end of the file that all tensors were complete.
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
