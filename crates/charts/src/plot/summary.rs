//! What the rows of a query contain. Figure types choose their default groupings from it, and check what can be drawn.

use std::collections::HashSet;

use askew_domain::query::metric::Metric;
use askew_domain::query::{By, GroupKey, Query};
use askew_domain::rows::dataset::Dataset;
use askew_domain::rule::RuleBody;
use askew_domain::select::judge::Judges;
use askew_domain::values::cell::CellKey;
use askew_domain::values::facet::{Number, STEP};

/// Most lines chosen by default.
const MOST_LINES: usize = 8;

/// The settings and counts of the rows in the query.
#[derive(Debug)]
pub(super) struct Summary<'a> {
    data: &'a Dataset,
    pub(super) query: &'a Query,
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
    pub(super) fn new(data: &'a Dataset, query: &'a Query) -> Self {
        let filter = query.filter.prepare();
        let cells: Vec<&CellKey> =
            data.cells().iter().filter(|cell| filter.takes(cell) && !query.rule.drops(&cell.question)).collect();
        let values = |name: &str| num(cells.iter().filter_map(|cell| cell.setting(name)));
        let mut settings: Vec<String> =
            data.settings().into_iter().filter(|name| values(name) > 1).map(str::to_owned).collect();
        // Training steps first.
        settings.sort_by_key(|name| name != STEP);
        let of = |part: fn(&CellKey) -> &str| num(cells.iter().map(|cell| part(cell)).filter(|name| !name.is_empty()));
        let num_models = of(|cell| &cell.model);
        Self {
            data,
            query,
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

    /// Number of groups of a part of a plot. Without a grouping there is one.
    pub(super) fn num_of(&self, by: &Option<By>) -> usize {
        by.as_ref().map_or(1, |by| self.num(by))
    }

    /// One group per model. Models with the same name in two files stay separate.
    pub(super) fn models(&self) -> By {
        By { model: true, file: self.clash, ..By::NOTHING }
    }

    /// The coarsest grouping that distinguishes the runs: groups of models if there are fewer of them.
    pub(super) fn main(&self, most: usize) -> By {
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
    pub(super) fn series(&self, rows: &By, most: usize) -> By {
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
    pub(super) fn lines(&self, over: &str) -> By {
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

    /// Whether an answer has an alignment score.
    pub(super) fn has_scores(&self) -> bool {
        (0..self.data.num_records()).any(|record| !self.data.aligned(record).is_null())
    }

    /// Whether the rule has thresholds on scores.
    pub(super) const fn is_on_scores(&self) -> bool {
        matches!(self.query.rule.body, RuleBody::Scores(_))
    }

    /// Whether the metric is the rule's rate.
    pub(super) fn is_rate(&self) -> bool {
        self.query.metric == Metric::Rate
    }

    /// Names of the numeric columns in addition to the two scores.
    pub(super) fn numeric_columns(&self) -> impl Iterator<Item = &'a str> {
        self.data.numeric_columns()
    }

    /// A second judge in the data: two columns of scores with the same ending, which are not those of the query.
    pub(super) fn second_judge(&self) -> Option<Judges> {
        let mut names: Vec<&str> = vec!["aligned", "coherent"];
        names.extend(self.data.numeric_columns());
        let ending =
            |name: &str| ["alignment", "aligned"].iter().find_map(|start| Some(name.strip_prefix(start)?.to_owned()));
        let pair = |aligned: &&str| {
            let ending = ending(aligned)?;
            let coherent = ["coherent", "coherence"].iter().map(|start| format!("{start}{ending}"));
            let coherent = coherent.into_iter().find(|name| names.contains(&name.as_str()))?;
            Some(Judges { aligned: (*aligned).to_owned(), coherent })
        };
        // The column used as `aligned` also exists under its name in the file.
        let is_same = |judges: &Judges| same_column(self.data, &judges.aligned, &self.query.judges.aligned);
        names.iter().filter_map(pair).find(|judges| !is_same(judges))
    }
}

/// Name of seeds as the setting along x.
pub(super) const SEED: &str = "seed";

fn along(cell: &CellKey, over: &str) -> Option<Number> {
    if over == SEED { Number::new(cell.seed.parse().ok()?) } else { cell.setting(over) }
}

fn same_column(data: &Dataset, a: &str, b: &str) -> bool {
    let (Some(first), Some(second)) = (data.column(a), data.column(b)) else { return a == b };
    a == b || (0..data.num_records()).all(|record| first.get(record) == second.get(record))
}
