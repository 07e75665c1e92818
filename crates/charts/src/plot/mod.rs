//! Figure types: the numbers that each one needs, and its picture. Each type has its own file.
//!
//! [`draw`] does all of it where the rows are. If a data set cannot show a type, [`available`] says why. A figure that
//! fails becomes a picture with the reason, never a panic.

mod ask;
mod available;
mod bars;
mod benchmarks;
mod choose;
mod crossed;
mod differences;
mod dots;
mod flow;
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
mod sweep;

pub use available::available;
pub use choose::chosen;

use ask::{Ask, by_words, is_base, labels, refused};
use choose::Summary;

use super::forest::forest;
use super::names::Named;
use super::picture::Picture;
use askew_domain::figure;
use askew_domain::figure::matrix::StackOf;
use askew_domain::figure::spread::BinWidth;
use askew_domain::figure::{Drawn, Figure};
use askew_domain::query::metric::Metric;
use askew_domain::query::{By, GroupKey, Query, QueryError};
use askew_domain::rows::dataset::Dataset;
use askew_domain::select::scope::Memo;
use askew_domain::view::plot::{Plot, PlotKind};

/// Width of a bin of a histogram or a plane, in points of the score.
const BIN: u8 = 5;
/// Most points of all planes together.
const NUM_POINTS: usize = 400;
/// Most planes in a figure.
const MAX_PLANES: usize = 4;

/// Draws a figure: from rows to picture.
///
/// # Errors
/// [`QueryError`] for a query without a scope or without counts. A problem of the figure alone is shown in its picture.
pub fn draw(data: &Dataset, query: &Query, plot: &Plot, width: f32, memo: &mut Memo) -> Result<Picture, QueryError> {
    let plot = chosen(plot, data, query);
    let drawn = figure::draw(data, query, &figures(&plot, data, query), memo)?;
    Ok(picture(&plot, query, &drawn, width))
}

/// The numbers that a plot needs, in the order in which [`picture`] reads them.
#[must_use]
pub fn figures(plot: &Plot, data: &Dataset, query: &Query) -> Vec<Figure> {
    let summary = Summary::new(data, query);
    let plot = choose::complete(plot, data, query, &summary);
    let rows = plot.rows.clone().unwrap_or(By::NOTHING);
    let series = plot.series.clone().unwrap_or(By::NOTHING);
    let width = BinWidth::new(BIN);
    match plot.kind {
        PlotKind::Forest | PlotKind::Icons => vec![Figure::Rows(rows)],
        PlotKind::Bars | PlotKind::Dots => vec![Figure::Rows(rows.and(&series))],
        PlotKind::Lines => {
            let by_seed = By { seed: true, ..rows.clone() };
            let mut figures = vec![Figure::Series { lines: rows, over: plot.over.clone() }];
            if plot.over != choose::SEED && summary.num_seeds > 1 {
                figures.push(Figure::Series { lines: by_seed, over: plot.over });
            }
            figures
        }
        PlotKind::Heat | PlotKind::Missing | PlotKind::Slopes | PlotKind::Scatter => {
            vec![Figure::Matrix { rows, columns: series }]
        }
        PlotKind::Plane => {
            let keys: Vec<GroupKey> = summary.keys(&rows).into_iter().take(MAX_PLANES).collect();
            let num_points = NUM_POINTS / keys.len().max(1);
            let of = |group: GroupKey| [Figure::Plane { group: group.clone(), width, num_points }, Figure::Flow(group)];
            [Figure::Rows(rows)].into_iter().chain(keys.into_iter().flat_map(of)).collect()
        }
        PlotKind::Sweep => vec![Figure::Sweep(rows.clone()), Figure::Rows(rows)],
        PlotKind::Stack => vec![match stack_of(&plot) {
            Some(of) => Figure::Stack { by: rows, of },
            None => Figure::Rows(rows),
        }],
        PlotKind::Histogram => vec![Figure::Histogram { by: rows, column: plot.column, width }],
        PlotKind::Differences => {
            let against = against(&summary, &rows, query);
            vec![Figure::Differences { by: rows.clone(), against }, Figure::Rows(rows)]
        }
        PlotKind::Judges => plot.second.map(|judges| Figure::Agreement { by: rows, judges }).into_iter().collect(),
        PlotKind::Flow => vec![Figure::Flow(GroupKey::default())],
        PlotKind::Benchmarks => {
            // A baseline is a group, so without groups there is nothing to subtract.
            let by = By { group: rows.group || query.baseline.is_some(), ..rows };
            plot.metrics.into_iter().map(|metric| Figure::Metric(metric, by.clone())).collect()
        }
    }
}

/// The labels that a stack counts; `None` for the stations of the rows.
fn stack_of(plot: &Plot) -> Option<StackOf> {
    match plot.column.as_str() {
        "verdict" => Some(StackOf::Verdict),
        "kind" => Some(StackOf::Kind),
        "in-domain" => Some(StackOf::InDomain),
        _ => None,
    }
}

/// Up to this many groups are all compared with each other by default.
const MOST_EACH: usize = 4;

/// The group that the others are compared with: the baseline if there is one. If there are too many groups to compare
/// each with each, a group that is named like an untouched or well-behaved model, or else the first group.
fn against(summary: &Summary<'_>, by: &By, query: &Query) -> Option<GroupKey> {
    let by = By { question: false, variant: false, ..by.clone() };
    let keys = summary.keys(&by);
    let names = labels(&keys);
    let is_named = |name: &str| {
        let named = |key: &GroupKey| {
            key.group.as_deref() == Some(name) || key.model.as_deref() == Some(name) || key.label() == name
        };
        keys.iter().find(|key| named(key)).cloned()
    };
    if let Some(found) = query.baseline.as_deref().and_then(is_named) {
        return Some(found);
    }
    if keys.len() <= MOST_EACH {
        return None;
    }
    let at = names.iter().position(|name| is_base(name)).unwrap_or(0);
    keys.get(at).cloned()
}

/// The picture of a plot with all defaults chosen ([`chosen`]), made from the results for [`figures`].
#[must_use]
pub fn picture(plot: &Plot, query: &Query, drawn: &[Drawn], width: f32) -> Picture {
    let ask = Ask { plot, query, width };
    let failed = drawn.iter().find_map(|drawn| if let Drawn::Failed(error) = drawn { Some(error) } else { None });
    match (failed, plot.kind) {
        (Some(error), kind) if kind != PlotKind::Benchmarks => {
            return refused(&ask.what(), width, &format!("This figure cannot be drawn: {error}."));
        }
        _ => {}
    }
    match (plot.kind, drawn) {
        (PlotKind::Forest, [Drawn::Rows(outcome)]) => {
            let names = Named::new(outcome.rows.iter().map(|row| row.key.clone()));
            let title = format!("{}{}", ask.what(), by_words(&[&ask.rows()]));
            let mut picture = forest(&title, &outcome.rows, &query.metric, |key| names.of(key), width);
            picture.notes.push(ask.interval_note().to_owned());
            picture
        }
        (PlotKind::Bars, [Drawn::Rows(outcome)]) => bars::picture(&ask, &outcome.rows),
        (PlotKind::Icons, [Drawn::Rows(outcome)]) => icons::picture(&ask, &outcome.rows),
        (PlotKind::Dots, [Drawn::Rows(outcome)]) => dots::picture(&ask, &outcome.rows),
        (PlotKind::Lines, [Drawn::Series(lines)]) => lines::picture(&ask, lines, &[]),
        (PlotKind::Lines, [Drawn::Series(lines), Drawn::Series(seeds)]) => lines::picture(&ask, lines, seeds),
        (PlotKind::Heat, [Drawn::Matrix(matrix)]) => heat::picture(&ask, matrix, false),
        (PlotKind::Missing, [Drawn::Matrix(matrix)]) => heat::picture(&ask, matrix, true),
        (PlotKind::Slopes, [Drawn::Matrix(matrix)]) => slopes::picture(&ask, matrix),
        (PlotKind::Scatter, [Drawn::Matrix(matrix)]) => scatter::picture(&ask, matrix),
        (PlotKind::Plane, drawn) => planes(&ask, drawn),
        (PlotKind::Sweep, [Drawn::Sweep(curves), Drawn::Rows(outcome)]) => sweep::picture(&ask, curves, &outcome.rows),
        (PlotKind::Stack, [Drawn::Rows(outcome)]) => stack::stations(&ask, &outcome.rows),
        (PlotKind::Stack, [Drawn::Stack(found)]) => stack::verdicts(&ask, found),
        (PlotKind::Histogram, [Drawn::Histogram(found)]) => histogram::picture(&ask, found, BIN),
        (PlotKind::Differences, [Drawn::Differences(found), Drawn::Rows(outcome)]) => {
            differences::picture(&ask, found, &outcome.rows)
        }
        (PlotKind::Judges, [Drawn::Agreement(found)]) => judges::picture(&ask, found),
        (PlotKind::Flow, [Drawn::Flow(found)]) => flow::picture(&ask, &GroupKey::default(), found),
        (PlotKind::Benchmarks, drawn) => {
            let found: Vec<_> = plot.metrics.iter().zip(drawn).map(benchmark).collect();
            benchmarks::picture(&ask, &found)
        }
        (PlotKind::Judges, []) => {
            refused("Two judges", width, "These files hold one judge's scores: choose a second judge's columns.")
        }
        _ => refused(&ask.what(), width, "These data have nothing to draw here."),
    }
}

fn benchmark<'a>((metric, drawn): (&'a Metric, &'a Drawn)) -> benchmarks::Benchmark<'a> {
    let rows = match drawn {
        Drawn::Rows(outcome) => Ok(outcome.rows.as_slice()),
        Drawn::Failed(error) => Err(error.to_string()),
        _ => Err("it was not computed".to_owned()),
    };
    benchmarks::Benchmark { metric, rows }
}

/// A plane and a flow do not know their group. The rows before them have the groups; groups without answers are left
/// out.
fn planes(ask: &Ask<'_>, drawn: &[Drawn]) -> Picture {
    let (keys, pairs): (Vec<&GroupKey>, &[Drawn]) = match drawn {
        [Drawn::Rows(outcome), pairs @ ..] => (outcome.rows.iter().map(|row| &row.key).collect(), pairs),
        _ => (Vec::new(), &[]),
    };
    let found: Vec<plane::Panel<'_>> = pairs
        .chunks_exact(2)
        .filter_map(|pair| match pair {
            [Drawn::Plane(plane), Drawn::Flow(flow)] if flow.rows > 0 => Some((plane, flow)),
            _ => None,
        })
        .zip(keys)
        .map(|((plane, flow), key)| plane::Panel { key, plane, flow })
        .collect();
    let mut picture = plane::picture(ask, &found);
    let num_groups =
        drawn.first().map_or(0, |first| if let Drawn::Rows(outcome) = first { outcome.rows.len() } else { 0 });
    if num_groups > found.len() {
        picture.notes.push(format!("{} more groups are not drawn: filter to see them.", num_groups - found.len()));
    }
    picture
}
