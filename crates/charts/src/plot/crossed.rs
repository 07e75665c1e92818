//! Rows by series: the numbers of an outcome, in the order of a figure.

use std::collections::{HashMap, HashSet};

use super::ask::{Ask, heading, labels, projected};
use crate::forest::{rate_cells, rate_columns};
use crate::picture::{Cell, Recipe, Table, TableRow};
use crate::words::Value;
use askew_domain::query::{By, GroupKey, Row};

/// Most rows in a figure.
const MAX_ROWS: usize = 60;
/// Most marks in a figure.
const MAX_MARKS: usize = 400;
/// Most series in a figure: as many as there are symbols.
const MAX_SERIES: usize = 7;

/// Rows by series.
#[derive(Debug)]
pub(super) struct Crossed {
    /// Names of the rows.
    pub(super) rows: Vec<String>,
    /// Names of the series.
    pub(super) series: Vec<String>,
    /// Cells row by row; `None` if a row has no number for a series.
    pub(super) cells: Vec<Option<Value>>,
    /// All numbers, including those that are not drawn.
    pub(super) table: Table,
    /// Notes on what was left out.
    pub(super) notes: Vec<String>,
    has_series: bool,
}

/// Groups in order of their first row. Values of a setting and ways of asking have their own order.
fn distinct<'a>(keys: impl Iterator<Item = &'a GroupKey>) -> Vec<GroupKey> {
    let mut seen = HashSet::new();
    let mut found: Vec<GroupKey> = keys.filter(|key| seen.insert(*key)).cloned().collect();
    found.sort_by(|a, b| (&a.settings, a.variant).cmp(&(&b.settings, b.variant)));
    found
}

impl Crossed {
    /// Arranges the rows of an outcome that was grouped by both groupings at once.
    pub(super) fn new(ask: &Ask<'_>, found: &[Row], rows: &By, series: &By) -> Self {
        let metric = &ask.query.metric;
        let places: Vec<(GroupKey, GroupKey)> =
            found.iter().map(|row| (projected(&row.key, rows), projected(&row.key, series))).collect();
        let mut row_keys = distinct(places.iter().map(|(row, _)| row));
        let series_keys = distinct(places.iter().map(|(_, series)| series));
        let mut highest: HashMap<&GroupKey, f64> = HashMap::new();
        for ((row, _), found) in places.iter().zip(found) {
            let most = highest.entry(row).or_insert(f64::NEG_INFINITY);
            *most = most.max(found.value.unwrap_or(f64::NEG_INFINITY));
        }
        // Groups with an order keep it. The others are sorted, highest first.
        if rows.settings.is_empty() && !rows.variant {
            let of = |key: &GroupKey| highest.get(key).copied().unwrap_or(f64::NEG_INFINITY);
            row_keys.sort_by(|a, b| of(b).total_cmp(&of(a)));
        }
        let has_series = *series != By::NOTHING;
        let (row_names, series_names) = (labels(&row_keys), labels(&series_keys));
        let names = |row: usize, column: usize| match (row_names.get(row), series_names.get(column)) {
            (Some(row), Some(series)) if has_series && *rows != By::NOTHING => format!("{row}, {series}"),
            (_, Some(series)) if has_series => series.clone(),
            (row, _) => row.cloned().unwrap_or_default(),
        };
        let index: HashMap<(&GroupKey, &GroupKey), &Row> =
            places.iter().zip(found).map(|((row, series), found)| ((row, series), found)).collect();
        let at = |row: usize, column: usize| index.get(&(row_keys.get(row)?, series_keys.get(column)?)).copied();
        let mut table_rows = Vec::new();
        let mut cells = Vec::new();
        let num_series = series_keys.len().min(MAX_SERIES);
        let num_rows = row_keys.len().min(MAX_ROWS).min((MAX_MARKS / num_series.max(1)).max(1));
        for row in 0..row_keys.len() {
            for column in 0..series_keys.len() {
                let found = at(row, column);
                let value = found.map(|found| Value::of(found, metric, names(row, column)));
                if let (Some(found), Some(value)) = (found, &value) {
                    let mut line = vec![Cell::Text(row_names.get(row).cloned().unwrap_or_default())];
                    line.extend(has_series.then(|| Cell::Text(series_names.get(column).cloned().unwrap_or_default())));
                    line.extend(rate_cells(found, metric));
                    table_rows.push(TableRow { cells: line, target: value.target() });
                }
                if row < num_rows && column < num_series {
                    cells.push(value);
                }
            }
        }
        let (row_heading, series_heading) = (heading(rows), heading(series));
        let headings: Vec<&str> = if has_series { vec![&row_heading, &series_heading] } else { vec![&row_heading] };
        let mut notes = Vec::new();
        for (num, shown, what) in [(row_keys.len(), num_rows, "rows"), (series_keys.len(), num_series, "series")] {
            if num > shown {
                notes.push(format!("{} more {what} are in the table.", num - shown));
            }
        }
        Self {
            rows: row_names.into_iter().take(num_rows).collect(),
            series: series_names.into_iter().take(num_series).collect(),
            cells,
            table: Table { columns: rate_columns(&headings, metric), rows: table_rows },
            notes,
            has_series,
        }
    }

    /// The number at a row and a series.
    pub(super) fn at(&self, row: usize, series: usize) -> Option<&Value> {
        self.cells.get(row * self.series.len() + series)?.as_ref()
    }

    /// All numbers in the figure.
    pub(super) fn values(&self) -> impl Iterator<Item = &Value> {
        self.cells.iter().flatten()
    }

    /// Whether there is more than one series.
    pub(super) const fn has_series(&self) -> bool {
        self.series.len() > 1
    }

    /// How other programs can draw the table.
    pub(super) fn recipe(&self) -> Recipe {
        let names = if self.has_series { 2 } else { 1 };
        Recipe::Intervals {
            label: 0,
            series: self.has_series.then_some(1),
            value: names,
            ends: Some((names + 1, names + 2)),
        }
    }
}
