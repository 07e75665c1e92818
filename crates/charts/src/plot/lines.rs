//! Lines over a setting: ladders, dose-response, and training curves with a line per seed and a band.

use super::ask::{Ask, by_words, heading, labels};
use super::summary::{SEED, Summary};
use super::{FigureType, Why, ensure};
use crate::axis::Axis;
use crate::draft::{AXIS_HEIGHT, Draft, RADIUS, STROKE, TICK, series_look, spread};
use crate::forest::{rate_cells, rate_columns};
use crate::measure;
use crate::picture::{Anchor, At, Cell, Ink, Picture, Recipe, Table, TableRow};
use crate::words::{FEW_NOTE, Value};
use askew_domain::figure::matrix::Line;
use askew_domain::figure::{self, Figure};
use askew_domain::query::By;
use askew_domain::view::plot::Plot;

/// Height of the plot in CSS pixels.
const HEIGHT: f32 = 300.0;
/// Left end of the plot, after its axis.
const LEFT: f32 = 56.0;
/// Most lines in a figure.
const MAX_LINES: usize = 12;
/// Most thin lines, one per seed.
const MAX_SEED_LINES: usize = 60;
/// Most points that can be pressed.
const MAX_MARKS: usize = 400;
/// Most lines in a figure for which bands are drawn.
const MAX_BANDS: usize = 3;
/// If the highest positive value is at least this many times the lowest, the axis is logarithmic.
const LOG_FROM: f64 = 16.0;
/// Half the side of a point's field.
const FIELD: f32 = 12.0;

pub(super) struct Lines;

impl FigureType for Lines {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        if plot.over.is_empty() {
            plot.over = summary.settings.first().cloned().unwrap_or_else(|| SEED.to_owned());
        }
        if plot.rows.is_none() {
            plot.rows = plot.series.clone().or_else(|| Some(summary.lines(&plot.over)));
        }
    }

    fn check(&self, _: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(
            !summary.settings.is_empty() || summary.num_seeds > 1,
            "No setting of the models (step, rank, size, scale ...) has two values or more.",
        )
    }

    fn needs(&self, ask: &Ask<'_>, summary: &Summary<'_>) -> Vec<Figure> {
        let over = &ask.plot.over;
        let series = |lines| Figure::Series { lines, over: over.clone() };
        let by_seed = By { seed: true, ..ask.rows() };
        let has_seeds = over != SEED && summary.num_seeds > 1;
        [series(ask.rows())].into_iter().chain(has_seeds.then(|| series(by_seed))).collect()
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[figure::Drawn]) -> Option<Picture> {
        match drawn {
            [figure::Drawn::Series(lines)] => Some(picture(ask, lines, &[])),
            [figure::Drawn::Series(lines), figure::Drawn::Series(seeds)] => Some(picture(ask, lines, seeds)),
            _ => None,
        }
    }
}

/// One line in drawing form.
struct Drawn {
    name: String,
    points: Vec<(f64, Value)>,
}

/// A scale along x with a tick at every value that has space for one.
struct Along {
    low: f64,
    high: f64,
    is_log: bool,
    from: f32,
    to: f32,
}

impl Along {
    fn new(values: &[f64], from: f32, to: f32) -> Self {
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let is_log = low > 0.0 && high / low >= LOG_FROM;
        Self { low, high, is_log, from, to }
    }

    fn at(&self, value: f64) -> f32 {
        let scale = |value: f64| if self.is_log { value.max(f64::MIN_POSITIVE).ln() } else { value };
        let range = scale(self.high) - scale(self.low);
        #[expect(clippy::cast_possible_truncation, reason = "a share of a length")]
        let share = if range > 0.0 { ((scale(value) - scale(self.low)) / range) as f32 } else { 0.5 };
        (self.to - self.from).mul_add(share, self.from)
    }
}

/// Lays lines out. `seeds` are the same lines, split by seed.
fn picture(ask: &Ask<'_>, lines: &[Line], seeds: &[Line]) -> Picture {
    let over = if ask.plot.over.is_empty() { "setting" } else { &ask.plot.over };
    let along = format!("{} over {over}", ask.what());
    let by = by_words(&[&ask.rows()]);
    let title = if lines.len() > 1 { along + &by } else { along };
    let keys: Vec<_> = lines.iter().map(|line| line.key.clone()).collect();
    let names = labels(&keys);
    let mut all: Vec<Drawn> = lines
        .iter()
        .zip(names)
        .map(|(line, name)| {
            let value = |x: f64, row| {
                let at = format!("{over} {x}");
                let label = if lines.len() > 1 { format!("{name}, {at}") } else { at };
                Value::of(row, &ask.query.metric, label)
            };
            let points = line.points.iter().map(|(x, row)| (x.get(), value(x.get(), row))).collect();
            Drawn { name, points }
        })
        .collect();
    let table = table(ask, lines, &all, over);
    let mut draft = Draft::new(&title, ask.width);
    if all.len() > MAX_LINES {
        draft.picture.notes.push(format!("{} more lines are in the table.", all.len() - MAX_LINES));
        all.truncate(MAX_LINES);
    }
    let shown_seeds: Vec<&Line> = seeds.iter().filter(|line| line.points.len() > 1).take(MAX_SEED_LINES).collect();
    let has_seeds = seeds.len() > lines.len() && !shown_seeds.is_empty();
    let bottom = draw(ask, &mut draft, &all, if has_seeds { &shown_seeds } else { &[] }, &keys);
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Lines { series: 0, x: 1, value: 2, ends: Some((3, 4)) };
    if has_seeds {
        draft.picture.notes.push("Thin lines: one per model seed.".to_owned());
    }
    draft.picture.notes.push(if all.len() <= MAX_BANDS {
        ask.interval_note().replace("Intervals:", "Bands:")
    } else {
        "Intervals are in the table.".to_owned()
    });
    let num_empty = all.iter().flat_map(|line| &line.points).filter(|(_, value)| value.value.is_none()).count();
    if num_empty > 0 {
        draft.picture.notes.push(format!("{num_empty} points have no number: nothing is in their denominator."));
    }
    if all.iter().flat_map(|line| &line.points).any(|(_, value)| value.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    draft.finish(bottom, finding(&all, over))
}

fn draw(
    ask: &Ask<'_>,
    draft: &mut Draft,
    lines: &[Drawn],
    seeds: &[&Line],
    keys: &[askew_domain::query::GroupKey],
) -> f32 {
    let width = draft.width();
    let names: Vec<String> = lines.iter().map(|line| line.name.clone()).collect();
    // Names are at the ends of their lines if they fit there, otherwise above.
    let named =
        if lines.len() > 1 { names.iter().map(|name| measure::width(name, TICK)).fold(0.0, f32::max) } else { 0.0 };
    let is_direct = lines.len() > 1 && !draft.is_narrow();
    let right = width - if is_direct { named.min(width * 0.3) + 26.0 } else { 16.0 };
    let mut top = 10.0;
    if lines.len() > 1 && !is_direct {
        let looks =
            names.iter().enumerate().map(|(number, name)| (name.clone(), series_look(number).0, series_look(number).1));
        top = draft.legend(&looks.collect::<Vec<_>>(), 0.0) + 10.0;
    }
    let bottom = top + HEIGHT;
    let with_number = lines.iter().flat_map(|line| &line.points).filter(|(_, value)| value.value.is_some());
    let mut values: Vec<f64> = with_number.map(|(x, _)| *x).collect();
    values.sort_by(f64::total_cmp);
    values.dedup();
    let x = Along::new(&values, LEFT + 14.0, right - 14.0);
    let heights = lines.iter().flat_map(|line| &line.points).flat_map(|(_, value)| value.ends());
    let of_seeds = seeds.iter().flat_map(|line| &line.points).filter_map(|(_, row)| row.value);
    let y = Axis::new(ask.unit(), heights.chain(of_seeds), bottom, top);
    draft.upright_axis(&y, LEFT, right);
    ticks(draft, &x, &values, bottom);
    for (number, line) in lines.iter().enumerate().take(MAX_BANDS).filter(|_| lines.len() <= MAX_BANDS) {
        band(draft, line, &x, &y, series_look(number).0);
    }
    for seed in seeds {
        let number = keys
            .iter()
            .position(|key| *key == askew_domain::query::GroupKey { seed: key.seed.clone(), ..seed.key.clone() });
        let points: Vec<At> =
            seed.points.iter().filter_map(|(at, row)| Some((x.at(at.get()), y.at(row.value?)))).collect();
        draft.path(points, 1.0, series_look(number.unwrap_or(0)).0);
    }
    let total: usize = lines.iter().map(|line| line.points.len()).sum();
    let every = total.div_ceil(MAX_MARKS).max(1);
    for (number, line) in lines.iter().enumerate() {
        one(draft, line, &x, &y, number, every);
    }
    if every > 1 {
        draft.picture.notes.push(format!("Every {every}th point can be pressed; the table has all of them."));
    }
    if is_direct {
        let ends: Vec<f32> = lines
            .iter()
            .map(|line| line.points.iter().rev().find_map(|(_, value)| Some(y.at(value.value?))).unwrap_or(bottom))
            .collect();
        for (number, (name, at)) in names.iter().zip(spread(&ends, 16.0, top, bottom)).enumerate() {
            let (ink, symbol) = series_look(number);
            draft.symbol((right + 6.0, at), RADIUS - 1.0, symbol, ink);
            draft.text((right + 15.0, at), name, TICK, Anchor::Start, Ink::Text, Some(width - right - 17.0));
        }
    }
    let scale = if x.is_log { " (logarithmic)" } else { "" };
    draft.note((f32::midpoint(LEFT, right), bottom + 36.0), &format!("{}{scale}", ask.plot.over), Anchor::Middle);
    bottom + AXIS_HEIGHT + 18.0
}

fn ticks(draft: &mut Draft, x: &Along, values: &[f64], bottom: f32) {
    let mut free = 0.0;
    for value in values {
        let (at, text) = (x.at(*value), value.to_string());
        let half = measure::width(&text, TICK) / 2.0;
        draft.line((at, bottom), (at, bottom + 4.0), 1.0, Ink::Quiet);
        if at - half > free {
            draft.note((at, bottom + 16.0), &text, Anchor::Middle);
            free = at + half + 8.0;
        }
    }
}

fn band(draft: &mut Draft, line: &Drawn, x: &Along, y: &Axis, ink: Ink) {
    let ends = || line.points.iter().filter_map(|(at, value)| Some((x.at(*at), value.interval?)));
    let mut points: Vec<At> = ends().map(|(x, found)| (x, y.at(found.high))).collect();
    let mut back: Vec<At> = ends().map(|(x, found)| (x, y.at(found.low))).collect();
    back.reverse();
    if points.len() > 1 {
        points.extend(back);
        draft.area(points, 0.14, ink);
    }
}

fn one(draft: &mut Draft, line: &Drawn, x: &Along, y: &Axis, number: usize, every: usize) {
    let (ink, symbol) = series_look(number);
    let places: Vec<At> = line.points.iter().filter_map(|(at, value)| Some((x.at(*at), y.at(value.value?)))).collect();
    if places.len() > 1 {
        draft.path(places, STROKE, ink);
    }
    for (at, value) in line.points.iter().step_by(every) {
        let Some(height) = value.value else { continue };
        let at = (x.at(*at), y.at(height));
        draft.begin_mark((at.0 - FIELD, at.1 - FIELD), (2.0 * FIELD, 2.0 * FIELD), value.sentence(), value.opens());
        let symbol = if value.is_few { crate::picture::Symbol::Circle } else { symbol };
        draft.symbol(at, RADIUS - 1.0, symbol, ink);
        draft.end_mark();
    }
}

fn table(ask: &Ask<'_>, lines: &[Line], drawn: &[Drawn], over: &str) -> Table {
    let metric = &ask.query.metric;
    let mut rows = Vec::new();
    for (line, drawn) in lines.iter().zip(drawn) {
        for ((x, row), (_, value)) in line.points.iter().zip(&drawn.points) {
            let mut cells = vec![Cell::Text(drawn.name.clone()), Cell::Number(x.get())];
            cells.extend(rate_cells(row, metric));
            rows.push(TableRow { cells, target: value.target() });
        }
    }
    let line = heading(&ask.rows());
    let line = if line.eq_ignore_ascii_case(over) { "Line".to_owned() } else { line };
    Table { columns: rate_columns(&[&line, over], metric), rows }
}

fn finding(lines: &[Drawn], over: &str) -> String {
    let Some(longest) = lines.iter().max_by_key(|line| line.points.len()) else {
        return "There is nothing to draw.".to_owned();
    };
    let points: Vec<&(f64, Value)> = longest.points.iter().filter(|(_, value)| value.value.is_some()).collect();
    let (name, from) = if lines.len() > 1 { (format!("{}: ", longest.name), "from") } else { (String::new(), "From") };
    match points.as_slice() {
        [(low, first), between @ .., (high, last)] => {
            let peak = between.iter().max_by(|a, b| a.1.value.unwrap_or(-1.0).total_cmp(&b.1.value.unwrap_or(-1.0)));
            let peak = peak.filter(|(_, value)| value.value > first.value && value.value > last.value);
            let peak = peak.map_or_else(String::new, |(x, value)| format!(", at most {} at {over} {x}", value.text()));
            format!("{name}{from} {} at {over} {low} to {} at {over} {high}{peak}.", first.text(), last.text())
        }
        [(_, only)] => format!("{}.", only.sentence()),
        [] => "No answer is in the denominator.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_range_is_logarithmic() {
        let x = Along::new(&[1.0, 4.0, 16.0, 64.0], 0.0, 300.0);
        assert!(x.is_log && (x.at(4.0) - 100.0).abs() < 1e-3 && (x.at(64.0) - 300.0).abs() < 1e-3);
        let x = Along::new(&[0.0, 100.0], 0.0, 300.0);
        assert!(!x.is_log && (x.at(50.0) - 150.0).abs() < 1e-3);
        assert!((Along::new(&[7.0], 0.0, 300.0).at(7.0) - 150.0).abs() < 1e-3);
    }
}
