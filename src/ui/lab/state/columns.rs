//! The columns that answer side by side: the scales of the adapters and vectors in each, which can change during an
//! answer.

use leptos::prelude::*;

use super::LabState;
use crate::protocol::Column;
use crate::ui::text;

/// Handles to the columns.
#[derive(Debug, Clone, Copy)]
pub struct Columns {
    /// Names of the adapters, then of the steering vectors.
    pub(crate) add_ons: RwSignal<Vec<String>>,
    /// Scales of each column, one for each adapter or vector. The first column is the base model alone.
    scales: RwSignal<Vec<Vec<f32>>>,
}

impl Default for Columns {
    fn default() -> Self {
        Self { add_ons: RwSignal::default(), scales: RwSignal::new(vec![Vec::new()]) }
    }
}

impl Columns {
    /// Sets the columns for these adapters and vectors: the base model alone, and a second column with the first
    /// adapter at 1.
    pub fn lay_out(self, add_ons: &[String]) {
        if self.add_ons.with_untracked(|known| known == add_ons) && self.number_untracked() > 1 {
            return;
        }
        let alone = vec![0.0; add_ons.len()];
        let mut first = alone.clone();
        first.iter_mut().take(1).for_each(|scale| *scale = 1.0);
        self.scales.set(if add_ons.is_empty() { vec![alone] } else { vec![alone, first] });
        self.add_ons.set(add_ons.to_vec());
    }

    /// Number of columns.
    #[must_use]
    pub fn number(self) -> usize {
        self.scales.with(Vec::len)
    }

    fn number_untracked(self) -> usize {
        self.scales.with_untracked(Vec::len)
    }

    /// The columns for a request. They share one seed, so only the model differs between them.
    #[must_use]
    pub fn asked(self) -> Vec<Column> {
        let column = |scales: &Vec<f32>| Column { scales: scales.clone(), seed: None };
        self.scales.with_untracked(|all| all.iter().map(column).collect())
    }

    /// Name of a column: its adapters and vectors with their scales.
    #[must_use]
    pub fn name(self, column: usize) -> String {
        let scales = self.scales.with(|all| all.get(column).cloned()).unwrap_or_default();
        let felt = self.add_ons.with(|add_ons| {
            let felt = add_ons.iter().zip(&scales).filter(|(_, scale)| **scale != 0.0);
            felt.map(|(name, scale)| format!("{name} × {scale}")).collect::<Vec<_>>()
        });
        if felt.is_empty() { text::lab::MODEL_ALONE.to_owned() } else { felt.join(", ") }
    }

    /// Scale of an adapter or vector in a column. 0 where there is none.
    pub(crate) fn scale(self, column: usize, add_on: usize) -> f32 {
        self.scales.with(|all| all.get(column).and_then(|scales| scales.get(add_on)).copied().unwrap_or(0.0))
    }

    /// Sets a scale, also in the answer that is under way.
    pub(crate) fn set(self, lab: LabState, column: usize, add_on: usize, scale: f32) {
        self.scales.update(|all| {
            if let Some(place) = all.get_mut(column).and_then(|scales| scales.get_mut(add_on)) {
                *place = scale;
            }
        });
        let scales = self.scales.with_untracked(|all| all.get(column).cloned()).unwrap_or_default();
        lab.set_scales(column, scales);
    }

    /// Adds a copy of the last column.
    pub(crate) fn add(self) {
        self.scales.update(|all| all.extend(all.last().cloned()));
    }

    /// Removes the last column.
    pub(crate) fn drop_last(self) {
        self.scales.update(|all| {
            all.pop();
        });
    }
}
