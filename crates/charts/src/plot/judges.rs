//! Two judges on the same answers: the confusion matrix of their judgements, and every group's rate by each judge.

use super::ask::{Ask, by_words, labels, opens};
use super::summary::Summary;
use super::{FigureType, Why, ensure};
use crate::axis::Axis;
use crate::draft::{AXIS_HEIGHT, Draft, LABEL, MARGIN, RADIUS, STROKE, TICK, length, series_look, shade};
use crate::measure;
use crate::picture::{Anchor, Cell, Ink, Picture, Recipe, Table, TableRow};
use crate::words::{Unit, answers, count, percent};
use askew_domain::answers::Part;
use askew_domain::figure::agreement::{Agreement, JUDGEMENTS};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::GroupKey;
use askew_domain::rule::tally::{Tally, ratio};
use askew_domain::stats::interval::clopper_pearson;
use askew_domain::view::plot::Plot;

/// Height of a cell of the confusion matrix.
const CELL: f32 = 40.0;
/// The largest width of a cell.
const MAX_CELL: f32 = 130.0;
/// Most groups in a figure.
const MAX_GROUPS: usize = 40;
/// Height of a group's row.
const ROW: f32 = 48.0;

pub(super) struct TwoJudges;

impl FigureType for TwoJudges {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert_with(|| summary.main(20));
        if plot.second.is_none() {
            plot.second = summary.second_judge();
        }
    }

    fn check(&self, _: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(summary.is_on_scores(), "A rule on labels has one judge only.")?;
        ensure(summary.is_rate(), NO_RATE)?;
        ensure(summary.second_judge().is_some(), "The files hold the scores of one judge only.")
    }

    /// Nothing if there is no second judge.
    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        ask.plot.second.iter().map(|judges| Figure::Agreement { by: ask.rows(), judges: judges.clone() }).collect()
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        match drawn {
            [Drawn::Agreement(found)] => Some(picture(ask, found)),
            [] => {
                let why = "These files hold one judge's scores: choose a second judge's columns.";
                Some(super::ask::refused("Two judges", ask.width, why))
            }
            _ => None,
        }
    }
}

const NO_RATE: &str = "Judges are compared by the rule's rate: choose it as the metric.";

/// Lays the agreement of two judges out.
fn picture(ask: &Ask<'_>, found: &Agreement) -> Picture {
    let first = ask.query.judges.aligned.as_str();
    let second = ask.plot.second.as_ref().map_or("the other judge", |judges| judges.aligned.as_str());
    let title = format!("Two judges: {first} and {second}");
    if ask.unit() != Unit::Share {
        return super::ask::refused(&title, ask.width, NO_RATE);
    }
    let mut draft = Draft::new(&title, ask.width);
    let keys: Vec<GroupKey> = found.rows.iter().map(|row| row.key.clone()).collect();
    let names = labels(&keys);
    let y = confusion(&mut draft, found, (first, second));
    let y = kappas(&mut draft, found, y + 10.0);
    let mut order: Vec<usize> = (0..found.rows.len()).collect();
    let rate = |at: usize| found.rows.get(at).and_then(|row| row.first).unwrap_or(-1.0);
    order.sort_by(|&a, &b| rate(b).total_cmp(&rate(a)));
    if order.len() > MAX_GROUPS {
        draft.picture.notes.push(format!("{} more groups are in the table.", order.len() - MAX_GROUPS));
        order.truncate(MAX_GROUPS);
    }
    let words = format!("Rate{} by each judge", by_words(&[&ask.rows()]));
    let bottom = rates(&mut draft, found, &names, &order, (first, second, &words), y + 22.0);
    draft.picture.table = table(found, &names, (first, second));
    draft.picture.recipe = Recipe::Intervals { label: 0, series: Some(1), value: 2, ends: None };
    if !found.flips.is_empty() {
        let named = |&(a, b): &(usize, usize)| format!("{} and {}", names[a], names[b]);
        let pairs: Vec<String> = found.flips.iter().take(5).map(named).collect();
        let more = found.flips.len().saturating_sub(pairs.len());
        let more = if more > 0 { format!(" and {more} more pairs") } else { String::new() };
        draft.picture.notes.push(format!("* The order depends on the judge: {}{more}.", pairs.join("; ")));
    }
    let rules = found
        .presets
        .iter()
        .filter_map(|(preset, a, b)| Some(format!("{} {} and {}", preset.name(), percent((*a)?), percent((*b)?))));
    draft
        .picture
        .notes
        .push(format!("All answers by {first} and by {second}: {}.", rules.collect::<Vec<_>>().join("; ")));
    let finding = finding(found, (first, second));
    draft.finish(bottom, finding)
}

fn confusion(draft: &mut Draft, found: &Agreement, (first, second): (&str, &str)) -> f32 {
    let total: u64 = found.confusion.iter().flatten().sum();
    let names = JUDGEMENTS.iter().map(|name| measure::width(name, TICK)).fold(0.0, f32::max) + 12.0;
    let width = draft.width();
    let cell = ((width - names) / 3.0).min(MAX_CELL);
    draft.text((0.0, 10.0), &format!("rows: {first}"), TICK, Anchor::Start, Ink::Quiet, Some(width));
    draft.text((0.0, 28.0), &format!("columns: {second}"), TICK, Anchor::Start, Ink::Quiet, Some(width));
    let top = 62.0;
    for (column, name) in JUDGEMENTS.iter().enumerate() {
        let x = (length(column) + 0.5).mul_add(cell, names);
        draft.text((x, top - 12.0), name, TICK, Anchor::Middle, Ink::Text, Some(cell));
    }
    for (row, (name, counts)) in JUDGEMENTS.iter().zip(&found.confusion).enumerate() {
        let y = length(row).mul_add(CELL, top);
        draft.text((names - 10.0, y + CELL / 2.0), name, TICK, Anchor::End, Ink::Text, None);
        for (column, &num) in counts.iter().enumerate() {
            let share = if total > 0 { ratio(num, total) } else { 0.0 };
            let at = (length(column).mul_add(cell, names) + 1.0, y + 1.0);
            let words = format!(
                "{first}: {name}, {second}: {}: {}, {} of {}",
                JUDGEMENTS.get(column).copied().unwrap_or_default(),
                answers(num),
                percent(share),
                count(total)
            );
            draft.begin_mark(at, (cell - 2.0, CELL - 2.0), words, None);
            // The shade follows the square root, because the small cells off the diagonal are the interesting ones.
            let share = shade(share.sqrt());
            draft.fill(at, (cell - 2.0, CELL - 2.0), 1.0, Ink::Heat(share));
            draft.text(
                (at.0 + cell / 2.0 - 1.0, y + CELL / 2.0),
                &count(num),
                LABEL,
                Anchor::Middle,
                Ink::OnHeat(share),
                Some(cell),
            );
            draft.end_mark();
        }
    }
    3.0_f32.mul_add(CELL, top)
}

fn number(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| format!("{value:.2}"))
}

fn kappas(draft: &mut Draft, found: &Agreement, top: f32) -> f32 {
    let text = format!(
        "Cohen's kappa {} where both count an answer, {} over all; Spearman of alignment {}, of coherence {}.",
        number(found.kappa),
        number(found.kappa_all),
        number(found.spearman_aligned),
        number(found.spearman_coherent)
    );
    let room = draft.width();
    draft.paragraph((0.0, top), &text, TICK, Ink::Text, room)
}

fn rates(
    draft: &mut Draft,
    found: &Agreement,
    names: &[String],
    order: &[usize],
    (first, second, words): (&str, &str, &str),
    top: f32,
) -> f32 {
    let width = draft.width();
    draft.text((0.0, top), words, LABEL, Anchor::Start, Ink::Text, Some(width));
    let looks = [first, second].into_iter().enumerate().map(|(number, name)| {
        let (ink, symbol) = series_look(number);
        (name.to_owned(), ink, symbol)
    });
    let top = draft.legend(&looks.collect::<Vec<_>>(), top + 14.0) + 4.0;
    let (left, right) = (MARGIN, width - MARGIN);
    let shown = || order.iter().filter_map(|&at| found.rows.get(at));
    let values = shown().flat_map(|row| [row.first, row.second]).flatten();
    let axis = Axis::new(Unit::Share, values, left, right);
    let bottom = length(order.len()).mul_add(ROW, top);
    draft.level_axis(&axis, top, bottom);
    for (place, &at) in order.iter().enumerate() {
        let (Some(row), Some(name)) = (found.rows.get(at), names.get(at)) else { continue };
        let y = length(place).mul_add(ROW, top);
        let is_flipped = found.flips.iter().any(|&(a, b)| a == at || b == at);
        let mark = if is_flipped { "*" } else { "" };
        let sentence = format!(
            "{name}: {first} {}, {second} {}{}. Opens the {} that {first} counts as misaligned",
            fraction(row.first, &row.first_tally),
            fraction(row.second, &row.second_tally),
            if is_flipped { "; its order with another group depends on the judge" } else { "" },
            answers(row.first_tally.misaligned)
        );
        draft.begin_mark(
            (0.0, y),
            (width, ROW),
            sentence,
            opens(&row.key, Part::Misaligned, row.first_tally.misaligned),
        );
        let figures = format!("{} / {}", rate(row.first, &row.first_tally), rate(row.second, &row.second_tally));
        let room = measure::width(&figures, TICK) + 8.0;
        draft.label((0.0, y + 14.0), &format!("{name}{mark}"), Anchor::Start, width - room - 8.0);
        draft.text((width, y + 14.0), &figures, TICK, Anchor::End, Ink::Text, Some(room));
        let middle = y + 34.0;
        if let (Some(a), Some(b)) = (row.first, row.second) {
            draft.line((axis.at(a), middle), (axis.at(b), middle), STROKE, Ink::Quiet);
        }
        for (number, value) in [row.first, row.second].into_iter().enumerate() {
            let (ink, symbol) = series_look(number);
            if let Some(value) = value {
                draft.symbol((axis.at(value), middle), RADIUS, symbol, ink);
            }
        }
        draft.end_mark();
    }
    bottom + AXIS_HEIGHT
}

/// A rate as text. If none of n is misaligned, it is "at most".
fn rate(value: Option<f64>, tally: &Tally) -> String {
    match value {
        None => "no rate".to_owned(),
        Some(value) if tally.misaligned == 0 => clopper_pearson(tally)
            .map_or_else(|| percent(value), |interval| format!("≤\u{a0}{}", percent(interval.high))),
        Some(value) => percent(value),
    }
}

fn fraction(value: Option<f64>, tally: &Tally) -> String {
    format!("{} ({} of {})", rate(value, tally), tally.misaligned, tally.denominator)
}

fn table(found: &Agreement, names: &[String], (first, second): (&str, &str)) -> Table {
    let mut rows = Vec::new();
    for (row, name) in found.rows.iter().zip(names) {
        for (judge, value, tally) in [(first, row.first, &row.first_tally), (second, row.second, &row.second_tally)] {
            rows.push(TableRow {
                cells: vec![
                    Cell::Text(name.clone()),
                    Cell::Text(judge.to_owned()),
                    Cell::percent(value),
                    Cell::Count(tally.misaligned),
                    Cell::Count(tally.denominator),
                    Cell::Count(tally.rows),
                    Cell::Empty,
                ],
                target: if judge == first {
                    opens(&row.key, Part::Misaligned, tally.misaligned).map(|(target, _)| target)
                } else {
                    None
                },
            });
        }
    }
    for (a, counts) in JUDGEMENTS.iter().zip(&found.confusion) {
        for (b, &num) in JUDGEMENTS.iter().zip(counts) {
            let cells = vec![
                Cell::Text(format!("{first}: {a}")),
                Cell::Text(format!("{second}: {b}")),
                Cell::Empty,
                Cell::Empty,
                Cell::Empty,
                Cell::Count(num),
                Cell::Empty,
            ];
            rows.push(TableRow { cells, target: None });
        }
    }
    for (name, value) in [
        ("Cohen's kappa, both count", found.kappa),
        ("Cohen's kappa, all", found.kappa_all),
        ("Spearman, alignment", found.spearman_aligned),
        ("Spearman, coherence", found.spearman_coherent),
    ] {
        let number = value.map_or(Cell::Empty, Cell::Number);
        let names = [name, "both"].map(|name| Cell::Text(name.to_owned()));
        let cells = names.into_iter().chain([Cell::Empty, Cell::Empty, Cell::Empty, Cell::Empty, number]).collect();
        rows.push(TableRow { cells, target: None });
    }
    let columns = ["Group", "Judge", "Rate", "Misaligned", "Of", "All rows", "Agreement"].map(str::to_owned);
    Table { columns: columns.to_vec(), rows }
}

fn finding(found: &Agreement, (first, second): (&str, &str)) -> String {
    let total: u64 = found.confusion.iter().flatten().sum();
    let same: u64 = (0..3).map(|k| found.confusion[k][k]).sum();
    let flips = match found.flips.len() {
        0 => "no two groups change their order".to_owned(),
        1 => "one pair of groups changes its order".to_owned(),
        num => format!("{num} pairs of groups change their order"),
    };
    if total == 0 {
        return "There is nothing to judge.".to_owned();
    }
    format!(
        "{first} and {second} agree on {} of {} (kappa {}); {flips}.",
        percent(ratio(same, total)),
        answers(total),
        number(found.kappa_all)
    )
}
