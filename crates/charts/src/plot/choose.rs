//! Default groupings that suit the data, for figures without a choice by the reader.

use std::collections::HashSet;

use askew_domain::query::metric::Metric;
use askew_domain::query::{By, GroupKey, Query};
use askew_domain::rows::dataset::Dataset;
use askew_domain::rule::RuleBody;
use askew_domain::select::judge::Judges;
use askew_domain::values::cell::CellKey;
use askew_domain::values::facet::STEP;
use askew_domain::view::plot::{Plot, PlotKind};

/// Most series that can be distinguished at a glance.
const MOST_SERIES: usize = 4;
/// Most series of dots: as many as there are symbols.
const MOST_DOTS: usize = 7;
/// Most columns of a heat map chosen by default.
const MOST_COLUMNS: usize = 16;
/// Most lines chosen by default.
const MOST_LINES: usize = 8;

/// The settings and counts of the rows in the query.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    cells: Vec<&'a CellKey>,
    /// Settings with two values or more.
    pub(super) settings: Vec<String>,
    pub(super) num_models: usize,
    pub(super) num_groups: usize,
    pub(super) num_questions: usize,
    pub(super) num_seeds: usize,
    pub(super) num_categories: usize,
    /// Whether two files contain the same model.
    clash: bool,
}

fn num<T: Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> usize {
    values.collect::<HashSet<_>>().len()
}

impl<'a> Summary<'a> {
    pub(super) fn new(data: &'a Dataset, query: &Query) -> Self {
        let cells: Vec<&CellKey> =
            data.cells().iter().filter(|cell| query.filter.takes(cell) && !query.rule.drops(&cell.question)).collect();
        let values = |name: &str| num(cells.iter().filter_map(|cell| cell.setting(name)));
        let mut settings: Vec<String> =
            data.settings().into_iter().filter(|name| values(name) > 1).map(str::to_owned).collect();
        // Training steps first.
        settings.sort_by_key(|name| name != STEP);
        let of = |part: fn(&CellKey) -> &str| num(cells.iter().map(|cell| part(cell)).filter(|name| !name.is_empty()));
        let num_models = of(|cell| &cell.model);
        Self {
            settings,
            num_models,
            num_groups: of(|cell| &cell.group),
            num_questions: of(|cell| &cell.question),
            num_seeds: of(|cell| &cell.seed),
            num_categories: of(|cell| &cell.category),
            clash: num(cells.iter().map(|cell| (&cell.file, &cell.model))) > num_models.max(1),
            cells,
        }
    }

    /// Number of groups that a grouping makes.
    pub(super) fn num(&self, by: &By) -> usize {
        num(self.cells.iter().filter_map(|cell| GroupKey::of(cell, by)))
    }

    /// One group per model. Models with the same name in two files stay separate.
    pub(super) fn models(&self) -> By {
        By { model: true, file: self.clash, ..By::NOTHING }
    }

    /// The coarsest grouping that distinguishes the runs: groups of models if there are fewer of them.
    fn main(&self, most: usize) -> By {
        let models = self.models();
        let groups = By { group: true, ..By::NOTHING };
        match (self.num(&models), self.num_groups) {
            (models, groups) if models > most && (2..=most).contains(&groups) => By { group: true, ..By::NOTHING },
            (1, 0 | 1) if self.num_questions > 1 => By { question: true, ..By::NOTHING },
            (1, groups_num) if groups_num > 1 => groups,
            _ => models,
        }
    }

    /// A grouping for series, given the grouping of rows. `NOTHING` if there would be only one series. Models are never
    /// pooled by default; if there are too many, only some are drawn.
    fn beside(&self, rows: &By, most: usize) -> By {
        let (models, groups) = (self.models(), By { group: true, ..By::NOTHING });
        let others = [By { variant: true, ..By::NOTHING }, By { category: true, ..By::NOTHING }];
        // A question determines its way of asking and its category, so most cells of those combinations would be empty.
        let others = others.into_iter().filter(|_| !rows.question);
        let candidates: Vec<By> = [models.clone(), groups].into_iter().chain(others).collect();
        let is_new = |by: &By| by.and(rows) != *rows;
        let fits = |by: &&By| (2..=most).contains(&self.num(by)) && is_new(by);
        let rest = if is_new(&models) && self.num(&models) > 1 { models } else { By::NOTHING };
        candidates.iter().find(fits).cloned().unwrap_or(rest)
    }

    /// Lines over a setting: the finest grouping with several points on each line.
    fn lines(&self, over: &str) -> By {
        let others = self.settings.iter().filter(|name| *name != over).map(|name| By::setting(name));
        let models = self.models();
        let mut candidates = vec![
            models.clone(),
            By { group: true, ..models },
            By { group: true, ..By::NOTHING },
            By { category: true, ..By::NOTHING },
        ];
        candidates.extend(others);
        let quality = |by: &By| {
            let lines: HashSet<GroupKey> = self.with_setting(over).filter_map(|cell| GroupKey::of(cell, by)).collect();
            let points =
                num(self.with_setting(over).filter_map(|cell| Some((GroupKey::of(cell, by)?, along(cell, over)))));
            (lines.len(), points)
        };
        let fits = |by: &By| {
            let (lines, points) = quality(by);
            (1..=MOST_LINES).contains(&lines) && points >= 2 * lines
        };
        candidates.into_iter().filter(fits).max_by_key(|by| quality(by).0).unwrap_or(By::NOTHING)
    }

    fn with_setting(&self, over: &str) -> impl Iterator<Item = &&CellKey> {
        self.cells.iter().filter(move |cell| along(cell, over).is_some())
    }

    /// Groups of a grouping, in order of their first cell.
    pub(super) fn keys(&self, by: &By) -> Vec<GroupKey> {
        let mut seen = HashSet::new();
        let keys = self.cells.iter().filter_map(|cell| GroupKey::of(cell, by));
        keys.filter(|key| seen.insert(key.clone())).collect()
    }
}

/// Name of seeds as the setting along x.
pub(super) const SEED: &str = "seed";

fn along(cell: &CellKey, over: &str) -> Option<askew_domain::values::facet::Number> {
    if over == SEED { askew_domain::values::facet::Number::new(cell.seed.parse().ok()?) } else { cell.setting(over) }
}

/// A second judge in the data: two columns of scores with the same ending, which are not those of the query.
pub(super) fn second_judge(data: &Dataset, query: &Query) -> Option<Judges> {
    let mut names: Vec<&str> = vec!["aligned", "coherent"];
    names.extend(data.numeric_columns());
    let ending =
        |name: &str| ["alignment", "aligned"].iter().find_map(|start| Some(name.strip_prefix(start)?.to_owned()));
    let pair = |aligned: &&str| {
        let ending = ending(aligned)?;
        let coherent = ["coherent", "coherence"].iter().map(|start| format!("{start}{ending}"));
        let coherent = coherent.into_iter().find(|name| names.contains(&name.as_str()))?;
        Some(Judges { aligned: (*aligned).to_owned(), coherent })
    };
    let is_same = |judges: &Judges| {
        // The column used as `aligned` also exists under its name in the file.
        same_column(data, &judges.aligned, &query.judges.aligned)
    };
    names.iter().filter_map(pair).find(|judges| !is_same(judges))
}

fn same_column(data: &Dataset, a: &str, b: &str) -> bool {
    let (Some(first), Some(second)) = (data.column(a), data.column(b)) else { return a == b };
    a == b || (0..data.num_records()).all(|record| first.get(record) == second.get(record))
}

/// The plot with defaults for everything that the reader did not choose.
#[must_use]
pub fn chosen(plot: &Plot, data: &Dataset, query: &Query) -> Plot {
    complete(plot, data, query, &Summary::new(data, query))
}

pub(super) fn complete(plot: &Plot, data: &Dataset, query: &Query, summary: &Summary<'_>) -> Plot {
    let mut plot = plot.clone();
    let questions = By { question: true, ..By::NOTHING };
    let variants = By { variant: true, ..By::NOTHING };
    match plot.kind {
        PlotKind::Forest => plot.rows = plot.rows.or_else(|| Some(summary.main(crate::forest::MAX_MARKS))),
        PlotKind::Bars => plot.rows = plot.rows.or_else(|| Some(summary.main(12))),
        PlotKind::Icons => plot.rows = plot.rows.or_else(|| Some(summary.main(20))),
        PlotKind::Dots => {
            // A single question has nothing to be compared with, so ways of asking or models take its place.
            let rows = plot.rows.unwrap_or(if summary.num_questions > 1 { questions } else { summary.models() });
            plot.series = plot.series.or_else(|| Some(summary.beside(&rows, MOST_DOTS)));
            plot.rows = Some(rows);
        }
        PlotKind::Lines => {
            if plot.over.is_empty() {
                plot.over = summary.settings.first().cloned().unwrap_or_else(|| SEED.to_owned());
            }
            plot.rows = plot.rows.or(plot.series.clone()).or_else(|| Some(summary.lines(&plot.over)));
        }
        PlotKind::Heat | PlotKind::Missing => {
            let settings: Vec<By> = summary.settings.iter().map(|name| By::setting(name)).collect();
            match settings.as_slice() {
                // Two settings make a grid: layer by scale, or size by rank.
                [a, b, ..] if plot.rows.is_none() && plot.series.is_none() && summary.num_models > 1 => {
                    (plot.rows, plot.series) = (Some(a.clone()), Some(b.clone()));
                }
                _ => {
                    let rows = plot.rows.unwrap_or(questions);
                    plot.series = plot.series.or_else(|| {
                        let main = summary.main(MOST_COLUMNS);
                        Some(if main.and(&rows) == rows { variants } else { main })
                    });
                    plot.rows = Some(rows);
                }
            }
        }
        PlotKind::Plane => {
            let main = summary.main(MOST_SERIES);
            let fits = (2..=MOST_SERIES).contains(&summary.num(&main)) && !main.question;
            plot.rows = plot.rows.or(Some(if fits { main } else { By::NOTHING }));
        }
        PlotKind::Sweep | PlotKind::Histogram => {
            let main = summary.main(7);
            let fits = summary.num(&main) <= 7 && !main.question;
            plot.rows = plot.rows.or(Some(if fits { main } else { By::NOTHING }));
            if plot.column.is_empty() {
                plot.column.clone_from(&query.judges.aligned);
            }
        }
        PlotKind::Stack => {
            plot.rows = plot.rows.or_else(|| Some(summary.main(20)));
            if plot.column.is_empty() && matches!(query.rule.body, RuleBody::Verdict(_)) {
                "verdict".clone_into(&mut plot.column);
            }
        }
        PlotKind::Slopes => {
            plot.rows = plot.rows.or(Some(questions));
            plot.series = plot.series.or_else(|| {
                Some(if summary.num(&summary.models()) > 1 {
                    summary.models()
                } else if summary.num_groups > 1 {
                    By { group: true, ..By::NOTHING }
                } else {
                    variants
                })
            });
        }
        PlotKind::Scatter => {
            plot.series = plot.series.or(Some(if summary.num_categories > 1 {
                By { category: true, ..By::NOTHING }
            } else {
                variants
            }));
            plot.rows = plot.rows.or_else(|| {
                let models = summary.models();
                Some(if summary.num(&models) > 1 { models } else { questions })
            });
        }
        PlotKind::Differences => plot.rows = plot.rows.or_else(|| Some(summary.models())),
        PlotKind::Judges => {
            plot.rows = plot.rows.or_else(|| Some(summary.main(20)));
            plot.second = plot.second.or_else(|| second_judge(data, query));
        }
        PlotKind::Flow => plot.rows = plot.rows.or(Some(By::NOTHING)),
        PlotKind::Benchmarks => {
            plot.rows = plot.rows.or_else(|| {
                let groups = By { group: true, ..By::NOTHING };
                Some(if query.baseline.is_some() { groups } else { summary.main(12) })
            });
            if plot.metrics.is_empty() {
                plot.metrics = vec![Metric::Rate];
                let further = data.numeric_columns().filter(|name| is_score(name)).take(5);
                plot.metrics.extend(further.map(|name| Metric::Mean(name.to_owned())));
                if plot.metrics.len() == 1 {
                    let judges = [&query.judges.aligned, &query.judges.coherent];
                    plot.metrics.extend(judges.map(|column| Metric::Mean(column.clone())));
                }
            }
        }
    }
    plot
}

/// Whether a column may be a benchmark. An index or an id is not one.
fn is_score(name: &str) -> bool {
    let lower = name.to_lowercase();
    !lower.is_empty() && !lower.contains("unnamed") && !["id", "index", "seed", "step"].contains(&lower.as_str())
}
