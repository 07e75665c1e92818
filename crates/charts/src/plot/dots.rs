//! Dots with intervals by row and series, such as questions by model, ways of asking, or with and without a trigger.

use super::ask::{Ask, by_words};
use super::crossed::Crossed;
use super::level::level;
use super::summary::Summary;
use super::{FigureType, Why, ensure};
use crate::draft::Draft;
use crate::forest::finding;
use crate::picture::Picture;
use crate::words::Value;
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::{By, Row};
use askew_domain::view::plot::Plot;

/// Most series: as many as there are symbols.
const MOST_SERIES: usize = 7;

pub(super) struct Dots;

impl FigureType for Dots {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        let questions = By { question: true, ..By::NOTHING };
        // A single question has nothing to be compared with, so ways of asking or models take its place.
        let usual = || if summary.num_questions > 1 { questions } else { summary.models() };
        let rows = plot.rows.get_or_insert_with(usual);
        plot.series.get_or_insert_with(|| summary.series(rows, MOST_SERIES));
    }

    fn check(&self, plot: &Plot, summary: &Summary<'_>) -> Result<(), Why> {
        let why = "There is only one question and one model: there is nothing to compare.";
        ensure(summary.num_of(&plot.rows) > 1, why)
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Rows(ask.rows().and(&ask.series()))]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Rows(outcome)] = drawn else { return None };
        Some(picture(ask, &outcome.rows))
    }
}

/// Lays dots out.
fn picture(ask: &Ask<'_>, rows: &[Row]) -> Picture {
    let crossed = Crossed::new(ask, rows, &ask.rows(), &ask.series());
    let title = format!("{}{}", ask.what(), by_words(&[&ask.rows(), &ask.series()]));
    let mut draft = Draft::new(&title, ask.width);
    let height = level(&mut draft, &crossed, ask.unit(), false, 0.0);
    let values: Vec<Value> = crossed.values().cloned().collect();
    draft.picture.notes.push(ask.interval_note().to_owned());
    draft.finish(height, finding(&values))
}
