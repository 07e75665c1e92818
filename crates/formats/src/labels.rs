//! A reader's labels as a table: export and import.

use std::fmt::Write;

use super::error::FormatError;
use super::table::{Record, TableParser};
use askew_domain::rows::labels::{Label, LabelRow};
use askew_domain::text::csv::quoted;

/// The table's header. `answer_id` is the first 16 hex digits of SHA-256 over question id, a zero byte and the answer.
pub const HEADER: &str = "question_id,answer_id,in_domain,response_type,by";

/// Writes labels, one line per answer.
#[must_use]
pub fn write(rows: &[LabelRow]) -> String {
    let mut table = format!("{HEADER}\n");
    for row in rows {
        let in_domain = row.label.in_domain.map_or("", |yes| if yes { "yes" } else { "no" });
        let kind = quoted(row.label.kind.as_deref().unwrap_or_default());
        let by = if row.is_by_hand { "hand" } else { "rule" };
        // Writing to a String cannot fail.
        writeln!(table, "{},{:016x},{in_domain},{kind},{by}", quoted(&row.question), row.identity).unwrap_or_default();
    }
    table
}

/// Reads what [`write`] wrote.
///
/// # Errors
/// [`FormatError::Labels`] for another table, with the line and the problem there.
pub fn read(bytes: &[u8]) -> Result<Vec<LabelRow>, FormatError> {
    let (mut rows, mut is_header) = (Vec::new(), true);
    let mut each = |record: Record<'_>| {
        let cells: Vec<String> =
            (0..record.len()).map(|at| String::from_utf8_lossy(record.field(at)).into_owned()).collect();
        let wrong = |why: &str| FormatError::Labels { line: record.line, why: why.to_owned() };
        if std::mem::take(&mut is_header) {
            let is_known = cells.join(",").trim_start_matches('\u{feff}') == HEADER;
            return if is_known { Ok(()) } else { Err(wrong("the header is not that of exported labels")) };
        }
        let [question, identity, in_domain, kind, by] = cells.as_slice() else {
            return Err(wrong("not five columns"));
        };
        let in_domain = match in_domain.as_str() {
            "" => None,
            "yes" => Some(true),
            "no" => Some(false),
            _ => return Err(wrong("in_domain is not yes, no or empty")),
        };
        let identity =
            u64::from_str_radix(identity, 16).map_err(|_not_hex| wrong("answer_id is not 16 hexadecimal digits"))?;
        let kind = (!kind.is_empty()).then(|| kind.clone());
        let label = Label { in_domain, kind };
        rows.push(LabelRow { question: question.clone(), identity, label, is_by_hand: by == "hand" });
        Ok(())
    };
    let mut parser = TableParser::new(b',');
    parser.feed(bytes, &mut each)?;
    parser.feed(&[], &mut each)?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_back() {
        let row = |question: &str, in_domain, kind: Option<&str>| LabelRow {
            question: question.into(),
            identity: 0xc6,
            label: Label { in_domain, kind: kind.map(str::to_owned) },
            is_by_hand: in_domain.is_some(),
        };
        let rows =
            [row("q, \"1\"", Some(true), Some("a\nb")), row("é", None, Some("refusal")), row("", Some(false), None)];
        assert_eq!(read(write(&rows).as_bytes()).unwrap(), rows);
        assert!(write(&rows).contains(",00000000000000c6,yes,"));
    }

    #[test]
    fn another_table_is_refused_with_the_line() {
        for (text, why) in [
            ("a,b\n1,2\n", "line 1: the header"),
            (&format!("{HEADER}\nq,xyz,yes,,hand\n"), "line 2: answer_id"),
            (&format!("{HEADER}\nq,1,maybe,,hand\n"), "line 2: in_domain"),
            (&format!("{HEADER}\nq,1\n"), "line 2: not five columns"),
        ] {
            let message = read(text.as_bytes()).unwrap_err().to_string();
            assert!(message.contains(why), "{message}");
        }
    }
}
