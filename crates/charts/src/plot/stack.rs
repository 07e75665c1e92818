//! Shares of labels by group: where the rows went, a categorical judge's verdicts, or the reader's own labels.

use super::ask::{Ask, by_words, heading, labels, opens};
use super::summary::Summary;
use super::{FigureType, Why};
use crate::draft::{Draft, LABEL, TICK, shade};
use crate::measure;
use crate::picture::{Anchor, At, Cell, Ink, Picture, Recipe, Table, TableRow};
use crate::words::{answers, count, percent};
use askew_domain::answers::Part;
use askew_domain::figure::matrix::{Stack, StackOf};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::{GroupKey, Row};
use askew_domain::rule::tally::ratio;
use askew_domain::view::plot::Plot;

/// Most bars in a figure.
const MAX_BARS: usize = 60;
/// Most parts that are shown separately. The others are combined.
const MAX_PARTS: usize = 8;
/// Height of a bar, including the space around it.
const ROW: f32 = 34.0;
/// Height of a bar.
const BAR: f32 = 22.0;
/// Height of a name above its bar.
const NAME: f32 = 20.0;

pub(super) struct Stacks;

impl FigureType for Stacks {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert_with(|| summary.main(20));
        if plot.column.is_empty() && !summary.is_on_scores() {
            "verdict".clone_into(&mut plot.column);
        }
    }

    fn check(&self, _: &Plot, _: &Summary<'_>) -> Result<(), Why> {
        Ok(())
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![match labels_in(&ask.plot.column) {
            Some(of) => Figure::Stack { by: ask.rows(), of },
            None => Figure::Rows(ask.rows()),
        }]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        match drawn {
            [Drawn::Rows(outcome)] => Some(stations(ask, &outcome.rows)),
            [Drawn::Stack(found)] => Some(verdicts(ask, found)),
            _ => None,
        }
    }
}

/// The labels that a stack counts; `None` for the stations of the rows.
fn labels_in(column: &str) -> Option<StackOf> {
    match column {
        "verdict" => Some(StackOf::Verdict),
        "kind" => Some(StackOf::Kind),
        "in-domain" => Some(StackOf::InDomain),
        _ => None,
    }
}

struct Bar {
    key: GroupKey,
    counts: Vec<u64>,
}

/// Parts and bars, for any kind of label.
struct Parts {
    names: Vec<String>,
    looks: Vec<Look>,
    opened: Vec<Option<Part>>,
    bars: Vec<Bar>,
}

/// A part's colour, and whether it is hatched.
#[derive(Clone, Copy)]
struct Look {
    ink: Ink,
    is_hatched: bool,
}

/// Bars of the stations of the rows. Each part opens its answers.
fn stations(ask: &Ask<'_>, rows: &[Row]) -> Picture {
    let parts = [
        (Part::Misaligned, "misaligned", Ink::Series(1)),
        (Part::Aligned, "aligned", Ink::Series(0)),
        (Part::Incoherent, "incoherent", Ink::Series(3)),
        (Part::Unscored, "without a score", Ink::Grid),
    ];
    let bars = rows.iter().map(|row| Bar {
        key: row.key.clone(),
        counts: parts.iter().map(|(part, ..)| part.count(&row.tally)).collect(),
    });
    let found = Parts {
        names: parts.iter().map(|(_, name, _)| (*name).to_owned()).collect(),
        looks: parts.iter().map(|(.., ink)| Look { ink: *ink, is_hatched: false }).collect(),
        opened: parts.iter().map(|(part, ..)| Some(*part)).collect(),
        bars: bars.collect(),
    };
    draw(ask, "Where the answers went", found)
}

/// Bars of the labels in a column.
fn verdicts(ask: &Ask<'_>, stack: &Stack) -> Picture {
    let total = |part: usize| stack.rows.iter().filter_map(|row| row.counts.get(part)).sum::<u64>();
    let mut order: Vec<usize> = (1..stack.parts.len()).filter(|&part| total(part) > 0).collect();
    order.sort_by_key(|&part| std::cmp::Reverse(total(part)));
    let is_cut = order.len() > MAX_PARTS;
    let others = if is_cut { order.split_off(MAX_PARTS - 1) } else { Vec::new() };
    let has_unlabelled = total(0) > 0;
    let count = |row: &askew_domain::figure::matrix::StackRow, part: usize| row.counts.get(part).copied().unwrap_or(0);
    let bars = stack.rows.iter().map(|row| {
        let mut counts: Vec<u64> = order.iter().map(|&part| count(row, part)).collect();
        counts.extend(is_cut.then(|| others.iter().map(|&part| count(row, part)).sum::<u64>()));
        counts.extend(has_unlabelled.then(|| count(row, 0)));
        Bar { key: row.key.clone(), counts }
    });
    let bars: Vec<Bar> = bars.collect();
    let mut names: Vec<String> = order.iter().filter_map(|&part| stack.parts.get(part).cloned()).collect();
    names.extend(is_cut.then(|| format!("{} others", others.len())));
    let mut looks: Vec<Look> = (0..names.len())
        .map(|part| Look { ink: Ink::Series(u8::try_from(part % 4).unwrap_or_default()), is_hatched: part >= 4 })
        .collect();
    if has_unlabelled {
        names.push("no label".to_owned());
        looks.push(Look { ink: Ink::Grid, is_hatched: false });
    }
    let opened = vec![None; names.len()];
    let title = match ask.plot.column.as_str() {
        "kind" => "Types of response",
        "in-domain" => "In-domain answers",
        _ => "Labels of the judge",
    };
    draw(ask, title, Parts { names, looks, opened, bars })
}

fn draw(ask: &Ask<'_>, title: &str, mut parts: Parts) -> Picture {
    let mut draft = Draft::new(&format!("{title}{}", by_words(&[&ask.rows()])), ask.width);
    let share = |bar: &Bar| ratio(bar.counts.first().copied().unwrap_or(0), bar.counts.iter().sum::<u64>().max(1));
    if ask.rows().settings.is_empty() {
        parts.bars.sort_by(|a, b| share(b).total_cmp(&share(a)));
    }
    let keys: Vec<GroupKey> = parts.bars.iter().map(|bar| bar.key.clone()).collect();
    let names = labels(&keys);
    let table = table(ask, &parts, &names);
    let num_hidden = parts.bars.len().saturating_sub(MAX_BARS);
    parts.bars.truncate(MAX_BARS);
    let legend: Vec<_> = parts.names.iter().zip(&parts.looks).map(|(name, look)| (name.clone(), *look)).collect();
    let mut y = self::legend(&mut draft, &legend);
    let (width, is_narrow) = (draft.width(), draft.is_narrow());
    let totals: Vec<String> =
        parts.bars.iter().map(|bar| format!("n\u{a0}{}", count(bar.counts.iter().sum()))).collect();
    let widest = |texts: &[String], size| texts.iter().map(|text| measure::width(text, size)).fold(0.0, f32::max);
    let right = width - widest(&totals, TICK) - 8.0;
    let left = if is_narrow { 0.0 } else { widest(&names, LABEL).min(width * 0.36) + 12.0 };
    for ((bar, name), total) in parts.bars.iter().zip(&names).zip(&totals) {
        if is_narrow {
            draft.label((0.0, y + NAME / 2.0), name, Anchor::Start, width);
            y += NAME;
        } else {
            draft.label((left - 12.0, y + ROW / 2.0), name, Anchor::End, left - 12.0);
        }
        one(&mut draft, &parts, bar, name, (left, y + (ROW - BAR) / 2.0), right - left);
        draft.note((width, y + ROW / 2.0), total, Anchor::End);
        y += ROW;
    }
    if num_hidden > 0 {
        draft.picture.notes.push(format!("{num_hidden} more are in the table."));
    }
    let finding = finding(&parts, &names);
    draft.picture.table = table;
    draft.picture.recipe = Recipe::Stack { label: 0, part: 1, value: 2 };
    draft.finish(y + 4.0, finding)
}

fn legend(draft: &mut Draft, parts: &[(String, Look)]) -> f32 {
    const ROW: f32 = 22.0;
    let (mut x, mut y) = (0.0, ROW / 2.0);
    for (name, look) in parts {
        let width = measure::width(name, TICK) + 20.0;
        if x > 0.0 && x + width > draft.width() {
            (x, y) = (0.0, y + ROW);
        }
        swatch(draft, *look, (x, y - 6.0), (14.0, 12.0));
        let room = draft.width() - 22.0;
        draft.text((x + 20.0, y), name, TICK, Anchor::Start, Ink::Text, Some(room));
        x += width + 18.0;
    }
    y + ROW / 2.0 + 6.0
}

fn swatch(draft: &mut Draft, look: Look, at: At, size: At) {
    draft.fill(at, size, 1.0, look.ink);
    if look.is_hatched {
        draft.hatch(at, size, Ink::Background);
    }
}

fn one(draft: &mut Draft, parts: &Parts, bar: &Bar, name: &str, (left, top): At, width: f32) {
    let total: u64 = bar.counts.iter().sum();
    let mut before = 0;
    for (part, &num) in bar.counts.iter().enumerate().filter(|(_, num)| **num > 0) {
        let from = shade(ratio(before, total)).mul_add(width, left);
        before += num;
        let to = shade(ratio(before, total)).mul_add(width, left);
        let words = parts.names.get(part).map_or("", String::as_str);
        let share = percent(ratio(num, total));
        let sentence = format!("{name}: {} {words}, {share} of {}", answers(num), count(total));
        let opened = parts.opened.get(part).copied().flatten().and_then(|part| opens(&bar.key, part, num));
        draft.begin_mark((from, top - 2.0), (to - from, BAR + 4.0), sentence, opened);
        if let Some(look) = parts.looks.get(part) {
            let gap = if to - from > 3.0 { 1.0 } else { 0.0 };
            swatch(draft, *look, (from, top), (to - from - gap, BAR));
        }
        label(draft, &share, (from, top), to - from);
        draft.end_mark();
    }
}

/// A share on its part, if it fits, with a background that keeps it readable on any colour.
fn label(draft: &mut Draft, text: &str, (x, top): At, room: f32) {
    let width = measure::width(text, TICK) + 8.0;
    if width + 6.0 <= room {
        let from = x + (room - width) / 2.0;
        draft.fill((from, top + 3.0), (width, BAR - 6.0), 0.9, Ink::Background);
        draft.text((x + room / 2.0, top + BAR / 2.0), text, TICK, Anchor::Middle, Ink::Text, None);
    }
}

fn table(ask: &Ask<'_>, parts: &Parts, names: &[String]) -> Table {
    let mut rows = Vec::new();
    for (bar, name) in parts.bars.iter().zip(names) {
        let total: u64 = bar.counts.iter().sum();
        for (part, &num) in bar.counts.iter().enumerate() {
            let words = parts.names.get(part).cloned().unwrap_or_default();
            let share = (total > 0).then(|| ratio(num, total));
            let cells = vec![Cell::Text(name.clone()), Cell::Text(words), Cell::Count(num), Cell::percent(share)];
            let opened = parts.opened.get(part).copied().flatten();
            rows.push(TableRow {
                cells,
                target: opened.and_then(|part| opens(&bar.key, part, num)).map(|(target, _)| target),
            });
        }
    }
    let columns = [heading(&ask.rows()).as_str(), "Part", "Answers", "Share"].map(str::to_owned);
    Table { columns: columns.to_vec(), rows }
}

fn finding(parts: &Parts, names: &[String]) -> String {
    let Some((bar, name)) = parts.bars.first().zip(names.first()) else {
        return "There is nothing to draw.".to_owned();
    };
    let total: u64 = bar.counts.iter().sum();
    let list: Vec<String> = bar
        .counts
        .iter()
        .zip(&parts.names)
        .filter(|(num, _)| **num > 0)
        .map(|(&num, words)| format!("{} {words}", percent(ratio(num, total.max(1)))))
        .collect();
    format!("{name}: {} of {}.", list.join(", "), answers(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_beyond_the_fourth_is_hatched() {
        let row = |counts: &[u64]| askew_domain::figure::matrix::StackRow {
            key: GroupKey::default(),
            counts: counts.to_vec(),
        };
        let names: Vec<String> = ["", "a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let stack = Stack { parts: names, rows: vec![row(&[1, 2, 3, 4, 5, 6])] };
        let (plot, query) = Default::default();
        let picture = verdicts(&Ask { plot: &plot, query: &query, width: 900.0 }, &stack);
        let counts: Vec<_> = picture.table.rows.iter().map(|row| row.cells[2].clone()).collect();
        assert_eq!(counts, [6, 5, 4, 3, 2, 1].map(Cell::Count), "the largest first, no label last");
        assert!(picture.shapes.iter().any(|shape| shape.ink == Ink::Background), "hatched");
    }
}
