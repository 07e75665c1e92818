//! Bars with intervals, as in the papers. Groups are side by side; bars are horizontal if their names need space.

use super::ask::{Ask, by_words};
use super::crossed::Crossed;
use super::level::level;
use super::summary::Summary;
use super::{FigureType, Why};
use crate::axis::Axis;
use crate::draft::{Draft, TICK, series_look, wrap};
use crate::forest::finding;
use crate::measure;
use crate::picture::{Anchor, Ink, Picture, Symbol};
use crate::words::{FEW_NOTE, GAP, Value};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::Row;
use askew_domain::view::plot::Plot;

/// Height of the plot in CSS pixels.
const HEIGHT: f32 = 260.0;
/// The smallest width of a bar that has its numbers above it.
const LEAST_BAR: f32 = 56.0;
/// Most lines of a name below its bars.
const MAX_LINES: usize = 4;
/// Height of one line of a name.
const LINE: f32 = 16.0;

pub(super) struct Bars;

impl FigureType for Bars {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert_with(|| summary.main(12));
    }

    fn check(&self, _: &Plot, _: &Summary<'_>) -> Result<(), Why> {
        Ok(())
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Rows(ask.rows().and(&ask.series()))]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Rows(outcome)] = drawn else { return None };
        Some(picture(ask, &outcome.rows))
    }
}

/// Lays bars out.
fn picture(ask: &Ask<'_>, rows: &[Row]) -> Picture {
    let crossed = Crossed::new(ask, rows, &ask.rows(), &ask.series());
    let title = format!("{}{}", ask.what(), by_words(&[&ask.rows(), &ask.series()]));
    let mut draft = Draft::new(&title, ask.width);
    let height = match upright(&draft, &crossed) {
        Some(names) => draw(ask, &mut draft, &crossed, &names),
        None => level(&mut draft, &crossed, ask.unit(), true, 0.0),
    };
    let values: Vec<Value> = crossed.values().cloned().collect();
    draft.picture.notes.push(ask.interval_note().to_owned());
    draft.finish(height, finding(&values))
}

/// Left end of the bars.
const LEFT: f32 = 56.0;

/// Names below vertical bars, broken into lines; `None` if they do not fit.
fn upright(draft: &Draft, crossed: &Crossed) -> Option<Vec<Vec<String>>> {
    #[expect(clippy::cast_precision_loss, reason = "a bounded number of bars")]
    let (num_rows, num_series) = (crossed.rows.len() as f32, crossed.series.len() as f32);
    let slot = (draft.width() - LEFT) / num_rows.max(1.0);
    if draft.is_narrow() || slot / num_series.max(1.0) < LEAST_BAR {
        return None;
    }
    let room = slot - 10.0;
    let fits =
        |lines: &Vec<String>| lines.len() <= MAX_LINES && lines.iter().all(|line| measure::width(line, TICK) <= room);
    let names: Vec<Vec<String>> = crossed.rows.iter().map(|name| wrap(name, TICK, room)).collect();
    names.iter().all(fits).then_some(names)
}

fn draw(ask: &Ask<'_>, draft: &mut Draft, crossed: &Crossed, names: &[Vec<String>]) -> f32 {
    let mut top = 0.0;
    if crossed.has_series() {
        let looks = crossed.series.iter().enumerate();
        let looks: Vec<_> = looks.map(|(number, name)| (name.clone(), series_look(number).0, Symbol::Square)).collect();
        top = draft.legend(&looks, top) + 6.0;
    }
    // Space for the numbers above the highest bar.
    let (from, to) = (top + HEIGHT, top + 38.0);
    let axis = Axis::new(ask.unit(), crossed.values().flat_map(Value::ends), from, to);
    let width = draft.width();
    draft.upright_axis(&axis, LEFT, width);
    #[expect(clippy::cast_precision_loss, reason = "a bounded number of bars")]
    let (slot, num_series) = ((width - LEFT) / crossed.rows.len().max(1) as f32, crossed.series.len().max(1) as f32);
    let bar = ((slot - 16.0) / num_series).min(90.0);
    for (row, lines) in names.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a bounded number of bars")]
        let middle = (row as f32 + 0.5).mul_add(slot, LEFT);
        for series in 0..crossed.series.len() {
            let Some(value) = crossed.at(row, series) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a few series")]
            let x = (series as f32 - num_series / 2.0 + 0.5).mul_add(bar, middle);
            one(draft, value, series, &axis, x, bar);
        }
        for (line, text) in lines.iter().enumerate() {
            #[expect(clippy::cast_precision_loss, reason = "a few lines")]
            let y = (line as f32).mul_add(LINE, from + 16.0);
            draft.text((middle, y), text, TICK, Anchor::Middle, Ink::Text, Some(slot - 4.0));
        }
    }
    draft.line((LEFT, axis.at(0.0)), (width, axis.at(0.0)), 1.0, Ink::Quiet);
    draft.picture.notes.extend(crossed.notes.iter().cloned());
    if crossed.values().any(|value| value.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    draft.picture.table = crossed.table.clone();
    draft.picture.recipe = crossed.recipe();
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    let num_lines = names.iter().map(Vec::len).max().unwrap_or(1) as f32;
    num_lines.mul_add(LINE, from + 14.0)
}

fn one(draft: &mut Draft, value: &Value, series: usize, axis: &Axis, x: f32, bar: f32) {
    let (ink, _) = series_look(series);
    let (bottom, top) = axis.ends();
    draft.begin_mark((x - bar / 2.0, top - 38.0), (bar, bottom - top + 38.0), value.sentence(), value.opens());
    let zero = axis.at(0.0);
    let mut end = zero;
    if let Some(number) = value.value {
        let y = axis.at(number);
        let (from, to) = (zero.min(y), zero.max(y));
        draft.fill((x - bar * 0.42, from), (bar * 0.84, to - from), if value.is_few { 0.4 } else { 1.0 }, ink);
        end = end.min(y);
        if let Some(found) = value.interval {
            draft.upright_interval(x, (axis.at(found.low), axis.at(found.high)), Ink::Text);
            end = end.min(axis.at(found.high));
        }
    }
    let figures = value.figures();
    let mut lines = figures.split(GAP);
    let (number, of) = (lines.next().unwrap_or_default(), lines.next());
    draft.text((x, end - if of.is_some() { 24.0 } else { 10.0 }), number, TICK, Anchor::Middle, Ink::Text, None);
    draft.text((x, end - 10.0), of.unwrap_or_default(), TICK, Anchor::Middle, Ink::Quiet, Some(bar));
    draft.end_mark();
}
