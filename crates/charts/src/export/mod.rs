//! Exports of a figure: its numbers as CSV, code that draws it again in other programs, and what to cite. The numbers
//! have full precision, so the drawing made from them is the same.

pub mod citation;
mod python;
mod r;
mod vega_lite;

use std::fmt::Write;

use super::draft::{LABEL, TICK, wrap};
use super::picture::{Anchor, Cell, Form, Ink, Picture, Shape, Target};
use askew_domain::text::csv::quoted;
use askew_domain::text::plain::{is_invisible, visible};
use askew_domain::values::facet::settings_text;

/// A figure with the texts that are exported with it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Export<'a> {
    /// The figure.
    pub picture: &'a Picture,
    /// The rule in words.
    pub rule: &'a str,
    /// Source of the rows.
    pub source: &'a str,
}

impl Export<'_> {
    /// The numbers as a CSV table with one row per mark. Shares are fractions, not percentages. A missing number is
    /// empty. The columns after the numbers describe the row's group. Names are as they are in the data, so a table for
    /// a spreadsheet goes through [`askew_domain::text::csv::without_formulas`].
    #[must_use]
    pub fn csv(&self) -> String {
        let table = &self.picture.table;
        let mut header = columns(self.picture);
        let keys: Vec<&str> = KEYS.into_iter().filter(|key| !header.iter().any(|name| name == key)).collect();
        let has_key = |key: &&str| table.rows.iter().any(|row| key_of(row.target.as_ref(), key).is_some());
        let keys: Vec<&str> = keys.into_iter().filter(has_key).collect();
        header.extend(keys.iter().map(|key| (*key).to_owned()));
        let mut out = header.join(",") + "\n";
        for row in &table.rows {
            let cells = row.cells.iter().map(|cell| match cell {
                Cell::Text(text) => quoted(text),
                cell => number(cell).unwrap_or_default(),
            });
            let keys = keys.iter().map(|key| quoted(&key_of(row.target.as_ref(), key).unwrap_or_default()));
            out.push_str(&cells.chain(keys).collect::<Vec<_>>().join(","));
            out.push('\n');
        }
        out
    }

    /// Python code that draws the figure with matplotlib. It contains the numbers.
    #[must_use]
    pub fn python(&self) -> String {
        python::code(self)
    }

    /// R code that draws the figure with ggplot2. It contains the numbers.
    #[must_use]
    pub fn r(&self) -> String {
        r::code(self)
    }

    /// A Vega-Lite specification. It contains the numbers.
    #[must_use]
    pub fn vega_lite(&self) -> String {
        vega_lite::code(self)
    }

    /// The picture framed by its title, finding, rule, notes and source. It can be used alone, for example on a slide.
    #[must_use]
    pub fn framed(&self) -> Picture {
        framed(self)
    }

    /// Title, finding, rule and source as comment lines.
    fn comments(&self) -> String {
        let Self { picture, rule, source } = self;
        [("", picture.title.as_str()), ("", &picture.finding), ("Rule: ", rule), ("Source: ", source)]
            .into_iter()
            .filter(|(_, words)| !words.is_empty())
            .fold(String::new(), |mut out, (name, words)| {
                // Writing to a String cannot fail.
                writeln!(out, "# {name}{}", visible(words)).unwrap_or_default();
                out
            })
    }
}

/// Font size of the title.
const TITLE: f32 = 18.0;
/// Space around the contents of a frame.
const PADDING: f32 = 16.0;

fn framed(export: &Export<'_>) -> Picture {
    let inner = export.picture;
    let (width, room) = (PADDING.mul_add(2.0, inner.width), inner.width);
    let mut shapes = Vec::new();
    let mut y = PADDING;
    let mut write = |words: &str, size: f32, ink: Ink, y: &mut f32| {
        let height = (size * 1.45).round();
        for text in wrap(words, size, room) {
            let form = Form::Text {
                at: (PADDING, *y + height / 2.0),
                text,
                size,
                anchor: Anchor::Start,
                room: Some(room),
                is_upright: false,
            };
            shapes.push(Shape { mark: None, ink, form });
            *y += height;
        }
    };
    write(&inner.title, TITLE, Ink::Text, &mut y);
    y += 2.0;
    write(&inner.finding, LABEL, Ink::Text, &mut y);
    write(export.rule, TICK, Ink::Quiet, &mut y);
    y += PADDING;
    let top = y;
    y += inner.height + 10.0;
    for note in &inner.notes {
        write(note, TICK, Ink::Quiet, &mut y);
    }
    write(export.source, TICK, Ink::Quiet, &mut y);
    shapes.extend(inner.shapes.iter().cloned().map(|shape| moved(shape, PADDING, top)));
    let mut picture = Picture { width, height: y + PADDING, shapes, ..inner.clone() };
    for mark in &mut picture.marks {
        mark.at = (mark.at.0 + PADDING, mark.at.1 + top);
    }
    // An exported picture cannot be dragged.
    picture.handles.clear();
    picture
}

fn moved(mut shape: Shape, x: f32, y: f32) -> Shape {
    let to = |at: &mut (f32, f32)| *at = (at.0 + x, at.1 + y);
    match &mut shape.form {
        Form::Line { points, .. } | Form::Area { points, .. } => points.iter_mut().for_each(to),
        Form::Box { at, .. } | Form::Symbol { at, .. } | Form::Text { at, .. } => to(at),
    }
    shape
}

/// Parts of a group that may describe a row. The names are those of an aggregate table.
const KEYS: [&str; 8] = ["file", "model", "group", "question", "seed", "category", "variant", "settings"];

fn key_of(target: Option<&Target>, key: &str) -> Option<String> {
    let group = &target?.group;
    match key {
        "file" => group.file.clone(),
        "model" => group.model.clone(),
        "group" => group.group.clone(),
        "question" => group.question.clone(),
        "seed" => group.seed.clone(),
        "category" => group.category.clone(),
        "variant" => group.variant.map(|variant| variant.name().to_owned()),
        _ => (!group.settings.is_empty()).then(|| settings_text(&group.settings)),
    }
}

/// Names of a table's columns as identifiers, such as `low_95`.
fn columns(picture: &Picture) -> Vec<String> {
    let slug = |name: &String| {
        let lower = name.to_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        words.collect::<Vec<_>>().join("_")
    };
    let mut names: Vec<String> = Vec::new();
    for (at, name) in picture.table.columns.iter().map(slug).enumerate() {
        // The name has no ASCII letter, or is already in use.
        names.push(if name.is_empty() || names.contains(&name) { format!("{name}_{at}") } else { name });
    }
    names
}

/// A cell's number in full precision; `None` if it has none.
fn number(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Count(value) => Some(value.to_string()),
        Cell::Number(value) | Cell::Percent(value) if value.is_finite() => Some(value.to_string()),
        Cell::Number(_) | Cell::Percent(_) | Cell::Text(_) | Cell::Empty => None,
    }
}

/// A cell as a literal in a programming language.
fn literal(cell: &Cell, empty: &str) -> String {
    match cell {
        Cell::Text(text) => string(text),
        cell => number(cell).unwrap_or_else(|| empty.to_owned()),
    }
}

/// Whether a column contains shares.
fn is_share(picture: &Picture, column: usize) -> bool {
    picture.table.rows.iter().any(|row| matches!(row.cells.get(column), Some(Cell::Percent(_))))
}

/// A text in double quotes, in a form that JSON, Python and R can all read.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            // R cannot have this character in a string.
            '\0' => {}
            // Code shows what it holds: no character turns the line round, or ends it.
            c if is_invisible(c) && c <= '\u{ffff}' => {
                write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default();
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::{Recipe, Table, TableRow};
    use askew_domain::answers::Part;
    use askew_domain::query::GroupKey;

    const RECIPES: [Recipe; 8] = [
        Recipe::None,
        Recipe::Panels { panel: 3, label: 0, value: 1 },
        Recipe::Intervals { label: 0, series: None, value: 1, ends: None },
        Recipe::Intervals { label: 0, series: Some(3), value: 1, ends: Some((1, 2)) },
        Recipe::Lines { series: 0, x: 2, value: 1, ends: None },
        Recipe::Grid { row: 0, column: 3, value: 1 },
        Recipe::Stack { label: 0, part: 3, value: 1 },
        Recipe::Points { label: 0, x: 1, y: 2 },
    ];

    fn picture(recipe: Recipe) -> Picture {
        let name = "m, \"x\"\nprint(1)";
        let group = GroupKey { model: Some(name.into()), ..GroupKey::default() };
        let row = |number: Cell, target| TableRow {
            cells: vec![Cell::Text(name.into()), number, Cell::Count(4), Cell::Text("a\0\u{2028}\u{202e}b".into())],
            target,
        };
        Picture {
            title: "T\nimport os\u{202e}".into(),
            finding: "F".into(),
            table: Table {
                columns: ["Name", "Rate", "High (95 %)", "Mean .x[0]"].map(str::to_owned).to_vec(),
                rows: vec![
                    row(Cell::Percent(1.0 / 3.0), Some(Target { group, part: Part::Misaligned })),
                    row(Cell::Empty, None),
                ],
            },
            recipe,
            ..Picture::default()
        }
    }

    #[test]
    fn numbers_are_in_full_and_names_are_quoted() {
        let picture = picture(Recipe::None);
        let csv = Export { picture: &picture, rule: "r", source: "s" }.csv();
        assert!(
            csv.starts_with("name,rate,high_95,mean_x_0,model\n\"m, \"\"x\"\"\nprint(1)\",0.3333333333333333,4,"),
            "{csv}"
        );
        assert!(csv.ends_with("print(1)\",,4,a\0\u{2028}\u{202e}b,\n"), "{csv}");
    }

    #[test]
    fn a_name_is_data_and_never_code() {
        for recipe in RECIPES {
            let picture = picture(recipe);
            let export = Export { picture: &picture, rule: "r\nimport os", source: "s" };
            for code in [export.python(), export.r(), export.vega_lite()] {
                assert!(code.contains("0.3333333333333333"), "{code}");
                assert!(code.contains("\\\"x\\\"\\nprint(1)\""), "{code}");
                assert!(!code.lines().any(|line| line.starts_with("import os") || line.starts_with("print")), "{code}");
                assert!(!code.contains(|c| is_invisible(c) && c != '\n'), "{code}");
            }
            let parsed: serde_json::Value = serde_json::from_str(&export.vega_lite()).expect("JSON");
            assert_eq!(parsed["data"]["values"][0]["rate"], 1.0 / 3.0);
        }
    }
}
