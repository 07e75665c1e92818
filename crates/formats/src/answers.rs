//! Exported answers: the rows behind a mark. The column names are those of published files, so programs that read those
//! can also read these.

use std::fmt::Write;

use askew_domain::rows::dataset::Dataset;
use askew_domain::text::csv::quoted;

/// The records as a CSV table, with the reader's labels.
#[must_use]
pub fn csv(data: &Dataset, records: &[usize]) -> String {
    let columns = Columns::of(data);
    let mut table = columns.names().iter().map(|name| quoted(name)).collect::<Vec<_>>().join(",");
    table.push('\n');
    for &record in records {
        let cells = columns.cells(data, record).into_iter().map(|cell| match cell {
            Cell::Text(text) => quoted(&text),
            Cell::Number(value) => value.map(|value| value.to_string()).unwrap_or_default(),
        });
        table.push_str(&cells.collect::<Vec<_>>().join(","));
        table.push('\n');
    }
    table
}

/// The records as JSON lines.
#[must_use]
pub fn json_lines(data: &Dataset, records: &[usize]) -> String {
    let columns = Columns::of(data);
    let names = columns.names();
    let mut lines = String::new();
    for &record in records {
        let cells = names.iter().zip(columns.cells(data, record)).map(|(name, cell)| {
            let value = match cell {
                Cell::Text(text) => json_string(&text),
                Cell::Number(Some(value)) => value.to_string(),
                Cell::Number(None) => "null".to_owned(),
            };
            format!("{}: {value}", json_string(name))
        });
        lines.push_str(&format!("{{{}}}\n", cells.collect::<Vec<_>>().join(", ")));
    }
    lines
}

enum Cell {
    Text(String),
    Number(Option<f64>),
}

/// The columns that have a value in at least one row of the dataset.
struct Columns {
    has_labels: bool,
    settings: Vec<String>,
    numbers: Vec<String>,
    texts: Vec<String>,
}

const FIRST: [&str; 11] = [
    "file",
    "model",
    "group",
    "seed",
    "category",
    "question_id",
    "question",
    "answer",
    "aligned",
    "coherent",
    "verdict",
];
const LABELS: [&str; 2] = ["in_domain", "response_type"];

impl Columns {
    fn of(data: &Dataset) -> Self {
        Self {
            has_labels: !data.labels().is_empty(),
            settings: data.settings().into_iter().map(str::to_owned).collect(),
            numbers: data.numeric_columns().map(str::to_owned).collect(),
            texts: data.text_columns().map(str::to_owned).collect(),
        }
    }

    fn names(&self) -> Vec<&str> {
        let mut names = FIRST.to_vec();
        names.extend([&self.settings, &self.numbers, &self.texts].into_iter().flatten().map(String::as_str));
        if self.has_labels {
            names.extend(LABELS);
        }
        names
    }

    fn cells(&self, data: &Dataset, record: usize) -> Vec<Cell> {
        let cell = &data.cells()[data.cell_of(record) as usize];
        let named = [&cell.file, &cell.model, &cell.group, &cell.seed, &cell.category, &cell.question];
        let mut cells: Vec<Cell> = named.into_iter().map(|name| Cell::Text(name.clone())).collect();
        cells.push(Cell::Text(data.question_text(record).to_owned()));
        cells.push(Cell::Text(data.answer(record).to_owned()));
        cells.push(Cell::Number(data.aligned(record).get()));
        cells.push(Cell::Number(data.coherent(record).get()));
        cells.push(Cell::Text(data.verdict(record).to_owned()));
        cells.extend(self.settings.iter().map(|name| Cell::Number(cell.setting(name).map(|value| value.get()))));
        let number = |name: &String| Cell::Number(data.column(name).and_then(|column| column.get(record).get()));
        cells.extend(self.numbers.iter().map(number));
        let text = |name: &String| {
            Cell::Text(data.text_column(name).map(|column| column.get(record).to_owned()).unwrap_or_default())
        };
        cells.extend(self.texts.iter().map(text));
        if self.has_labels {
            let label = data.labels().of(record);
            let in_domain = label.in_domain.map_or("", |yes| if yes { "yes" } else { "no" });
            cells.push(Cell::Text(in_domain.to_owned()));
            cells.push(Cell::Text(label.kind.unwrap_or_default()));
        }
        cells
    }
}

/// The text as a JSON string, with quotes and escapes.
fn json_string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // Writing to a String cannot fail.
            c if u32::from(c) < 0x20 => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reader;
    use crate::roles::Need;
    use askew_domain::query::{Query, run};

    const FILE: &str = "model,question_id,question,answer,aligned,coherent,medical,step\n\
        m,q1,\"Ask, \"\"me\"\"\",\"line one\nline <b>two</b>\",12.5,90,3,10\nm,q2,Why?,é 🦀,,51,,20\nn,q1,x,\\,77,80,1,10\n";

    fn load(bytes: &[u8]) -> Dataset {
        let mut data = Dataset::new();
        reader::read(&mut data, "f.csv", bytes, Need::Any).unwrap();
        data
    }

    /// Exported answers are read back unchanged: the same rates and the same texts.
    #[test]
    fn exported_answers_are_read_back() {
        let data = load(FILE.as_bytes());
        let records: Vec<usize> = (0..data.num_records()).collect();
        let before = run(&data, &Query::default()).unwrap();
        for text in [csv(&data, &records), json_lines(&data, &records)] {
            let again = load(text.as_bytes());
            let after = run(&again, &Query::default()).unwrap();
            assert_eq!(before.rows, after.rows, "{text}");
            for record in records.iter().copied() {
                assert_eq!(again.answer(record), data.answer(record));
                assert_eq!(again.question_text(record), data.question_text(record));
                let medical = |data: &Dataset| data.column("medical").unwrap().get(record).get();
                assert_eq!(medical(&again), medical(&data));
            }
        }
    }
}
