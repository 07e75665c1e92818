//! A model on the CPU. [`CpuMaths`] selects the arithmetic. A program that never names one of them does not include its
//! code: the engine worker does not download the f32 reference.

use std::fmt::Debug;

use askew_model::cpu::Fast;
use askew_model::gguf::{RowSink, TensorInfo};
use askew_model::reference::{Exact, Forward, Lane, Maths, WeightsBuilder};
use askew_model::{Adapter, ModelError, ModelFile, Steering};
use askew_protocol::{Device, Math};

/// The arithmetic that a model is computed with on the CPU.
#[derive(Clone, Copy, Debug)]
pub struct CpuMaths {
    /// How the page names it.
    pub math: Math,
    name: &'static str,
    weights: fn() -> Box<dyn CpuWeights>,
}

impl CpuMaths {
    /// The f32 reference.
    pub const EXACT: Self =
        Self { math: Math::Exact, name: "CPU reference, f32", weights: || Box::new(Weights::<Exact>::default()) };
    /// The same forward pass with SIMD.
    pub const FAST: Self =
        Self { math: Math::Fast, name: "CPU, one thread", weights: || Box::new(Weights::<Fast>::default()) };

    /// An empty weight builder.
    pub(super) fn weights(self) -> Box<dyn CpuWeights> {
        (self.weights)()
    }

    /// The device description that the page shows.
    pub(super) fn device(self) -> Device {
        Device { adapter: self.name.to_owned(), backend: "cpu".to_owned(), software: true, ..Device::default() }
    }
}

/// A model that can run. Each method does the same as the one of [`Forward`].
pub(super) trait CpuModel: Debug {
    /// # Errors
    /// [`ModelError::Memory`].
    fn lay_out(&mut self, columns: usize, adapters: Vec<Adapter>, steerings: Vec<Steering>) -> Result<(), ModelError>;

    /// Sets a column's scales: of the adapters, then of the steering vectors.
    fn set_scales(&mut self, column: usize, scales: &[f32]);

    /// Copies the first `len` positions of one column to another.
    fn copy_column(&mut self, from: usize, to: usize, len: usize);

    /// Reads tokens of a column without computing logits.
    fn read(&mut self, column: usize, tokens: &[u32], position: usize);

    /// Reads one token in each lane, reading the weights once for all lanes. Returns the residual streams (lanes, dim)
    /// after `num_layers` layers.
    fn residuals(&mut self, lanes: &[Lane], num_layers: usize) -> Vec<f32>;

    /// The logits (lanes, vocab) computed from residual streams.
    fn head(&self, residuals: &[f32]) -> Vec<f32>;

    /// How many times the weights have been read.
    fn num_steps(&self) -> u64;
}

impl<M: Maths> CpuModel for Forward<M> {
    fn lay_out(&mut self, columns: usize, adapters: Vec<Adapter>, steerings: Vec<Steering>) -> Result<(), ModelError> {
        Forward::lay_out(self, columns, adapters, steerings)
    }

    fn set_scales(&mut self, column: usize, scales: &[f32]) {
        Forward::set_scales(self, column, scales);
    }

    fn copy_column(&mut self, from: usize, to: usize, len: usize) {
        Forward::copy_column(self, from, to, len);
    }

    fn read(&mut self, column: usize, tokens: &[u32], position: usize) {
        drop(self.hidden_in(column, tokens, position));
    }

    fn residuals(&mut self, lanes: &[Lane], num_layers: usize) -> Vec<f32> {
        self.step_through(lanes, num_layers)
    }

    fn head(&self, residuals: &[f32]) -> Vec<f32> {
        self.logits(residuals)
    }

    fn num_steps(&self) -> u64 {
        Forward::num_steps(self)
    }
}

/// Collects a model's weights while they arrive.
pub(super) trait CpuWeights: RowSink<Error = ModelError> + Debug {
    /// Builds the model once all weights have arrived, with a KV cache for `context` tokens.
    ///
    /// # Errors
    /// [`ModelError::MissingTensor`] or [`ModelError::Memory`].
    fn build(self: Box<Self>, file: &ModelFile, context: usize) -> Result<Box<dyn CpuModel>, ModelError>;
}

/// Weights for one kind of arithmetic.
#[derive(Debug)]
struct Weights<M: Maths>(WeightsBuilder<M::Matrix>);

impl<M: Maths> Default for Weights<M> {
    fn default() -> Self {
        Self(WeightsBuilder::default())
    }
}

impl<M: Maths> RowSink for Weights<M> {
    type Error = ModelError;

    fn rows(&mut self, tensor: &TensorInfo, first_row: u64, bytes: &[u8]) -> Result<(), ModelError> {
        self.0.rows(tensor, first_row, bytes)
    }

    fn row_multiple(&self) -> u64 {
        self.0.row_multiple()
    }
}

impl<M: Maths + 'static> CpuWeights for Weights<M> {
    fn build(self: Box<Self>, file: &ModelFile, context: usize) -> Result<Box<dyn CpuModel>, ModelError> {
        Ok(Box::new(Forward::<M>::new(file.config.clone(), self.0.build(file)?, context)?))
    }
}

impl RowSink for Box<dyn CpuWeights> {
    type Error = ModelError;

    fn rows(&mut self, tensor: &TensorInfo, first_row: u64, bytes: &[u8]) -> Result<(), ModelError> {
        (**self).rows(tensor, first_row, bytes)
    }

    fn row_multiple(&self) -> u64 {
        (**self).row_multiple()
    }
}
