//! The one pass over the records: counts of each cell under a query.

use super::classify::Classifier;
use super::dataset::Dataset;
use super::query::{Metric, Query, QueryError};
use super::scope::{Scope, column};
use super::tally::{Tally, real};

/// Sum, square sum and count of a column.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moments {
    /// Rows that have the column.
    pub count: u64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64, count: u32) {
        let weight = f64::from(count);
        self.count += u64::from(count);
        self.sum += weight * value;
        self.squares += weight * value * value;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The sum of the column's values.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// The mean; `None` of nothing.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / real(self.count))
    }

    /// The sample standard deviation; `None` under two rows.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        let n = real(self.count);
        (self.count > 1).then(|| ((self.squares - self.sum * self.sum / n) / (n - 1.0)).max(0.0).sqrt())
    }
}

/// Counts of each cell: what rates, matrices, series, flows and comparisons are rolled up from.
#[derive(Debug, Clone)]
pub struct Counts {
    /// Where each cell's rows went, by number of the cell.
    pub tallies: Vec<Tally>,
    /// Of the column of [`Metric::Mean`], by number of the cell.
    pub moments: Vec<Moments>,
    /// Rows with a score outside 0 to 100.
    pub out_of_range: u64,
}

impl Counts {
    /// Counts the records of a scope.
    ///
    /// # Errors
    /// [`QueryError`] for a column that does not exist.
    pub fn new(data: &Dataset, query: &Query, scope: &Scope) -> Result<Self, QueryError> {
        let classifier = Classifier::new(data, query)?;
        let values = match &query.metric {
            Metric::Mean(name) => Some(column(data, name)?),
            _ => None,
        };
        let mut tallies = vec![Tally::default(); data.cells().len()];
        let mut moments = vec![Moments::default(); data.cells().len()];
        let mut out_of_range = 0;
        for record in scope.records(data) {
            let cell = data.cell_of(record) as usize;
            let count = data.count(record);
            let (aligned, coherent, class) = classifier.class(data, record);
            tallies[cell].add(aligned, coherent, class, count);
            if let Some(value) = values.and_then(|values| values.get(record).get()) {
                moments[cell].add(value, count);
            }
            let is_out = |score: Option<f64>| score.is_some_and(|score| !(0.0..=100.0).contains(&score));
            out_of_range += if is_out(aligned.get()) || is_out(coherent.get()) { u64::from(count) } else { 0 };
        }
        Ok(Self { tallies, moments, out_of_range })
    }
}
