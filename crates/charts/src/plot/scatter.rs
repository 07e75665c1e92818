//! One point per group: its rate in one category against its rate in another.

use super::ask::{Ask, heading, labels};
use super::summary::Summary;
use super::{FigureType, Why, ensure};
use crate::axis::Axis;
use crate::draft::{Draft, LABEL, RADIUS, TICK};
use crate::measure;
use crate::names::ends;
use crate::picture::{Anchor, At, Cell, Ink, Picture, Recipe, Symbol, Table, TableRow};
use crate::words::{FEW_NOTE, Unit, Value};
use askew_domain::figure::matrix::Matrix;
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::By;
use askew_domain::view::plot::Plot;

/// The largest side of the plot.
const MAX_SIDE: f32 = 460.0;
/// Space to the left of the plot.
const LEFT: f32 = 56.0;
/// Most points in a figure.
const MAX_POINTS: usize = 200;
/// Space for names to the right of the plot.
const NAMES: f32 = 150.0;

pub(super) struct Scatter;

impl FigureType for Scatter {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        let has_categories = summary.num_categories > 1;
        plot.series.get_or_insert(By { category: has_categories, variant: !has_categories, ..By::NOTHING });
        plot.rows.get_or_insert_with(|| {
            let models = summary.models();
            if summary.num(&models) > 1 { models } else { By { question: true, ..By::NOTHING } }
        });
    }

    fn check(&self, plot: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        let why = "The questions have one category and one way of asking: there is nothing to compare.";
        ensure(summary.num_of(&plot.series) > 1, why)
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Matrix { rows: ask.rows(), columns: ask.series() }]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Matrix(matrix)] = drawn else { return None };
        Some(picture(ask, matrix))
    }
}

struct Point {
    name: String,
    /// Short name next to the point.
    short: String,
    x: Value,
    y: Value,
}

/// Lays a scatter out. The two columns with the most answers are the axes, in their original order.
fn picture(ask: &Ask<'_>, matrix: &Matrix) -> Picture {
    let columns = labels(&matrix.columns);
    let rows_of =
        |column: usize| (0..matrix.rows.len()).filter_map(|row| Some(matrix.cell(row, column)?.rows)).sum::<u64>();
    let mut order: Vec<usize> = (0..matrix.columns.len()).collect();
    order.sort_by_key(|&column| std::cmp::Reverse(rows_of(column)));
    order.truncate(2);
    order.sort_unstable();
    let (Some(&first), Some(&second)) = (order.first(), order.get(1)) else {
        let why = "A scatter compares two categories or ways of asking: these data have only one.";
        return super::ask::refused(&ask.what(), ask.width, why);
    };
    let (x_name, y_name) = (columns[first].clone(), columns[second].clone());
    let title = format!("{}: {y_name} against {x_name}", ask.what());
    let names = labels(&matrix.rows);
    let short = ends(&names);
    let value = |row: usize, column: usize| {
        let key = matrix.rows.get(row)?.and(matrix.columns.get(column)?);
        let name = format!("{}, {}", names[row], columns[column]);
        Some(Value::of_cell(matrix.cell(row, column)?, &ask.query.metric, key, name))
            .filter(|value| value.value.is_some())
    };
    let points = (0..matrix.rows.len()).filter_map(|row| {
        Some(Point {
            name: names[row].clone(),
            short: short[row].clone(),
            x: value(row, first)?,
            y: value(row, second)?,
        })
    });
    let points: Vec<Point> = points.collect();
    let mut draft = Draft::new(&title, ask.width);
    if matrix.rows.len() > points.len() {
        draft
            .picture
            .notes
            .push(format!("{} without a number in both are left out.", matrix.rows.len() - points.len()));
    }
    if points.len() > MAX_POINTS {
        draft.picture.notes.push(format!("{} more are in the table.", points.len() - MAX_POINTS));
    }
    if points.iter().any(|point| point.x.is_few || point.y.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    let shown = &points[..points.len().min(MAX_POINTS)];
    let height = draw(ask.unit(), &mut draft, shown, (&x_name, &y_name));
    draft.picture.table = table(ask, &points, (&x_name, &y_name));
    draft.picture.recipe = Recipe::Points { label: 0, x: 1, y: 4 };
    let num_above = points.iter().filter(|point| point.y.value > point.x.value).count();
    let finding = match points.as_slice() {
        [] => "No group has a number in both.".to_owned(),
        _ => format!("{num_above} of {} are higher in {y_name} than in {x_name}.", points.len()),
    };
    draft.finish(height, finding)
}

fn draw(unit: Unit, draft: &mut Draft, points: &[Point], (x_name, y_name): (&str, &str)) -> f32 {
    let width = draft.width();
    let side = (width - LEFT - if draft.is_narrow() { 24.0 } else { NAMES }).min(MAX_SIDE);
    let (top, bottom) = (34.0, 34.0 + side);
    let highest = points.iter().flat_map(|point| [point.x.value, point.y.value]).flatten();
    let highest: Vec<f64> = highest.collect();
    let across = Axis::new(unit, highest.iter().copied(), LEFT, LEFT + side);
    // Both axes have the same scale, so points on the diagonal have equal numbers.
    let up = Axis::between(unit, across.low, across.high, bottom, top);
    draft.upright_axis(&up, LEFT, LEFT + side);
    draft.level_axis(&across, top, bottom);
    draft.dashed(
        (across.at(across.low), up.at(across.low)),
        (across.at(across.high), up.at(across.high)),
        1.0,
        Ink::Quiet,
    );
    draft.text((0.0, 12.0), y_name, LABEL, Anchor::Start, Ink::Text, Some(width * 0.7));
    draft.text((LEFT + side, bottom + 40.0), x_name, LABEL, Anchor::End, Ink::Text, Some(side));
    let places: Vec<At> = points
        .iter()
        .map(|point| (across.at(point.x.value.unwrap_or_default()), up.at(point.y.value.unwrap_or_default())))
        .collect();
    let mut taken: Vec<[f32; 4]> =
        places.iter().map(|&(x, y)| [x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS]).collect();
    let mut num_unnamed = 0;
    for (point, &at) in points.iter().zip(&places) {
        let sentence = format!("{}; {}", point.y.sentence(), point.x.sentence());
        draft.begin_mark((at.0 - 12.0, at.1 - 12.0), (24.0, 24.0), sentence, point.y.opens());
        let is_few = point.x.is_few || point.y.is_few;
        draft.symbol(at, RADIUS, if is_few { Symbol::Circle } else { Symbol::Disc }, Ink::Series(0));
        match place(at, &point.short, &taken, (width, top - 8.0, bottom)) {
            Some((text_at, anchor, field)) => {
                taken.push(field);
                draft.text(text_at, &point.short, TICK, anchor, Ink::Text, None);
            }
            None => num_unnamed += 1,
        }
        draft.end_mark();
    }
    if num_unnamed > 0 {
        draft.picture.notes.push(format!("{num_unnamed} points have no room for their names: press one to read it."));
    }
    draft.picture.notes.push("On the dashed line both are the same.".to_owned());
    bottom + 54.0
}

type Field = [f32; 4];

/// A free place for a name next to its point: right, left, above or below.
fn place(
    (x, y): At,
    name: &str,
    taken: &[Field],
    (width, top, bottom): (f32, f32, f32),
) -> Option<(At, Anchor, Field)> {
    let half = TICK * 0.65;
    let length = measure::width(name, TICK);
    let beside = RADIUS + 4.0;
    let places = [
        ((x + beside, y), Anchor::Start, [x + beside, y - half, x + beside + length, y + half]),
        ((x - beside, y), Anchor::End, [x - beside - length, y - half, x - beside, y + half]),
        ((x, y - 14.0), Anchor::Middle, [x - length / 2.0, y - 14.0 - half, x + length / 2.0, y - 14.0 + half]),
        ((x, y + 14.0), Anchor::Middle, [x - length / 2.0, y + 14.0 - half, x + length / 2.0, y + 14.0 + half]),
    ];
    places.into_iter().find(|(_, _, [x0, y0, x1, y1])| {
        let is_free = |field: &Field| *x1 <= field[0] || *x0 >= field[2] || *y1 <= field[1] || *y0 >= field[3];
        *x0 >= LEFT + 2.0 && *x1 <= width && *y0 >= top && *y1 <= bottom && taken.iter().all(is_free)
    })
}

fn table(ask: &Ask<'_>, points: &[Point], (x_name, y_name): (&str, &str)) -> Table {
    let row = |point: &Point| {
        let numbers = [&point.x, &point.y].into_iter().flat_map(|value| {
            [value.unit.cell(value.value), Cell::Count(value.numerator), Cell::Count(value.denominator)]
        });
        let cells = [Cell::Text(point.name.clone())].into_iter().chain(numbers).collect();
        TableRow { cells, target: point.y.target() }
    };
    let mut columns = vec![heading(&ask.rows())];
    for name in [x_name, y_name] {
        columns.extend([name.to_owned(), format!("Misaligned in {name}"), format!("Of, in {name}")]);
    }
    Table { columns, rows: points.iter().map(row).collect() }
}
