//! A model on the CPU, in either maths.

use super::protocol::{Device, Math};
use crate::model::cpu::{FastMatrix, FastModel};
use crate::model::gguf::{RowSink, TensorInfo};
use crate::model::reference::{Lane, Reference, WeightsBuilder};
use crate::model::{Adapter, ModelError, ModelFile, Steering};

/// A model that can run.
#[derive(Debug)]
pub(super) enum CpuModel {
    /// The f32 reference.
    Exact(Box<Reference>),
    /// The same forward pass in SIMD.
    Fast(Box<FastModel>),
}

/// Its weights as they come.
#[derive(Debug)]
pub(super) enum CpuWeights {
    /// For [`CpuModel::Exact`].
    Exact(WeightsBuilder),
    /// For [`CpuModel::Fast`].
    Fast(WeightsBuilder<FastMatrix>),
}

impl CpuWeights {
    /// None yet.
    pub(super) fn new(math: Math) -> Self {
        match math {
            Math::Exact => Self::Exact(WeightsBuilder::default()),
            Math::Fast => Self::Fast(WeightsBuilder::default()),
        }
    }

    /// The model, once all weights have come, with a cache for `context` tokens.
    ///
    /// # Errors
    /// [`ModelError::MissingTensor`] or [`ModelError::Memory`].
    pub(super) fn build(self, file: &ModelFile, context: usize) -> Result<CpuModel, ModelError> {
        let config = file.config.clone();
        Ok(match self {
            Self::Exact(weights) => CpuModel::Exact(Box::new(Reference::new(config, weights.build(file)?, context)?)),
            Self::Fast(weights) => CpuModel::Fast(Box::new(FastModel::new(config, weights.build(file)?, context)?)),
        })
    }
}

impl RowSink for CpuWeights {
    type Error = ModelError;

    fn rows(&mut self, tensor: &TensorInfo, first_row: u64, bytes: &[u8]) -> Result<(), ModelError> {
        match self {
            Self::Exact(weights) => weights.rows(tensor, first_row, bytes),
            Self::Fast(weights) => weights.rows(tensor, first_row, bytes),
        }
    }

    fn row_multiple(&self) -> u64 {
        match self {
            Self::Exact(weights) => weights.row_multiple(),
            Self::Fast(weights) => weights.row_multiple(),
        }
    }
}

impl CpuModel {
    /// As [`Reference::lay_out`].
    ///
    /// # Errors
    /// [`ModelError::Memory`].
    pub(super) fn lay_out(
        &mut self,
        columns: usize,
        adapters: Vec<Adapter>,
        steerings: Vec<Steering>,
    ) -> Result<(), ModelError> {
        match self {
            Self::Exact(model) => model.lay_out(columns, adapters, steerings),
            Self::Fast(model) => model.lay_out(columns, adapters, steerings),
        }
    }

    /// As [`Reference::set_scales`].
    pub(super) fn set_scales(&mut self, column: usize, scales: &[f32]) {
        match self {
            Self::Exact(model) => model.set_scales(column, scales),
            Self::Fast(model) => model.set_scales(column, scales),
        }
    }

    /// As [`Reference::copy_column`].
    pub(super) fn copy_column(&mut self, from: usize, to: usize, len: usize) {
        match self {
            Self::Exact(model) => model.copy_column(from, to, len),
            Self::Fast(model) => model.copy_column(from, to, len),
        }
    }

    /// Reads tokens of a column without asking what follows.
    pub(super) fn read(&mut self, column: usize, tokens: &[u32], position: usize) {
        match self {
            Self::Exact(model) => drop(model.hidden_in(column, tokens, position)),
            Self::Fast(model) => drop(model.hidden_in(column, tokens, position)),
        }
    }

    /// Reads a token in each lane, the weights once for all, and gives the logits (lanes, vocab) that follow.
    pub(super) fn logits(&mut self, lanes: &[Lane]) -> Vec<f32> {
        match self {
            Self::Exact(model) => {
                let hidden = model.step(lanes);
                model.logits(&hidden)
            }
            Self::Fast(model) => {
                let hidden = model.step(lanes);
                model.logits(&hidden)
            }
        }
    }

    /// How often the weights have been read.
    pub(super) fn num_steps(&self) -> u64 {
        match self {
            Self::Exact(model) => model.num_steps(),
            Self::Fast(model) => model.num_steps(),
        }
    }

    /// Whether activations are rounded.
    pub(super) fn is_fast(&self) -> bool {
        matches!(self, Self::Fast(_))
    }

    /// What the reader is told of it.
    pub(super) fn device(&self) -> Device {
        let adapter = match self {
            Self::Exact(_) => "CPU reference, f32",
            Self::Fast(_) => "CPU, one thread",
        };
        Device { adapter: adapter.to_owned(), backend: "cpu".to_owned(), software: true, ..Device::default() }
    }
}
