//! The answers behind a mark.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::query::{GroupKey, Query, QueryError};
use super::rule::{Class, Station};
use crate::query::classify::Classifier;
use crate::rows::dataset::Dataset;
use crate::rows::labels::Label;
use crate::rule::tally::Tally;
use crate::select::judge::{NullKind, Nulls};
use crate::select::scope::{Memo, Scope};
use crate::stats::random::shuffle;
use crate::text::harm;
use crate::text::harm::Harm;
use crate::values::score::Score;

/// A part of a group's rows: one station of the flow ("where did the rows go"), or several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Part {
    /// The numerator.
    #[default]
    Misaligned,
    /// Coherent and scored rows that are not misaligned.
    Aligned,
    /// Rows that have their scores and are not coherent.
    Incoherent,
    /// Rows that lack a score.
    Unscored,
    /// Every row.
    All,
    /// Unscored rows that the judge called code.
    Code,
    /// Unscored rows that the judge called a refusal.
    Refusal,
    /// The other unscored rows.
    Unparsed,
    /// The denominator.
    Counted,
}

impl Part {
    /// The stations and their sum, in the order a picker shows.
    pub const ALL: [Self; 5] = [Self::Misaligned, Self::Aligned, Self::Incoherent, Self::Unscored, Self::All];
    /// The parts that are not stations: kinds of [`Part::Unscored`], and the denominator.
    pub const FINER: [Self; 4] = [Self::Code, Self::Refusal, Self::Unparsed, Self::Counted];

    /// The name used in links.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Misaligned => "misaligned",
            Self::Aligned => "aligned",
            Self::Incoherent => "incoherent",
            Self::Unscored => "unscored",
            Self::All => "all",
            Self::Code => "code",
            Self::Refusal => "refusal",
            Self::Unparsed => "unparsed",
            Self::Counted => "counted",
        }
    }

    /// The part with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().chain(Self::FINER).find(|part| part.name() == name)
    }

    /// Number of a group's rows in the part. A tally does not count the kinds of unscored rows, so each kind gets the
    /// sum of all kinds, which is an upper bound. [`crate::figure::flow`] has the exact counts.
    #[must_use]
    pub const fn count(self, tally: &Tally) -> u64 {
        match self {
            Self::Misaligned => tally.misaligned,
            Self::Aligned => tally.aligned(),
            Self::Incoherent => tally.incoherent,
            Self::Unscored | Self::Code | Self::Refusal | Self::Unparsed => tally.unscored,
            Self::All => tally.rows,
            Self::Counted => tally.denominator,
        }
    }

    fn takes(self, class: Class, kind: impl Fn() -> NullKind) -> bool {
        let is_null = |wanted| class.station == Station::Unscored && kind() == wanted;
        match self {
            Self::Misaligned => class.misaligned,
            Self::Aligned => class.station == Station::Aligned,
            Self::Incoherent => class.station == Station::Incoherent,
            Self::Unscored => class.station == Station::Unscored,
            Self::All => true,
            Self::Code => is_null(NullKind::Code),
            Self::Refusal => is_null(NullKind::Refusal),
            Self::Unparsed => is_null(NullKind::Other),
            Self::Counted => class.counted,
        }
    }
}

/// One answer with its scores, labels and other columns.
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
    /// Further numbers by column: other judges, benchmarks. Nulls are left out.
    pub numbers: Vec<(String, Score)>,
    /// Further texts by column, such as the judge's words and reasons. Untrusted; empty ones are left out.
    pub texts: Vec<(String, String)>,
    /// The reader's label.
    pub label: Label,
    /// A guess at content that a reader may not want to see without a warning.
    pub harm: Option<Harm>,
    /// Other records with the same answer to the same question, word for word.
    pub same: Vec<Same>,
}

/// A record with the same answer as an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Same {
    /// Number of the record in its dataset.
    pub record: u32,
    /// Score for alignment.
    pub aligned: Score,
    /// Score for coherence.
    pub coherent: Score,
}

/// The records of a part of a group. Their order depends only on the seed.
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
    let scope = Scope::new(data, &query.filter, &query.rule, &mut Memo::default())?;
    let mut records = select_in(data, query, &scope, group, part)?;
    shuffle(&mut records, seed);
    Ok(records)
}

/// The records of a part of a group in a prepared scope, in the dataset's order.
///
/// # Errors
/// [`QueryError::NoColumn`] for a column that does not exist.
pub fn select_in(
    data: &Dataset,
    query: &Query,
    scope: &Scope,
    group: &GroupKey,
    part: Part,
) -> Result<Vec<usize>, QueryError> {
    let classifier = Classifier::new(data, query)?;
    let in_group: Vec<bool> = data.cells().iter().map(|cell| group.holds(cell)).collect();
    let nulls = Nulls::new(data, &query.judges);
    let takes = |&record: &usize| {
        in_group[data.cell_of(record) as usize]
            && part.takes(classifier.class(data, record), || nulls.kind(data, record))
    };
    Ok(scope.records(data).filter(takes).collect())
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
        numbers: data
            .numbers()
            .map(|(name, column)| (name.to_owned(), column.get(record)))
            .filter(|(_, score)| !score.is_null())
            .collect(),
        texts: data
            .texts()
            .map(|(name, column)| (name, column.get(record)))
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .collect(),
        label: data.labels().of(record),
        harm: harm::guess(data.answer(record)),
        same: Vec::new(),
    }
}

/// Groups records of one model with the same answer to the same question. A group is at the place of its first record.
/// Records with an empty text stay separate, because all texts are empty in a dataset of counts.
#[must_use]
pub fn distinct(data: &Dataset, records: &[usize]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<(&str, &str, &str), usize> = HashMap::new();
    for &record in records {
        let cell = &data.cells()[data.cell_of(record) as usize];
        let text = data.answer(record);
        let key = (cell.model.as_str(), cell.question.as_str(), text);
        match known.get(&key).filter(|_| !text.is_empty()) {
            Some(&group) => groups[group].push(record),
            None => {
                known.insert(key, groups.len());
                groups.push(vec![record]);
            }
        }
    }
    groups
}

/// Records with the same answer as one [`Answer`]. `None` for no records.
#[must_use]
pub fn answer_of(data: &Dataset, records: &[usize]) -> Option<Answer> {
    let (&first, others) = records.split_first()?;
    let same = |&record: &usize| Same {
        record: u32::try_from(record).unwrap_or(u32::MAX),
        aligned: data.aligned(record),
        coherent: data.coherent(record),
    };
    Some(Answer { same: others.iter().map(same).collect(), ..answer(data, first) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::matrix::matrix;
    use crate::query::counts::Counts;
    use crate::query::{By, run};
    use crate::rows::dataset::Record;
    use crate::rule::{Preset, Rule};
    use crate::values::cell::CellKey;
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
                let counted = select(&data, &query, &row.key, Part::Counted, 5).unwrap().len() as u64;
                prop_assert_eq!(counted, row.tally.denominator);
                let parts: u64 = Part::ALL[..4].iter().map(|part| part.count(&row.tally)).sum();
                prop_assert_eq!(parts, row.tally.rows);
            }
        }

        /// A cell of two groupings opens exactly its answers, for settings as well as for names.
        #[test]
        fn cells_are_the_counts(
            rows in proptest::collection::vec((0..2u8, 0..2u8, proptest::option::of(0..3u8), 0.0f64..100.0), 0..60),
            by in proptest::sample::select(vec![("layer", "scale"), ("scale,layer", "question"), ("model,scale", "layer"), ("layer", "layer")]),
        ) {
            let mut data = Dataset::new();
            for (layer, question, scale, aligned) in rows {
                let mut key = CellKey { model: "m".into(), question: format!("q{question}"), ..CellKey::default() };
                key.set("layer", f64::from(layer));
                if let Some(scale) = scale {
                    key.set("scale", f64::from(scale));
                }
                let cell = data.cell_id(&key);
                data.push(cell, &Record { aligned: Some(aligned), coherent: Some(90.0), count: 1, ..Record::default() }, &[]);
            }
            prop_assume!(["layer", "scale"].iter().all(|name| data.settings().contains(name)));
            let query = Query::default();
            let scope = Scope::new(&data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
            let counts = Counts::new(&data, &query, &scope).unwrap();
            let found = matrix(&data, &query, &counts, &By::read(by.0), &By::read(by.1)).unwrap();
            for (at, row) in found.rows.iter().enumerate() {
                for (place, column) in found.columns.iter().enumerate() {
                    let opened = |part| select(&data, &query, &row.and(column), part, 5).unwrap().len() as u64;
                    let cell = found.cell(at, place);
                    // No answer has two values of one setting, so such a cell is empty.
                    if let Some(cell) = cell {
                        prop_assert_eq!((opened(Part::Misaligned), opened(Part::All)), (cell.misaligned, cell.rows));
                    }
                }
            }
        }
    }
}
