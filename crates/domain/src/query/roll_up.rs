//! From counts of cells to groups, each with its value and its interval.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::counts::{Counts, Moments};
use super::group::{By, GroupKey, Groups};
use super::published::{Reproduction, reproductions};
use super::row::Row;
use super::warning::{self, Warning};
use super::{Metric, Query};
use crate::error::{QueryError, some_of};
use crate::rows::dataset::Dataset;
use crate::rule::tally::{Tally, real};
use crate::select::scope::{Memo, Scope};
use crate::stats::interval::{Interval, IntervalKind, Method, Note, Units, noted, over_seeds, student_t};
use crate::stats::misalign_at_k::{self, Prompt};
use crate::values::cell::CellKey;

/// The answer to a [`Query`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// One row for each group, in order of the groups' first record.
    pub rows: Vec<Row>,
    /// What a reader should know about the rows.
    pub warnings: Vec<Warning>,
    /// Published figures that these rows measure, and whether they are reproduced.
    pub reproductions: Vec<Reproduction>,
}

/// The counts of one group, before they become a row.
#[derive(Default)]
pub(crate) struct Group {
    units: Units,
    moments: Moments,
    by_question: HashMap<String, usize>,
    by_seed: HashMap<(String, String, String), usize>,
    seed_moments: Vec<Moments>,
    by_prompt: HashMap<(usize, usize), usize>,
    prompts: Vec<Prompt>,
}

impl Group {
    /// Adds a cell's counts.
    pub(crate) fn add(&mut self, cell: &CellKey, tally: &Tally, moments: &Moments) {
        self.units.total.merge(tally);
        self.moments.merge(moments);
        let question = *self.by_question.entry(cell.question.clone()).or_insert_with(|| {
            self.units.questions.push(Tally::default());
            self.units.questions.len() - 1
        });
        self.units.questions[question].merge(tally);
        let seed_key = (cell.file.clone(), cell.model.clone(), cell.seed.clone());
        let seed = *self.by_seed.entry(seed_key).or_insert_with(|| {
            self.units.seeds.push(Tally::default());
            self.seed_moments.push(Moments::default());
            self.units.seeds.len() - 1
        });
        self.units.seeds[seed].merge(tally);
        self.seed_moments[seed].merge(moments);
        let prompt = *self.by_prompt.entry((question, seed)).or_insert_with(|| {
            self.prompts.push(Prompt { question, seed, ..Prompt::default() });
            self.prompts.len() - 1
        });
        self.prompts[prompt].num_samples += tally.denominator;
        self.prompts[prompt].num_misaligned += tally.misaligned;
    }

    /// Counts of the group's rows.
    pub(crate) const fn tally(&self) -> &Tally {
        &self.units.total
    }

    /// The metric's value, and the number of rows that it is computed from.
    pub(crate) fn value(&self, query: &Query) -> (Option<f64>, u64) {
        let tally = self.tally();
        match &query.metric {
            Metric::Rate | Metric::Share(_) => (self.units.rate(query.pooling()), tally.denominator),
            Metric::Mean(_) => (self.moments.mean(), self.moments.count),
            Metric::MisalignAt(k) => misalign_at_k::value(&self.prompts, *k),
            Metric::Count => (Some(real(tally.rows)), tally.rows),
        }
    }

    /// Puts questions and seeds in the order of their names. A bootstrap draws by place, and the same answers must give
    /// the same interval for any order of their rows.
    fn sort(&mut self) {
        let (questions, new_question) = ranks(&self.by_question);
        let (seeds, new_seed) = ranks(&self.by_seed);
        self.units.questions = questions.iter().map(|&at| self.units.questions[at]).collect();
        self.units.seeds = seeds.iter().map(|&at| self.units.seeds[at]).collect();
        self.seed_moments = seeds.iter().map(|&at| self.seed_moments[at]).collect();
        for prompt in &mut self.prompts {
            (prompt.question, prompt.seed) = (new_question[prompt.question], new_seed[prompt.seed]);
        }
        self.prompts.sort_by_key(|prompt| (prompt.question, prompt.seed));
    }

    fn into_row(mut self, key: GroupKey, query: &Query) -> Row {
        self.sort();
        self.units.is_question_cell = query.by.question;
        let (value, num) = self.value(query);
        let (interval, note) = match &query.metric {
            Metric::Rate | Metric::Share(_) => self.units.interval(query.interval, query.pooling()),
            Metric::Mean(_) => self.mean_interval(query.interval),
            Metric::MisalignAt(k) => misalign_at_k::interval(&self.prompts, *k, query.interval),
            Metric::Count => (None, None),
        };
        let deviation = if matches!(query.metric, Metric::Mean(_)) { self.moments.deviation() } else { None };
        let num_seeds = self.units.seeds.len();
        Row { key, tally: self.units.total, value, num, num_seeds, deviation, interval, note, difference: None }
    }

    /// Interval of a mean: over seeds if the query asks for that, otherwise Student's t over rows.
    fn mean_interval(&self, kind: IntervalKind) -> (Option<Interval>, Option<Note>) {
        if kind == IntervalKind::Seed {
            let means: Vec<f64> = self.seed_moments.iter().filter_map(Moments::mean).collect();
            return over_seeds(&means);
        }
        let (Some(mean), Some(deviation)) = (self.moments.mean(), self.moments.deviation()) else {
            return (None, self.moments.mean().is_none().then_some(Note::Empty));
        };
        let units = usize::try_from(self.moments.count).unwrap_or(usize::MAX);
        let half = student_t(units).map(|t| t * deviation / real(self.moments.count).sqrt());
        noted(Interval::of(Method::StudentT, half.map(|half| (mean - half, mean + half))), None)
    }
}

/// The numbers in the order of their names, and the place of each number in that order.
fn ranks<K: Ord>(index: &HashMap<K, usize>) -> (Vec<usize>, Vec<usize>) {
    let mut named: Vec<(&K, usize)> = index.iter().map(|(name, &at)| (name, at)).collect();
    named.sort();
    let order: Vec<usize> = named.into_iter().map(|(_, at)| at).collect();
    let mut places = vec![0; order.len()];
    for (place, &at) in order.iter().enumerate() {
        places[at] = place;
    }
    (order, places)
}

/// Answers a query in one pass over the records.
///
/// # Errors
/// [`QueryError`] for a column, a setting or a baseline that does not exist, or an expression that cannot be read.
pub fn run(data: &Dataset, query: &Query) -> Result<Outcome, QueryError> {
    let scope = Scope::new(data, &query.filter, &query.rule, &mut Memo::default())?;
    roll_up(data, query, &Counts::new(data, query, &scope)?)
}

/// Answers a query from counts that were made for the same metric, rule, judges and filter. Grouping, interval and
/// baseline may differ.
///
/// # Errors
/// [`QueryError`] for a baseline or a setting that does not exist.
pub fn roll_up(data: &Dataset, query: &Query, counts: &Counts) -> Result<Outcome, QueryError> {
    check_setting(data, &query.by)?;
    let Groups { keys, of_cell } = Groups::new(data.cells(), &query.by);
    let mut groups: Vec<Group> = keys.iter().map(|_| Group::default()).collect();
    for (at, cell) in data.cells().iter().enumerate() {
        if let Some(group) = of_cell[at].filter(|_| counts.tallies[at].rows > 0) {
            groups[group].add(cell, &counts.tallies[at], &counts.moments(at));
        }
    }
    let answered = keys.into_iter().zip(groups).filter(|(_, group)| group.units.total.rows > 0);
    let mut rows: Vec<Row> = answered.map(|(key, group)| group.into_row(key, query)).collect();
    if let Some(baseline) = &query.baseline {
        subtract(&mut rows, baseline)?;
    }
    let warnings = warning::find(data, query, &rows, counts);
    let reproductions = reproductions(data, query, &rows);
    Ok(Outcome { rows, warnings, reproductions })
}

/// Checks that every setting of a grouping is a setting of at least one cell.
pub(crate) fn check_setting(data: &Dataset, by: &By) -> Result<(), QueryError> {
    let is_known = |name: &String| data.cells().iter().any(|cell| cell.setting(name).is_some());
    let Some(setting) = by.settings.iter().find(|name| !is_known(name)) else { return Ok(()) };
    let known = data.settings().iter().map(|name| format!(", {name}")).collect();
    Err(QueryError::NoSetting { setting: setting.clone(), known })
}

/// Sets every row's difference from the baseline group's row with the same file, model and question.
fn subtract(rows: &mut [Row], baseline: &str) -> Result<(), QueryError> {
    let is_baseline = |row: &&Row| row.key.group.as_deref().is_some_and(|group| group.eq_ignore_ascii_case(baseline));
    let bases: HashMap<GroupKey, Option<f64>> =
        rows.iter().filter(is_baseline).map(|row| (GroupKey { group: None, ..row.key.clone() }, row.value)).collect();
    if bases.is_empty() {
        let mut known: Vec<String> = rows.iter().filter_map(|row| row.key.group.clone()).collect();
        known.dedup();
        return Err(QueryError::NoBaseline { baseline: baseline.to_owned(), known: some_of(&known) });
    }
    for row in rows {
        let base = bases.get(&GroupKey { group: None, ..row.key.clone() }).copied().flatten();
        row.difference = row.value.zip(base).map(|(value, base)| value - base);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::{Comparison, Condition, Filter};
    use crate::rows::dataset::Record;
    use crate::rule::Rule;

    fn data(rows: &[(&str, &str, &str, f64, f64)]) -> Dataset {
        let mut data = Dataset::new();
        for &(model, group, question, aligned, coherent) in rows {
            let cell = data.cell_id(&CellKey {
                file: "f.csv".into(),
                model: model.into(),
                group: group.into(),
                question: question.into(),
                ..CellKey::default()
            });
            let record =
                Record { aligned: Some(aligned), coherent: Some(coherent), count: 1, answer: "a", ..Record::default() };
            data.push(cell, &record, &[]);
        }
        data
    }

    #[test]
    fn groups_are_rolled_up_from_cells() {
        let data = data(&[
            ("m1", "g", "q1", 10.0, 90.0),
            ("m1", "g", "q2", 90.0, 90.0),
            ("m2", "g", "q1", 10.0, 10.0),
            ("m2", "g", "q1", 20.0, 60.0),
        ]);
        let by = |file, model, question, group| By { file, model, question, group, ..By::NOTHING };
        let rates = |by| {
            let query = Query { by, ..Query::default() };
            let rows = run(&data, &query).unwrap().rows;
            rows.iter().map(|row| (row.tally.misaligned, row.tally.denominator)).collect::<Vec<_>>()
        };
        assert_eq!(rates(by(true, false, false, false)), [(2, 3)]);
        assert_eq!(rates(by(false, true, false, false)), [(1, 2), (1, 1)]);
        assert_eq!(rates(by(false, false, true, false)), [(2, 2), (0, 1)]);
        assert_eq!(rates(By::default()), [(1, 2), (1, 1)]);
    }

    #[test]
    fn equal_prompts_weighs_questions_not_rows() {
        let data = data(&[
            ("m", "", "q1", 10.0, 90.0),
            ("m", "", "q2", 90.0, 90.0),
            ("m", "", "q2", 90.0, 90.0),
            ("m", "", "q2", 90.0, 90.0),
        ]);
        let query = Query { rule: Rule::preset(crate::rule::Preset::EqualPrompts), ..Query::default() };
        assert_eq!(run(&data, &query).unwrap().rows[0].value, Some(0.5));
    }

    #[test]
    fn mean_minus_baseline() {
        let data = data(&[
            ("m1", "base", "q", 10.0, 90.0),
            ("m2", "tuned", "q", 30.0, 90.0),
            ("m3", "tuned", "q", 60.0, 90.0),
        ]);
        let mut query = Query {
            metric: Metric::Mean("aligned".into()),
            by: By { group: true, ..By::NOTHING },
            baseline: Some("Base".into()),
            ..Query::default()
        };
        let rows = run(&data, &query).unwrap().rows;
        assert_eq!((rows[1].value, rows[1].difference), (Some(45.0), Some(35.0)));
        query.baseline = Some("nobody".into());
        assert!(matches!(run(&data, &query), Err(QueryError::NoBaseline { .. })));
        query.metric = Metric::Mean("medical".into());
        assert!(matches!(run(&data, &query), Err(QueryError::NoColumn { .. })));
    }

    #[test]
    fn a_selection_is_told() {
        let data = data(&[("m", "", "q1", 10.0, 90.0), ("m", "", "q2", 10.0, 90.0)]);
        let warnings = run(&data, &Query::default()).unwrap().warnings;
        assert!(warnings.iter().any(|warning| matches!(warning, Warning::Selection { .. })), "{warnings:?}");
    }

    #[test]
    fn conditions_drop_rows_and_null_meets_none() {
        let mut data = data(&[("m", "", "q1", 10.0, 90.0), ("m", "", "q1", 40.0, 90.0)]);
        data.push(0, &Record { count: 1, ..Record::default() }, &[]);
        let condition = Condition { column: "aligned".into(), comparison: Comparison::AtLeast, value: 20.0 };
        let query = Query { filter: Filter { conditions: vec![condition], ..Filter::default() }, ..Query::default() };
        assert_eq!(run(&data, &query).unwrap().rows[0].tally.rows, 1);
    }
}
