//! A figure to take along: its numbers as CSV, and code that draws it again elsewhere. The numbers are written in full, so
//! what is drawn from them is what was drawn here.

use std::fmt::Write;

use crate::domain::query::Row;

/// A figure's numbers: the name of each mark and what it was made from.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Numbers {
    /// Title of the figure.
    pub title: String,
    /// The rule in words.
    pub rule: String,
    /// Where the rows come from.
    pub source: String,
    /// Named rows, in the figure's order.
    pub rows: Vec<(String, Row)>,
}

/// Columns of [`Numbers::csv`].
const HEADER: &str = "label,file,model,group,question,rate,low,high,interval,misaligned,denominator,rows";

impl Numbers {
    /// The numbers as a table: one row a mark; fractions, not percentages; empty where there is no number.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut table = format!("{HEADER}\n");
        for (label, row) in &self.rows {
            let key = &row.key;
            let names = [Some(label), key.file.as_ref(), key.model.as_ref(), key.group.as_ref(), key.question.as_ref()];
            for name in names {
                table.push_str(&quoted(name.map_or("", String::as_str)));
                table.push(',');
            }
            let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
            let (low, high) = (row.interval.map(|found| found.low), row.interval.map(|found| found.high));
            let method = row.interval.map_or("", |found| found.method.describe());
            let tally = &row.tally;
            // Writing to a String cannot fail.
            writeln!(
                table,
                "{},{},{},{},{},{},{}",
                number(row.value),
                number(low),
                number(high),
                quoted(method),
                tally.misaligned,
                tally.denominator,
                tally.rows
            )
            .unwrap_or_default();
        }
        table
    }

    /// Python that draws the figure with matplotlib, the numbers within it.
    #[must_use]
    pub fn python(&self) -> String {
        let mut marks = String::new();
        for (label, row) in self.drawn() {
            let (low, high) = ends(row);
            writeln!(
                marks,
                "    ({}, {}, {low}, {high}, {}, {}),",
                string(label),
                rate(row),
                row.tally.misaligned,
                row.tally.denominator
            )
            .unwrap_or_default();
        }
        format!(
            "# {title}\n# Rule: {rule}\n# Source: {source}\nimport matplotlib.pyplot as plt\n\n\
             # label, rate, low, high (95 %), misaligned, denominator\nmarks = [\n{marks}]\n\n\
             fig, ax = plt.subplots(figsize=(8, 1 + 0.35 * len(marks)))\n\
             for y, (label, rate, low, high, k, n) in enumerate(reversed(marks)):\n    \
             ax.plot([low, high], [y, y], color=\"#0072B2\")\n    ax.plot(rate, y, \"o\", color=\"#0072B2\")\n    \
             ax.annotate(f\"{{k}}/{{n}}\", (high, y), textcoords=\"offset points\", xytext=(6, -4))\n\
             ax.set_yticks(range(len(marks)), [mark[0] for mark in reversed(marks)])\n\
             ax.set_xlim(left=0)\nax.xaxis.set_major_formatter(lambda x, _: f\"{{100 * x:g}} %\")\n\
             ax.set_title({title_text})\nfig.tight_layout()\nfig.savefig(\"figure.png\", dpi=200)\n",
            title = one_line(&self.title),
            rule = one_line(&self.rule),
            source = one_line(&self.source),
            title_text = string(&self.title),
        )
    }

    /// R that draws the figure with ggplot2, the numbers within it.
    #[must_use]
    pub fn r(&self) -> String {
        let column = |of: &dyn Fn(&str, &Row) -> String| {
            self.drawn().map(|(label, row)| of(label, row)).collect::<Vec<_>>().join(", ")
        };
        format!(
            "# {}\n# Rule: {}\n# Source: {}\nlibrary(ggplot2)\n\nmarks <- data.frame(\n  label = c({}),\n  rate = c({}),\n  \
             low = c({}),\n  high = c({}),\n  misaligned = c({}),\n  denominator = c({})\n)\n\
             marks$label <- factor(marks$label, levels = rev(marks$label))\n\
             ggplot(marks, aes(rate, label, xmin = low, xmax = high)) +\n  geom_errorbarh(height = 0.2) +\n  geom_point() +\n  \
             scale_x_continuous(labels = function(x) paste(100 * x, \"%\")) +\n  labs(title = {}, x = NULL, y = NULL)\n",
            one_line(&self.title),
            one_line(&self.rule),
            one_line(&self.source),
            column(&|label, _| string(label)),
            column(&|_, row| rate(row)),
            column(&|_, row| ends(row).0),
            column(&|_, row| ends(row).1),
            column(&|_, row| row.tally.misaligned.to_string()),
            column(&|_, row| row.tally.denominator.to_string()),
            string(&self.title),
        )
    }

    /// A Vega-Lite specification, the numbers within it.
    #[must_use]
    pub fn vega_lite(&self) -> String {
        let values = self.drawn().map(|(label, row)| {
            let (low, high) = ends(row);
            format!(
                "{{\"label\": {}, \"rate\": {}, \"low\": {low}, \"high\": {high}, \"misaligned\": {}, \"denominator\": {}}}",
                string(label),
                rate(row),
                row.tally.misaligned,
                row.tally.denominator
            )
        });
        let values = values.collect::<Vec<_>>().join(",\n      ");
        let y = "\"y\": {\"field\": \"label\", \"type\": \"nominal\", \"sort\": null, \"title\": null}";
        let x = |field: &str| {
            format!(
                "{{\"field\": \"{field}\", \"type\": \"quantitative\", \"axis\": {{\"format\": \"%\"}}, \"title\": null}}"
            )
        };
        format!(
            "{{\n  \"$schema\": \"https://vega.github.io/schema/vega-lite/v5.json\",\n  \"title\": {},\n  \
             \"description\": {},\n  \"data\": {{\n    \"values\": [\n      {values}\n    ]\n  }},\n  \"layer\": [\n    \
             {{\"mark\": \"rule\", \"encoding\": {{{y}, \"x\": {}, \"x2\": {{\"field\": \"high\"}}}}}},\n    \
             {{\"mark\": {{\"type\": \"point\", \"filled\": true, \"tooltip\": {{\"content\": \"data\"}}}}, \
             \"encoding\": {{{y}, \"x\": {}}}}}\n  ]\n}}\n",
            string(&self.title),
            string(&format!("{}. {}", self.rule, self.source)),
            x("low"),
            x("rate"),
        )
    }

    /// Rows that have a rate: the others have no mark.
    fn drawn(&self) -> impl Iterator<Item = (&str, &Row)> {
        self.rows.iter().filter(|(_, row)| row.value.is_some()).map(|(label, row)| (label.as_str(), row))
    }
}

fn rate(row: &Row) -> String {
    row.value.unwrap_or_default().to_string()
}

/// The interval's ends; the rate itself where there is no interval.
fn ends(row: &Row) -> (String, String) {
    row.interval.map_or_else(|| (rate(row), rate(row)), |found| (found.low.to_string(), found.high.to_string()))
}

/// A cell of a CSV table, quoted where it must be (RFC 4180).
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// A text between double quotes, as JSON, Python and R all read it.
fn string(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => write!(out, "\\u{:04x}", u32::from(c)).unwrap_or_default(),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text that cannot end a comment.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}'))
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::interval::{Interval, Method};
    use crate::domain::query::GroupKey;

    fn numbers() -> Numbers {
        let mut row = Row {
            key: GroupKey { model: Some("m, \"x\"".into()), ..GroupKey::default() },
            value: Some(1.0 / 3.0),
            interval: Some(Interval { method: Method::Wilson, low: 0.1, high: 0.7 }),
            ..Row::default()
        };
        (row.tally.misaligned, row.tally.denominator, row.tally.rows) = (1, 3, 4);
        let none = Row { value: None, ..Row::default() };
        let rows = vec![("m, \"x\"\nprint(1)".to_owned(), row), ("empty".to_owned(), none)];
        Numbers { title: "T\nimport os".into(), rule: "r".into(), source: "s".into(), rows }
    }

    #[test]
    fn numbers_are_in_full_and_names_are_quoted() {
        let csv = numbers().csv();
        assert!(csv.contains("0.3333333333333333,0.1,0.7,"), "{csv}");
        assert!(csv.contains("\"m, \"\"x\"\"\nprint(1)\",,\"m, \"\"x\"\"\",,,"), "{csv}");
        assert!(csv.ends_with("empty,,,,,,,,,0,0,0\n"), "{csv}");
    }

    #[test]
    fn a_name_is_data_and_never_code() {
        let numbers = numbers();
        for code in [numbers.python(), numbers.r(), numbers.vega_lite()] {
            assert!(code.contains("0.3333333333333333"), "{code}");
            assert!(code.contains("\\\"x\\\"\\nprint(1)\""), "{code}");
            assert!(!code.lines().any(|line| line.starts_with("import os") || line.starts_with("print")), "{code}");
            assert!(!code.contains("empty"), "a row without a rate has no mark: {code}");
        }
        let parsed: serde_json::Value = serde_json::from_str(&numbers.vega_lite()).expect("JSON");
        assert_eq!(parsed["data"]["values"][0]["rate"], 1.0 / 3.0);
    }
}
