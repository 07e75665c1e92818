//! Horizontal dots and bars: rows are one below the other, the series of a row too, and numbers run along x.

use super::crossed::Crossed;
use crate::axis::Axis;
use crate::draft::{AXIS_HEIGHT, Draft, LABEL, MARGIN, RADIUS, TICK, series_look};
use crate::measure;
use crate::picture::{Anchor, Ink, Symbol};
use crate::words::{FEW_NOTE, Unit, Value};

/// Height of a series' line in a row: the usual one, and the one for many series.
const LINES: [f32; 2] = [18.0, 13.5];
/// Number of series that counts as many.
const MANY: usize = 5;
/// Space around a row.
const PAD: f32 = 7.0;
/// Height of a name above its row.
const NAME: f32 = 22.0;

/// Draws numbers starting at `top`. Returns the y below them and their axis.
pub(super) fn level(draft: &mut Draft, crossed: &Crossed, unit: Unit, is_bars: bool, top: f32) -> f32 {
    let (width, is_narrow) = (draft.width(), draft.is_narrow());
    let has_series = crossed.has_series();
    let mut top = top;
    if has_series {
        let looks = crossed.series.iter().enumerate().map(|(number, name)| {
            let (ink, symbol) = series_look(number);
            (name.clone(), ink, symbol)
        });
        top = draft.legend(&looks.collect::<Vec<_>>(), top) + 4.0;
    }
    let line = LINES[usize::from(crossed.series.len() >= MANY)];
    let figures = |value: &Value| if has_series { value.marked() } else { value.figures() };
    let widest = |texts: &mut dyn Iterator<Item = String>, size| {
        texts.map(|text| measure::width(&text, size)).fold(0.0, f32::max)
    };
    let room = widest(&mut crossed.values().map(figures), TICK) + 12.0;
    let names = if is_narrow { 0.0 } else { widest(&mut crossed.rows.iter().cloned(), LABEL).min(width * 0.36) + 12.0 };
    let (left, right) = (names + MARGIN, (width - room.max(MARGIN)).max(names + MARGIN + 60.0));
    let axis = Axis::new(unit, crossed.values().flat_map(Value::ends), left, right);
    #[expect(clippy::cast_precision_loss, reason = "a few series")]
    let lines = crossed.series.len().max(1) as f32 * line;
    let height = PAD.mul_add(2.0, lines) + if is_narrow { NAME - PAD } else { 0.0 };
    #[expect(clippy::cast_precision_loss, reason = "a bounded number of rows")]
    let bottom = (crossed.rows.len() as f32).mul_add(height, top);
    draft.level_axis(&axis, top, bottom);
    for (row, name) in crossed.rows.iter().enumerate() {
        #[expect(clippy::cast_precision_loss, reason = "a bounded number of rows")]
        let y = (row as f32).mul_add(height, top);
        if has_series && row > 0 {
            draft.line((0.0, y), (width, y), 1.0, Ink::Grid);
        }
        let (start, below) = if is_narrow { (0.0, NAME) } else { (names - 12.0, PAD) };
        let at = if is_narrow { (start, y + NAME / 2.0 + 1.0) } else { (start, y + height / 2.0) };
        draft.label(
            at,
            name,
            if is_narrow { Anchor::Start } else { Anchor::End },
            if is_narrow { width } else { start },
        );
        for series in 0..crossed.series.len() {
            #[expect(clippy::cast_precision_loss, reason = "a few series")]
            let line_top = (series as f32).mul_add(line, y + below);
            if let Some(value) = crossed.at(row, series) {
                one(draft, value, (series, is_bars), &axis, (line_top, line), &figures(value));
            }
        }
    }
    draft.picture.notes.extend(crossed.notes.iter().cloned());
    if crossed.values().any(|value| value.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    draft.picture.table = crossed.table.clone();
    draft.picture.recipe = crossed.recipe();
    bottom + AXIS_HEIGHT
}

fn one(
    draft: &mut Draft,
    value: &Value,
    (series, is_bars): (usize, bool),
    axis: &Axis,
    (top, line): (f32, f32),
    figures: &str,
) {
    let y = top + line / 2.0;
    let (ink, symbol) = series_look(series);
    let (low, _) = axis.ends();
    let width = draft.width();
    draft.begin_mark((low - MARGIN, top), (width - low + MARGIN, line), value.sentence(), value.opens());
    let mut end = axis.at(0.0);
    if let Some(number) = value.value {
        let x = axis.at(number);
        end = end.max(x + RADIUS);
        if is_bars {
            let (from, to) = (axis.at(0.0).min(x), axis.at(0.0).max(x));
            draft.fill((from, y - line / 3.0), (to - from, line / 1.5), if value.is_few { 0.4 } else { 1.0 }, ink);
        }
        if let Some(found) = value.interval {
            let ends = (axis.at(found.low), axis.at(found.high));
            draft.interval(ends, y, if is_bars { Ink::Text } else { ink });
            end = end.max(ends.1 + 1.0);
        }
        if !is_bars {
            draft.symbol((x, y), RADIUS, if value.is_few { Symbol::Circle } else { symbol }, ink);
        }
    }
    draft.text((end + 6.0, y), figures, TICK, Anchor::Start, Ink::Text, None);
    draft.end_mark();
}
