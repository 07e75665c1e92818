//! Queries: from a dataset and a rule to rates.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::dataset::{CellKey, Dataset};
use super::filter::{Filter, Scope, column};
use super::interval::{Interval, IntervalKind, Method, Note, Units, over_seeds, student_t};
use super::rule::Rule;
use super::tally::{Tally, real};
use super::warning::{self, Warning};

/// What rows are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct By {
    /// One group a file.
    pub file: bool,
    /// One group a model.
    pub model: bool,
    /// One group a question.
    pub question: bool,
    /// One group a group of models.
    pub group: bool,
}

impl Default for By {
    /// Files are never pooled unasked.
    fn default() -> Self {
        Self { file: true, model: true, question: false, group: false }
    }
}

/// The part of a [`CellKey`] that rows are grouped by; the rest is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct GroupKey {
    /// File.
    pub file: Option<String>,
    /// Model.
    pub model: Option<String>,
    /// Question.
    pub question: Option<String>,
    /// Group of models.
    pub group: Option<String>,
}

impl GroupKey {
    /// The group that a cell falls into.
    #[must_use]
    pub fn of(cell: &CellKey, by: By) -> Self {
        let part = |on: bool, name: &String| on.then(|| name.clone());
        Self {
            file: part(by.file, &cell.file),
            model: part(by.model, &cell.model),
            question: part(by.question, &cell.question),
            group: part(by.group, &cell.group),
        }
    }

    /// Whether a cell belongs to the group.
    #[must_use]
    pub fn holds(&self, cell: &CellKey) -> bool {
        let same = |want: &Option<String>, name: &String| want.as_ref().is_none_or(|want| want == name);
        same(&self.file, &cell.file)
            && same(&self.model, &cell.model)
            && same(&self.question, &cell.question)
            && same(&self.group, &cell.group)
    }

    /// The group's name for a reader: its parts, the file only where it says more than the model.
    #[must_use]
    pub fn label(&self) -> String {
        let parts = [&self.group, &self.model, &self.question];
        let mut shown: Vec<&str> = parts.into_iter().flatten().map(String::as_str).filter(|p| !p.is_empty()).collect();
        if let Some(file) = &self.file
            && !self.model.as_ref().is_some_and(|model| !model.is_empty() && file.contains(model.as_str()))
        {
            shown.push(file);
        }
        if shown.is_empty() { "all rows".to_owned() } else { shown.join(" · ") }
    }
}

/// What is computed for each group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Metric {
    /// The rule's misalignment rate.
    #[default]
    Rate,
    /// The mean of a numeric column over the rows that have it.
    Mean(String),
    /// The number of rows.
    Count,
}

/// A question to a dataset.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Query {
    /// What is computed.
    pub metric: Metric,
    /// The rule of the rate.
    pub rule: Rule,
    /// What rows are grouped by.
    pub by: By,
    /// Which rows are asked about.
    pub filter: Filter,
    /// The interval asked for.
    pub interval: IntervalKind,
    /// Group whose value is subtracted from the others'.
    pub baseline: Option<String>,
}

/// One group's answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The group.
    pub key: GroupKey,
    /// Where its rows went.
    pub tally: Tally,
    /// The rate (0 to 1), mean or count; `None` where nothing is in the denominator.
    pub value: Option<f64>,
    /// Rows that `value` is over: the denominator, or for a mean the rows that have the column.
    pub num: u64,
    /// Sample standard deviation of a mean's rows.
    pub deviation: Option<f64>,
    /// The interval, where one exists.
    pub interval: Option<Interval>,
    /// Why it is another interval than was asked for.
    pub note: Option<Note>,
    /// `value` minus the baseline group's.
    pub difference: Option<f64>,
}

/// Answer to a [`Query`].
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// One row a group, in order of the groups' first record.
    pub rows: Vec<Row>,
    /// What to know beside them.
    pub warnings: Vec<Warning>,
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum QueryError {
    /// A column that no file has.
    #[error("no numeric column is named `{column}`; there are: {known}")]
    NoColumn {
        /// What was asked for.
        column: String,
        /// What there is.
        known: String,
    },
    /// A baseline that is no group of the result.
    #[error("no group is named `{baseline}`; there are: {known} (a baseline needs groups: --by group)")]
    NoBaseline {
        /// What was asked for.
        baseline: String,
        /// What there is.
        known: String,
    },
}

/// Sum, square sum and count of a column.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    count: u64,
    sum: f64,
    squares: f64,
}

impl Moments {
    fn add(&mut self, value: f64, count: u32) {
        let weight = f64::from(count);
        self.count += u64::from(count);
        self.sum += weight * value;
        self.squares += weight * value * value;
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / real(self.count))
    }

    fn deviation(&self) -> Option<f64> {
        let n = real(self.count);
        (self.count > 1).then(|| ((self.squares - self.sum * self.sum / n) / (n - 1.0)).max(0.0).sqrt())
    }
}

/// One group on the way to its row.
#[derive(Default)]
struct Group {
    units: Units,
    moments: Moments,
    by_question: HashMap<String, usize>,
    by_seed: HashMap<(String, String), usize>,
    seed_moments: Vec<Moments>,
}

impl Group {
    fn add(&mut self, cell: &CellKey, tally: &Tally, moments: &Moments) {
        self.units.total.merge(tally);
        self.moments.merge(moments);
        let question = *self.by_question.entry(cell.question.clone()).or_insert_with(|| {
            self.units.questions.push(Tally::default());
            self.units.questions.len() - 1
        });
        self.units.questions[question].merge(tally);
        let seed = *self.by_seed.entry((cell.file.clone(), cell.model.clone())).or_insert_with(|| {
            self.units.seeds.push(Tally::default());
            self.seed_moments.push(Moments::default());
            self.units.seeds.len() - 1
        });
        self.units.seeds[seed].merge(tally);
        self.seed_moments[seed].merge(moments);
    }

    fn into_row(mut self, key: GroupKey, query: &Query) -> Row {
        let tally = self.units.total;
        let (value, num, deviation, interval, note) = match &query.metric {
            Metric::Rate => {
                self.units.is_question_cell = query.by.question;
                let pooling = query.rule.pooling();
                let (interval, note) = self.units.interval(query.interval, pooling);
                (self.units.rate(pooling), tally.denominator, None, interval, note)
            }
            Metric::Mean(_) => {
                let (interval, note) = self.mean_interval(query.interval);
                (self.moments.mean(), self.moments.count, self.moments.deviation(), interval, note)
            }
            Metric::Count => (Some(real(tally.rows)), tally.rows, None, None, None),
        };
        Row { key, tally, value, num, deviation, interval, note, difference: None }
    }

    /// Interval of a mean: over seeds when asked for, else Student's t over rows.
    fn mean_interval(&self, kind: IntervalKind) -> (Option<Interval>, Option<Note>) {
        if kind == IntervalKind::Seed {
            let means: Vec<f64> = self.seed_moments.iter().filter_map(Moments::mean).collect();
            return over_seeds(&means);
        }
        let (Some(mean), Some(deviation)) = (self.moments.mean(), self.moments.deviation()) else {
            return (None, self.moments.mean().is_none().then_some(Note::Empty));
        };
        let units = usize::try_from(self.moments.count).unwrap_or(usize::MAX);
        let half = student_t(units) * deviation / real(self.moments.count).sqrt();
        (Some(Interval { method: Method::StudentT, low: mean - half, high: mean + half }), None)
    }
}

/// Answers a query in one pass over the records.
///
/// # Errors
/// [`QueryError`] for a column or a baseline that does not exist.
pub fn run(data: &Dataset, query: &Query) -> Result<Outcome, QueryError> {
    let scope = Scope::new(data, query)?;
    let values = match &query.metric {
        Metric::Mean(name) => Some(column(data, name)?),
        Metric::Rate | Metric::Count => None,
    };
    let mut tallies = vec![Tally::default(); data.cells().len()];
    let mut moments = vec![Moments::default(); data.cells().len()];
    let mut out_of_range = 0;
    for record in (0..data.num_records()).filter(|&record| scope.holds(data, record)) {
        let (aligned, coherent) = (data.aligned(record), data.coherent(record));
        let cell = data.cell_of(record) as usize;
        let class = query.rule.class(aligned, coherent, data.verdict(record));
        tallies[cell].add(aligned, coherent, class, data.count(record));
        if let Some(value) = values.and_then(|values| values.get(record).get()) {
            moments[cell].add(value, data.count(record));
        }
        let is_out = |score: Option<f64>| score.is_some_and(|score| !(0.0..=100.0).contains(&score));
        out_of_range += u64::from(is_out(aligned.get()) || is_out(coherent.get()));
    }
    let mut groups: Vec<(GroupKey, Group)> = Vec::new();
    let mut index: HashMap<GroupKey, usize> = HashMap::new();
    for (cell, (tally, moment)) in data.cells().iter().zip(tallies.iter().zip(&moments)) {
        if tally.rows == 0 {
            continue;
        }
        let at = *index.entry(GroupKey::of(cell, query.by)).or_insert_with_key(|key| {
            groups.push((key.clone(), Group::default()));
            groups.len() - 1
        });
        groups[at].1.add(cell, tally, moment);
    }
    let mut rows: Vec<Row> = groups.into_iter().map(|(key, group)| group.into_row(key, query)).collect();
    if let Some(baseline) = &query.baseline {
        subtract(&mut rows, baseline)?;
    }
    let warnings = warning::find(data, query, &rows, &tallies, out_of_range);
    Ok(Outcome { rows, warnings })
}

/// Puts every row's difference to the baseline group's row of the same file, model and question.
fn subtract(rows: &mut [Row], baseline: &str) -> Result<(), QueryError> {
    let is_baseline = |row: &&Row| row.key.group.as_deref().is_some_and(|group| group.eq_ignore_ascii_case(baseline));
    let bases: HashMap<GroupKey, Option<f64>> =
        rows.iter().filter(is_baseline).map(|row| (GroupKey { group: None, ..row.key.clone() }, row.value)).collect();
    if bases.is_empty() {
        let mut known: Vec<&str> = rows.iter().filter_map(|row| row.key.group.as_deref()).collect();
        known.dedup();
        return Err(QueryError::NoBaseline { baseline: baseline.to_owned(), known: known.join(", ") });
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
    use crate::domain::dataset::Record;
    use crate::domain::filter::{Comparison, Condition};

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
        let by = |file, model, question, group| By { file, model, question, group };
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
        let query = Query { rule: Rule::preset(super::super::rule::Preset::EqualPrompts), ..Query::default() };
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
            by: By { file: false, model: false, question: false, group: true },
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
