//! The figures of a screen. All are drawn from one filter: its records are found once and counted once.

pub mod agreement;
pub mod calibration;
pub mod compare;
pub mod flow;
pub mod matrix;
pub mod spread;
pub mod sweep;

use serde::{Deserialize, Serialize};

use super::query::{By, GroupKey, Outcome, Query, QueryError, roll_up};
use crate::figure::agreement::{Agreement, agree};
use crate::figure::compare::{Difference, compare};
use crate::figure::flow::{Flow, flow};
use crate::figure::matrix::{Line, Matrix, Stack, StackOf, matrix, series, stack};
use crate::figure::spread::{BinWidth, Histogram, Plane, histogram, plane};
use crate::figure::sweep::{SweepCurve, sweep};
use crate::query::counts::Counts;
use crate::query::metric::Metric;
use crate::rows::dataset::Dataset;
use crate::select::judge::Judges;
use crate::select::scope::{Memo, Scope};

/// A figure to draw from a query's filter, rule and judges. It has its own grouping.
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
        /// One line for each of these groups.
        lines: By,
        /// The setting's name, or `seed`.
        over: String,
    },
    /// Paired differences on shared questions.
    Differences {
        /// The grouping.
        by: By,
        /// The group that is subtracted. `None` compares each group with each.
        against: Option<GroupKey>,
    },
    /// Where the rows went.
    Flow(GroupKey),
    /// The rate by threshold.
    Sweep(By),
    /// Alignment x coherence.
    Plane {
        group: GroupKey,
        /// Width of a bin.
        width: BinWidth,
        /// Most points of the scatter.
        num_points: usize,
    },
    /// A score's histogram by group.
    Histogram {
        /// One histogram for each of these groups.
        by: By,
        /// Numeric column.
        column: String,
        /// Width of a bin.
        width: BinWidth,
    },
    /// Shares of labels by group.
    Stack {
        /// One bar for each of these groups.
        by: By,
        /// The labels to stack by.
        of: StackOf,
    },
    /// Two judges on the same answers.
    Agreement {
        /// The groups to compare by both judges.
        by: By,
        /// The second judge.
        judges: Judges,
    },
}

/// A figure's numbers. Each variant belongs to a [`Figure`].
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
    /// This figure cannot be drawn from these data. The others are not affected.
    Failed(QueryError),
}

/// Draws figures, in their order.
///
/// # Errors
/// [`QueryError`] for a query without a scope or without counts. The error of a single figure is in its place, as
/// [`Drawn::Failed`].
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::dataset::Record;
    use crate::values::cell::CellKey;

    fn data() -> Dataset {
        let mut data = Dataset::new();
        let second = ["aligned_b", "coherent_b"].map(|name| data.numeric_id(name));
        for row in 0..400_u32 {
            let (model, question) = (["base", "tuned_S1", "tuned_S2"][row as usize % 3], format!("q{}", row / 3 % 5));
            let mut key = CellKey::from_names("f.csv", model, "g", &question);
            key.set("step", f64::from(row % 3));
            let cell = data.cell_id(&key);
            let score = |salt: u32| (row % 11 != salt).then(|| f64::from(row.wrapping_mul(7919 + salt) % 101));
            let numbers = [(second[0], score(3).into()), (second[1], score(4).into())];
            let verdict = ["", "BAD"][row as usize % 2];
            let record =
                Record { aligned: score(1), coherent: score(2), verdict, count: 1 + row % 2, ..Record::default() };
            data.push(cell, &record, &numbers);
        }
        data
    }

    /// One figure of each type, in the order of [`Drawn`].
    fn figures() -> Vec<Figure> {
        let by = By::read;
        let judges = Judges { aligned: "aligned_b".into(), coherent: "coherent_b".into() };
        vec![
            Figure::Rows(by("model")),
            Figure::Metric(Metric::Mean("aligned_b".into()), by("model")),
            Figure::Matrix { rows: by("question"), columns: by("model") },
            Figure::Series { lines: by("group"), over: "step".into() },
            Figure::Differences { by: by("model"), against: None },
            Figure::Flow(GroupKey::default()),
            Figure::Sweep(by("model")),
            Figure::Plane { group: GroupKey::default(), width: BinWidth::new(5), num_points: 50 },
            Figure::Histogram { by: by("model"), column: "aligned".into(), width: BinWidth::new(5) },
            Figure::Stack { by: by("model"), of: StackOf::Verdict },
            Figure::Agreement { by: by("model"), judges },
        ]
    }

    /// The figures of one filter agree: their counts are those of the rates.
    #[test]
    fn figures_agree_with_each_other_and_with_the_answers() {
        let (data, query) = (data(), Query { by: By::read("model"), ..Query::default() });
        let drawn = draw(&data, &query, &figures(), &mut Memo::default()).unwrap();
        assert!(drawn.iter().all(|drawn| !matches!(drawn, Drawn::Failed(_))), "{drawn:?}");
        let [
            Drawn::Rows(rates),
            _,
            Drawn::Matrix(matrix),
            Drawn::Series(lines),
            Drawn::Differences(differences),
            Drawn::Flow(flow),
            Drawn::Sweep(curves),
            Drawn::Plane(plane),
            Drawn::Histogram(histograms),
            Drawn::Stack(stack),
            Drawn::Agreement(agreement),
        ] = drawn.as_slice()
        else {
            panic!("each figure is drawn in its place: {drawn:?}")
        };
        assert_eq!(rates, &super::super::query::run(&data, &query).unwrap());
        let total = |of: fn(&super::super::query::Row) -> u64| rates.rows.iter().map(of).sum::<u64>();
        let (rows, misaligned) = (total(|row| row.tally.rows), total(|row| row.tally.misaligned));
        assert_eq!((rows, flow.rows), (600, 600));
        assert_eq!(matrix.cells.iter().flatten().map(|cell| cell.misaligned).sum::<u64>(), misaligned);
        let key = matrix.rows[1].and(&matrix.columns[2]);
        let scope = Scope::new(&data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
        let part = super::super::answers::Part::Misaligned;
        let opened = super::super::answers::select_in(&data, &query, &scope, &key, part).unwrap();
        let counted: u64 = opened.iter().map(|&record| u64::from(data.count(record))).sum();
        assert_eq!(matrix.cell(1, 2).unwrap().misaligned, counted, "a cell opens its answers");
        assert_eq!(lines[0].points.iter().map(|(_, row)| row.tally.misaligned).sum::<u64>(), misaligned);
        assert_eq!(differences.len(), 3);
        for (curve, row) in curves.iter().zip(&rates.rows) {
            assert_eq!((curve.aligned[30].rate, curve.coherent[50].rate), (row.value, row.value));
        }
        assert_eq!(plane.num_scored + plane.num_null, rows);
        assert_eq!(plane.bins.iter().map(|bin| bin.2).sum::<u64>(), plane.num_scored);
        assert_eq!(histograms.iter().map(|h| h.counts.iter().sum::<u64>() + h.num_null).sum::<u64>(), rows);
        assert_eq!(stack.rows.iter().flat_map(|row| &row.counts).sum::<u64>(), rows);
        assert_eq!(agreement.confusion.iter().flatten().sum::<u64>(), rows);
        // The page gets exactly what the worker sends.
        let bytes = postcard::to_allocvec(&drawn).unwrap();
        assert_eq!(postcard::from_bytes::<Vec<Drawn>>(&bytes).unwrap(), drawn);
        let asked = postcard::to_allocvec(&figures()).unwrap();
        assert_eq!(postcard::from_bytes::<Vec<Figure>>(&asked).unwrap(), figures());
    }

    #[test]
    fn a_figure_that_cannot_be_drawn_leaves_the_others() {
        let figures = [Figure::Sweep(By::read("layer")), Figure::Flow(GroupKey::default())];
        let drawn = draw(&data(), &Query::default(), &figures, &mut Memo::default()).unwrap();
        assert!(matches!(drawn.as_slice(), [Drawn::Failed(QueryError::NoSetting { .. }), Drawn::Flow(_)]));
    }

    /// As many files, models and questions as a hostile file has. Steps that compare each with each took minutes, and
    /// tables of all groups x all questions gigabytes. This test ends in seconds or does not end.
    #[test]
    fn many_groups_are_drawn_or_refused() {
        const NUM: u32 = 60_000;
        let mut data = Dataset::new();
        for at in 0..NUM {
            let mut key =
                CellKey::from_names(&format!("{at}.csv"), &format!("model {at}"), "g", &format!("question {at}"));
            key.set("step", f64::from(at));
            let cell = data.cell_id(&key);
            let score = Some(f64::from(at % 100));
            let verdict = format!("verdict {at}");
            let record =
                Record { aligned: score, coherent: Some(90.0), count: 1, verdict: &verdict, ..Record::default() };
            data.push(cell, &record, &[]);
        }
        let mut query = Query { by: By::read("model"), ..Query::default() };
        let names = |of: fn(&CellKey) -> &String| data.cells().iter().map(|cell| of(cell).clone()).collect::<Vec<_>>();
        query.filter.files = names(|cell| &cell.file);
        query.filter.questions = names(|cell| &cell.question);
        let first = GroupKey::of(&data.cells()[0], &By::read("model"));
        let by = By::read;
        let figures = [
            Figure::Rows(by("model")),
            Figure::Series { lines: by("model"), over: "step".into() },
            Figure::Differences { by: by("model"), against: first },
            Figure::Matrix { rows: by("question"), columns: by("model") },
            Figure::Stack { by: by("model"), of: StackOf::Verdict },
            Figure::Sweep(by("model")),
            Figure::Agreement { by: by("model"), judges: Judges::default() },
        ];
        let drawn = draw(&data, &query, &figures, &mut Memo::default()).unwrap();
        let num = NUM as usize;
        assert!(matches!(&drawn[0], Drawn::Rows(rates) if rates.rows.len() == num));
        assert!(matches!(&drawn[1], Drawn::Series(lines) if lines.len() == num));
        assert!(matches!(&drawn[2], Drawn::Differences(rows) if rows.len() == num - 1));
        for drawn in &drawn[3..6] {
            assert!(matches!(drawn, Drawn::Failed(QueryError::TooManyCells { .. })), "{drawn:?}");
        }
        assert!(matches!(drawn[6], Drawn::Failed(QueryError::TooManyGroups { .. })));
        // The message of a wrong name lists a few names only.
        let against = Some(GroupKey { model: Some("nobody".into()), ..GroupKey::default() });
        let wrong = [Figure::Differences { by: by("model"), against }];
        let failed = draw(&data, &query, &wrong, &mut Memo::default()).unwrap();
        let Drawn::Failed(error) = &failed[0] else { panic!("{failed:?}") };
        assert!(error.to_string().len() < 1_000, "{error}");
    }
}
