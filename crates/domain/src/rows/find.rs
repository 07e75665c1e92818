//! Rows by their texts, and columns by their names.

use super::dataset::{Column, Dataset};
use crate::error::QueryError;
use crate::text::search::{Matcher, Search, Within};

/// For each record, whether its texts match.
pub(crate) fn find(data: &Dataset, search: &Search) -> Result<Vec<bool>, QueryError> {
    let matcher = Matcher::new(&search.pattern, search.is_regex)
        .map_err(|why| QueryError::BadPattern { pattern: search.pattern.clone(), why })?;
    // There are few questions and many answers, so each question is searched once.
    let questions: Vec<bool> = match search.within {
        Within::Answers => Vec::new(),
        Within::Questions | Within::Both => data.question_texts().iter().map(|text| matcher.is_in(text)).collect(),
    };
    let asked = |record: usize| questions.get(data.question_text_of(record) as usize).copied().unwrap_or(false);
    let found = |record: usize| match search.within {
        Within::Answers => matcher.is_in(data.answer(record)),
        Within::Questions => asked(record),
        Within::Both => asked(record) || matcher.is_in(data.answer(record)),
    };
    Ok((0..data.num_records()).map(found).collect())
}

/// A numeric column by name. The error lists the columns that exist.
pub(crate) fn column<'a>(data: &'a Dataset, name: &str) -> Result<Column<'a>, QueryError> {
    data.column(name).ok_or_else(|| {
        let mut known: Vec<&str> = ["aligned", "coherent"].into_iter().chain(data.numeric_columns()).collect();
        known.extend(data.settings().into_iter().filter(|name| data.column(name).is_none()));
        QueryError::NoColumn { column: name.to_owned(), known: known.join(", ") }
    })
}
