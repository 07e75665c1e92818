//! Counts of each cell under a query, from one pass over the records.

use super::classify::{Classifier, NUM_CODES};
use crate::query::{Metric, Query, QueryError};
use crate::rows::dataset::Dataset;
use crate::rows::find::column;
use crate::rule::tally::{Tally, real};
use crate::rule::{Class, Coded};
use crate::select::scope::Scope;

/// Count, sum and sum of squares of a column's values.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moments {
    /// Number of rows with a value.
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

    pub(crate) fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    /// The sum of the column's values.
    #[must_use]
    pub const fn sum(&self) -> f64 {
        self.sum
    }

    /// The mean; `None` for no rows.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / real(self.count))
    }

    /// The sample standard deviation; `None` for fewer than two rows.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        let n = real(self.count);
        (self.count > 1).then(|| ((self.squares - self.sum * self.sum / n) / (n - 1.0)).max(0.0).sqrt())
    }
}

/// Counts of each cell. Rates, matrices, series, flows and comparisons are computed from them.
#[derive(Debug, Clone)]
pub struct Counts {
    /// Counts of each cell's rows, by number of the cell.
    pub tallies: Vec<Tally>,
    /// Moments of the column of [`Metric::Mean`], by number of the cell; empty for other metrics.
    moments: Vec<Moments>,
    /// Rows with a score outside 0 to 100.
    pub out_of_range: u64,
    /// Every record's code; [`OUT`] for a record outside the scope.
    codes: Vec<u8>,
    coded: [Coded; NUM_CODES],
}

/// In place of a code: the record is outside the scope.
const OUT: u8 = u8::MAX;

impl Counts {
    /// Counts the records of a scope.
    ///
    /// # Errors
    /// [`QueryError`] for a column that does not exist.
    pub fn new(data: &Dataset, query: &Query, scope: &Scope) -> Result<Self, QueryError> {
        let classifier = Classifier::new(data, query)?;
        let mut by_code = vec![[0_u64; NUM_CODES]; data.cells().len()];
        let mut codes = vec![OUT; data.num_records()];
        let mut out_of_range = 0;
        for (record, place) in codes.iter_mut().enumerate() {
            if !scope.holds(data, record) {
                continue;
            }
            let code = classifier.code(data, record);
            *place = code;
            let count = u64::from(data.count(record));
            by_code[data.cell_of(record) as usize][usize::from(code)] += count;
            let (aligned, coherent) = classifier.scores(record);
            out_of_range += if aligned.is_out_of_range() || coherent.is_out_of_range() { count } else { 0 };
        }
        let coded = *classifier.coded();
        let tally = |by_code: &[u64; NUM_CODES]| {
            let mut tally = Tally::default();
            for (coded, &count) in coded.iter().zip(by_code).filter(|(_, count)| **count > 0) {
                tally.add(coded, count);
            }
            tally
        };
        let tallies = by_code.iter().map(tally).collect();
        let mut counts = Self { tallies, moments: Vec::new(), out_of_range, codes, coded };
        if let Metric::Mean(name) = &query.metric {
            let values = column(data, name)?;
            counts.moments = vec![Moments::default(); data.cells().len()];
            for record in (0..data.num_records()).filter(|&record| counts.codes[record] != OUT) {
                if let Some(value) = values.get(record).get() {
                    counts.moments[data.cell_of(record) as usize].add(value, data.count(record));
                }
            }
        }
        Ok(counts)
    }

    /// A record's code; `None` if it is outside the scope.
    pub(crate) fn code(&self, record: usize) -> Option<u8> {
        self.codes.get(record).copied().filter(|&code| code != OUT)
    }

    /// The class of records with a code.
    pub(crate) const fn class(&self, code: u8) -> Class {
        self.coded[code as usize].class
    }

    /// A cell's moments. They are empty unless the metric is a mean.
    #[must_use]
    pub fn moments(&self, cell: usize) -> Moments {
        self.moments.get(cell).copied().unwrap_or_default()
    }
}
