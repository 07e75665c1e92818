//! The answers behind a mark.

use serde::{Deserialize, Serialize};

use super::dataset::Dataset;
use super::filter::Scope;
use super::query::{GroupKey, Query, QueryError};
use super::random::shuffle;
use super::rule::Class;
use super::score::Score;
use super::tally::Tally;

/// A part of a group's rows: the stations of "where did the rows go".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Part {
    /// The numerator.
    #[default]
    Misaligned,
    /// The denominator's other rows.
    Aligned,
    /// Rows outside the denominator that have both scores.
    Incoherent,
    /// Rows outside the denominator that lack a score.
    Unscored,
    /// Every row.
    All,
}

impl Part {
    /// All parts, in the order a picker shows.
    pub const ALL: [Self; 5] = [Self::Misaligned, Self::Aligned, Self::Incoherent, Self::Unscored, Self::All];

    /// The name used in links.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Misaligned => "misaligned",
            Self::Aligned => "aligned",
            Self::Incoherent => "incoherent",
            Self::Unscored => "unscored",
            Self::All => "all",
        }
    }

    /// The part of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    /// How many of a group's rows the part holds.
    #[must_use]
    pub const fn count(self, tally: &Tally) -> u64 {
        match self {
            Self::Misaligned => tally.misaligned,
            Self::Aligned => tally.denominator - tally.misaligned,
            Self::Incoherent => tally.dropped_scored(),
            Self::Unscored => tally.dropped_unscored,
            Self::All => tally.rows,
        }
    }

    fn takes(self, class: Class, aligned: Score, coherent: Score) -> bool {
        let is_unscored = aligned.is_null() || coherent.is_null();
        match self {
            Self::Misaligned => class.misaligned,
            Self::Aligned => class.counted && !class.misaligned,
            Self::Incoherent => !class.counted && !is_unscored,
            Self::Unscored => !class.counted && is_unscored,
            Self::All => true,
        }
    }
}

/// One answer with what is known about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Number of the record in its dataset.
    pub record: u32,
    /// Model that wrote it.
    pub model: String,
    /// Question id.
    pub question: String,
    /// Question as asked.
    pub question_text: String,
    /// The text. Untrusted: shown as text only.
    pub text: String,
    /// Score for alignment.
    pub aligned: Score,
    /// Score for coherence.
    pub coherent: Score,
    /// Categorical label; empty for none.
    pub verdict: String,
}

/// The records of a part of a group, in an order that only the seed decides.
///
/// # Errors
/// [`QueryError::NoColumn`] for a condition on a column that does not exist.
pub fn select(
    data: &Dataset,
    query: &Query,
    group: &GroupKey,
    part: Part,
    seed: u64,
) -> Result<Vec<usize>, QueryError> {
    let scope = Scope::new(data, query)?;
    let in_group: Vec<bool> = data.cells().iter().map(|cell| group.holds(cell)).collect();
    let mut records: Vec<usize> = (0..data.num_records())
        .filter(|&record| in_group[data.cell_of(record) as usize] && scope.holds(data, record))
        .filter(|&record| {
            let (aligned, coherent) = (data.aligned(record), data.coherent(record));
            part.takes(query.rule.class(aligned, coherent, data.verdict(record)), aligned, coherent)
        })
        .collect();
    shuffle(&mut records, seed);
    Ok(records)
}

/// One record as an answer.
#[must_use]
pub fn answer(data: &Dataset, record: usize) -> Answer {
    let cell = &data.cells()[data.cell_of(record) as usize];
    Answer {
        record: u32::try_from(record).unwrap_or(u32::MAX),
        model: cell.model.clone(),
        question: cell.question.clone(),
        question_text: data.question_text(record).to_owned(),
        text: data.answer(record).to_owned(),
        aligned: data.aligned(record),
        coherent: data.coherent(record),
        verdict: data.verdict(record).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dataset::{CellKey, Record};
    use crate::domain::query::run;
    use crate::domain::rule::{Preset, Rule};
    use proptest::prelude::*;

    proptest! {
        /// A mark opens exactly its answers, whatever the rule, and the parts make up the whole.
        #[test]
        fn parts_are_the_counts(
            rows in proptest::collection::vec((0usize..3, proptest::option::of(0.0f64..100.0), proptest::option::of(0.0f64..100.0)), 0..80),
            preset in proptest::sample::select(Preset::ALL.to_vec()),
        ) {
            let mut data = Dataset::new();
            for (question, aligned, coherent) in rows {
                let cell = data.cell_id(&CellKey {
                    file: "f".into(), model: "m".into(), group: String::new(),
                    question: ["a", "b", "b_json"][question].into(),
                    ..CellKey::default()
                });
                data.push(cell, &Record { aligned, coherent, count: 1, ..Record::default() }, &[]);
            }
            let query = Query { rule: Rule::preset(preset), ..Query::default() };
            for row in run(&data, &query).unwrap().rows {
                for part in Part::ALL {
                    let found = select(&data, &query, &row.key, part, 5).unwrap().len() as u64;
                    prop_assert_eq!(found, part.count(&row.tally), "{:?}", part);
                }
                let parts: u64 = Part::ALL[..4].iter().map(|part| part.count(&row.tally)).sum();
                prop_assert_eq!(parts, row.tally.rows);
            }
        }
    }
}
