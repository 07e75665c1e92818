//! A grid of groups by groups. Each cell shows its number, or how many answers there are and which cells have none.

use super::ask::{Ask, by_words, heading, labels};
use super::summary::Summary;
use super::{FigureType, Why, ensure};
use crate::draft::{Draft, LABEL, TICK, length, shade, wrap};
use crate::forest::value_name;
use crate::measure;
use crate::names::ends;
use crate::picture::{Anchor, At, Cell, Ink, Picture, Recipe, Table, TableRow};
use crate::words::{FEW_NOTE, FEW_SIGN, Unit, Value, count};
use askew_domain::figure::matrix::{Matrix, MatrixCell};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::By;
use askew_domain::query::metric::Metric;
use askew_domain::rule::tally::real;
use askew_domain::view::plot::Plot;

/// Most rows in a figure.
const MAX_ROWS: usize = 60;
/// Most columns in a figure.
const MAX_COLUMNS: usize = 24;
/// Most columns chosen by default.
const MOST_COLUMNS: usize = 16;
/// Most cells in a figure.
const MAX_CELLS: usize = 500;
const CELL_HEIGHT: f32 = 30.0;
/// The largest width of a cell.
const MAX_CELL_WIDTH: f32 = 110.0;
/// Height of a row's name above its cells.
const NAME: f32 = 22.0;
/// Most lines of a column's name.
const MAX_LINES: usize = 3;
/// Height of one line of a column's name.
const LINE: f32 = 15.0;
/// The longest vertical name.
const UPRIGHT: f32 = 200.0;

/// A grid of the metric, or with `is_missing` of the number of answers.
pub(super) struct Heat {
    pub(super) is_missing: bool,
}

impl FigureType for Heat {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        let settings: Vec<By> = summary.settings.iter().map(|name| By::setting(name)).collect();
        match settings.as_slice() {
            // Two settings make a grid: layer by scale, or size by rank.
            [a, b, ..] if plot.rows.is_none() && plot.series.is_none() && summary.num_models > 1 => {
                (plot.rows, plot.series) = (Some(a.clone()), Some(b.clone()));
            }
            _ => {
                let rows = plot.rows.get_or_insert(By { question: true, ..By::NOTHING });
                plot.series.get_or_insert_with(|| {
                    let main = summary.main(MOST_COLUMNS);
                    if main.and(rows) == *rows { By { variant: true, ..By::NOTHING } } else { main }
                });
            }
        }
    }

    fn check(&self, plot: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        let num_cells = summary.num_of(&plot.rows) * summary.num_of(&plot.series);
        ensure(num_cells > 1, "There is only one group: a grid needs rows and columns.")
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Matrix { rows: ask.rows(), columns: ask.series() }]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Matrix(matrix)] = drawn else { return None };
        Some(picture(ask, matrix, self.is_missing))
    }
}

/// A matrix in drawing order.
struct Grid {
    rows: Vec<String>,
    columns: Vec<String>,
    cells: Vec<Option<Value>>,
    highest: f64,
}

impl Grid {
    fn at(&self, row: usize, column: usize) -> Option<&Value> {
        self.cells.get(row * self.columns.len() + column)?.as_ref()
    }
}

/// Lays a matrix out. With `is_missing`, the cells show how many rows there are.
fn picture(ask: &Ask<'_>, matrix: &Matrix, is_missing: bool) -> Picture {
    let metric = if is_missing { Metric::Count } else { ask.query.metric.clone() };
    let by = by_words(&[&ask.rows(), &ask.series()]);
    let title = if is_missing { format!("Number of answers{by}") } else { format!("{}{by}", ask.what()) };
    let (grid, table, num_left_out) = arranged(ask, matrix, &metric, is_missing);
    let mut draft = Draft::new(&title, ask.width);
    let bottom = draw(&mut draft, &grid, Unit::of(&metric));
    if num_left_out > 0 {
        draft.picture.notes.push(format!("{num_left_out} more cells are in the table."));
    }
    if Unit::of(&metric) == Unit::Share {
        draft
            .picture
            .notes
            .push("Numbers are percentages; ≤ marks an upper bound, in cells without such an answer.".to_owned());
    }
    if grid.cells.iter().flatten().any(|value| value.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    let num_empty = matrix.cells.iter().filter(|cell| cell.is_none()).count();
    if num_empty > 0 {
        draft.picture.notes.push("Hatched cells have no answer.".to_owned());
    }
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Grid { row: 0, column: 1, value: 2 };
    let finding = if is_missing { missing_finding(&grid, matrix, num_empty) } else { finding(&grid) };
    draft.finish(bottom, finding)
}

fn arranged(ask: &Ask<'_>, matrix: &Matrix, metric: &Metric, is_missing: bool) -> (Grid, Table, usize) {
    let (row_names, column_names) = (labels(&matrix.rows), labels(&matrix.columns));
    let value = |row: usize, column: usize| {
        let cell = matrix.cell(row, column)?;
        let cell = MatrixCell { value: if is_missing { Some(real(cell.rows)) } else { cell.value }, ..*cell };
        let key = matrix.rows.get(row)?.and(matrix.columns.get(column)?);
        let name = [row_names.get(row)?.as_str(), column_names.get(column)?.as_str()];
        let name =
            if matrix.columns.len() > 1 || matrix.rows.len() == 1 { name.join(", ") } else { name[0].to_owned() };
        Some(Value::of_cell(&cell, metric, key, name))
    };
    let mut order: Vec<usize> = (0..matrix.rows.len()).collect();
    if ask.rows().settings.is_empty() && !is_missing {
        let mean = |row: usize| {
            let found: Vec<f64> = (0..matrix.columns.len()).filter_map(|column| value(row, column)?.value).collect();
            if found.is_empty() { f64::NEG_INFINITY } else { found.iter().sum::<f64>() / real(found.len() as u64) }
        };
        order.sort_by(|&a, &b| mean(b).total_cmp(&mean(a)));
    }
    let mut rows = Vec::new();
    for &row in &order {
        for (column, column_name) in column_names.iter().enumerate() {
            let found = value(row, column);
            let source = matrix.cell(row, column);
            let counted = |of: fn(&MatrixCell) -> u64| source.map_or(Cell::Empty, |cell| Cell::Count(of(cell)));
            let name = row_names.get(row).cloned().unwrap_or_default();
            let mut cells = vec![Cell::Text(name), Cell::Text(column_name.clone())];
            cells.push(found.as_ref().map_or(Cell::Empty, |value| value.unit.cell(value.value)));
            if !is_missing {
                cells.push(counted(|cell| cell.misaligned));
                cells.push(counted(|cell| cell.num));
                cells.push(counted(|cell| cell.rows));
            }
            rows.push(TableRow { cells, target: found.and_then(|value| value.opens()).map(|(target, _)| target) });
        }
    }
    let mut columns = vec![heading(&ask.rows()), heading(&ask.series())];
    columns.push(if is_missing { "Answers".to_owned() } else { value_name(metric) });
    if !is_missing {
        columns.extend(["Misaligned", "Of", "All rows"].map(str::to_owned));
    }
    let num_columns = matrix.columns.len().min(MAX_COLUMNS);
    let num_rows = matrix.rows.len().min(MAX_ROWS).min((MAX_CELLS / num_columns.max(1)).max(1));
    let cells: Vec<Option<Value>> = order
        .iter()
        .take(num_rows)
        .flat_map(|&row| (0..num_columns).map(move |column| (row, column)))
        .map(|(row, column)| value(row, column))
        .collect();
    let highest = cells.iter().flatten().filter_map(|value| value.value).fold(0.0, f64::max);
    let left_out = matrix.cells.len() - cells.len();
    let grid = Grid {
        rows: order.iter().take(num_rows).filter_map(|&row| row_names.get(row).cloned()).collect(),
        columns: column_names.into_iter().take(num_columns).collect(),
        cells,
        highest,
    };
    (grid, Table { columns, rows }, left_out)
}

/// A cell's number as text: percentages without their sign.
fn text(value: &Value) -> String {
    let number = |share: f64| {
        let value = share * 100.0;
        if value == 0.0 || value >= 99.95 { format!("{value:.0}") } else { format!("{value:.1}") }
    };
    let short = match (value.unit, value.value, value.interval) {
        (_, None, _) => "–".to_owned(),
        (Unit::Share, Some(_), Some(found)) if value.numerator == 0 => {
            format!("≤{}", number(found.high))
        }
        (Unit::Share, Some(share), _) => number(share),
        (Unit::Count, Some(_), _) => count(value.numerator),
        (Unit::Points, Some(points), _) => Unit::Points.text(points),
    };
    if value.is_few { format!("{short}{FEW_SIGN}") } else { short }
}

fn draw(draft: &mut Draft, grid: &Grid, unit: Unit) -> f32 {
    let (width, is_narrow) = (draft.width(), draft.is_narrow());
    let widest = |names: &[String], size| names.iter().map(|name| measure::width(name, size)).fold(0.0, f32::max);
    let left = if is_narrow { 0.0 } else { widest(&grid.rows, LABEL).min(width * 0.36) + 12.0 };
    let texts: Vec<String> = grid.cells.iter().flatten().map(text).collect();
    let least = (widest(&texts, TICK) + 10.0).max(40.0);
    let room = width - left;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a small positive number")]
    let most = ((room / least).floor().max(1.0)) as usize;
    let num_blocks = grid.columns.len().div_ceil(most).max(1);
    let per_block = grid.columns.len().div_ceil(num_blocks).max(1);
    let cell = (room / length(per_block)).min(MAX_CELL_WIDTH);
    let mut y = 0.0;
    for first in (0..grid.columns.len()).step_by(per_block) {
        let names = &grid.columns[first..(first + per_block).min(grid.columns.len())];
        y = header(draft, &ends(names), (left, y), cell);
        for (row, name) in grid.rows.iter().enumerate() {
            if is_narrow {
                draft.label((0.0, y + NAME / 2.0 + 1.0), name, Anchor::Start, width);
                y += NAME;
            } else {
                draft.label((left - 12.0, y + CELL_HEIGHT / 2.0), name, Anchor::End, left - 12.0);
            }
            for column in 0..names.len() {
                let at = (length(column).mul_add(cell, left) + 1.0, y + 1.0);
                let size = (cell - 2.0, CELL_HEIGHT - 2.0);
                one(draft, grid.at(row, first + column), grid.highest, at, size);
            }
            y += CELL_HEIGHT;
        }
        y += 18.0;
    }
    ramp(draft, grid, unit, (left, y))
}

/// Names above columns, as wide as there is space. Returns the y below them.
fn header(draft: &mut Draft, names: &[String], (left, top): At, cell: f32) -> f32 {
    let lines: Vec<Vec<String>> = names.iter().map(|name| wrap(name, TICK, cell - 6.0)).collect();
    let fits = |lines: &Vec<String>| {
        lines.len() <= MAX_LINES && lines.iter().all(|line| measure::width(line, TICK) <= cell - 6.0)
    };
    if lines.iter().all(fits) {
        let most = lines.iter().map(Vec::len).max().unwrap_or(0);
        for (column, lines) in lines.iter().enumerate() {
            let x = (length(column) + 0.5).mul_add(cell, left);
            for (line, text) in lines.iter().enumerate() {
                let above = length(most - lines.len() + line);
                draft.text((x, (above + 0.5).mul_add(LINE, top)), text, TICK, Anchor::Middle, Ink::Text, None);
            }
        }
        return length(most).mul_add(LINE, top) + 6.0;
    }
    let height = names.iter().map(|name| measure::width(name, TICK)).fold(0.0, f32::max).min(UPRIGHT);
    for (column, name) in names.iter().enumerate() {
        let x = (length(column) + 0.5).mul_add(cell, left);
        draft.upright_text((x, top + height), name, Anchor::Start, Ink::Text, height);
    }
    top + height + 8.0
}

fn one(draft: &mut Draft, value: Option<&Value>, highest: f64, at: At, size: At) {
    let middle = (at.0 + size.0 / 2.0, at.1 + size.1 / 2.0);
    let Some(value) = value else {
        draft.frame(at, size, Ink::Grid);
        draft.hatch(at, size, Ink::Grid);
        return;
    };
    let share = value.value.map_or(0.0, |number| if highest > 0.0 { (number / highest).max(0.0) } else { 0.0 });
    draft.begin_mark(at, size, value.sentence(), value.opens());
    draft.fill(at, size, 1.0, Ink::Heat(shade(share)));
    draft.text(middle, &text(value), TICK, Anchor::Middle, Ink::OnHeat(shade(share)), Some(size.0 - 2.0));
    draft.end_mark();
}

/// Legend of the colours. Returns the y below it.
fn ramp(draft: &mut Draft, grid: &Grid, unit: Unit, (left, y): At) -> f32 {
    const STEPS: usize = 24;
    const STEP: f32 = 5.0;
    let (low, high) = (unit.text(0.0), unit.text(grid.highest));
    draft.note((left, y + 8.0), &low, Anchor::Start);
    let x = left + measure::width(&low, TICK) + 8.0;
    for step in 0..STEPS {
        let share = length(step) / length(STEPS - 1);
        draft.fill((length(step).mul_add(STEP, x), y + 2.0), (STEP, 12.0), 1.0, Ink::Heat(share));
    }
    draft.note((length(STEPS).mul_add(STEP, x) + 8.0, y + 8.0), &high, Anchor::Start);
    y + 20.0
}

fn finding(grid: &Grid) -> String {
    let mut rated: Vec<&Value> = grid.cells.iter().flatten().filter(|value| value.value.is_some()).collect();
    rated.sort_by(|a, b| b.value.unwrap_or_default().total_cmp(&a.value.unwrap_or_default()));
    let Some(highest) = rated.first() else { return "No answer is in the denominator.".to_owned() };
    let of = |value: &Value| value.figures().replace('\u{2002}', ", ");
    let num_zero = rated.iter().filter(|value| value.numerator == 0 && value.unit == Unit::Share).count();
    let zero = if num_zero > 0 { format!("; none in {num_zero} of {} cells", rated.len()) } else { String::new() };
    format!("Highest: {} ({}){zero}.", highest.label, of(highest))
}

fn missing_finding(grid: &Grid, matrix: &Matrix, num_empty: usize) -> String {
    let num = matrix.cells.len();
    let counts = || matrix.cells.iter().flatten().map(|cell| cell.rows);
    let (low, high) = (counts().min().unwrap_or(0), counts().max().unwrap_or(0));
    let first = grid.rows.iter().enumerate().find_map(|(row, name)| {
        let column = (0..grid.columns.len()).find(|&column| grid.at(row, column).is_none())?;
        Some(format!("{name}, {}", grid.columns.get(column)?))
    });
    let range = if low == high { count(low) } else { format!("{} to {}", count(low), count(high)) };
    match (num_empty, first) {
        (0, _) => format!("All {num} cells have answers: {range} each."),
        (_, Some(first)) => {
            format!("{num_empty} of {num} cells have no answer (the first: {first}); the others have {range}.")
        }
        _ => format!("{num_empty} of {num} cells have no answer; the others have {range}."),
    }
}
