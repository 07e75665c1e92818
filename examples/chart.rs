//! A chart as SVG: dots with intervals, one per group.
//!
//! `cargo run --example chart -- results.csv > chart.svg`; without a file, the shipped answers of the pocket organism's
//! first experiment.

use askew::charts::paint::svg;
use askew::charts::plot::draw;
use askew::charts::theme::Theme;
use askew::cli::files::load;
use askew::domain::query::{By, Query};
use askew::domain::select::scope::Memo;
use askew::domain::view::plot::{Plot, PlotKind};
use askew::formats::roles::Need;

/// Width of the chart in CSS pixels. The height follows from the number of groups.
const WIDTH: f32 = 720.0;

/// Writes the SVG to the standard output.
///
/// # Errors
/// When the file cannot be read or its rows cannot be drawn.
pub(crate) fn main() -> Result<(), Box<dyn std::error::Error>> {
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/public/pocket/answers/01.csv.gz");
    let file = std::env::args().nth(1).filter(|file| !file.starts_with('-')).unwrap_or_else(|| shipped.to_owned());
    let data = load(&[file], Need::Judged).data;

    let query = Query { by: By { group: true, ..By::default() }, ..Query::default() };
    let plot = Plot { kind: PlotKind::Dots, ..Plot::default() };
    // The picture is pure data: shapes, the marks with the answers that they open, and a table of every number.
    let picture = draw(&data, &query, &plot, WIDTH, &mut Memo::default())?;
    println!("{}", svg(&picture, &Theme::LIGHT)?);
    Ok(())
}
