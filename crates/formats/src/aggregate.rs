//! The aggregate table: counts for each file x model x group x question, over bins of the two scores.
//!
//! Bins alternate between `{k}` and `(k, k+1)` for integers k, written `k` and `k.5`, plus an empty cell for null. So
//! every rule with integer thresholds and every interval gives the same result as on the rows. [`super::csv`] reads the
//! table like any other one: each record is a bin that counts for `n` rows. [`read`] reads only this table.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::error::FormatError;
use super::report::FileReport;
use super::table::{Record as TableRecord, TableParser};
use askew_domain::rows::dataset::{Dataset, Record};
use askew_domain::text::csv::quoted;
use askew_domain::values::cell::CellKey;
use askew_domain::values::score;
use askew_domain::values::score::Score;

/// Rows by bin of alignment and coherence, each in half points; `None` is null.
type Bins = BTreeMap<(Option<u64>, Option<u64>), u64>;

/// The table's header.
pub const HEADER: &str = "file,model,group,question_id,aligned,coherent,n";

/// Writes a dataset as an aggregate table. Cells keep the dataset's order; bins ascend, with null first.
#[must_use]
pub fn write(data: &Dataset) -> String {
    let mut bins: Vec<Bins> = vec![Bins::new(); data.cells().len()];
    for record in 0..data.num_records() {
        let bin = (half_units(data.aligned(record)), half_units(data.coherent(record)));
        *bins[data.cell_of(record) as usize].entry(bin).or_default() += u64::from(data.count(record));
    }
    let mut table = String::from(HEADER);
    table.push('\n');
    for (cell, bins) in data.cells().iter().zip(bins) {
        let names = [&cell.file, &cell.model, &cell.group, &cell.question].map(|name| quoted(name)).join(",");
        for ((aligned, coherent), count) in bins {
            // Writing to a String cannot fail.
            writeln!(table, "{names},{},{},{count}", bin_text(aligned), bin_text(coherent)).unwrap_or_default();
        }
    }
    table
}

/// Reads only what [`write`] wrote. The first screen's worker needs no other reader.
///
/// # Errors
/// [`FormatError`] for another table, or a row that cannot be read.
pub fn read(file: &str, bytes: &[u8]) -> Result<(Dataset, FileReport), FormatError> {
    let (mut data, mut parser, mut is_header) = (Dataset::of_counts(), TableParser::new(b','), true);
    let mut report = FileReport { file: file.to_owned(), ..FileReport::default() };
    let mut each = |record: TableRecord<'_>| {
        let cell = |at| std::str::from_utf8(record.field(at)).unwrap_or_default();
        if std::mem::take(&mut is_header) {
            let found = (0..record.len()).map(cell).collect::<Vec<_>>().join(",");
            return if found == HEADER {
                Ok(())
            } else {
                Err(FormatError::MissingColumns { missing: HEADER.to_owned(), found })
            };
        }
        let [aligned, coherent] = [score::parse(cell(4)), score::parse(cell(5))];
        let (Ok(aligned), Ok(coherent), Ok(count)) = (aligned, coherent, cell(6).parse::<u32>()) else {
            let first = format!("line {}: its scores or its count are not numbers", record.line);
            return Err(FormatError::NoReadableRows { rows: report.rows + 1, first });
        };
        let number = data.cell_id(&CellKey::from_names(cell(0), cell(1), cell(2), cell(3)));
        let (aligned, coherent) = (aligned.get(), coherent.get());
        data.push(number, &Record { aligned, coherent, count, ..Record::default() }, &[]);
        report.rows += 1;
        Ok(())
    };
    parser.feed(bytes, &mut each)?;
    parser.feed(&[], &mut each)?;
    if report.rows == 0 { Err(FormatError::NoRows) } else { Ok((data, report)) }
}

/// A score's bin in half points. An integer, so that it can be a map key.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a bin of 0..=100 in halves is 0..=200")]
fn half_units(score: Score) -> Option<u64> {
    score.bin().get().map(|bin| (bin * 2.0).clamp(0.0, f64::from(u32::MAX)) as u64)
}

fn bin_text(halves: Option<u64>) -> String {
    match halves {
        None => String::new(),
        Some(halves) if halves % 2 == 0 => (halves / 2).to_string(),
        Some(halves) => format!("{}.5", halves / 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv;
    use crate::roles::Need;
    use askew_domain::filter::Filter;
    use askew_domain::query::{Query, QueryError, run};
    use askew_domain::text::search::Search;

    const TABLE: &str =
        "file,model,group,question_id,aligned,coherent,n\na.csv,\"m, 1\",g,q,,99.5,3\na.csv,m2_S7,,q,20,80,4\n";

    #[test]
    fn both_readers_read_it_alike() {
        let (data, report) = read("t", TABLE.as_bytes()).unwrap();
        let mut other = Dataset::new();
        csv::read(&mut other, "t", TABLE.as_bytes(), Need::Judged).unwrap();
        assert_eq!((report.rows, write(&data)), (2, TABLE.to_owned()));
        assert_eq!(write(&other), TABLE);
        assert_eq!(data.cells(), other.cells());
        let query = Query::default();
        assert_eq!(run(&data, &query), run(&other, &query));
    }

    #[test]
    fn another_table_is_refused_and_counts_have_no_texts() {
        assert!(matches!(read("t", b"a,b\n1,2\n"), Err(FormatError::MissingColumns { .. })));
        assert!(matches!(
            read("t", format!("{HEADER}\na,m,g,q,x,1,1\n").as_bytes()),
            Err(FormatError::NoReadableRows { .. })
        ));
        assert!(matches!(read("t", HEADER.as_bytes()), Err(FormatError::NoRows)));
        let (data, _) = read("t", TABLE.as_bytes()).unwrap();
        let search = Some(Search { pattern: "x".into(), ..Search::default() });
        let query = Query { filter: Filter { search, ..Filter::default() }, ..Query::default() };
        assert_eq!(run(&data, &query).unwrap_err(), QueryError::NoTexts);
    }
}
