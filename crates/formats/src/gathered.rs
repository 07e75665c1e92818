//! Rows that wait until the roles of the columns are settled.

use std::rc::Rc;

use super::cell::{Cell, Fields};
use super::rows::Known;

/// A row that was read before the roles of the columns were settled.
#[derive(Debug)]
pub(super) struct Gathered {
    pub(super) row: u64,
    pub(super) line: u64,
    pub(super) known: Rc<Known>,
    pub(super) cells: Vec<Owned>,
}

#[derive(Debug)]
pub(super) enum Owned {
    Null,
    Text(Vec<u8>),
    Escaped(Vec<u8>),
    Number(f64),
}

impl Fields for Vec<Owned> {
    fn get(&self, column: usize) -> Cell<'_> {
        match self.as_slice().get(column) {
            None | Some(Owned::Null) => Cell::Null,
            Some(Owned::Text(bytes)) => Cell::Text(bytes),
            Some(Owned::Escaped(bytes)) => Cell::Escaped(bytes),
            Some(Owned::Number(number)) => Cell::Number(*number),
        }
    }
}

/// Copies a value so that it can outlive its file's bytes.
pub(super) fn owned(cell: Cell<'_>) -> Owned {
    match cell {
        Cell::Null => Owned::Null,
        Cell::Text(bytes) => Owned::Text(bytes.to_vec()),
        Cell::Escaped(bytes) => Owned::Escaped(bytes.to_vec()),
        Cell::Number(number) => Owned::Number(number),
    }
}
