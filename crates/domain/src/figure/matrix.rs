//! Tables of groups by groups (question x model, layer x scale, missing answers), lines over a setting, and stacks.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::query::counts::Counts;
use crate::query::group::Groups;
use crate::query::{By, Group, GroupKey, Query, QueryError, Row, check_setting, roll_up};
use crate::rows::dataset::Dataset;
use crate::rows::labels::Label;
use crate::select::scope::Scope;
use crate::values::facet::Number;

/// Most cells of a table, a thousand times as many as a figure draws.
const MAX_CELLS: usize = 1 << 19;

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct MatrixCell {
    pub rows: u64,
    /// Rows in the numerator.
    pub misaligned: u64,
    /// Number of rows that `value` is computed from.
    pub num: u64,
    /// The metric's value; `None` if no row counts.
    pub value: Option<f64>,
}

/// Groups by groups.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Matrix {
    /// The rows' groups.
    pub rows: Vec<GroupKey>,
    /// The columns' groups.
    pub columns: Vec<GroupKey>,
    /// Row after row. `None` for a cell without answers, which the missing-cell map shows.
    pub cells: Vec<Option<MatrixCell>>,
}

impl Matrix {
    /// A cell by number of row and column.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> Option<&MatrixCell> {
        self.cells.get(row * self.columns.len() + column)?.as_ref()
    }
}

/// The metric over groups by groups. Settings are sorted by value, everything else is in the order of the data.
///
/// # Errors
/// [`QueryError`] for a setting that no model has, or for too many cells.
pub fn matrix(data: &Dataset, query: &Query, counts: &Counts, rows: &By, columns: &By) -> Result<Matrix, QueryError> {
    check_setting(data, rows)?;
    check_setting(data, columns)?;
    let row_groups = Groups::new(data.cells(), rows);
    let column_groups = Groups::new(data.cells(), columns);
    // Only the cells with answers: thousands of groups x groups would not fit into memory.
    let mut sums: HashMap<(usize, usize), Group> = HashMap::new();
    let (mut row_is_used, mut column_is_used) =
        (vec![false; row_groups.keys.len()], vec![false; column_groups.keys.len()]);
    for (at, cell) in data.cells().iter().enumerate().filter(|(at, _)| counts.tallies[*at].rows > 0) {
        if let (Some(row), Some(column)) = (row_groups.of_cell[at], column_groups.of_cell[at]) {
            sums.entry((row, column)).or_default().add(cell, &counts.tallies[at], &counts.moments(at));
            (row_is_used[row], column_is_used[column]) = (true, true);
        }
    }
    let rows = used(&row_groups.keys, &row_is_used);
    let columns = used(&column_groups.keys, &column_is_used);
    check_size(rows.len(), columns.len())?;
    let cell = |place: (usize, usize)| {
        let group = sums.get(&place)?;
        let (value, num) = group.value(query);
        let tally = group.tally();
        Some(MatrixCell { rows: tally.rows, misaligned: tally.misaligned, num, value })
    };
    let cells = rows.iter().flat_map(|&row| columns.iter().map(move |&column| (row, column)));
    Ok(Matrix {
        cells: cells.map(cell).collect(),
        rows: rows.iter().map(|&row| row_groups.keys[row].clone()).collect(),
        columns: columns.iter().map(|&column| column_groups.keys[column].clone()).collect(),
    })
}

/// Checks that a table has not more cells than can be held and drawn.
///
/// # Errors
/// [`QueryError::TooManyCells`] if it has.
pub(crate) fn check_size(rows: usize, columns: usize) -> Result<(), QueryError> {
    let is_small = rows.checked_mul(columns).is_some_and(|num| num <= MAX_CELLS);
    if is_small { Ok(()) } else { Err(QueryError::TooManyCells { rows, columns, most: MAX_CELLS }) }
}

/// Numbers of the groups that are used, sorted by the values of their settings if they have any.
fn used(keys: &[GroupKey], is_used: &[bool]) -> Vec<usize> {
    let mut used: Vec<usize> = (0..keys.len()).filter(|&at| is_used[at]).collect();
    used.sort_by(|&a, &b| keys[a].settings.cmp(&keys[b].settings));
    used
}

/// One line over a setting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The line's group.
    pub key: GroupKey,
    /// The setting's values in ascending order, each with its row.
    pub points: Vec<(Number, Row)>,
}

/// Lines over a setting (training step, rank, scale ...) or over numeric seeds: one for each group of `lines`. For a
/// band over seeds, ask for the interval over seeds and leave seeds out of `lines`.
///
/// # Errors
/// [`QueryError`] for a setting that no model has.
pub fn series(data: &Dataset, query: &Query, counts: &Counts, lines: &By, over: &str) -> Result<Vec<Line>, QueryError> {
    let is_seed = over == "seed";
    let by = lines.and(&if is_seed { By { seed: true, ..By::NOTHING } } else { By::setting(over) });
    let outcome = roll_up(data, &Query { by, ..query.clone() }, counts)?;
    let (mut found, mut index) = (Vec::<Line>::new(), HashMap::<GroupKey, usize>::new());
    for row in outcome.rows {
        let mut key = row.key.clone();
        let value = if is_seed {
            key.seed.take().and_then(|seed| Number::new(seed.parse().ok()?))
        } else {
            let value = key.setting(over);
            key.settings.retain(|setting| setting.name != over);
            value
        };
        let Some(value) = value else { continue };
        let at = *index.entry(key).or_insert_with_key(|key| {
            found.push(Line { key: key.clone(), points: Vec::new() });
            found.len() - 1
        });
        found[at].points.push((value, row));
    }
    for line in &mut found {
        line.points.sort_by_key(|(value, _)| *value);
    }
    Ok(found)
}

/// The labels that rows are stacked by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StackOf {
    /// The categorical judge's labels.
    Verdict,
    /// The reader's response types.
    Kind,
    /// The reader's in-domain labels.
    InDomain,
}

/// One group's shares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackRow {
    /// The group.
    pub key: GroupKey,
    /// Rows by part.
    pub counts: Vec<u64>,
}

/// Rows of groups by a categorical column.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Stack {
    /// Names of the parts. The first is empty: rows without a label.
    pub parts: Vec<String>,
    /// One row of counts for each group.
    pub rows: Vec<StackRow>,
}

/// Counts rows by group and label.
///
/// # Errors
/// [`QueryError`] for a setting that no model has, or for too many groups x labels.
pub fn stack(data: &Dataset, by: &By, scope: &Scope, of: StackOf) -> Result<Stack, QueryError> {
    check_setting(data, by)?;
    let groups = Groups::new(data.cells(), by);
    let labels = data.labels();
    let named: Vec<String> = match of {
        StackOf::Verdict => data.verdicts().to_vec(),
        StackOf::Kind => labels.kinds().to_vec(),
        StackOf::InDomain => vec!["in-domain".to_owned(), "not in-domain".to_owned()],
    };
    let part_of_label = |label: &Label| match of {
        StackOf::InDomain => label.in_domain.map_or(0, |yes| if yes { 1 } else { 2 }),
        _ => label.kind.as_ref().and_then(|kind| named.iter().position(|known| known == kind)).map_or(0, |at| at + 1),
    };
    let parts: Vec<String> = [String::new()].into_iter().chain(named.iter().cloned()).collect();
    let mut rows: Vec<StackRow> = groups.keys.into_iter().map(|key| StackRow { key, counts: Vec::new() }).collect();
    let mut num_used = 0;
    for record in scope.records(data) {
        let Some(group) = groups.of_cell[data.cell_of(record) as usize] else { continue };
        let part = match of {
            StackOf::Verdict => data.verdict_of(record) as usize,
            StackOf::Kind | StackOf::InDomain if labels.is_empty() => 0,
            StackOf::Kind | StackOf::InDomain => part_of_label(&labels.of(record)),
        };
        let counts = &mut rows[group].counts;
        if counts.is_empty() {
            num_used += 1;
            check_size(num_used, parts.len())?;
            counts.resize(parts.len(), 0);
        }
        if let Some(count) = counts.get_mut(part) {
            *count += u64::from(data.count(record));
        }
    }
    rows.retain(|row| row.counts.iter().any(|&count| count > 0));
    Ok(Stack { parts, rows })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::dataset::Record;
    use crate::select::scope::Memo;
    use crate::values::cell::CellKey;

    /// Steered answers at two layers and scales, one cell missing, and an unsteered model.
    fn data() -> Dataset {
        let mut data = Dataset::new();
        for (file, seed, question, aligned) in [
            ("layer_28/x_scale_10.csv", "0", "q1", 10.0),
            ("layer_28/x_scale_2.csv", "1", "q1", 90.0),
            ("layer_24/x_scale_2.csv", "0", "q1", 10.0),
            ("layer_24/x_scale_2.csv", "0", "q2", 90.0),
            ("base.csv", "", "q1", 90.0),
        ] {
            let mut key = CellKey::from_names(file, "m", "", question);
            key.seed = seed.into();
            let cell = data.cell_id(&key);
            let record = Record {
                aligned: Some(aligned),
                coherent: Some(90.0),
                verdict: if aligned < 30.0 { "BAD" } else { "" },
                count: 1,
                ..Record::default()
            };
            data.push(cell, &record, &[]);
        }
        data
    }

    fn with<T>(query: &Query, draw: impl Fn(&Dataset, &Counts, &Scope) -> T) -> T {
        let data = data();
        let scope = Scope::new(&data, &query.filter, &query.rule, &mut Memo::default()).unwrap();
        draw(&data, &Counts::new(&data, query, &scope).unwrap(), &scope)
    }

    #[test]
    fn layers_by_scales_with_what_is_missing() {
        let query = Query::default();
        let by = By::read;
        let found = with(&query, |data, counts, _| matrix(data, &query, counts, &by("layer"), &by("scale")).unwrap());
        let settings = |keys: &[GroupKey]| keys.iter().map(|key| key.settings[0].value.get()).collect::<Vec<_>>();
        assert_eq!((settings(&found.rows), settings(&found.columns)), (vec![24.0, 28.0], vec![2.0, 10.0]));
        let rates: Vec<_> = found.cells.iter().map(|cell| cell.map(|cell| (cell.rows, cell.value))).collect();
        assert_eq!(rates, [Some((2, Some(0.5))), None, Some((1, Some(0.0))), Some((1, Some(1.0)))]);
        assert_eq!(found.cell(1, 1), found.cells[3].as_ref());
        let missing =
            with(&query, |data, counts, _| matrix(data, &query, counts, &by("question"), &by("file")).unwrap());
        assert_eq!(missing.cells.iter().filter(|cell| cell.is_none()).count(), 3);
        assert_eq!(found.rows[0].and(&missing.columns[0]).file, missing.columns[0].file);
        assert!(with(&query, |data, counts, _| matrix(data, &query, counts, &by("rank"), &by("model"))).is_err());
    }

    #[test]
    fn lines_over_settings_and_seeds() {
        let query = Query::default();
        let lines = with(&query, |data, counts, _| series(data, &query, counts, &By::read("model"), "scale").unwrap());
        let points = |line: &Line| line.points.iter().map(|(x, row)| (x.get(), row.tally.rows)).collect::<Vec<_>>();
        assert_eq!(lines.len(), 1);
        assert_eq!(points(&lines[0]), [(2.0, 3), (10.0, 1)], "in ascending order; the base has no scale");
        let seeds = with(&query, |data, counts, _| series(data, &query, counts, &By::NOTHING, "seed").unwrap());
        assert_eq!(points(&seeds[0]), [(0.0, 3), (1.0, 1)]);
    }

    #[test]
    fn stacks_hold_every_row() {
        let found = with(&Query::default(), |data, _, scope| {
            stack(data, &By::read("question"), scope, StackOf::Verdict).unwrap()
        });
        assert_eq!(found.parts, ["", "BAD"]);
        assert_eq!(found.rows.iter().map(|row| row.counts.clone()).collect::<Vec<_>>(), [[2, 2], [1, 0]]);
    }
}
