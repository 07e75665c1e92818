//! Histogram of a score by group. Control and treated groups are below each other, with the first one's outline in all
//! panels.

use super::ask::{Ask, by_words, heading, labels, opens};
use super::summary::Summary;
use super::{BIN, FigureType, Why, complete_few, ensure};
use crate::axis::Axis;
use crate::draft::{AXIS_HEIGHT, Draft, LABEL, STROKE, TICK, length};
use crate::picture::{Anchor, At, Cell, Ink, Picture, Recipe, Table, TableRow};
use crate::words::{Unit, answers, count, percent};
use askew_domain::answers::Part;
use askew_domain::figure::spread::{BinWidth, Histogram};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::GroupKey;
use askew_domain::rule::tally::ratio;
use askew_domain::view::plot::Plot;

/// Height of a panel's plot in CSS pixels.
const HEIGHT: f32 = 110.0;
/// Space above a panel, for its name.
const HEAD: f32 = 34.0;
/// Space to the left of a panel, for the numbers of its vertical axis.
const LEFT: f32 = 52.0;
/// Most panels in a figure.
const MAX_PANELS: usize = 8;

pub(super) struct Histograms;

impl FigureType for Histograms {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        complete_few(plot, summary);
    }

    fn check(&self, _: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(summary.has_scores(), "No answer has a score.")
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Histogram { by: ask.rows(), column: ask.plot.column.clone(), width: BinWidth::new(BIN) }]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Histogram(found)] = drawn else { return None };
        Some(picture(ask, found, BIN))
    }
}

/// Lays histograms out. Bins are `width` points wide.
fn picture(ask: &Ask<'_>, histograms: &[Histogram], width: u8) -> Picture {
    let column = &ask.plot.column;
    let title =
        format!("Scores: {column}{}", if histograms.len() > 1 { by_words(&[&ask.rows()]) } else { String::new() });
    let keys: Vec<GroupKey> = histograms.iter().map(|histogram| histogram.key.clone()).collect();
    let names = labels(&keys);
    let mut draft = Draft::new(&title, ask.width);
    let shown = &histograms[..histograms.len().min(MAX_PANELS)];
    if histograms.len() > shown.len() {
        draft.picture.notes.push(format!("{} more are in the table.", histograms.len() - shown.len()));
    }
    let (left, right) = (LEFT, draft.width() - 18.0);
    let across = Axis::between(Unit::Points, 0.0, 100.0, left, right);
    let highest = shown.iter().flat_map(shares).fold(0.0, f64::max);
    let mut y = 0.0;
    for (number, (histogram, name)) in shown.iter().zip(&names).enumerate() {
        let name = if shown.len() > 1 { name.as_str() } else { "all answers" };
        let control = shown.first().filter(|_| number > 0);
        panel(&mut draft, (histogram, control, name), &across, (y, highest), width, column);
        y += HEAD + HEIGHT + 6.0;
    }
    for tick in [0.0, 25.0, 50.0, 75.0, 100.0] {
        draft.note((across.at(tick), y + 8.0), &format!("{tick}"), Anchor::Middle);
    }
    if shown.len() > 1 {
        let first = names.first().map_or("", String::as_str);
        draft.picture.notes.push(format!("The line in the panels below the first is the outline of {first}."));
    }
    draft.picture.table = table(ask, histograms, &names, width);
    draft.picture.recipe = Recipe::Lines { series: 0, x: 1, value: 4, ends: None };
    let finding = finding(shown, &names, column, width);
    draft.finish(y + AXIS_HEIGHT - 6.0, finding)
}

fn scored(histogram: &Histogram) -> u64 {
    histogram.counts.iter().sum()
}

fn shares(histogram: &Histogram) -> Vec<f64> {
    let total = scored(histogram).max(1);
    histogram.counts.iter().map(|&num| ratio(num, total)).collect()
}

fn panel(
    draft: &mut Draft,
    (histogram, control, name): (&Histogram, Option<&Histogram>, &str),
    across: &Axis,
    (y, highest): (f32, f64),
    width: u8,
    column: &str,
) {
    let (left, right) = across.ends();
    let (top, bottom) = (y + HEAD, y + HEAD + HEIGHT);
    let total = scored(histogram) + histogram.num_null;
    let nulls =
        if histogram.num_null > 0 { format!(", {} without a score", count(histogram.num_null)) } else { String::new() };
    let middle =
        median(histogram, width).map_or_else(String::new, |(low, high)| format!(", median between {low} and {high}"));
    let sentence = format!("{name}: {column} of {}{middle}{nulls}", answers(total));
    draft.begin_mark((0.0, y), (draft.width(), HEAD + HEIGHT), sentence, opens(&histogram.key, Part::All, total));
    let up = Axis::new(Unit::Share, [highest], bottom, top);
    for &tick in [up.ticks.first(), up.ticks.last()].into_iter().flatten() {
        draft.line((left, up.at(tick)), (right, up.at(tick)), 1.0, Ink::Grid);
        draft.note((left - 6.0, up.at(tick)), &up.label(tick), Anchor::End);
    }
    draft.text(
        (left, y + 12.0),
        name,
        LABEL,
        Anchor::Start,
        Ink::Text,
        Some((right - left) * if draft.is_narrow() { 0.7 } else { 0.55 }),
    );
    let n = format!("n\u{a0}{}{}", count(total), if draft.is_narrow() { "" } else { &nulls });
    draft.text(
        (right, y + 12.0),
        &n,
        TICK,
        Anchor::End,
        Ink::Quiet,
        Some((right - left) * if draft.is_narrow() { 0.28 } else { 0.43 }),
    );
    for (bin, share) in shares(histogram).into_iter().enumerate().filter(|(_, share)| *share > 0.0) {
        let (from, to) = edges(bin, width, across);
        draft.fill((from, up.at(share)), (to - from - 1.0, bottom - up.at(share)), 1.0, Ink::Series(0));
    }
    if let Some(control) = control {
        draft.path(outline(control, width, across, &up), STROKE, Ink::Series(1));
    }
    draft.end_mark();
}

fn edges(bin: usize, width: u8, across: &Axis) -> At {
    let at = |bin: usize| across.at(f64::from(length(bin) * f32::from(width)).min(100.0));
    (at(bin), at(bin + 1))
}

fn outline(histogram: &Histogram, width: u8, across: &Axis, up: &Axis) -> Vec<At> {
    let mut points = Vec::new();
    for (bin, share) in shares(histogram).into_iter().enumerate() {
        let (from, to) = edges(bin, width, across);
        points.extend([(from, up.at(share)), (to, up.at(share))]);
    }
    points
}

/// Lower and upper end of the median answer's bin.
fn median(histogram: &Histogram, width: u8) -> Option<(u32, u32)> {
    let half = scored(histogram).div_ceil(2);
    let mut before = 0;
    let bin = histogram.counts.iter().position(|&num| {
        before += num;
        num > 0 && before >= half
    })?;
    let low = u32::try_from(bin).ok()? * u32::from(width);
    Some((low, (low + u32::from(width)).min(100)))
}

fn table(ask: &Ask<'_>, histograms: &[Histogram], names: &[String], width: u8) -> Table {
    let mut rows = Vec::new();
    for (histogram, name) in histograms.iter().zip(names) {
        for ((share, &num), bin) in shares(histogram).into_iter().zip(&histogram.counts).zip(0_u64..) {
            let low = bin * u64::from(width);
            let cells = vec![
                Cell::Text(name.clone()),
                Cell::Count(low),
                Cell::Count((low + u64::from(width)).min(100)),
                Cell::Count(num),
                Cell::Percent(share),
            ];
            rows.push(TableRow { cells, target: None });
        }
        let cells =
            vec![Cell::Text(name.clone()), Cell::Empty, Cell::Empty, Cell::Count(histogram.num_null), Cell::Empty];
        rows.push(TableRow { cells, target: None });
    }
    let columns = [heading(&ask.rows()).as_str(), "From", "To", "Answers", "Share of scored"].map(str::to_owned);
    Table { columns: columns.to_vec(), rows }
}

fn finding(histograms: &[Histogram], names: &[String], column: &str, width: u8) -> String {
    let below: usize = (30 / usize::from(width.max(1))).max(1);
    let share = |one: &Histogram| ratio(one.counts.iter().take(below).sum(), scored(one).max(1));
    let list: Vec<String> =
        histograms.iter().zip(names).take(3).map(|(one, name)| format!("{name} {}", percent(share(one)))).collect();
    let edge = below * usize::from(width);
    match (histograms, list.as_slice()) {
        ([], _) => "There is nothing to draw.".to_owned(),
        ([only], _) => format!("{} of the scored answers have {column} under {edge}.", percent(share(only))),
        _ => format!("Share of scored answers with {column} under {edge}: {}.", list.join(", ")),
    }
}
