//! Columns without a role: further numbers of a row, and the judges' replies.

use super::cell::{Cell, Fields};
use super::roles::{Role, Roles, shorten};
use askew_domain::rows::dataset::Dataset;
use askew_domain::values::score::Score;

/// A column without a role. Its first value that is not null decides whether it holds numbers or text.
#[derive(Debug)]
pub(super) struct NumericColumn {
    pub(super) at: usize,
    pub(super) name: String,
    pub(super) state: ColumnState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColumnState {
    Unknown,
    Text,
    Numbers { id: usize, num_bad: u64 },
}

/// The columns without a role. Keeps the state of the `known` ones.
pub(super) fn numeric_columns(roles: &Roles, known: Vec<NumericColumn>) -> Vec<NumericColumn> {
    // Both are in the order of the columns.
    let mut known = known.into_iter().peekable();
    let column = |(at, name): &(usize, String)| {
        while known.next_if(|column| column.at < *at).is_some() {}
        let found = known.next_if(|column| column.at == *at);
        found.unwrap_or_else(|| NumericColumn::new(*at, name))
    };
    roles.others.iter().map(column).collect()
}

impl NumericColumn {
    pub(super) fn new(at: usize, name: &str) -> Self {
        Self { at, name: name.to_owned(), state: ColumnState::Unknown }
    }

    /// The row's value with the dataset's number of the column; `None` if the row has none.
    pub(super) fn read(&mut self, data: &mut Dataset, fields: &dyn Fields) -> Option<(usize, Score)> {
        if self.state == ColumnState::Text {
            return None;
        }
        let cell = fields.get(self.at);
        if matches!(cell, Cell::Text([b'{', ..])) {
            // The judge's reply for a score that has its own column.
            self.state = ColumnState::Text;
            return None;
        }
        match (&mut self.state, cell.score()) {
            (_, Ok(score)) if score.is_null() => None,
            (ColumnState::Numbers { id, .. }, Ok(score)) => Some((*id, score)),
            (ColumnState::Numbers { num_bad, .. }, _) => {
                *num_bad += 1;
                None
            }
            (state @ ColumnState::Unknown, Ok(score)) => {
                let id = data.numeric_id(&self.name);
                *state = ColumnState::Numbers { id, num_bad: 0 };
                Some((id, score))
            }
            (state, _) => {
                *state = ColumnState::Text;
                None
            }
        }
    }
}

/// Notes on values that are not numbers, for the first columns that have some, and the number of the other ones.
pub(super) fn bad_values(columns: &[NumericColumn]) -> Vec<String> {
    const SHOWN: usize = 8;
    let bad = columns.iter().filter_map(|column| match column.state {
        ColumnState::Numbers { num_bad: bad @ 1.., .. } => Some((bad, shorten(&column.name))),
        _ => None,
    });
    let mut notes = Vec::new();
    let (mut num_more, mut values) = (0, 0);
    for (bad, name) in bad {
        if notes.len() < SHOWN {
            notes.push(format!("{bad} values of column {name} are not numbers and count as missing"));
        } else {
            num_more += 1;
            values += bad;
        }
    }
    if num_more > 0 {
        notes.push(format!("the same holds for {values} values of {num_more} more columns"));
    }
    notes
}

/// A column with texts that are stored with the answers: a judge's reply for a score, or its explanation.
#[derive(Debug)]
pub(super) struct TextColumn {
    at: usize,
    name: String,
    /// Whether it is the score's own column, which has the judge's reply where it was not a number.
    is_score: bool,
    id: Option<usize>,
    text: String,
}

/// The columns with texts that are stored: scores with a judge's reply, explanations, and judges' own columns.
pub(super) fn text_columns(roles: &Roles) -> Vec<TextColumn> {
    let of_role = |role: Role, name: &str, is_score| {
        roles.column(role).map(|at| TextColumn { is_score, ..TextColumn::new(at, name) })
    };
    let scores = [of_role(Role::Aligned, "judge_aligned", true), of_role(Role::Coherent, "judge_coherent", true)];
    let explanation = of_role(Role::Explanation, "explanation", false);
    let judges = roles.others.iter().filter_map(|(at, name)| TextColumn::of_judge(*at, name));
    scores.into_iter().flatten().chain(explanation).chain(judges).collect()
}

impl TextColumn {
    fn new(at: usize, name: &str) -> Self {
        Self { at, name: name.to_owned(), is_score: false, id: None, text: String::new() }
    }

    /// A column with a judge's replies; `None` for another column. By the dataset's convention, `judge_X` has the replies of
    /// the judge of `X`.
    pub(super) fn of_judge(at: usize, name: &str) -> Option<Self> {
        (name == "judge" || name.starts_with("judge_")).then(|| Self::new(at, name))
    }

    /// The row's text with the dataset's number of the column; `None` if the row has none.
    pub(super) fn read<'a>(
        &'a mut self,
        data: &mut Dataset,
        fields: &'a dyn Fields,
        is_lossy: &mut bool,
    ) -> Option<(usize, &'a str)> {
        let cell = fields.get(self.at);
        let is_said = matches!(cell, Cell::Text([b'{', ..]));
        if cell.is_empty() || (self.is_score && !is_said) {
            return None;
        }
        let id = *self.id.get_or_insert_with(|| data.text_id(&self.name));
        Some((id, cell.text(&mut self.text, is_lossy)))
    }
}
