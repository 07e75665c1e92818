//! Where did the rows go: from all rows to the numerator, station by station.

use serde::{Deserialize, Serialize};

use super::answers::Part;
use super::classify::Classifier;
use super::dataset::Dataset;
use super::judge::{NullKind, Nulls};
use super::query::{GroupKey, Query, QueryError};
use super::rule::Station;
use super::scope::Scope;

/// A station of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The rows that end here: opens their answers.
    pub part: Part,
    /// How many they are.
    pub rows: u64,
    /// How many of them the rule keeps in the denominator.
    pub counted: u64,
}

/// Where the rows of a group went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flow {
    /// All rows.
    pub rows: u64,
    /// The denominator.
    pub denominator: u64,
    /// The stations in order: code, refusal, other nulls, incoherent, aligned, misaligned. Their rows add up to `rows`,
    /// their counted ones to `denominator`.
    pub stages: Vec<Stage>,
}

/// The stations in order.
const STAGES: [Part; 6] =
    [Part::Code, Part::Refusal, Part::Unparsed, Part::Incoherent, Part::Aligned, Part::Misaligned];

/// Follows the rows of a group.
///
/// # Errors
/// [`QueryError`] for a column that does not exist.
pub fn flow(data: &Dataset, query: &Query, scope: &Scope, group: &GroupKey) -> Result<Flow, QueryError> {
    let classifier = Classifier::new(data, query)?;
    let nulls = Nulls::new(data, &query.judges);
    let in_group: Vec<bool> = data.cells().iter().map(|cell| group.holds(cell)).collect();
    let mut stages = STAGES.map(|part| Stage { part, rows: 0, counted: 0 });
    for record in scope.records(data).filter(|&record| in_group[data.cell_of(record) as usize]) {
        let class = classifier.class(data, record).2;
        let at = match class.station {
            Station::Unscored => match nulls.kind(data, record) {
                NullKind::Code => 0,
                NullKind::Refusal => 1,
                NullKind::Other => 2,
            },
            Station::Incoherent => 3,
            Station::Aligned => 4,
            Station::Misaligned => 5,
        };
        let count = u64::from(data.count(record));
        stages[at].rows += count;
        stages[at].counted += if class.counted { count } else { 0 };
    }
    let sum = |of: fn(&Stage) -> u64| stages.iter().map(of).sum();
    Ok(Flow { rows: sum(|stage| stage.rows), denominator: sum(|stage| stage.counted), stages: stages.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::answers::select_in;
    use crate::domain::dataset::{CellKey, Record};
    use crate::domain::query::run;
    use crate::domain::rule::{Preset, Rule};
    use crate::domain::scope::Memo;

    #[test]
    fn stations_add_up_and_open_their_answers() {
        let mut data = Dataset::new();
        let words = data.text_id("judge_aligned");
        let cell = data.cell_id(&CellKey::from_names("f", "m", "", "q"));
        for (aligned, coherent, said, count) in [
            (None, Some(90.0), "{'CODE': 0.9, '3': 0.1}", 3),
            (None, Some(20.0), "REFUSAL", 1),
            (None, None, "", 2),
            (Some(5.0), Some(20.0), "", 1),
            (Some(90.0), Some(60.0), "", 4),
            (Some(5.0), Some(60.0), "", 2),
        ] {
            for _ in 0..count {
                let texts = [(words, said)];
                data.push(cell, &Record { aligned, coherent, count: 1, texts: &texts, ..Record::default() }, &[]);
            }
        }
        let key = GroupKey::default();
        let of = |preset| {
            let query = Query { rule: Rule::preset(preset), ..Query::default() };
            let scope = Scope::new(&data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
            let found = flow(&data, &query, &scope, &key).unwrap();
            for stage in &found.stages {
                assert_eq!(select_in(&data, &query, &scope, &key, stage.part).unwrap().len() as u64, stage.rows);
            }
            let tally = run(&data, &query).unwrap().rows[0].tally;
            assert_eq!((found.rows, found.denominator), (tally.rows, tally.denominator));
            assert_eq!(tally.incoherent_counted(), found.stages[3].counted);
            found.stages.iter().map(|stage| (stage.rows, stage.counted)).collect::<Vec<_>>()
        };
        assert_eq!(of(Preset::Betley), [(3, 0), (1, 0), (2, 0), (1, 0), (4, 4), (2, 2)]);
        assert_eq!(of(Preset::CoherentInclNull), [(3, 3), (1, 0), (2, 0), (1, 0), (4, 4), (2, 2)]);
        assert_eq!(of(Preset::Turner), [(3, 0), (1, 0), (2, 0), (1, 1), (4, 4), (2, 2)]);
        assert_eq!(of(Preset::AllRows), [(3, 3), (1, 1), (2, 2), (1, 1), (4, 4), (2, 2)]);
    }
}
