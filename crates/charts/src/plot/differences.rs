//! Paired differences on shared questions, with intervals and Holm-adjusted p, around a line at zero.

use super::ask::{Ask, by_words, is_base, labels};
use super::summary::Summary;
use super::{FigureType, Why, ensure};
use crate::axis::Axis;
use crate::draft::{AXIS_HEIGHT, Draft, LABEL, MARGIN, RADIUS, TICK, length};
use crate::measure;
use crate::names::Named;
use crate::picture::{Anchor, Cell, Ink, Picture, Recipe, Symbol, Table, TableRow};
use crate::words::{GAP, Unit, Value, signed};
use askew_domain::figure::compare::Difference;
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::{By, GroupKey, Row};
use askew_domain::view::plot::Plot;

/// Most differences in a figure.
const MAX_ROWS: usize = 60;
/// Height of a row with its name to the left.
const WIDE: f32 = 30.0;
/// Height of a row with its name above it.
const NARROW: f32 = 64.0;

pub(super) struct Differences;

impl FigureType for Differences {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert_with(|| summary.models());
    }

    fn check(&self, plot: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(summary.num_of(&plot.rows) > 1, "There is only one model: a difference needs two.")?;
        ensure(summary.num_questions > 1, "There is only one question: pairs are made of questions.")
    }

    fn needs(&self, ask: &Ask<'_>, summary: &Summary<'_>) -> Vec<Figure> {
        let against = against(summary, &ask.rows());
        vec![Figure::Differences { by: ask.rows(), against }, Figure::Rows(ask.rows())]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Differences(found), Drawn::Rows(outcome)] = drawn else { return None };
        Some(picture(ask, found, &outcome.rows))
    }
}

/// Up to this many groups are all compared with each other by default.
const MOST_EACH: usize = 4;

/// The group that the others are compared with: the baseline if there is one. If there are too many groups to compare
/// each with each, a group that is named like an untouched or well-behaved model, or else the first group.
fn against(summary: &Summary<'_>, by: &By) -> Option<GroupKey> {
    let by = By { question: false, variant: false, ..by.clone() };
    let keys = summary.keys(&by);
    let names = labels(&keys);
    let is_named = |name: &str| {
        let named = |key: &GroupKey| {
            key.group.as_deref() == Some(name) || key.model.as_deref() == Some(name) || key.label() == name
        };
        keys.iter().find(|key| named(key)).cloned()
    };
    if let Some(found) = summary.query.baseline.as_deref().and_then(is_named) {
        return Some(found);
    }
    if keys.len() <= MOST_EACH {
        return None;
    }
    let at = names.iter().position(|name| is_base(name)).unwrap_or(0);
    keys.get(at).cloned()
}

/// Lays differences out. `rows` are the numbers of the groups themselves.
fn picture(ask: &Ask<'_>, differences: &[Difference], rows: &[Row]) -> Picture {
    let names = Named::new(differences.iter().flat_map(|found| [found.from.clone(), found.to.clone()]));
    let name = |key: &GroupKey| names.of(key);
    let mut sorted: Vec<&Difference> = differences.iter().collect();
    let size = |found: &Difference| found.difference.unwrap_or(f64::NEG_INFINITY);
    sorted.sort_by(|a, b| size(b).total_cmp(&size(a)));
    let unit = ask.unit();
    let title = match shared(&sorted) {
        Some(base) => format!("{}{}: difference from {}", ask.what(), by_words(&[&ask.rows()]), name(&base)),
        None => format!("{}: paired differences{}", ask.what(), by_words(&[&ask.rows()])),
    };
    let mut draft = Draft::new(&title, ask.width);
    let table = table(ask, &sorted, &name);
    let shown = &sorted[..sorted.len().min(MAX_ROWS)];
    if sorted.len() > shown.len() {
        draft.picture.notes.push(format!("{} more are in the table.", sorted.len() - shown.len()));
    }
    let height = draw(ask, &mut draft, shown, rows, &name);
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Intervals { label: 0, series: None, value: 1, ends: Some((2, 3)) };
    draft.picture.notes.push(
        "Pairs are questions that both groups were asked; intervals are 95 %, clustered by question; p is adjusted for all \
         comparisons here (Holm)."
            .to_owned(),
    );
    let finding = finding(&sorted, unit, &name);
    draft.finish(height, finding)
}

fn pair(found: &Difference, name: &dyn Fn(&GroupKey) -> String) -> String {
    format!("{} − {}", name(&found.to), name(&found.from))
}

/// The group that is subtracted in all differences, if it is always the same.
fn shared(sorted: &[&Difference]) -> Option<GroupKey> {
    let first = &sorted.first()?.from;
    sorted.iter().all(|found| found.from == *first).then(|| first.clone())
}

/// Numbers of a difference, such as "+3.20 points p 0.012".
fn figures(found: &Difference, unit: Unit) -> String {
    let Some(difference) = found.difference else { return "no pairs".to_owned() };
    let p = found.p_holm.map_or_else(String::new, |p| format!("{GAP}p\u{a0}{}", p_text(p)));
    format!("{}{p}", signed(unit, difference))
}

fn p_text(p: f64) -> String {
    if p < 0.001 { "<\u{a0}0.001".to_owned() } else { format!("{p:.3}") }
}

fn draw(
    ask: &Ask<'_>,
    draft: &mut Draft,
    shown: &[&Difference],
    rows: &[Row],
    name: &dyn Fn(&GroupKey) -> String,
) -> f32 {
    let unit = ask.unit();
    let width = draft.width();
    let is_one_base = shared(shown).is_some();
    let label = |found: &Difference| if is_one_base { name(&found.to) } else { pair(found, name) };
    let widest = |texts: &mut dyn Iterator<Item = String>, size| {
        texts.map(|text| measure::width(&text, size)).fold(0.0, f32::max)
    };
    let room = widest(&mut shown.iter().map(|found| figures(found, unit)), TICK) + 8.0;
    let names = widest(&mut shown.iter().map(|found| label(found)), LABEL) + 12.0;
    // Names of pairs are long. If they do not fit to the left, they go above.
    let is_narrow = draft.is_narrow() || names > width * 0.45;
    let names = if is_narrow { 0.0 } else { names };
    let (left, right) =
        if is_narrow { (MARGIN + 8.0, width - MARGIN - 8.0) } else { (names + MARGIN, width - room - MARGIN) };
    let ends = shown.iter().flat_map(|found| {
        [found.difference, found.interval.map(|found| found.low), found.interval.map(|found| found.high)]
    });
    let axis = Axis::new(unit, ends.flatten(), left, right);
    let height = if is_narrow { NARROW } else { WIDE };
    let bottom = length(shown.len()) * height;
    draft.level_axis(&axis, 0.0, bottom);
    draft.line((axis.at(0.0), 0.0), (axis.at(0.0), bottom), 1.5, Ink::Quiet);
    for (row, found) in shown.iter().enumerate() {
        let top = length(row) * height;
        let y = if is_narrow { top + height - 13.0 } else { top + height / 2.0 };
        // The mark opens the answers of the compared group.
        let own =
            rows.iter().find(|row| row.key == found.to).map(|row| Value::of(row, &ask.query.metric, name(&found.to)));
        let own_words =
            own.as_ref().map_or_else(String::new, |own| format!(". Opens {} of {}", own.numerator, own.label));
        draft.begin_mark(
            (0.0, top),
            (width, height),
            sentence(found, unit, name) + &own_words,
            own.and_then(|own| own.opens()),
        );
        if let Some(interval) = found.interval {
            draft.interval((axis.at(interval.low), axis.at(interval.high)), y, Ink::Series(0));
        }
        if let Some(difference) = found.difference {
            draft.symbol((axis.at(difference), y), RADIUS, Symbol::Disc, Ink::Series(0));
        }
        let label = label(found);
        if is_narrow {
            draft.label((0.0, top + 12.0), &label, Anchor::Start, width);
            draft.text((0.0, top + 32.0), &figures(found, unit), TICK, Anchor::Start, Ink::Quiet, Some(width));
        } else {
            draft.label((names - 12.0, y), &label, Anchor::End, names - 12.0);
            draft.text((width, y), &figures(found, unit), TICK, Anchor::End, Ink::Text, Some(room));
        }
        draft.end_mark();
    }
    bottom + AXIS_HEIGHT
}

fn sentence(found: &Difference, unit: Unit, name: &dyn Fn(&GroupKey) -> String) -> String {
    let names = format!("{} minus {}", name(&found.to), name(&found.from));
    let Some(difference) = found.difference else { return format!("{names}: no shared question") };
    let interval = found.interval.map_or_else(
        || found.note.map_or_else(|| ", no interval".to_owned(), |note| format!(", {}", note.describe())),
        |interval| format!(", 95 % interval {} to {}", signed(unit, interval.low), signed(unit, interval.high)),
    );
    let p = found.p_holm.map_or_else(String::new, |p| format!(", p adjusted {}", p_text(p)));
    format!("{names}: {}{interval}{p}, over {} shared questions", signed(unit, difference), found.num_questions)
}

fn table(ask: &Ask<'_>, sorted: &[&Difference], name: &dyn Fn(&GroupKey) -> String) -> Table {
    let unit = ask.unit();
    let number = |value: Option<f64>| value.map_or(Cell::Empty, Cell::Number);
    let row = |found: &&Difference| TableRow {
        cells: vec![
            Cell::Text(pair(found, name)),
            unit.cell(found.difference),
            unit.cell(found.interval.map(|interval| interval.low)),
            unit.cell(found.interval.map(|interval| interval.high)),
            unit.cell(found.standard_error),
            number(found.p),
            number(found.p_holm),
            Cell::Count(found.num_questions as u64),
            unit.cell(found.from_value),
            unit.cell(found.to_value),
        ],
        target: None,
    };
    let columns = [
        "Pair",
        "Difference",
        "Low (95 %)",
        "High (95 %)",
        "Standard error",
        "p",
        "p (Holm)",
        "Shared questions",
        "Subtracted",
        "Of",
    ];
    Table { columns: columns.map(str::to_owned).to_vec(), rows: sorted.iter().map(row).collect() }
}

fn finding(sorted: &[&Difference], unit: Unit, name: &dyn Fn(&GroupKey) -> String) -> String {
    let sizeable = sorted.iter().filter(|found| found.p_holm.is_some_and(|p| p < 0.05)).count();
    let largest = sorted
        .iter()
        .filter(|found| found.difference.is_some())
        .max_by(|a, b| a.difference.unwrap_or_default().abs().total_cmp(&b.difference.unwrap_or_default().abs()));
    largest.map_or_else(
        || "No two groups share a question.".to_owned(),
        |most| {
            format!(
                "Largest: {} {}; {sizeable} of {} with adjusted p under 0.05.",
                pair(most, name),
                signed(unit, most.difference.unwrap_or_default()),
                sorted.len()
            )
        },
    )
}
