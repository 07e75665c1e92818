//! One line per question, from the first of two groups to the second: base to tuned.

use super::ask::{Ask, heading, is_base, labels};
use super::summary::Summary;
use super::{FigureType, Why, ensure};
use crate::axis::Axis;
use crate::draft::{AXIS_HEIGHT, Draft, LABEL, RADIUS, STROKE, TICK, length, spread};
use crate::measure;
use crate::picture::{Anchor, Cell, Ink, Picture, Recipe, Symbol, Table, TableRow};
use crate::words::{FEW_NOTE, GAP, Unit, Value, signed};
use askew_domain::figure::matrix::{Matrix, MatrixCell};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::{By, GroupKey};
use askew_domain::rule::tally::ratio;
use askew_domain::view::plot::Plot;

/// Most lines in a figure.
const MAX_LINES: usize = 60;
/// Height of a name at a line's end.
const NAME: f32 = 17.0;

pub(super) struct Slopes;

impl FigureType for Slopes {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert(By { question: true, ..By::NOTHING });
        plot.series.get_or_insert_with(|| {
            if summary.num(&summary.models()) > 1 {
                summary.models()
            } else if summary.num_groups > 1 {
                By { group: true, ..By::NOTHING }
            } else {
                By { variant: true, ..By::NOTHING }
            }
        });
    }

    fn check(&self, plot: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(summary.num_of(&plot.series) > 1, "There is only one model: a slope goes from one to another.")?;
        ensure(summary.num_of(&plot.rows) > 1, "There is only one question.")
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Matrix { rows: ask.rows(), columns: ask.series() }]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Matrix(matrix)] = drawn else { return None };
        Some(picture(ask, matrix))
    }
}

/// One line.
struct Pair {
    name: String,
    ends: [Value; 2],
}

impl Pair {
    fn gap(&self) -> f64 {
        self.ends[1].value.unwrap_or_default() - self.ends[0].value.unwrap_or_default()
    }
}

/// The two columns to compare. The first is the baseline, or one that is named like a baseline, or the lowest. The
/// second is the highest.
fn two(ask: &Ask<'_>, matrix: &Matrix) -> Option<(usize, usize)> {
    let cells = |column: usize| (0..matrix.rows.len()).filter_map(move |row| matrix.cell(row, column));
    let rate = |column: usize| {
        let (k, n) = cells(column).fold((0, 0), |(k, n), cell: &MatrixCell| (k + cell.misaligned, n + cell.num));
        ratio(k, n.max(1))
    };
    let mut order: Vec<usize> = (0..matrix.columns.len()).collect();
    order.sort_by(|&a, &b| rate(a).total_cmp(&rate(b)));
    let names = labels(&matrix.columns);
    let is_baseline = |column: &&usize| {
        let key = matrix.columns.get(**column);
        ask.query.baseline.is_some() && key.and_then(|key| key.group.clone()) == ask.query.baseline
    };
    let is_named = |column: &&usize| names.get(**column).is_some_and(|name| is_base(name));
    let first = order.iter().find(is_baseline).or_else(|| order.iter().find(is_named)).or(order.first()).copied()?;
    let last = order.iter().rev().find(|column| **column != first).copied()?;
    // Two groups that have an order keep it.
    let has_order = matrix.columns.len() == 2 && matrix.columns.iter().all(GroupKey::has_order);
    Some(if has_order { (0, 1) } else { (first, last) })
}

/// Lays slopes out.
fn picture(ask: &Ask<'_>, matrix: &Matrix) -> Picture {
    let columns = labels(&matrix.columns);
    let what = heading(&ask.rows()).to_lowercase();
    let Some((first, last)) = two(ask, matrix) else {
        let why = "Slopes go from one group to another: these data have only one group.";
        return super::ask::refused(&format!("{} by {what}", ask.what()), ask.width, why);
    };
    let (from, to) = (columns[first].as_str(), columns[last].as_str());
    let title = format!("{} by {what}: {from} to {to}", ask.what());
    let names = labels(&matrix.rows);
    let value = |row: usize, column: usize| {
        let key = matrix.rows.get(row)?.and(matrix.columns.get(column)?);
        let name = format!("{}, {}", names[row], columns[column]);
        Some(Value::of_cell(matrix.cell(row, column)?, &ask.query.metric, key, name))
    };
    let mut pairs: Vec<Pair> = (0..matrix.rows.len())
        .filter_map(|row| {
            let ends = [value(row, first)?, value(row, last)?];
            let is_whole = ends.iter().all(|end| end.value.is_some());
            is_whole.then(|| Pair { name: names[row].clone(), ends })
        })
        .collect();
    pairs.sort_by(|a, b| b.gap().total_cmp(&a.gap()));
    let mut draft = Draft::new(&title, ask.width);
    let table = table(ask, &pairs, (from, to));
    let finding = finding(&pairs, (from, to));
    if matrix.rows.len() > pairs.len() {
        draft
            .picture
            .notes
            .push(format!("{} without a number in both groups are left out.", matrix.rows.len() - pairs.len()));
    }
    if matrix.columns.len() > 2 {
        let num = matrix.columns.len();
        draft.picture.notes.push(format!("Two of {num} groups: the baseline or the lowest, and the highest."));
    }
    if pairs.len() > MAX_LINES {
        draft.picture.notes.push(format!("{} more are in the table.", pairs.len() - MAX_LINES));
        pairs.truncate(MAX_LINES);
    }
    if pairs.iter().flat_map(|pair| &pair.ends).any(|value| value.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    let short = crate::names::ends(&[from.to_owned(), to.to_owned()]);
    let heads = (short.first().map_or(from, String::as_str), short.get(1).map_or(to, String::as_str));
    let height = draw(ask.unit(), &mut draft, &pairs, heads);
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Intervals { label: 0, series: Some(1), value: 2, ends: None };
    draft.finish(height, finding)
}

fn draw(unit: Unit, draft: &mut Draft, pairs: &[Pair], (from, to): (&str, &str)) -> f32 {
    let width = draft.width();
    let shown = |pair: &Pair| format!("{}{GAP}{}", pair.ends[1].marked(), pair.name);
    let widest = pairs.iter().map(|pair| measure::width(&shown(pair), TICK)).fold(0.0, f32::max);
    let (left, right) =
        (56.0, width - (widest + 20.0).clamp(90.0, width * if draft.is_narrow() { 0.55 } else { 0.45 }));
    let top = 34.0;
    let bottom = top + length(pairs.len()).mul_add(NAME, 20.0).max(300.0);
    let axis = Axis::new(unit, pairs.iter().flat_map(|pair| &pair.ends).filter_map(|value| value.value), bottom, top);
    draft.upright_axis(&axis, left, right);
    for (x, name, anchor) in [(left, from, Anchor::Start), (right, to, Anchor::End)] {
        draft.line((x, top), (x, bottom), 1.0, Ink::Quiet);
        // If the lines are close together, the names take the whole width of the figure.
        let (at, room) = match (draft.is_narrow(), anchor) {
            (false, _) => (x, (right - left) * 0.48),
            (true, Anchor::End) => (width, width * 0.46),
            (true, _) => (0.0, width * 0.46),
        };
        draft.text((at, 12.0), name, LABEL, anchor, Ink::Text, Some(room));
    }
    let y = |value: &Value| axis.at(value.value.unwrap_or_default());
    let wanted: Vec<f32> = pairs.iter().map(|pair| y(&pair.ends[1])).collect();
    for (pair, name_y) in pairs.iter().zip(spread(&wanted, NAME, top, bottom)) {
        // A rise is worse and gets the colour of misaligned answers. A fall or no change gets the other colour.
        let ink = if pair.gap() > 0.0 { Ink::Series(1) } else { Ink::Series(0) };
        let places = [(left, y(&pair.ends[0])), (right, y(&pair.ends[1]))];
        draft.line(places[0], places[1], STROKE * 0.75, ink);
        for (value, at) in pair.ends.iter().zip(places) {
            let field = if at.0 > left { (right - 12.0, name_y - NAME / 2.0) } else { (at.0 - 12.0, at.1 - 12.0) };
            let size = if at.0 > left { (width - right + 12.0, NAME) } else { (24.0, 24.0) };
            draft.begin_mark(field, size, value.sentence(), value.opens());
            let symbol = if value.is_few { Symbol::Circle } else { Symbol::Disc };
            draft.symbol(at, RADIUS - 1.0, symbol, ink);
            if at.0 > left {
                draft.line((right + 4.0, at.1), (right + 12.0, name_y), 1.0, Ink::Grid);
                draft.text(
                    (right + 15.0, name_y),
                    &shown(pair),
                    TICK,
                    Anchor::Start,
                    Ink::Text,
                    Some(width - right - 17.0),
                );
            }
            draft.end_mark();
        }
    }
    bottom + AXIS_HEIGHT / 2.0
}

fn table(ask: &Ask<'_>, pairs: &[Pair], (from, to): (&str, &str)) -> Table {
    let mut rows = Vec::new();
    for pair in pairs {
        for (value, group) in pair.ends.iter().zip([from, to]) {
            let cells = vec![
                Cell::Text(pair.name.clone()),
                Cell::Text(group.to_owned()),
                value.unit.cell(value.value),
                Cell::Count(value.numerator),
                Cell::Count(value.denominator),
            ];
            rows.push(TableRow { cells, target: value.target() });
        }
    }
    let name = crate::forest::value_name(&ask.query.metric);
    let opened = if ask.unit() == Unit::Share { "Misaligned" } else { "All rows" };
    let columns = [heading(&ask.rows()).as_str(), "Of group", &name, opened, "Of"].map(str::to_owned);
    Table { columns: columns.to_vec(), rows }
}

fn finding(pairs: &[Pair], (from, to): (&str, &str)) -> String {
    let num = |is_it: fn(f64) -> bool| pairs.iter().filter(|pair| is_it(pair.gap())).count();
    let (up, down) = (num(|gap| gap > 0.0), num(|gap| gap < 0.0));
    pairs.first().map_or_else(
        || format!("No question has a number in both {from} and {to}."),
        |most| {
            let gap = signed(most.ends[1].unit, most.gap());
            format!(
                "From {from} to {to}, {up} of {} rise and {down} fall; most: {} by {gap} (from {} to {}).",
                pairs.len(),
                most.name,
                most.ends[0].text(),
                most.ends[1].text()
            )
        },
    )
}
