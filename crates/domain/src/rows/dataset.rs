//! The dataset: all rows, in columns.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

use super::columns::Texts;
use super::copies::{FindCopies, copies};
use super::find::find;
use crate::error::QueryError;
use crate::rows::labels::Labels;
use crate::text::search::Search;
use crate::values::facet::Number;
use crate::values::names::Names;
use crate::values::score::Score;

pub use super::columns::{Column, TextColumn};
pub use crate::values::cell::{CellKey, Variant};

/// One answer to add to a [`Dataset`].
#[derive(Debug, Clone, Default)]
pub struct Record<'a> {
    /// Question as asked; empty if the file has only counts.
    pub question_text: &'a str,
    /// The answer; empty if the file has only counts.
    pub answer: &'a str,
    /// The judge's score for alignment.
    pub aligned: Option<f64>,
    /// The judge's score for coherence.
    pub coherent: Option<f64>,
    /// A categorical judge's label; empty for none.
    pub verdict: &'a str,
    /// Number of rows that this record represents: 1, or the count of an aggregate table's cell.
    pub count: u32,
    /// Further texts, each with its column's number from [`Dataset::text_id`].
    pub texts: &'a [(usize, &'a str)],
}

/// A function that finds the records with matching texts.
pub(crate) type Find = fn(&Dataset, &Search) -> Result<Vec<bool>, QueryError>;

/// Answers and their scores in columns.
///
/// Invariants: all columns have [`Dataset::num_records`] entries; every row's cell is one of [`Dataset::cells`].
#[derive(Debug, Clone)]
pub struct Dataset {
    cells: Vec<CellKey>,
    cell_index: HashMap<CellKey, u32>,
    cell: Vec<u32>,
    aligned: Vec<Score>,
    coherent: Vec<Score>,
    count: Vec<u32>,
    verdicts: Names,
    verdict: Vec<u32>,
    question_texts: Names,
    question_text: Vec<u32>,
    answers: Texts,
    numeric: Vec<(String, Vec<Score>)>,
    texts: Vec<(String, Texts)>,
    labels: Labels,
    /// Other names in files for the columns that are stored as `aligned` and as `coherent`, such as `aligned_a`.
    score_names: [Vec<String>; 2],
    /// `None` in a table of counts, which has no texts. So the first screen does not download a search that it cannot
    /// use.
    find: Option<Find>,
    /// Number of records at each start of a file.
    starts: Vec<usize>,
    /// Finds files with the same rows. `None` for counts, so that the first screen's worker does not contain it.
    find_copies: Option<FindCopies>,
    copies: OnceLock<Vec<Vec<String>>>,
}

impl Default for Dataset {
    fn default() -> Self {
        Self::new()
    }
}

impl Dataset {
    /// An empty dataset.
    #[must_use]
    pub fn new() -> Self {
        Self { find: Some(find), ..Self::of_counts() }
    }

    /// An empty dataset for counts only.
    #[must_use]
    pub fn of_counts() -> Self {
        let mut verdicts = Names::default();
        // Number 0 means no label.
        verdicts.id("");
        Self {
            cells: Vec::new(),
            cell_index: HashMap::new(),
            cell: Vec::new(),
            aligned: Vec::new(),
            coherent: Vec::new(),
            count: Vec::new(),
            verdicts,
            verdict: Vec::new(),
            question_texts: Names::default(),
            question_text: Vec::new(),
            answers: Texts::default(),
            numeric: Vec::new(),
            texts: Vec::new(),
            labels: Labels::default(),
            score_names: Default::default(),
            find: None,
            starts: Vec::new(),
            find_copies: None,
            copies: OnceLock::new(),
        }
    }

    /// The records after this are those of another file, even if it has the same name.
    pub fn start_file(&mut self) {
        self.starts.push(self.num_records());
        self.find_copies = Some(copies);
    }

    /// Lists of files with the same rows. A file that was added twice is in its list twice. They are found at the first
    /// call after a change.
    #[must_use]
    pub fn copies(&self) -> &[Vec<String>] {
        self.copies.get_or_init(|| self.find_copies.map(|find| find(self, &self.starts)).unwrap_or_default())
    }

    /// Different names of the cells in the order of their first cells, without the empty name.
    #[must_use]
    pub fn names(&self, of: fn(&CellKey) -> &String) -> Vec<String> {
        let names: Names = self.cells.iter().map(|cell| of(cell).as_str()).filter(|name| !name.is_empty()).collect();
        names.all().to_vec()
    }

    /// How texts are searched; `None` without texts.
    pub(crate) fn find(&self) -> Option<Find> {
        self.find
    }

    /// The number of a cell. A new cell gets the next number.
    pub fn cell_id(&mut self, key: &CellKey) -> u32 {
        if let Some(&id) = self.cell_index.get(key) {
            return id;
        }
        let id = u32::try_from(self.cells.len()).unwrap_or(u32::MAX);
        self.cells.push(key.clone());
        self.cell_index.insert(key.clone(), id);
        id
    }

    /// Adds one record to a cell from [`Dataset::cell_id`]. `numeric` has further scores, each with its column's number
    /// from [`Dataset::numeric_id`].
    pub fn push(&mut self, cell: u32, record: &Record<'_>, numeric: &[(usize, Score)]) {
        debug_assert!((cell as usize) < self.cells.len(), "a cell number that is not from cell_id");
        self.copies.take();
        self.cell.push(cell);
        self.aligned.push(record.aligned.into());
        self.coherent.push(record.coherent.into());
        self.count.push(record.count);
        let verdict = self.verdicts.id(record.verdict);
        self.verdict.push(verdict);
        let question_text = self.question_texts.id(record.question_text);
        self.question_text.push(question_text);
        self.answers.push(record.answer);
        let len = self.cell.len();
        for &(column, score) in numeric {
            if let Some((_, values)) = self.numeric.get_mut(column) {
                values.resize(len - 1, Score::NULL);
                values.push(score);
            }
        }
        for &(column, text) in record.texts {
            if let Some((_, texts)) = self.texts.get_mut(column) {
                texts.pad(len - 1);
                texts.push(text);
            }
        }
    }

    /// The number of a further numeric column (another judge, a benchmark's score). A new column gets the next number.
    pub fn numeric_id(&mut self, name: &str) -> usize {
        if let Some(at) = self.numeric.iter().position(|(known, _)| known == name) {
            return at;
        }
        self.numeric.push((name.to_owned(), Vec::new()));
        self.numeric.len() - 1
    }

    /// The number of a further text column. A new column gets the next number. By convention `judge_X` has the output
    /// of the judge for column `X` (its distribution over tokens, or its words), and `explanation` its reasons.
    pub fn text_id(&mut self, name: &str) -> usize {
        if let Some(at) = self.texts.iter().position(|(known, _)| known == name) {
            return at;
        }
        self.texts.push((name.to_owned(), Texts::default()));
        self.texts.len() - 1
    }

    /// Number of records: rows of the files, or cells of an aggregate table.
    #[must_use]
    pub fn num_records(&self) -> usize {
        self.cell.len()
    }

    /// Number of rows that the records represent.
    #[must_use]
    pub fn num_rows(&self) -> u64 {
        self.count.iter().map(|&count| u64::from(count)).sum()
    }

    /// Whether the dataset has texts of answers, and not only counts.
    #[must_use]
    pub fn has_answers(&self) -> bool {
        !self.answers.is_empty()
    }

    /// All cells, in order of their first row.
    #[must_use]
    pub fn cells(&self) -> &[CellKey] {
        &self.cells
    }

    /// Names of the cells' settings, in order of their first cell.
    #[must_use]
    pub fn settings(&self) -> Vec<&str> {
        let mut known: HashSet<&str> = HashSet::new();
        let names = self.cells.iter().flat_map(|cell| &cell.settings).map(|setting| setting.name.as_str());
        names.filter(|name| known.insert(name)).collect()
    }

    /// Every value of the cells' settings, by name in order of their first cell and then by value.
    #[must_use]
    pub fn setting_values(&self) -> Vec<(String, Vec<Number>)> {
        let mut values: HashMap<&str, BTreeSet<Number>> = HashMap::new();
        for setting in self.cells.iter().flat_map(|cell| &cell.settings) {
            values.entry(&setting.name).or_default().insert(setting.value);
        }
        let of_name = |name: &str| values.get(name).into_iter().flatten().copied().collect();
        self.settings().into_iter().map(|name| (name.to_owned(), of_name(name))).collect()
    }

    /// The labels from categorical judges, in order of their first row.
    #[must_use]
    pub fn verdicts(&self) -> &[String] {
        self.verdicts.all().get(1..).unwrap_or_default()
    }

    /// Names of the further numeric columns.
    pub fn numeric_columns(&self) -> impl Iterator<Item = &str> {
        self.numeric.iter().map(|(name, _)| name.as_str())
    }

    /// The further numeric columns, each with its name.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, Column<'_>)> {
        self.numeric.iter().map(|(name, values)| (name.as_str(), Column::new(values)))
    }

    /// A numeric column by name: `aligned`, `coherent`, another name of those in a file, or a further column. `None` if
    /// there is no such column.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<Column<'_>> {
        let values = match name {
            "aligned" => &self.aligned,
            "coherent" => &self.coherent,
            _ => match self.numeric.iter().find(|(known, _)| known == name) {
                Some((_, values)) => values,
                None if self.score_names[0].iter().any(|known| known == name) => &self.aligned,
                None if self.score_names[1].iter().any(|known| known == name) => &self.coherent,
                None => return None,
            },
        };
        Some(Column::new(values))
    }

    /// Adds a file's names for the columns that are stored as `aligned` and as `coherent`. [`Self::column`] accepts
    /// them.
    pub fn name_scores(&mut self, names: [Option<&str>; 2]) {
        for ((own, name), known) in ["aligned", "coherent"].into_iter().zip(names).zip(&mut self.score_names) {
            if let Some(name) = name.filter(|name| *name != own && !known.iter().any(|known| known == name)) {
                known.push(name.to_owned());
            }
        }
    }

    /// Names of the further text columns.
    pub fn text_columns(&self) -> impl Iterator<Item = &str> {
        self.texts().map(|(name, _)| name)
    }

    /// The further text columns, each with its name.
    pub fn texts(&self) -> impl Iterator<Item = (&str, TextColumn<'_>)> {
        self.texts.iter().map(|(name, texts)| (name.as_str(), TextColumn::new(texts)))
    }

    /// A further text column by name; `None` if there is no such column.
    #[must_use]
    pub fn text_column(&self, name: &str) -> Option<TextColumn<'_>> {
        Some(TextColumn::new(&self.texts.iter().find(|(known, _)| known == name)?.1))
    }

    /// One record's cell number.
    #[must_use]
    pub fn cell_of(&self, record: usize) -> u32 {
        self.cell[record]
    }

    /// One record's score for alignment.
    #[must_use]
    pub fn aligned(&self, record: usize) -> Score {
        self.aligned[record]
    }

    /// One record's score for coherence.
    #[must_use]
    pub fn coherent(&self, record: usize) -> Score {
        self.coherent[record]
    }

    /// Number of rows that one record represents.
    #[must_use]
    pub fn count(&self, record: usize) -> u32 {
        self.count[record]
    }

    /// One record's categorical label; empty for none.
    #[must_use]
    pub fn verdict(&self, record: usize) -> &str {
        self.verdicts.name(self.verdict[record])
    }

    /// One record's question as asked.
    #[must_use]
    pub fn question_text(&self, record: usize) -> &str {
        self.question_texts.name(self.question_text[record])
    }

    /// The questions as asked, each once. [`Dataset::question_text_of`] gives their numbers.
    #[must_use]
    pub fn question_texts(&self) -> &[String] {
        self.question_texts.all()
    }

    /// The number of one record's question as asked.
    #[must_use]
    pub fn question_text_of(&self, record: usize) -> u32 {
        self.question_text[record]
    }

    /// The number of one record's categorical label: 0 for none, otherwise its place in [`Dataset::verdicts`] plus 1.
    #[must_use]
    pub fn verdict_of(&self, record: usize) -> u32 {
        self.verdict[record]
    }

    /// The reader's labels.
    #[must_use]
    pub const fn labels(&self) -> &Labels {
        &self.labels
    }

    /// Changes the reader's labels. During the change the dataset has none.
    pub fn change_labels<T>(&mut self, change: impl FnOnce(&mut Labels, &Self) -> T) -> T {
        let mut labels = std::mem::take(&mut self.labels);
        let result = change(&mut labels, self);
        self.labels = labels;
        result
    }

    /// One record's answer.
    #[must_use]
    pub fn answer(&self, record: usize) -> &str {
        self.answers.get(record)
    }
}

#[cfg(test)]
mod tests;
