//! Several metrics by group, one below the other, each on its own axis. A baseline, if there is one, is subtracted.

use super::ask::{Ask, by_words, heading, what};
use super::summary::Summary;
use super::{FigureType, Why};
use crate::axis::Axis;
use crate::draft::{AXIS_HEIGHT, Draft, LABEL, MARGIN, RADIUS, TICK, length};
use crate::measure;
use crate::names::Named;
use crate::picture::{Anchor, Cell, Ink, Picture, Recipe, Symbol, Table, TableRow};
use crate::words::{FEW_NOTE, Unit, Value, signed};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::metric::Metric;
use askew_domain::query::{By, GroupKey, Row};
use askew_domain::view::plot::Plot;

/// Height of a group's row.
const LINE: f32 = 24.0;
/// Height of a metric's name.
const HEAD: f32 = 30.0;
/// Most groups of a metric.
const MAX_GROUPS: usize = 40;
/// Most marks.
const MAX_MARKS: usize = 240;

pub(super) struct Benchmarks;

impl FigureType for Benchmarks {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert_with(|| {
            let groups = By { group: true, ..By::NOTHING };
            if summary.query.baseline.is_some() { groups } else { summary.main(12) }
        });
        if plot.metrics.is_empty() {
            plot.metrics = vec![Metric::Rate];
            let further = summary.numeric_columns().filter(|name| is_score(name)).take(5);
            plot.metrics.extend(further.map(|name| Metric::Mean(name.to_owned())));
            if plot.metrics.len() == 1 {
                let judges = [&summary.query.judges.aligned, &summary.query.judges.coherent];
                plot.metrics.extend(judges.map(|column| Metric::Mean(column.clone())));
            }
        }
    }

    fn check(&self, _: &Plot, _: &Summary<'_>) -> Result<(), Why> {
        Ok(())
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        // A baseline is a group, so without groups there is nothing to subtract.
        let by = ask.rows();
        let by = By { group: by.group || ask.query.baseline.is_some(), ..by };
        ask.plot.metrics.iter().map(|metric| Figure::Metric(metric.clone(), by.clone())).collect()
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let of = |(metric, drawn)| Benchmark { metric, rows: rows_of(drawn) };
        let found: Vec<Benchmark<'_>> = ask.plot.metrics.iter().zip(drawn).map(of).collect();
        Some(picture(ask, &found))
    }

    /// Each metric has its own note if it fails.
    fn shows_failures(&self) -> bool {
        true
    }
}

/// Whether a column may be a benchmark. An index or an id is not one.
fn is_score(name: &str) -> bool {
    let lower = name.to_lowercase();
    !lower.is_empty() && !lower.contains("unnamed") && !["id", "index", "seed", "step"].contains(&lower.as_str())
}

fn rows_of(drawn: &Drawn) -> Result<&[Row], String> {
    match drawn {
        Drawn::Rows(outcome) => Ok(&outcome.rows),
        Drawn::Failed(error) => Err(error.to_string()),
        _ => Err("it was not computed".to_owned()),
    }
}

/// One metric's numbers.
struct Benchmark<'a> {
    metric: &'a Metric,
    /// Its rows, or the reason why there are none.
    rows: Result<&'a [Row], String>,
}

/// Lays benchmarks out.
fn picture(ask: &Ask<'_>, benchmarks: &[Benchmark<'_>]) -> Picture {
    let base = ask.query.baseline.as_deref();
    let minus = base.map_or_else(String::new, |base| format!(", minus {base}"));
    let title = format!("Several measures{}{minus}", by_words(&[&ask.rows()]));
    let mut draft = Draft::new(&title, ask.width);
    let rows = benchmarks.iter().filter_map(|one| one.rows.as_ref().ok()).flat_map(|rows| rows.iter());
    let names = Named::new(rows.map(|row| row.key.clone()));
    let name = |key: &GroupKey| names.of(key);
    let most = MAX_GROUPS.min(MAX_MARKS / benchmarks.len().max(1)).max(1);
    let left = if draft.is_narrow() {
        0.0
    } else {
        names.all().map(|name| measure::width(name, LABEL)).fold(0.0, f32::max).min(draft.width() * 0.36) + 12.0
    };
    // A mark opens the answers counted by the screen's metric. If this metric counts others, the mark opens all rows.
    let counts_alike = |metric: &Metric| match (metric, &ask.query.metric) {
        (Metric::Share(a), Metric::Share(b)) => a == b,
        (Metric::Share(_), _) | (_, Metric::Share(_)) => false,
        _ => true,
    };
    let mut y = 0.0;
    let mut is_any_few = false;
    let mut table = Table { columns: columns(ask), rows: Vec::new() };
    let mut findings = Vec::new();
    for one in benchmarks {
        let title = what(one.metric);
        let rows = match &one.rows {
            Ok(rows) => *rows,
            Err(why) => {
                draft.picture.notes.push(format!("{title}: {why}."));
                continue;
            }
        };
        let value = |row: &Row| {
            let mut value = Value::of(row, one.metric, name(&row.key));
            if !counts_alike(one.metric) {
                value.open_all(row.tally.rows);
            }
            (value, row.difference)
        };
        let mut values: Vec<(Value, Option<f64>)> = rows.iter().map(value).collect();
        for ((value, difference), row) in values.iter().zip(rows) {
            table.rows.push(table_row(&title, value, *difference, base.is_some(), row));
        }
        let size = |value: &(Value, Option<f64>)| shown(value, base.is_some()).unwrap_or(f64::NEG_INFINITY);
        values.sort_by(|a, b| size(b).total_cmp(&size(a)));
        if let Some(first) = values.first().filter(|first| shown(first, base.is_some()).is_some()) {
            findings.push(format!("{title}: {} {}", first.0.label, text(first, base.is_some())));
        }
        if values.len() > most {
            draft.picture.notes.push(format!("{title}: {} more groups are in the table.", values.len() - most));
            values.truncate(most);
        }
        is_any_few |= values.iter().any(|(value, _)| value.is_few);
        y = panel(&mut draft, &title, one.metric, &values, (y, left), base.is_some());
    }
    if is_any_few {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    if base.is_none() {
        draft.picture.notes.push(ask.interval_note().to_owned());
    }
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Panels { panel: 1, label: 0, value: 2 };
    let finding = if findings.is_empty() {
        "There is nothing to draw.".to_owned()
    } else {
        format!("Highest by measure: {}.", findings.join("; "))
    };
    draft.finish(y.max(20.0), finding)
}

/// The number that is drawn.
fn shown((value, difference): &(Value, Option<f64>), has_base: bool) -> Option<f64> {
    if has_base { *difference } else { value.value }
}

fn text(value: &(Value, Option<f64>), has_base: bool) -> String {
    match shown(value, has_base) {
        None => "none".to_owned(),
        Some(gap) if has_base => signed(value.0.unit, gap),
        Some(_) => value.0.marked(),
    }
}

fn panel(
    draft: &mut Draft,
    title: &str,
    metric: &Metric,
    values: &[(Value, Option<f64>)],
    (y, left): (f32, f32),
    has_base: bool,
) -> f32 {
    let (width, is_narrow) = (draft.width(), draft.is_narrow());
    draft.text((0.0, y + 14.0), title, LABEL, Anchor::Start, Ink::Text, Some(width));
    draft.line((0.0, y + 26.0), (width, y + 26.0), 1.0, Ink::Grid);
    let top = y + HEAD;
    let room = values.iter().map(|value| measure::width(&text(value, has_base), TICK)).fold(0.0, f32::max) + 12.0;
    let (from, to) = if is_narrow { (MARGIN, width - MARGIN) } else { (left + MARGIN, width - room - MARGIN) };
    let ends = values
        .iter()
        .flat_map(|value| if has_base { value.1.into_iter().collect::<Vec<_>>() } else { value.0.ends().collect() });
    let axis = Axis::new(Unit::of(metric), ends, from, to);
    let line = if is_narrow { LINE + 20.0 } else { LINE };
    let bottom = length(values.len()).mul_add(line, top);
    draft.level_axis(&axis, top, bottom);
    if has_base {
        draft.line((axis.at(0.0), top), (axis.at(0.0), bottom), 1.5, Ink::Quiet);
    }
    for (row, one) in values.iter().enumerate() {
        let (value, difference) = one;
        let y = length(row).mul_add(line, top);
        let middle = y + line - LINE / 2.0;
        let gap = difference
            .filter(|_| has_base)
            .map_or_else(String::new, |gap| format!("; {} from the baseline", signed(value.unit, gap)));
        draft.begin_mark((0.0, y), (width, line), format!("{title}, {}{gap}", value.sentence()), value.opens());
        if let Some(found) = value.interval.filter(|_| !has_base) {
            draft.interval((axis.at(found.low), axis.at(found.high)), middle, Ink::Series(0));
        }
        if let Some(number) = shown(one, has_base) {
            if has_base {
                let (a, b) = (axis.at(0.0).min(axis.at(number)), axis.at(0.0).max(axis.at(number)));
                draft.fill(
                    (a, middle - 6.0),
                    ((b - a).max(1.0), 12.0),
                    if value.is_few { 0.4 } else { 1.0 },
                    Ink::Series(0),
                );
            } else {
                let symbol = if value.is_few { Symbol::Circle } else { Symbol::Disc };
                draft.symbol((axis.at(number), middle), RADIUS, symbol, Ink::Series(0));
            }
        }
        if is_narrow {
            draft.label((0.0, y + 12.0), &value.label, Anchor::Start, width - room - 4.0);
            draft.text((width, y + 12.0), &text(one, has_base), TICK, Anchor::End, Ink::Text, Some(room));
        } else {
            draft.label((left - 4.0, middle), &value.label, Anchor::End, left - 4.0);
            draft.text((width, middle), &text(one, has_base), TICK, Anchor::End, Ink::Text, Some(room));
        }
        draft.end_mark();
    }
    bottom + AXIS_HEIGHT + 10.0
}

fn columns(ask: &Ask<'_>) -> Vec<String> {
    let shown = if ask.query.baseline.is_some() { "Difference" } else { "Value" };
    let names = ["Measure", shown, "Unit", "Number", "Low (95 %)", "High (95 %)", "Over", "All rows"];
    [heading(&ask.rows()).as_str()].iter().chain(&names).map(|name| (*name).to_owned()).collect()
}

fn table_row(title: &str, value: &Value, difference: Option<f64>, has_base: bool, row: &Row) -> TableRow {
    let unit = value.unit;
    let words = match unit {
        Unit::Share => "share",
        Unit::Points => "points",
        Unit::Count => "rows",
    };
    TableRow {
        cells: vec![
            Cell::Text(value.label.clone()),
            Cell::Text(title.to_owned()),
            unit.cell(if has_base { difference } else { value.value }),
            Cell::Text(words.to_owned()),
            unit.cell(value.value),
            unit.cell(value.interval.map(|found| found.low)),
            unit.cell(value.interval.map(|found| found.high)),
            Cell::Count(row.num),
            Cell::Count(row.tally.rows),
        ],
        target: value.target(),
    }
}
