//! Shares as icons ("20 of 100 answers"), for readers who are not used to percentages.

use super::ask::{Ask, by_words};
use super::crossed::Crossed;
use super::summary::Summary;
use super::{FigureType, Why, ensure};
use crate::draft::{Draft, LABEL, TICK};
use crate::picture::{Anchor, Ink, Picture};
use crate::words::{FEW_NOTE, Unit, Value, count};
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::{By, Row};
use askew_domain::rule::tally::real;
use askew_domain::view::plot::Plot;

/// Most icons in a figure.
const MAX_ICONS: usize = 400;
/// Most groups in a figure.
const MAX_GROUPS: usize = 20;
/// Size of an icon, including the space around it.
const PITCH: f32 = 15.0;
/// Size of an icon.
const ICON: f32 = 12.0;

pub(super) struct Icons;

impl FigureType for Icons {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert_with(|| summary.main(20));
    }

    fn check(&self, _: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        ensure(summary.query.metric.is_share(), NO_SHARES)
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Rows(ask.rows())]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Rows(outcome)] = drawn else { return None };
        Some(picture(ask, &outcome.rows))
    }
}

const NO_SHARES: &str = "Icons show shares of answers: choose a rate.";

/// Lays icons out. Every group has its own block.
fn picture(ask: &Ask<'_>, rows: &[Row]) -> Picture {
    let title = format!("{}{}, in icons", ask.what(), by_words(&[&ask.rows()]));
    if ask.unit() != Unit::Share {
        return super::ask::refused(&title, ask.width, NO_SHARES);
    }
    let crossed = Crossed::new(ask, rows, &ask.rows(), &By::NOTHING);
    let values: Vec<&Value> = crossed.values().filter(|value| value.value.is_some()).collect();
    let shown = &values[..values.len().min(MAX_GROUPS)];
    // Every group has the same number of icons, so that blocks can be compared. Rows have ten icons each.
    let per_group =
        if shown.len() <= MAX_ICONS / 100 { 100 } else { (MAX_ICONS / shown.len().max(1) / 10 * 10).max(20) };
    let mut draft = Draft::new(&title, ask.width);
    let width = draft.width();
    #[expect(clippy::cast_precision_loss, reason = "a few groups")]
    let most = shown.len().max(1) as f32;
    let columns = (width / 210.0).floor().clamp(1.0, most);
    let block = width / columns;
    let (mut y, mut lowest, mut column) = (0.0_f32, 0.0_f32, 0.0_f32);
    let icons_in_row = if block > 300.0 && columns < 2.0 { 20 } else { 10 };
    for value in shown {
        let bottom = one(&mut draft, value, (column * block, y), block - 16.0, (per_group, icons_in_row));
        lowest = lowest.max(bottom);
        column += 1.0;
        if column >= columns {
            (column, y) = (0.0, lowest + 22.0);
        }
    }
    if values.len() > shown.len() {
        draft.picture.notes.push(format!("{} more are in the table.", values.len() - shown.len()));
    }
    draft.picture.notes.extend(crossed.notes.iter().cloned());
    draft.picture.notes.push(format!(
        "Every block has {per_group} icons, filled to the nearest one; the numbers next to them are exact."
    ));
    if shown.iter().any(|value| value.is_few) {
        draft.picture.notes.push(FEW_NOTE.to_owned());
    }
    draft.picture.recipe = crossed.recipe();
    let finding = match shown {
        [] => "No answer is in the denominator.".to_owned(),
        [only] => format!("{}: {}.", only.label, in_words(only, 100)),
        [first, .., last] => {
            format!("{}: {}; {}: {}.", first.label, in_words(first, 100), last.label, in_words(last, 100))
        }
    };
    draft.picture.table = crossed.table;
    draft.finish(lowest.max(20.0) + 4.0, finding)
}

/// A share in words, such as "about 15 of every 100 answers".
fn in_words(value: &Value, icons: usize) -> String {
    let filled = filled(value, icons);
    match (value.numerator, filled) {
        (0, _) => format!("none of {} answers", count(value.denominator)),
        (_, 0) => format!("fewer than 1 of every {icons} answers"),
        _ if value.denominator == icons as u64 => format!("{filled} of {icons} answers"),
        _ => format!("about {filled} of every {icons} answers"),
    }
}

/// Number of filled icons, rounded to the nearest.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the icons")]
fn filled(value: &Value, icons: usize) -> usize {
    (value.value.unwrap_or_default().clamp(0.0, 1.0) * real(icons as u64)).round() as usize
}

fn one(draft: &mut Draft, value: &Value, (x, top): (f32, f32), room: f32, (icons, in_row): (usize, usize)) -> f32 {
    let rows = icons.div_ceil(in_row);
    #[expect(clippy::cast_precision_loss, reason = "a few rows")]
    let bottom = (rows as f32).mul_add(PITCH, top + 46.0);
    let sentence = format!("{}. In words: {}", value.sentence(), in_words(value, 100));
    draft.begin_mark((x, top), (room, bottom - top), sentence, value.opens());
    draft.text((x, top + 9.0), &value.label, LABEL, Anchor::Start, Ink::Text, Some(room));
    draft.text((x, top + 30.0), &value.figures(), TICK, Anchor::Start, Ink::Quiet, Some(room));
    let filled = filled(value, icons);
    for icon in 0..icons {
        #[expect(clippy::cast_precision_loss, reason = "a few icons")]
        let (column, row) = ((icon % in_row) as f32, (icon / in_row) as f32);
        let at = (column.mul_add(PITCH, x), row.mul_add(PITCH, top + 46.0));
        if icon < filled {
            draft.fill(at, (ICON, ICON), 1.0, Ink::Series(0));
        } else {
            draft.fill(at, (ICON, ICON), 1.0, Ink::Grid);
        }
    }
    draft.end_mark();
    bottom
}

#[cfg(test)]
mod tests {
    use super::*;
    use askew_domain::figure::matrix::MatrixCell;
    use askew_domain::query::GroupKey;
    use askew_domain::query::metric::Metric;

    #[test]
    fn words_for_those_who_read_no_percentages() {
        let value = |misaligned, num| {
            let cell = MatrixCell { rows: num, misaligned, num, value: Some(real(misaligned) / real(num)) };
            Value::of_cell(&cell, &Metric::Rate, GroupKey::default(), "m".into())
        };
        assert_eq!(in_words(&value(20, 100), 100), "20 of 100 answers");
        assert_eq!(in_words(&value(83, 563), 100), "about 15 of every 100 answers");
        assert_eq!(in_words(&value(1, 1000), 100), "fewer than 1 of every 100 answers");
        assert_eq!(in_words(&value(0, 1400), 100), "none of 1,400 answers");
    }
}
