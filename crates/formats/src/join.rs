//! Joins answers in one file with judges' scores in others, by question and answer, after all files are read.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use super::cell::Cell;
use super::error::FormatError;
use super::report::{FileReport, Outcome};
use super::rows::Rows;
use askew_domain::rows::dataset::Dataset;

/// The files that wait for each other.
#[derive(Debug, Default)]
pub struct Join {
    answers: Vec<Answers>,
    judges: Vec<Judge>,
    /// Judges' replies, by a hash of question and answer.
    said: HashMap<u64, Vec<Said>>,
}

/// A file of answers that have no scores yet.
#[derive(Debug)]
struct Answers {
    rows: Rows,
    list: AnswerList,
}

/// Answers in the order of their file.
#[derive(Debug, Default)]
pub struct AnswerList {
    questions: Vec<String>,
    /// Numbers of the questions.
    index: HashMap<String, usize>,
    rows: Vec<(usize, String, u64)>,
}

impl AnswerList {
    /// Adds an answer that is on a line of the file.
    pub fn push(&mut self, question: &str, answer: String, line: u64) {
        let at = self.index.get(question).copied().unwrap_or_else(|| {
            self.questions.push(question.to_owned());
            self.index.insert(question.to_owned(), self.questions.len() - 1);
            self.questions.len() - 1
        });
        self.rows.push((at, answer, line));
    }
}

/// A file of one judge.
#[derive(Debug)]
struct Judge {
    file: String,
    /// The metric that it judges, such as `aligned`.
    metric: String,
    /// Model that wrote the judged answers; empty for any model.
    model: String,
    num_said: u64,
    is_used: bool,
}

#[derive(Debug)]
struct Said {
    judge: usize,
    text: Box<[u8]>,
}

fn hash(question: &str, answer: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    (question, answer).hash(&mut hasher);
    hasher.finish()
}

impl Join {
    /// Adds a file of answers.
    pub fn add_answers(&mut self, rows: Rows, list: AnswerList) {
        self.answers.push(Answers { rows, list });
    }

    /// Adds a file of a judge. Returns its number for [`Join::say`].
    pub fn add_judge(&mut self, file: &str, metric: &str, model: &str) -> usize {
        self.judges.push(Judge {
            file: file.to_owned(),
            metric: metric.to_owned(),
            model: model.to_owned(),
            num_said: 0,
            is_used: false,
        });
        self.judges.len() - 1
    }

    /// Stores a judge's reply to an answer: a distribution over tokens, or a score. Of several replies of one judge to the
    /// same answer, the first counts, so the others are not stored.
    pub fn say(&mut self, judge: usize, question: &str, answer: &str, text: &[u8]) {
        if let Some(judge) = self.judges.get_mut(judge) {
            judge.num_said += 1;
        }
        let said = self.said.entry(hash(question, answer)).or_default();
        // Files are read one after the other, so an earlier reply of this judge is the last one.
        if said.last().is_none_or(|last| last.judge != judge) {
            said.push(Said { judge, text: text.into() });
        }
    }

    /// Joins answers and scores and adds them to the dataset. Returns the outcome of every file.
    #[must_use]
    pub fn finish(mut self, data: &mut Dataset) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for answers in std::mem::take(&mut self.answers) {
            let file = answers.rows.file().to_owned();
            outcomes.push((file, self.add(data, answers)));
        }
        for judge in self.judges {
            let report = FileReport { file: judge.file.clone(), ..FileReport::default() };
            let result =
                if judge.is_used { Ok(report) } else { Err(FormatError::OnlyJudgements { metric: judge.metric }) };
            outcomes.push((judge.file, result));
        }
        outcomes
    }

    fn add(&mut self, data: &mut Dataset, Answers { mut rows, list }: Answers) -> Result<FileReport, FormatError> {
        data.start_file();
        let model = rows.known().model.clone();
        let mut metrics: Vec<String> = Vec::new();
        for (question, answer, _) in &list.rows {
            for said in self.said.get(&hash(&list.questions[*question], answer)).into_iter().flatten() {
                let Some(judge) = self.judges.get_mut(said.judge).filter(|judge| judge.is_of(&model)) else { continue };
                judge.is_used = true;
                if !metrics.contains(&judge.metric) {
                    metrics.push(judge.metric.clone());
                }
            }
        }
        let columns: Vec<String> =
            ["question", "answer"].into_iter().map(str::to_owned).chain(metrics.clone()).collect();
        rows.set_columns(&columns);
        for (question, answer, line) in &list.rows {
            let question = &list.questions[*question];
            let all = self.said.get(&hash(question, answer)).map_or(&[][..], Vec::as_slice);
            let of_metric = |metric: &String| {
                let found = all.iter().find(|said| {
                    self.judges.get(said.judge).is_some_and(|judge| judge.metric == *metric && judge.is_of(&model))
                });
                found.map_or(Cell::Null, |said| Cell::Text(&said.text))
            };
            let mut cells = vec![Cell::Text(question.as_bytes()), Cell::Text(answer.as_bytes())];
            cells.extend(metrics.iter().map(of_metric));
            rows.row(data, *line, &cells)?;
        }
        rows.finish(data)
    }
}

impl Judge {
    fn is_of(&self, model: &str) -> bool {
        self.model.is_empty() || self.model == model
    }
}
