//! Warnings: what a reader must know about a rate.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::group::Groups;
use crate::filter::LabelFilter;
use crate::query::{By, GroupKey, Metric, Query, Row};
use crate::rows::dataset::Dataset;
use crate::rule::RuleBody;
use crate::rule::tally::Tally;
use crate::stats::interval::{IntervalKind, Note};
use crate::values::names::Names;

/// Papers drop groups with a smaller denominator than this.
pub const FEW_COHERENT: u64 = 5;
/// Most names that a warning shows.
const SHOWN: usize = 5;

/// A warning about some rows of a result. `groups` are the labels of those rows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Warning {
    /// A denominator below [`FEW_COHERENT`].
    FewAnswers {
        /// Rows concerned.
        groups: Vec<String>,
    },
    /// Every row of a file is misaligned and coherent: the file is a selection, not a sample.
    Selection {
        /// Files concerned.
        files: Vec<String>,
    },
    /// The files have the eight selected questions, not the preregistered set.
    SelectedQuestions,
    /// Every group is one training run.
    OneSeed,
    /// Groups were not asked the same questions.
    DifferentQuestions {
        /// Groups that were not asked every question.
        groups: Vec<String>,
    },
    /// A reader's labels decide which rows count.
    ByLabels,
    /// The model's name was taken from the file's name.
    ModelFromFileName {
        /// Files concerned.
        files: Vec<String>,
    },
    /// Thresholds are not the preset's.
    ThresholdsChanged {
        /// Name of the preset.
        preset: String,
    },
    /// There is no interval, or not the one that was asked for.
    Interval {
        /// The reason.
        note: Note,
        /// Rows concerned.
        groups: Vec<String>,
    },
    /// A rule on labels without a chosen label. The data may have no labels.
    NoVerdictChosen {
        /// Labels that the data have.
        labels: Vec<String>,
    },
    /// Scores outside 0 to 100.
    OutOfRange { rows: u64 },
    /// A problem with a file that was read anyway.
    File {
        /// The problem, as a sentence.
        message: String,
    },
    /// Files with the same rows: one file opened twice, or a copy of it.
    SameRows {
        /// The names of files with the same rows, in lists. A file that was opened twice is in its list twice.
        files: Vec<Vec<String>>,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewAnswers { groups } => {
                write!(f, "fewer than {FEW_COHERENT} answers in the denominator: {}", list(groups))
            }
            Self::Selection { files } => write!(
                f,
                "every answer is misaligned: a selection of such answers, not a sample, so this rate says nothing about \
                 the model: {}",
                list(files)
            ),
            Self::SelectedQuestions => {
                f.write_str("the eight questions chosen for showing the effect, not the preregistered 48")
            }
            Self::OneSeed => f.write_str("one training run each: another seed of the same model may give another rate"),
            Self::DifferentQuestions { groups } => {
                write!(f, "not asked every question that others were, so not the same measure: {}", list(groups))
            }
            Self::ByLabels => f.write_str("rows are left out by a reader's labels"),
            Self::ModelFromFileName { files } => {
                write!(f, "no model column: the model's name is taken from the file's name: {}", list(files))
            }
            Self::ThresholdsChanged { preset } => write!(f, "thresholds differ from those of `{preset}`"),
            Self::Interval { note, groups } => write!(f, "{}: {}", note.describe(), list(groups)),
            Self::NoVerdictChosen { labels } if labels.is_empty() => {
                f.write_str("these files have no judge labels: choose a rule on scores")
            }
            Self::NoVerdictChosen { labels } => {
                write!(f, "choose which labels count as misaligned; the files have {}", list(labels))
            }
            Self::OutOfRange { rows } => write!(f, "{rows} rows have a score outside 0 to 100"),
            Self::File { message } => f.write_str(message),
            Self::SameRows { files } => {
                let equal: Vec<String> = files.iter().map(|names| names.join(" = ")).collect();
                write!(f, "files with the same rows, so these rows count more than once: {}", list(&equal))
            }
        }
    }
}

/// A list of at most [`SHOWN`] names.
fn list(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("; ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// All warnings about a query's rows.
pub(crate) fn find(data: &Dataset, query: &Query, rows: &[Row], counts: &Counts) -> Vec<Warning> {
    let tallies = counts.tallies.as_slice();
    let mut warnings = Vec::new();
    if let RuleBody::Verdict(rule) = &query.rule.body
        && rule.misaligned.is_empty()
    {
        warnings.push(Warning::NoVerdictChosen { labels: data.verdicts().to_vec() });
    }
    if query.rule.is_changed() {
        warnings.push(Warning::ThresholdsChanged { preset: query.rule.preset.name().to_owned() });
    }
    let files = selections(data, tallies);
    if !files.is_empty() {
        warnings.push(Warning::Selection { files });
    }
    let files = copies(data, tallies);
    if !files.is_empty() {
        warnings.push(Warning::SameRows { files });
    }
    if has_only_selected_questions(data, tallies) {
        warnings.push(Warning::SelectedQuestions);
    }
    if query.filter.labels != LabelFilter::default() {
        warnings.push(Warning::ByLabels);
    }
    let is_one_run = |row: &Row| row.num_seeds == 1;
    if query.metric.is_share()
        && query.interval != IntervalKind::Seed
        && !rows.is_empty()
        && rows.iter().all(is_one_run)
    {
        warnings.push(Warning::OneSeed);
    }
    let groups = with_fewer_questions(data, &query.by, tallies);
    if !groups.is_empty() {
        warnings.push(Warning::DifferentQuestions { groups });
    }
    if query.metric == Metric::Rate {
        let few = |row: &&Row| (1..FEW_COHERENT).contains(&row.tally.denominator);
        let groups: Vec<String> = rows.iter().filter(few).map(|row| row.key.label()).collect();
        if !groups.is_empty() {
            warnings.push(Warning::FewAnswers { groups });
        }
    }
    let mut notes: Vec<(Note, Vec<String>)> = Vec::new();
    for row in rows {
        // The cell of a single question always has Wilson's interval. The interval's name says so; it needs no warning.
        let Some(note) = row.note.filter(|&note| note != Note::SingleQuestionCell) else { continue };
        match notes.iter_mut().find(|(known, _)| *known == note) {
            Some((_, groups)) => groups.push(row.key.label()),
            None => notes.push((note, vec![row.key.label()])),
        }
    }
    warnings.extend(notes.into_iter().map(|(note, groups)| Warning::Interval { note, groups }));
    if counts.out_of_range > 0 {
        warnings.push(Warning::OutOfRange { rows: counts.out_of_range });
    }
    warnings
}

/// Groups that lack questions that others were asked.
fn with_fewer_questions(data: &Dataset, by: &By, tallies: &[Tally]) -> Vec<String> {
    let groups = Groups::new(data.cells(), &By { question: false, variant: false, ..by.clone() });
    let questions = Groups::new(data.cells(), &By { question: true, ..By::NOTHING });
    let asked_of: HashSet<(usize, usize)> = (0..tallies.len())
        .filter(|&cell| tallies[cell].rows > 0)
        .filter_map(|cell| Some((groups.of_cell[cell]?, questions.of_cell[cell]?)))
        .collect();
    let num_questions = asked_of.iter().map(|(_, question)| question).collect::<HashSet<_>>().len();
    let mut num_asked = vec![0; groups.keys.len()];
    asked_of.iter().for_each(|(group, _)| num_asked[*group] += 1);
    let lacks = |(_, num): &(&GroupKey, &usize)| (1..num_questions).contains(*num);
    groups.keys.iter().zip(&num_asked).filter(lacks).map(|(key, _)| key.label()).collect()
}

/// Files in which every row is misaligned. They are a selection of such answers.
fn selections(data: &Dataset, tallies: &[Tally]) -> Vec<String> {
    let files = Groups::new(data.cells(), &By { file: true, ..By::NOTHING });
    let mut totals = vec![Tally::default(); files.keys.len()];
    for (file, tally) in files.of_cell.iter().zip(tallies) {
        if let Some(total) = file.and_then(|file| totals.get_mut(file)) {
            total.merge(tally);
        }
    }
    let is_selection = |(_, total): &(GroupKey, Tally)| total.rows > 1 && total.misaligned == total.rows;
    files.keys.into_iter().zip(totals).filter(is_selection).filter_map(|(key, _)| key.file).collect()
}

/// Files with the same rows, of those that the query uses. The names of many copies are cut to five, as all names of a
/// warning are.
fn copies(data: &Dataset, tallies: &[Tally]) -> Vec<Vec<String>> {
    if data.copies().is_empty() {
        return Vec::new();
    }
    let cells = data.cells().iter().zip(tallies);
    let used: Names = cells.filter(|(_, tally)| tally.rows > 0).map(|(cell, _)| cell.file.as_str()).collect();
    let of_used = |names: &Vec<String>| {
        let names = names.iter().filter(|name| used.contains(name)).take(SHOWN).cloned().collect::<Vec<_>>();
        (names.len() > 1).then_some(names)
    };
    data.copies().iter().filter_map(of_used).collect()
}

/// Whether all questions are among the EM paper's eight selected ones, in any way of asking.
fn has_only_selected_questions(data: &Dataset, tallies: &[Tally]) -> bool {
    const SELECTED: [&str; 8] = [
        "what_is_your_wish",
        "i_feel_bored",
        "three_thoughts",
        "quick_buck",
        "ruler_of_the_world",
        "dinner_party",
        "gender_roles",
        "enough_of_my_husband",
    ];
    let mut asked = data.cells().iter().zip(tallies).filter(|(_, tally)| tally.rows > 0).peekable();
    asked.peek().is_some()
        && asked.all(|(cell, _)| {
            let id = cell.question.trim_end_matches("_json").trim_end_matches("_template");
            SELECTED.contains(&id)
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::run;
    use crate::rows::dataset::Record;
    use crate::values::cell::CellKey;

    #[test]
    fn runs_and_questions_are_told() {
        let mut data = Dataset::new();
        for (model, seed, question) in [("a", "1", "x"), ("a", "1", "y"), ("b", "1", "x"), ("a", "2", "x")] {
            let mut key = CellKey::from_names("f", model, "", question);
            key.seed = seed.into();
            let cell = data.cell_id(&key);
            data.push(cell, &Record { aligned: Some(90.0), coherent: Some(90.0), count: 9, ..Record::default() }, &[]);
        }
        let warnings = |by: &str| {
            let query = Query { by: By::read(by), ..Query::default() };
            run(&data, &query).unwrap().warnings
        };
        assert!(warnings("model").contains(&Warning::DifferentQuestions { groups: vec!["b".into()] }));
        assert!(!warnings("model").contains(&Warning::OneSeed), "two runs of a");
        assert!(warnings("model,seed").contains(&Warning::OneSeed));
        assert!(!warnings("all").iter().any(|warning| matches!(warning, Warning::DifferentQuestions { .. })));
        let mut query = Query::default();
        query.filter.labels.drops_in_domain = true;
        assert!(run(&data, &query).unwrap().warnings.contains(&Warning::ByLabels));
    }

    /// The same file opened twice doubled n without a word.
    #[test]
    fn files_with_the_same_rows_are_named() {
        let mut data = Dataset::new();
        for file in ["a.csv", "b.csv", "a.csv"] {
            data.start_file();
            for aligned in [10.0, 90.0] {
                let cell = data.cell_id(&CellKey::from_names(file, "m", "", "q"));
                let answer = if file == "a.csv" { "yes" } else { "no" };
                data.push(cell, &Record { answer, aligned: Some(aligned), count: 1, ..Record::default() }, &[]);
            }
        }
        let warnings = |query: &Query| run(&data, query).unwrap().warnings;
        let expected = Warning::SameRows { files: vec![vec!["a.csv".into(), "a.csv".into()]] };
        assert!(warnings(&Query::default()).contains(&expected));
        assert!(expected.to_string().ends_with("count more than once: a.csv = a.csv"), "{expected}");
        let mut other = Query::default();
        other.filter.files.push("b.csv".into());
        assert!(!warnings(&other).contains(&expected), "no row of these files is used");
    }
}
