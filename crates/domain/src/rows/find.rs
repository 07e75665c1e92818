//! Rows by their texts, and columns by their names.

use super::dataset::{Column, Dataset};
use crate::error::QueryError;
use crate::text::search::{Matcher, Search, TooMuchText, Within};

/// For each record, whether its texts match.
pub(crate) fn find(data: &Dataset, search: &Search) -> Result<Vec<bool>, QueryError> {
    let matcher = Matcher::new(&search.pattern, search.is_regex)
        .map_err(|why| QueryError::BadPattern { pattern: search.pattern.clone(), why })?;
    let too_large = |TooMuchText(bytes)| QueryError::PatternTooLarge { pattern: search.pattern.clone(), bytes };
    // There are few questions and many answers, so each question is searched once.
    let questions = match search.within {
        Within::Answers => Vec::new(),
        Within::Questions | Within::Both => {
            matcher.find(data.question_texts().iter().map(String::as_str)).map_err(too_large)?
        }
    };
    let mut found = match search.within {
        Within::Questions => vec![false; data.num_records()],
        Within::Answers | Within::Both => {
            matcher.find((0..data.num_records()).map(|record| data.answer(record))).map_err(too_large)?
        }
    };
    for (record, found) in found.iter_mut().enumerate() {
        *found = *found || questions.get(data.question_text_of(record) as usize).copied().unwrap_or(false);
    }
    Ok(found)
}

/// A numeric column by name. The error lists the columns that exist.
pub(crate) fn column<'a>(data: &'a Dataset, name: &str) -> Result<Column<'a>, QueryError> {
    data.column(name).ok_or_else(|| {
        let mut known: Vec<&str> = ["aligned", "coherent"].into_iter().chain(data.numeric_columns()).collect();
        known.extend(data.settings().into_iter().filter(|name| data.column(name).is_none()));
        QueryError::NoColumn { column: name.to_owned(), known: known.join(", ") }
    })
}
