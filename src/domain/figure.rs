//! The figures of a screen, drawn from one filter: the scope is found once and the records are counted once.

use serde::{Deserialize, Serialize};

use super::agreement::{Agreement, agree};
use super::compare::{Difference, compare};
use super::counts::Counts;
use super::dataset::Dataset;
use super::flow::{Flow, flow};
use super::judge::Judges;
use super::matrix::{Line, Matrix, Stack, StackOf, matrix, series, stack};
use super::metric::Metric;
use super::query::{By, GroupKey, Outcome, Query, QueryError, roll_up};
use super::scope::{Memo, Scope};
use super::spread::{BinWidth, Histogram, Plane, histogram, plane};
use super::sweep::{SweepCurve, sweep};

/// A figure to be drawn from a query's filter, rule and judges; its grouping is its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Figure {
    /// Rates, means or counts by group: forests, bars, slopes, tables.
    Rows(By),
    /// Another metric by group, on the same scope: one benchmark of several.
    Metric(Metric, By),
    /// Groups by groups: heat maps, the missing-cell map, grids.
    Matrix {
        /// The rows' groups.
        rows: By,
        /// The columns' groups.
        columns: By,
    },
    /// Lines over a setting or over seeds: training curves, ladders, dose-response.
    Series {
        /// One line for each of these.
        lines: By,
        /// The setting's name, or `seed`.
        over: String,
    },
    /// Paired differences on shared questions.
    Differences {
        /// What groups are made of.
        by: By,
        /// The group that is subtracted; each from each where none is named.
        against: Option<GroupKey>,
    },
    /// Where the rows went.
    Flow(GroupKey),
    /// The rate by threshold.
    Sweep(By),
    /// Alignment x coherence.
    Plane {
        /// Whose rows.
        group: GroupKey,
        /// How wide bins are.
        width: BinWidth,
        /// Most points of the scatter.
        num_points: usize,
    },
    /// A score's histogram by group.
    Histogram {
        /// One histogram for each of these.
        by: By,
        /// Numeric column.
        column: String,
        /// How wide bins are.
        width: BinWidth,
    },
    /// Shares of labels by group.
    Stack {
        /// One bar for each of these.
        by: By,
        /// Which labels.
        of: StackOf,
    },
    /// Two judges on the same answers.
    Agreement {
        /// Groups whose order may flip.
        by: By,
        /// The second judge.
        judges: Judges,
    },
}

/// A figure's numbers, in the variant of its [`Figure`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Drawn {
    /// Of [`Figure::Rows`] and [`Figure::Metric`].
    Rows(Outcome),
    /// Of [`Figure::Matrix`].
    Matrix(Matrix),
    /// Of [`Figure::Series`].
    Series(Vec<Line>),
    /// Of [`Figure::Differences`].
    Differences(Vec<Difference>),
    /// Of [`Figure::Flow`].
    Flow(Flow),
    /// Of [`Figure::Sweep`].
    Sweep(Vec<SweepCurve>),
    /// Of [`Figure::Plane`].
    Plane(Plane),
    /// Of [`Figure::Histogram`].
    Histogram(Vec<Histogram>),
    /// Of [`Figure::Stack`].
    Stack(Stack),
    /// Of [`Figure::Agreement`].
    Agreement(Box<Agreement>),
    /// The figure cannot be drawn from these data; the others can.
    Failed(QueryError),
}

/// Draws figures, in their order.
///
/// # Errors
/// [`QueryError`] for a query that has no scope or no counts. What is wrong with one figure is told in its place.
pub fn draw(data: &Dataset, query: &Query, figures: &[Figure], memo: &mut Memo) -> Result<Vec<Drawn>, QueryError> {
    let scope = Scope::new(data, &query.filter, &query.rule, memo)?;
    let counts = Counts::new(data, query, &scope)?;
    let one = |figure| draw_one(data, query, &scope, &counts, figure).unwrap_or_else(Drawn::Failed);
    Ok(figures.iter().map(one).collect())
}

fn draw_one(
    data: &Dataset,
    query: &Query,
    scope: &Scope,
    counts: &Counts,
    figure: &Figure,
) -> Result<Drawn, QueryError> {
    let grouped = |by: &By| Query { by: by.clone(), ..query.clone() };
    match figure {
        Figure::Rows(by) => roll_up(data, &grouped(by), counts).map(Drawn::Rows),
        Figure::Metric(metric, by) => {
            let query = Query { metric: metric.clone(), ..grouped(by) };
            roll_up(data, &query, &Counts::new(data, &query, scope)?).map(Drawn::Rows)
        }
        Figure::Matrix { rows, columns } => matrix(data, query, counts, rows, columns).map(Drawn::Matrix),
        Figure::Series { lines, over } => series(data, query, counts, lines, over).map(Drawn::Series),
        Figure::Differences { by, against } => {
            compare(data, &grouped(by), counts, against.as_ref()).map(Drawn::Differences)
        }
        Figure::Flow(group) => Ok(Drawn::Flow(flow(data, query, counts, group))),
        Figure::Sweep(by) => sweep(data, &grouped(by), counts).map(Drawn::Sweep),
        Figure::Plane { group, width, num_points } => {
            plane(data, query, counts, group, *width, *num_points).map(Drawn::Plane)
        }
        Figure::Histogram { by, column, width } => histogram(data, by, scope, column, *width).map(Drawn::Histogram),
        Figure::Stack { by, of } => stack(data, by, scope, *of).map(Drawn::Stack),
        Figure::Agreement { by, judges } => {
            agree(data, &grouped(by), scope, judges).map(|found| Drawn::Agreement(Box::new(found)))
        }
    }
}
