//! Columns without a role: further numbers of a row, and the judges' replies.

use super::cell::{Cell, Fields};
use super::roles::{Role, Roles};
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
pub(super) fn numeric_columns(roles: &Roles, mut known: Vec<NumericColumn>) -> Vec<NumericColumn> {
    let column = |(at, name): &(usize, String)| {
        let found = known.iter().position(|column| column.at == *at).map(|at| known.swap_remove(at));
        found.unwrap_or_else(|| NumericColumn { at: *at, name: name.clone(), state: ColumnState::Unknown })
    };
    roles.others.iter().map(column).collect()
}

impl NumericColumn {
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

/// The columns of texts. By the dataset's convention, `judge_X` has the replies of the judge of `X`.
pub(super) fn text_columns(roles: &Roles) -> Vec<TextColumn> {
    let column = |at: usize, name: &str, is_score| {
        let (name, text) = (name.to_owned(), String::new());
        TextColumn { at, name, is_score, id: None, text }
    };
    let of_role = |role: Role, name: &str, is_score| roles.column(role).map(|at| column(at, name, is_score));
    let scores = [of_role(Role::Aligned, "judge_aligned", true), of_role(Role::Coherent, "judge_coherent", true)];
    let judges = roles.others.iter().filter(|(_, name)| name == "judge" || name.starts_with("judge_"));
    let explanation = of_role(Role::Explanation, "explanation", false);
    let others = judges.map(|(at, name)| column(*at, name, false));
    scores.into_iter().flatten().chain(explanation).chain(others).collect()
}

impl TextColumn {
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
