//! Dots with intervals, one below the other, highest first.

use super::axis::Axis;
use super::draft::{AXIS_HEIGHT, Draft, LABEL, MARGIN, RADIUS};
use super::measure;
use super::picture::{Anchor, Cell, Ink, Picture, Recipe, Symbol, Table, TableRow};
use super::words::{FEW_NOTE, GAP, Unit, Value};
use askew_domain::query::metric::Metric;
use askew_domain::query::{GroupKey, Row};

/// Height of a row if its label is to the left of the mark.
const WIDE_ROW: f32 = 30.0;
/// Height of a row if its label is above the mark.
const NARROW_ROW: f32 = 46.0;

/// Most marks in a figure. Keeps drawing bounded for any data.
pub const MAX_MARKS: usize = 60;

/// Draws rates, highest first. Groups without a rate come last.
#[must_use]
pub fn forest(title: &str, rows: &[Row], metric: &Metric, label: impl Fn(&GroupKey) -> String, width: f32) -> Picture {
    let mut rows: Vec<&Row> = rows.iter().collect();
    // A stable sort: equal rates keep the file's order.
    let height = |row: &Row| row.value.unwrap_or(f64::NEG_INFINITY);
    rows.sort_by(|a, b| height(b).total_cmp(&height(a)));
    let mut values: Vec<Value> = rows.iter().map(|row| Value::of(row, metric, label(&row.key))).collect();
    let table = table(&rows, &values, metric);
    let finding = finding(&values);
    let num_hidden = values.len().saturating_sub(MAX_MARKS);
    values.truncate(MAX_MARKS);

    let mut draft = Draft::new(title, width);
    let width = draft.width();
    let is_narrow = draft.is_narrow();
    let row_height = if is_narrow { NARROW_ROW } else { WIDE_ROW };
    // At the right: the numbers of each mark.
    let figures = widest(values.iter().map(Value::figures)) + 8.0;
    let (left, right, label_room) = if is_narrow {
        (MARGIN, width - MARGIN, width - figures - 8.0)
    } else {
        let room = (widest(values.iter().map(|value| value.label.clone())) + 8.0).min(width * 0.42);
        (room + MARGIN, width - figures - MARGIN, room - 4.0)
    };
    #[expect(clippy::cast_precision_loss, reason = "at most MAX_MARKS rows")]
    let top_of = |row: usize| row as f32 * row_height;
    let bottom = top_of(values.len());
    let axis = Axis::new(Unit::of(metric), values.iter().flat_map(Value::ends), left, right);
    draft.level_axis(&axis, 0.0, bottom);
    let ink = Ink::Series(0);
    for (row, value) in values.iter().enumerate() {
        let top = top_of(row);
        let (label_y, y) = if is_narrow {
            (top + 14.0, top + row_height - 13.0)
        } else {
            (top + row_height / 2.0, top + row_height / 2.0)
        };
        draft.begin_mark((0.0, top), (width, row_height), value.sentence(), value.opens());
        if let Some(found) = value.interval {
            draft.interval((axis.at(found.low), axis.at(found.high)), y, ink);
        }
        if let Some(number) = value.value {
            let symbol = if value.is_few { Symbol::Circle } else { Symbol::Disc };
            draft.symbol((axis.at(number), y), RADIUS, symbol, ink);
        }
        let (x, anchor) = if is_narrow { (0.0, Anchor::Start) } else { (label_room, Anchor::End) };
        draft.label((x, label_y), &value.label, anchor, label_room);
        draft.label((width - 2.0, label_y), &value.figures(), Anchor::End, figures);
        draft.end_mark();
    }
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Intervals { label: 0, series: None, value: 1, ends: Some((2, 3)) };
    if num_hidden > 0 {
        draft.picture.notes.push(format!("{num_hidden} more are in the table."));
    }
    if values.iter().any(|value| value.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    draft.finish(bottom + AXIS_HEIGHT, finding)
}

/// Width of the widest label.
fn widest(texts: impl Iterator<Item = String>) -> f32 {
    texts.map(|text| measure::width(&text, LABEL)).fold(0.0, f32::max)
}

/// The columns of rates that every table of groups has after its names.
pub const RATE_COLUMNS: [&str; 9] = [
    "Rate",
    "Low (95 %)",
    "High (95 %)",
    "Interval",
    "Misaligned",
    "Of",
    "All rows",
    "No alignment score",
    "No coherence score",
];

/// A row's cells for [`RATE_COLUMNS`].
#[must_use]
pub fn rate_cells(row: &Row, metric: &Metric) -> [Cell; 9] {
    let unit = Unit::of(metric);
    [
        unit.cell(row.value),
        unit.cell(row.interval.map(|found| found.low)),
        unit.cell(row.interval.map(|found| found.high)),
        row.interval.map_or(Cell::Empty, |found| Cell::Text(found.method.describe().to_owned())),
        Cell::Count(row.tally.misaligned),
        Cell::Count(row.num),
        Cell::Count(row.tally.rows),
        Cell::Count(row.tally.null_aligned),
        Cell::Count(row.tally.null_coherent),
    ]
}

/// Name of the column with a metric's values.
#[must_use]
pub fn value_name(metric: &Metric) -> String {
    match metric {
        Metric::Rate => "Rate".to_owned(),
        Metric::Share(_) => "Share".to_owned(),
        Metric::MisalignAt(_) => "Prompts".to_owned(),
        Metric::Mean(column) => format!("Mean {column}"),
        Metric::Count => "Rows".to_owned(),
    }
}

/// Names of a table's columns: some names for the row, then [`RATE_COLUMNS`] under the metric's name.
#[must_use]
pub fn rate_columns(names: &[&str], metric: &Metric) -> Vec<String> {
    let mut columns: Vec<String> = names.iter().chain(&RATE_COLUMNS).map(|name| (*name).to_owned()).collect();
    if let Some(name) = columns.get_mut(names.len()) {
        *name = value_name(metric);
    }
    columns
}

fn table(rows: &[&Row], values: &[Value], metric: &Metric) -> Table {
    let row = |(row, value): (&&Row, &Value)| TableRow {
        cells: [Cell::Text(value.label.clone())].into_iter().chain(rate_cells(row, metric)).collect(),
        target: value.target(),
    };
    Table { columns: rate_columns(&["Name"], metric), rows: rows.iter().zip(values).map(row).collect() }
}

/// The highest and the lowest number, in one sentence.
#[must_use]
pub fn finding(values: &[Value]) -> String {
    let mut rated: Vec<&Value> = values.iter().filter(|value| value.value.is_some()).collect();
    rated.sort_by(|a, b| b.value.unwrap_or_default().total_cmp(&a.value.unwrap_or_default()));
    let figures = |value: &Value| match value.figures().split_once(GAP) {
        Some((number, of)) => format!("{number} ({of})"),
        None => value.figures(),
    };
    match rated.as_slice() {
        [] => "No answer is in the denominator.".to_owned(),
        [only] => format!("{}: {}.", only.label, figures(only)),
        [first, .., last] if first.numerator == 0 && first.unit == Unit::Share => {
            format!("No misaligned answer in any of {} ({}: {}).", rated.len(), last.label, last.text())
        }
        [first, .., last] => {
            format!("From {} for {} down to {} for {}.", figures(first), first.label, figures(last), last.label)
        }
    }
}
