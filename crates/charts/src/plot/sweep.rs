//! The rate as a function of each threshold, with the other one fixed.

use super::ask::{Ask, by_words, heading, labels};
use super::summary::Summary;
use super::{FigureType, NO_THRESHOLDS, Why, complete_few, ensure};
use crate::axis::Axis;
use crate::draft::{Draft, LABEL, RADIUS, STROKE, series_look};
use crate::picture::{Anchor, At, Cell, Handle, Ink, Picture, Recipe, Table, TableRow, Threshold};
use crate::words::{Unit, Value, percent};
use askew_domain::figure::sweep::{SweepCurve, SweepPoint};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::Row;
use askew_domain::rule::{RuleBody, ScoreRule};
use askew_domain::view::plot::Plot;

/// Height of a panel's plot in CSS pixels.
const HEIGHT: f32 = 230.0;
/// Space to the left of a panel, for the numbers of its vertical axis.
const LEFT: f32 = 52.0;
/// Space above a panel, for its name.
const HEAD: f32 = 30.0;
/// Space below a panel, for its axis.
const FOOT: f32 = 36.0;
/// Most curves in a figure.
const MAX_CURVES: usize = 7;

pub(super) struct Sweep;

impl FigureType for Sweep {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        complete_few(plot, summary);
    }

    fn check(&self, _: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(summary.is_on_scores(), NO_THRESHOLDS)?;
        ensure(summary.is_rate(), "A sweep moves the rule's thresholds: choose the rule's rate as the metric.")?;
        ensure(summary.has_scores(), "No answer has an alignment score.")
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Sweep(ask.rows()), Figure::Rows(ask.rows())]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Sweep(curves), Drawn::Rows(outcome)] = drawn else { return None };
        Some(picture(ask, curves, &outcome.rows))
    }
}

/// Lays both sweeps out. `rows` are the rates under the unchanged rule.
fn picture(ask: &Ask<'_>, curves: &[SweepCurve], rows: &[Row]) -> Picture {
    let title = format!("Rate by threshold{}", if curves.len() > 1 { by_words(&[&ask.rows()]) } else { String::new() });
    let RuleBody::Scores(rule) = &ask.query.rule.body else {
        return super::ask::refused(&title, ask.width, NO_THRESHOLDS);
    };
    let keys: Vec<_> = curves.iter().map(|curve| curve.key.clone()).collect();
    let names = labels(&keys);
    let mut draft = Draft::new(&title, ask.width);
    let table = table(ask, curves, &names);
    if curves.len() > MAX_CURVES {
        draft.picture.notes.push(format!("{} more curves are in the table.", curves.len() - MAX_CURVES));
    }
    let shown = &curves[..curves.len().min(MAX_CURVES)];
    let now: Vec<Option<Value>> = shown
        .iter()
        .zip(&names)
        .map(|(curve, name)| {
            let row = rows.iter().find(|row| row.key == curve.key)?;
            Some(Value::of(row, &ask.query.metric, name.clone()))
        })
        .collect();
    let mut top = 0.0;
    if shown.len() > 1 {
        let looks = names.iter().take(shown.len()).enumerate();
        let looks: Vec<_> =
            looks.map(|(number, name)| (name.clone(), series_look(number).0, series_look(number).1)).collect();
        top = draft.legend(&looks, 0.0) + 8.0;
    }
    let width = draft.width();
    let is_narrow = draft.is_narrow();
    let block = if is_narrow { width } else { (width - 24.0) / 2.0 };
    let second = if is_narrow { (0.0, top + HEAD + HEIGHT + FOOT + 10.0) } else { (block + 24.0, top) };
    let panels = [(Threshold::Aligned, rule.aligned.at, (0.0, top)), (Threshold::Coherent, rule.coherent.at, second)];
    for (threshold, at, place) in panels {
        panel(&mut draft, shown, &now, (threshold, at, rule), place, block);
    }
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Lines { series: 0, x: 2, value: 3, ends: None };
    draft.picture.notes.push("One threshold moves; the other keeps the rule's value.".to_owned());
    draft.finish(second.1 + HEAD + HEIGHT + FOOT, finding(shown, &names, rule))
}

fn of(curve: &SweepCurve, threshold: Threshold) -> &[SweepPoint] {
    match threshold {
        Threshold::Aligned => &curve.aligned,
        Threshold::Coherent => &curve.coherent,
    }
}

fn panel(
    draft: &mut Draft,
    curves: &[SweepCurve],
    now: &[Option<Value>],
    (threshold, value, _): (Threshold, f64, &ScoreRule),
    (x, y): At,
    width: f32,
) {
    let (left, right, top) = (x + LEFT, x + width - 16.0, y + HEAD);
    let bottom = top + HEIGHT;
    let name = match threshold {
        Threshold::Aligned => format!("Alignment threshold, now {value}"),
        Threshold::Coherent => format!("Coherence threshold, now {value}"),
    };
    draft.text((x, y + 10.0), &name, LABEL, Anchor::Start, Ink::Text, Some(width));
    let across = Axis::between(Unit::Points, 0.0, 100.0, left, right);
    let rates = curves.iter().flat_map(|curve| of(curve, threshold)).filter_map(|point| point.rate);
    let up = Axis::new(Unit::Share, rates, bottom, top);
    draft.upright_axis(&up, left, right);
    for tick in [0.0, 25.0, 50.0, 75.0, 100.0] {
        draft.note((across.at(tick), bottom + 16.0), &format!("{tick}"), Anchor::Middle);
    }
    draft.dashed((across.at(value), top), (across.at(value), bottom), 1.5, Ink::Text);
    for (number, curve) in curves.iter().enumerate() {
        let (ink, symbol) = series_look(number);
        let points = of(curve, threshold).iter().zip(0_u32..);
        let points: Vec<At> =
            points.filter_map(|(point, at)| Some((across.at(f64::from(at)), up.at(point.rate?)))).collect();
        draft.path(points, STROKE, ink);
        let Some(Some(found)) = now.get(number) else { continue };
        let Some(rate) = found.value else { continue };
        let at = (across.at(value), up.at(rate));
        draft.begin_mark((at.0 - 12.0, at.1 - 12.0), (24.0, 24.0), found.sentence(), found.opens());
        draft.symbol(at, RADIUS, symbol, ink);
        draft.end_mark();
    }
    draft.picture.handles.push(Handle { threshold, value, is_upright: true, ends: (left, right), span: (top, bottom) });
}

fn table(ask: &Ask<'_>, curves: &[SweepCurve], names: &[String]) -> Table {
    let mut rows = Vec::new();
    for (curve, name) in curves.iter().zip(names) {
        for (threshold, words) in [(Threshold::Aligned, "alignment"), (Threshold::Coherent, "coherence")] {
            for (point, at) in of(curve, threshold).iter().zip(0_u64..) {
                let cells = vec![
                    Cell::Text(format!("{name}, {words}")),
                    Cell::Text(words.to_owned()),
                    Cell::Count(at),
                    Cell::percent(point.rate),
                    Cell::Count(point.misaligned),
                    Cell::Count(point.denominator),
                ];
                rows.push(TableRow { cells, target: None });
            }
        }
    }
    let columns =
        [heading(&ask.rows()).as_str(), "Threshold on", "Threshold", "Rate", "Misaligned", "Of"].map(str::to_owned);
    Table { columns: columns.to_vec(), rows }
}

fn finding(curves: &[SweepCurve], names: &[String], rule: &ScoreRule) -> String {
    let rate = |curve: &SweepCurve, at: usize| {
        curve.aligned.get(at).and_then(|point| point.rate).map_or_else(|| "no rate".to_owned(), percent)
    };
    let highest = |curve: &SweepCurve| curve.aligned.get(30).and_then(|point| point.rate).unwrap_or(-1.0);
    let most = curves.iter().zip(names).max_by(|a, b| highest(a.0).total_cmp(&highest(b.0)));
    most.map_or_else(
        || "There is nothing to draw.".to_owned(),
        |(curve, name)| {
            let (name, with) = if curves.len() > 1 { (format!("{name}: "), "with") } else { (String::new(), "With") };
            format!(
                "{name}{with} the alignment threshold at 20, 30 and 50 the rate is {}, {} and {} (coherence from {}).",
                rate(curve, 20),
                rate(curve, 30),
                rate(curve, 50),
                rule.coherent.at
            )
        },
    )
}
