//! Figure types: the numbers that each one needs, and its picture.
//!
//! Each type is a `FigureType` in its own file, and `figure_type` is the table of all of them. [`draw`] does all of it
//! where the rows are. If a data set cannot show a type, [`available`] says why. A figure that fails becomes a picture
//! with the reason, never a panic.

mod ask;
mod bars;
mod benchmarks;
mod crossed;
mod differences;
mod dots;
mod flow;
mod forest;
mod heat;
mod histogram;
mod icons;
mod judges;
mod level;
mod lines;
mod plane;
mod scatter;
mod slopes;
mod stack;
mod summary;
mod sweep;

use ask::{Ask, refused};
use summary::Summary;

use super::picture::Picture;
use askew_domain::figure::{self, Drawn, Figure};
use askew_domain::query::{By, Query, QueryError};
use askew_domain::rows::dataset::Dataset;
use askew_domain::select::scope::Memo;
use askew_domain::view::plot::{Plot, PlotKind};

/// Why the data cannot show a type, in one sentence.
type Why = &'static str;

/// A figure type: everything that is special about it.
trait FigureType {
    /// Chooses what the reader did not choose. A complete plot stays as it is.
    fn complete(&self, plot: &mut Plot, summary: &Summary<'_>);

    /// Whether the data can show it. `plot` is complete.
    fn check(&self, plot: &Plot, summary: &Summary<'_>) -> Result<(), Why>;

    /// The figures that its picture is made of.
    fn needs(&self, ask: &Ask<'_>, summary: &Summary<'_>) -> Vec<Figure>;

    /// Its picture. `drawn` has the results for [`Self::needs`] in the same order. `None` if there is nothing to draw.
    fn picture(&self, ask: &Ask<'_>, drawn: &[Drawn]) -> Option<Picture>;

    /// Whether its picture shows the reason if a figure fails. Otherwise the reason takes the picture's place.
    fn shows_failures(&self) -> bool {
        false
    }
}

/// The table of all types.
fn figure_type(kind: PlotKind) -> &'static dyn FigureType {
    match kind {
        PlotKind::Forest => &forest::Forest,
        PlotKind::Bars => &bars::Bars,
        PlotKind::Icons => &icons::Icons,
        PlotKind::Dots => &dots::Dots,
        PlotKind::Lines => &lines::Lines,
        PlotKind::Heat => &heat::Heat { is_missing: false },
        PlotKind::Missing => &heat::Heat { is_missing: true },
        PlotKind::Plane => &plane::Planes,
        PlotKind::Sweep => &sweep::Sweep,
        PlotKind::Stack => &stack::Stacks,
        PlotKind::Histogram => &histogram::Histograms,
        PlotKind::Slopes => &slopes::Slopes,
        PlotKind::Scatter => &scatter::Scatter,
        PlotKind::Differences => &differences::Differences,
        PlotKind::Judges => &judges::TwoJudges,
        PlotKind::Flow => &flow::Flows,
        PlotKind::Benchmarks => &benchmarks::Benchmarks,
    }
}

/// Draws a figure: from rows to picture.
///
/// # Errors
/// [`QueryError`] for a query without a scope or without counts. A problem of the figure alone is shown in its picture.
pub fn draw(data: &Dataset, query: &Query, plot: &Plot, width: f32, memo: &mut Memo) -> Result<Picture, QueryError> {
    let summary = Summary::new(data, query);
    let plot = complete(plot, &summary);
    let (figure_type, ask) = (figure_type(plot.kind), Ask { plot: &plot, query, width });
    let drawn = figure::draw(data, query, &figure_type.needs(&ask, &summary), memo)?;
    let failed = drawn.iter().find_map(|drawn| if let Drawn::Failed(error) = drawn { Some(error) } else { None });
    Ok(match failed.filter(|_| !figure_type.shows_failures()) {
        Some(error) => refused(&ask.what(), width, &format!("This figure cannot be drawn: {error}.")),
        None => figure_type
            .picture(&ask, &drawn)
            .unwrap_or_else(|| refused(&ask.what(), width, "These data have nothing to draw here.")),
    })
}

/// The plot with defaults for everything that the reader did not choose.
#[must_use]
pub fn chosen(plot: &Plot, data: &Dataset, query: &Query) -> Plot {
    complete(plot, &Summary::new(data, query))
}

fn complete(plot: &Plot, summary: &Summary<'_>) -> Plot {
    let mut plot = plot.clone();
    figure_type(plot.kind).complete(&mut plot, summary);
    plot
}

/// All types. If the data cannot show a type, one sentence says why.
#[must_use]
pub fn available(data: &Dataset, query: &Query) -> Vec<(PlotKind, Result<(), String>)> {
    let summary = Summary::new(data, query);
    let check = |kind| {
        ensure(data.num_records() > 0, "There are no answers yet.")?;
        let plot = complete(&Plot { kind, ..Plot::default() }, &summary);
        figure_type(kind).check(&plot, &summary)
    };
    PlotKind::ALL.into_iter().map(|kind| (kind, check(kind).map_err(str::to_owned))).collect()
}

/// Width of a bin of a histogram or a plane, in points of the score.
const BIN: u8 = 5;

const NO_THRESHOLDS: Why = "A rule on labels has no thresholds: choose one on scores.";

fn ensure(is_there: bool, why: Why) -> Result<(), Why> {
    if is_there { Ok(()) } else { Err(why) }
}

/// Defaults of a sweep and of histograms: a few groups of a score.
fn complete_few(plot: &mut Plot, summary: &Summary<'_>) {
    let main = summary.main(7);
    let fits = summary.num(&main) <= 7 && !main.question;
    plot.rows.get_or_insert(if fits { main } else { By::NOTHING });
    if plot.column.is_empty() {
        plot.column.clone_from(&summary.query.judges.aligned);
    }
}
