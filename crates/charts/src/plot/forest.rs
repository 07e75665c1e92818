//! Dots with intervals, one below the other, highest first. [`crate::forest`] lays them out, also for the first screen.

use super::ask::{Ask, by_words};
use super::summary::Summary;
use super::{FigureType, Why};
use crate::forest::{MAX_MARKS, forest};
use crate::names::Named;
use crate::picture::Picture;
use askew_domain::figure::{Drawn, Figure};
use askew_domain::view::plot::Plot;

pub(super) struct Forest;

impl FigureType for Forest {
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>) {
        plot.rows.get_or_insert_with(|| summary.main(MAX_MARKS));
    }

    fn check(&self, _: &Plot, _: &Summary<'_>) -> Result<(), Why> {
        Ok(())
    }

    fn needs(&self, ask: &Ask<'_>, _: &Summary<'_>) -> Vec<Figure> {
        vec![Figure::Rows(ask.rows())]
    }

    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture> {
        let [Drawn::Rows(outcome)] = drawn else { return None };
        let names = Named::new(outcome.rows.iter().map(|row| row.key.clone()));
        let title = format!("{}{}", ask.what(), by_words(&[&ask.rows()]));
        let mut picture = forest(&title, &outcome.rows, &ask.query.metric, |key| names.of(key), ask.width);
        picture.notes.push(ask.interval_note().to_owned());
        Some(picture)
    }
}
