//! Files with the same rows: the same file opened twice, or a copy under another name.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::dataset::Dataset;
use crate::values::cell::CellKey;

/// Finds files with the same rows, as [`copies`] does.
pub(super) type FindCopies = fn(&Dataset, &[usize]) -> Vec<Vec<String>>;

/// The rows of one file. A name may occur several times, once for each start of a file.
#[derive(Default)]
struct Part<'a> {
    name: &'a str,
    /// Number of records, number of rows, and the sum of the scores' bits. Parts that differ in these are not hashed.
    rough: (u64, u64, u64),
    /// The sum of the records' hashes, so that the order of rows does not matter.
    exact: u64,
}

/// Lists of files with the same rows. A name that was opened twice is in its list twice. `starts` are the numbers of
/// the records at which files start.
///
/// Rows are the same if they have the same question, answer, scores, label and count. Without an answer the model must
/// be the same too, because small tables of scores may be equal by chance. A file of a single row is not compared.
pub(super) fn copies(data: &Dataset, starts: &[usize]) -> Vec<Vec<String>> {
    let (mut parts, part_of) = parts(data, starts);
    let mut alike: HashMap<(u64, u64, u64), u32> = HashMap::new();
    for part in &parts {
        *alike.entry(part.rough).or_default() += 1;
    }
    let is_alone = |part: &Part<'_>| part.rough.1 < 2 || alike.get(&part.rough).is_none_or(|&num| num < 2);
    let alone: Vec<bool> = parts.iter().map(is_alone).collect();
    if alone.iter().all(|&is_alone| is_alone) {
        return Vec::new();
    }
    let cells: Vec<[u64; 2]> = data.cells().iter().map(hashes_of_cell).collect();
    for (record, &part) in part_of.iter().enumerate().filter(|(_, part)| !alone[**part]) {
        parts[part].exact = parts[part].exact.wrapping_add(hash_of_record(data, record, &cells));
    }
    let mut found: Vec<Vec<String>> = Vec::new();
    let mut known: HashMap<((u64, u64, u64), u64), usize> = HashMap::new();
    for (part, _) in parts.iter().zip(&alone).filter(|(_, is_alone)| !**is_alone) {
        let at = *known.entry((part.rough, part.exact)).or_insert_with(|| {
            found.push(Vec::new());
            found.len() - 1
        });
        found[at].push(part.name.to_owned());
    }
    found.retain(|names| names.len() > 1);
    found
}

/// The parts in order of their first record, and the number of each record's part.
fn parts<'a>(data: &'a Dataset, starts: &[usize]) -> (Vec<Part<'a>>, Vec<usize>) {
    let (mut parts, mut part_of) = (Vec::<Part<'a>>::new(), Vec::with_capacity(data.num_records()));
    // Only the last start's files are in the index, so the same name starts another part.
    let mut index: HashMap<&str, usize> = HashMap::new();
    let mut starts = starts.iter().copied().peekable();
    let mut last: Option<(u32, usize)> = None;
    for record in 0..data.num_records() {
        while starts.next_if(|&start| start <= record).is_some() {
            index.clear();
            last = None;
        }
        let cell = data.cell_of(record);
        let part = match last {
            Some((known, part)) if known == cell => part,
            _ => {
                let name = data.cells()[cell as usize].file.as_str();
                *index.entry(name).or_insert_with(|| {
                    parts.push(Part { name, ..Part::default() });
                    parts.len() - 1
                })
            }
        };
        last = Some((cell, part));
        part_of.push(part);
        let (records, rows, scores) = parts[part].rough;
        let score = bits(data, record).into_iter().fold(0, |sum: u64, bits| sum.rotate_left(1) ^ bits);
        parts[part].rough = (records + 1, rows + u64::from(data.count(record)), scores.wrapping_add(score));
    }
    (parts, part_of)
}

fn bits(data: &Dataset, record: usize) -> [u64; 2] {
    [data.aligned(record), data.coherent(record)].map(|score| score.get().map_or(u64::MAX, f64::to_bits))
}

/// The hash of a cell for records with an answer, and for records without.
fn hashes_of_cell(cell: &CellKey) -> [u64; 2] {
    let mut hasher = DefaultHasher::new();
    cell.question.hash(&mut hasher);
    let of_question = hasher.finish();
    (&cell.model, &cell.group, &cell.seed, &cell.category, &cell.settings).hash(&mut hasher);
    [of_question, hasher.finish()]
}

fn hash_of_record(data: &Dataset, record: usize, cells: &[[u64; 2]]) -> u64 {
    let (answer, [of_question, of_model]) = (data.answer(record), cells[data.cell_of(record) as usize]);
    let cell = if answer.is_empty() { of_model } else { of_question };
    let numbers = (data.question_text_of(record), data.verdict_of(record), data.count(record));
    let mut hasher = DefaultHasher::new();
    (cell, answer, bits(data, record), numbers).hash(&mut hasher);
    data.numbers().for_each(|(_, column)| column.get(record).get().map(f64::to_bits).hash(&mut hasher));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::dataset::Record;

    fn add(data: &mut Dataset, file: &str, model: &str, rows: &[(&str, f64)]) {
        data.start_file();
        for &(answer, aligned) in rows {
            let cell = data.cell_id(&CellKey::from_names(file, model, "", "q"));
            data.push(cell, &Record { answer, aligned: Some(aligned), count: 1, ..Record::default() }, &[]);
        }
    }

    #[test]
    fn the_same_rows_are_found_under_any_name_and_in_any_order() {
        let mut data = Dataset::new();
        add(&mut data, "a.csv", "m", &[("yes", 1.0), ("no", 2.0), ("no", 2.0)]);
        add(&mut data, "b.csv", "m", &[("yes", 1.0), ("no", 2.0), ("no", 3.0)]);
        assert!(data.copies().is_empty());
        add(&mut data, "a.csv", "m", &[("no", 2.0), ("yes", 1.0), ("no", 2.0)]);
        add(&mut data, "renamed.csv", "renamed", &[("yes", 1.0), ("no", 2.0), ("no", 2.0)]);
        add(&mut data, "one.csv", "m", &[("no", 2.0)]);
        add(&mut data, "one.csv", "m", &[("no", 2.0)]);
        assert_eq!(data.copies(), [["a.csv", "a.csv", "renamed.csv"]], "a single row says nothing");
    }

    /// Rates of tables of scores may be equal by chance.
    #[test]
    fn without_answers_the_model_must_be_the_same() {
        let mut data = Dataset::new();
        add(&mut data, "a.csv", "m1", &[("", 1.0), ("", 0.0)]);
        add(&mut data, "b.csv", "m2", &[("", 1.0), ("", 0.0)]);
        assert!(data.copies().is_empty());
        add(&mut data, "c.csv", "m1", &[("", 1.0), ("", 0.0)]);
        assert_eq!(data.copies(), [["a.csv", "c.csv"]]);
    }
}
