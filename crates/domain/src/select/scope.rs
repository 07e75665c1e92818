//! A filter, prepared for a dataset: which records a query uses.

use std::sync::Arc;

use crate::error::QueryError;
use crate::filter::{Condition, Filter};
use crate::rows::dataset::Dataset;
use crate::rows::find::column;
use crate::rule::Rule;
use crate::text::search::Search;
use crate::values::cell::CellKey;

/// The last search's result in a dataset, so that a moved threshold does not search the texts again.
#[derive(Debug, Clone, Default)]
pub struct Memo {
    search: Option<(Search, usize, Arc<[bool]>)>,
}

impl Memo {
    /// The records that contain a text.
    fn found(&mut self, data: &Dataset, search: &Search) -> Result<Arc<[bool]>, QueryError> {
        if let Some((known, records, found)) = &self.search
            && known == search
            && *records == data.num_records()
        {
            return Ok(Arc::clone(found));
        }
        let find = data.find().ok_or(QueryError::NoTexts)?;
        let found: Arc<[bool]> = find(data, search)?.into();
        self.search = Some((search.clone(), data.num_records(), Arc::clone(&found)));
        Ok(found)
    }
}

/// The records that a query uses.
#[derive(Debug)]
pub struct Scope {
    cells: Vec<bool>,
    records: Option<Vec<bool>>,
}

impl Scope {
    /// Prepares a filter. `rule` may drop further questions.
    ///
    /// # Errors
    /// [`QueryError`] for a column that does not exist or an expression that cannot be read.
    pub fn new(data: &Dataset, filter: &Filter, rule: &Rule, memo: &mut Memo) -> Result<Self, QueryError> {
        let prepared = filter.prepare();
        let takes = |cell: &CellKey| prepared.takes(cell) && !rule.drops(&cell.question);
        let mut scope = Self { cells: data.cells().iter().map(takes).collect(), records: None };
        for condition in &filter.conditions {
            match column(data, &condition.column) {
                Ok(column) => scope.narrow(data, |record| meets(condition, column.get(record).get())),
                Err(error) => scope.narrow_cells(data, condition).ok_or(error)?,
            }
        }
        if let Some(search) = filter.search.as_ref().filter(|search| !search.pattern.is_empty()) {
            let found = memo.found(data, search)?;
            scope.narrow(data, |record| found[record]);
        }
        if let Some(labels) = data.labels().filter(&filter.labels) {
            scope.narrow(data, |record| labels.takes(record));
        }
        Ok(scope)
    }

    fn narrow(&mut self, data: &Dataset, holds: impl Fn(usize) -> bool) {
        match &mut self.records {
            Some(records) => {
                for (record, is_in) in records.iter_mut().enumerate() {
                    *is_in = *is_in && holds(record);
                }
            }
            None => self.records = Some((0..data.num_records()).map(holds).collect()),
        }
    }

    /// `None` if no cell has a setting with that name.
    fn narrow_cells(&mut self, data: &Dataset, condition: &Condition) -> Option<()> {
        let value = |cell: &CellKey| cell.setting(&condition.column).map(crate::values::facet::Number::get);
        data.cells().iter().any(|cell| value(cell).is_some()).then_some(())?;
        for (is_in, cell) in self.cells.iter_mut().zip(data.cells()) {
            *is_in = *is_in && meets(condition, value(cell));
        }
        Some(())
    }

    /// Whether a record is in the scope.
    #[must_use]
    pub fn holds(&self, data: &Dataset, record: usize) -> bool {
        self.cells[data.cell_of(record) as usize] && self.records.as_ref().is_none_or(|records| records[record])
    }

    /// The records in the scope, in order.
    pub fn records<'a>(&'a self, data: &'a Dataset) -> impl Iterator<Item = usize> + 'a {
        (0..data.num_records()).filter(move |&record| self.holds(data, record))
    }
}

fn meets(condition: &Condition, value: Option<f64>) -> bool {
    value.is_some_and(|value| condition.comparison.holds(value, condition.value))
}
