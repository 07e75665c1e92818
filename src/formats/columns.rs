//! Columns without a part: further numbers of a row.

use super::cell::{Cell, Fields};
use super::roles::Roles;
use crate::domain::dataset::Dataset;
use crate::domain::score::Score;

/// A column without a part: numbers or text, by its first value that is not null.
#[derive(Debug)]
pub(super) struct NumericColumn {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) state: ColumnState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnState {
    Unknown,
    Text,
    Numbers { id: usize, num_bad: u64 },
}

/// The columns without a part, with what is already known of them.
pub(super) fn numeric_columns(roles: &Roles, mut known: Vec<NumericColumn>) -> Vec<NumericColumn> {
    let column = |(at, name): &(usize, String)| {
        let found = known.iter().position(|column| column.at == *at).map(|at| known.swap_remove(at));
        found.unwrap_or_else(|| NumericColumn { at: *at, name: name.clone(), state: ColumnState::Unknown })
    };
    roles.others.iter().map(column).collect()
}

impl NumericColumn {
    /// The row's value by the dataset's number of the column; `None` where there is none.
    pub(super) fn read(&mut self, data: &mut Dataset, fields: &dyn Fields) -> Option<(usize, Score)> {
        if self.state == ColumnState::Text {
            return None;
        }
        let cell = fields.get(self.at);
        if matches!(cell, Cell::Text([b'{', ..])) {
            // What a judge said of a score that has its own column.
            self.state = ColumnState::Text;
            return None;
        }
        match (&mut self.state, cell.score()) {
            (_, Ok(score)) if score.is_null() => None,
            (ColumnState::Numbers { id, .. }, Ok(score)) => Some((*id, score)),
            (ColumnState::Numbers { num_bad, .. }, _) => {
                *num_bad += 1;
                None
            }
            (state @ ColumnState::Unknown, Ok(score)) => {
                let id = data.numeric_id(&self.name);
                *state = ColumnState::Numbers { id, num_bad: 0 };
                Some((id, score))
            }
            (state, _) => {
                *state = ColumnState::Text;
                None
            }
        }
    }
}
