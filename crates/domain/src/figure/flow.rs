//! Where the rows went: from all rows to the numerator, station by station.

use serde::{Deserialize, Serialize};

use crate::answers::Part;
use crate::query::counts::Counts;
use crate::query::{GroupKey, Query};
use crate::rows::dataset::Dataset;
use crate::rule::Station;
use crate::rule::tally::Tally;
use crate::select::judge::{NullKind, Nulls};

/// A station of the flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The rows that end here. A mark opens their answers.
    pub part: Part,
    /// Number of rows that end here.
    pub rows: u64,
    /// Number of them in the denominator.
    pub counted: u64,
}

/// Where the rows of a group went.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Flow {
    pub rows: u64,
    pub denominator: u64,
    /// The stations in order: code, refusal, other nulls, incoherent, aligned, misaligned. Their rows add up to `rows`,
    /// and their counted rows to `denominator`.
    pub stages: Vec<Stage>,
}

/// Follows the rows of a group.
#[must_use]
pub fn flow(data: &Dataset, query: &Query, counts: &Counts, group: &GroupKey) -> Flow {
    let in_group: Vec<bool> = data.cells().iter().map(|cell| group.holds(cell)).collect();
    let mut total = Tally::default();
    counts.tallies.iter().zip(&in_group).filter(|(_, is_in)| **is_in).for_each(|(tally, _)| total.merge(tally));
    let stage = |part: Part, counted| Stage { part, rows: part.count(&total), counted };
    let mut stages = vec![
        Stage { part: Part::Code, rows: 0, counted: 0 },
        Stage { part: Part::Refusal, rows: 0, counted: 0 },
        stage(Part::Unparsed, total.unscored_counted),
        stage(Part::Incoherent, total.incoherent_counted()),
        stage(Part::Aligned, total.aligned()),
        stage(Part::Misaligned, total.misaligned),
    ];
    let nulls = Nulls::new(data, &query.judges);
    // Only unscored rows are checked one by one, and only if the data have a judge's words.
    if total.unscored > 0 && nulls.has_words(data) {
        for record in (0..data.num_records()).filter(|&record| in_group[data.cell_of(record) as usize]) {
            let Some(class) = counts.code(record).map(|code| counts.class(code)) else { continue };
            if class.station != Station::Unscored {
                continue;
            }
            let kind = match nulls.kind(data, record) {
                NullKind::Code => 0,
                NullKind::Refusal => 1,
                NullKind::Other => continue,
            };
            let count = u64::from(data.count(record));
            let counted = if class.counted { count } else { 0 };
            // Rows that the judge's words explain do not count as other nulls.
            stages[kind].rows += count;
            stages[kind].counted += counted;
            stages[2].rows -= count;
            stages[2].counted -= counted;
        }
    }
    Flow { rows: total.rows, denominator: total.denominator, stages }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answers::select_in;
    use crate::query::run;
    use crate::rows::dataset::Record;
    use crate::rule::{Preset, Rule};
    use crate::select::scope::{Memo, Scope};
    use crate::values::cell::CellKey;

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
            let found = flow(&data, &query, &Counts::new(&data, &query, &scope).unwrap(), &key);
            assert_eq!(found.rows, found.stages.iter().map(|stage| stage.rows).sum::<u64>());
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
