//! Cells of CSV tables, and tables that a spreadsheet shows but does not run.

use std::borrow::Cow;

/// A cell, quoted if it must be (RFC 4180).
#[must_use]
pub fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Spreadsheets show a text after this mark as it is.
const MARK: char = '\'';
/// A spreadsheet may run a cell that begins with one of these (OWASP, "CSV Injection"). The last four are full-width.
const STARTS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet could take a text for a formula, marked or not. Numbers such as -1 and +2.5e-3 are none.
fn is_formula(text: &str) -> bool {
    let is_number = || text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    text.trim_start_matches(MARK).starts_with(STARTS) && !(is_number() && text.parse::<f64>().is_ok())
}

/// A CSV table for a spreadsheet: each text that it could take for a formula gets an apostrophe in front, so that it is
/// shown and not run. Nothing else changes, and [`restored`] undoes it. `table` is in the form that [`quoted`] writes.
#[must_use]
pub fn without_formulas(table: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut num_copied, mut at) = (0, 0);
    while at < table.len() {
        let cell = cell_at(&table[at..]);
        let (open, text) = match cell.strip_prefix('"') {
            Some(inside) => (at + 1, inside.strip_suffix('"').unwrap_or(inside)),
            None => (at, cell.strip_suffix('\r').unwrap_or(cell)),
        };
        // A doubled quote is not one of the characters that matter here, so the text need not be unescaped.
        if is_formula(text) {
            out.push_str(&table[num_copied..open]);
            out.push(MARK);
            num_copied = open;
        }
        // After a cell comes a comma or a line break.
        at += cell.len() + 1;
    }
    if out.is_empty() {
        return Cow::Borrowed(table);
    }
    out.push_str(&table[num_copied..]);
    Cow::Owned(out)
}

/// The first cell of the rest of a table, with its quotes and without the comma or line break after it.
fn cell_at(rest: &str) -> &str {
    let mut is_quoted = false;
    let end = rest.bytes().position(|c| {
        is_quoted ^= c == b'"';
        !is_quoted && matches!(c, b',' | b'\n')
    });
    &rest[..end.unwrap_or(rest.len())]
}

/// The text of a cell that [`without_formulas`] may have marked.
#[must_use]
pub fn restored(text: &str) -> &str {
    text.strip_prefix(MARK).filter(|_| is_formula(text)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_must_be_is_quoted() {
        let cases = [("plain text", "plain text"), ("a,b", "\"a,b\""), ("say \"hi\"", "\"say \"\"hi\"\"\"")];
        for (text, expected) in cases.into_iter().chain([("a\nb", "\"a\nb\""), ("a\rb", "\"a\rb\""), ("", "")]) {
            assert_eq!(quoted(text), expected);
        }
    }

    const FORMULAS: [&str; 12] = [
        "=HYPERLINK(\"http://127.0.0.1:9/?x=\",\"click\")",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "- a list, \"quoted\"",
        "@SUM(1;2)",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "＝1+1",
        "'=1",
        "-inf",
    ];
    const OTHERS: [&str; 12] =
        ["", "-1", "+2.5e-3", "-.5", "1=1", "'", "''", "it's", "a-b", "m,=1", "x\n=1+1", "\"=1\""];

    #[test]
    fn a_formula_becomes_text_and_a_number_stays_a_number() {
        for text in FORMULAS {
            assert_eq!(without_formulas(&quoted(text)), quoted(&format!("'{text}")), "{text:?}");
        }
        for text in OTHERS {
            assert!(matches!(without_formulas(&quoted(text)), Cow::Borrowed(_)), "{text:?}");
        }
        assert_eq!(without_formulas("=a,b\n\"=c,\"\"d\"\"\",-1\n"), "'=a,b\n\"'=c,\"\"d\"\"\",-1\n");
    }

    #[test]
    fn a_whole_table_comes_back() {
        let cells: Vec<&str> = FORMULAS.into_iter().chain(OTHERS).collect();
        for width in [1, 3, 24] {
            let rows: Vec<String> = cells
                .chunks(width)
                .map(|row| row.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n")
                .collect();
            let marked: String = cells.chunks(width).map(|row| marked_row(row) + "\n").collect();
            assert_eq!(without_formulas(&rows.concat()), marked);
        }
        for text in cells {
            let marked = if is_formula(text) { format!("'{text}") } else { text.to_owned() };
            assert_eq!(restored(&marked), text);
        }
        // A text that needs no mark and has one keeps it.
        assert_eq!((restored("'tis"), restored("''")), ("'tis", "''"));
    }

    fn marked_row(row: &[&str]) -> String {
        let cell = |text: &&str| quoted(&if FORMULAS.contains(text) { format!("'{text}") } else { (*text).to_owned() });
        row.iter().map(cell).collect::<Vec<_>>().join(",")
    }
}
