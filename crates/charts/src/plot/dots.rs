//! Dots with intervals by row and series, such as questions by model, ways of asking, or with and without a trigger.

use super::ask::{Ask, by_words};
use super::crossed::Crossed;
use super::level::level;
use crate::draft::Draft;
use crate::forest::finding;
use crate::picture::Picture;
use crate::words::Value;
use askew_domain::query::Row;

/// Lays dots out.
pub(super) fn picture(ask: &Ask<'_>, rows: &[Row]) -> Picture {
    let crossed = Crossed::new(ask, rows, &ask.rows(), &ask.series());
    let title = format!("{}{}", ask.what(), by_words(&[&ask.rows(), &ask.series()]));
    let mut draft = Draft::new(&title, ask.width);
    let height = level(&mut draft, &crossed, ask.unit(), false, 0.0);
    let values: Vec<Value> = crossed.values().cloned().collect();
    draft.picture.notes.push(ask.interval_note().to_owned());
    draft.finish(height, finding(&values))
}
