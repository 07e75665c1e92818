//! Formats speeds as a table: a block per device, a column per number of answers decoded together.

use serde_json::Value;

/// A line of a block: its name, the key in the results, and the format.
type Line = (&'static str, &'static str, fn(f64) -> String);

/// The measurements of `askew bench` and of the browser's bench.
const LINES: [Line; 18] = [
    ("prompt, tokens", "prompt_tokens", whole),
    ("answer, tokens a column", "answer_tokens", whole),
    ("prefill, tokens/s", "prefill_tokens_per_s", tenths),
    ("decode, tokens/s in all", "decode_tokens_per_s", tenths),
    ("  against separate runs", "decode_against_separate_runs", times),
    ("  with the prompt", "whole_against_separate_runs", times),
    ("weights read a step, MB", "weight_bytes_per_step", mega),
    ("  a token and column, MB", "weight_bytes_per_token", mega),
    ("weights read, GB/s", "gb_per_s", hundredths),
    ("memory copied, GB/s", "copy_gb_per_s", hundredths),
    ("  share of it", "share_of_copy_bandwidth", percent),
    ("dispatches a step", "dispatches_per_step", whole),
    ("  the most in a layer", "dispatches_per_layer", whole),
    ("submits a step", "submits_per_step", hundredths),
    ("readbacks a step", "readbacks_per_step", hundredths),
    ("buffers and such made a step", "creations_per_step", hundredths),
    ("GPU memory, MiB", "gpu_bytes", mebi),
    ("peak memory, MiB", "peak_memory_bytes", mebi),
];

const NAME_WIDTH: usize = 32;
const CELL_WIDTH: usize = 16;

fn whole(x: f64) -> String {
    format!("{x:.0}")
}

fn tenths(x: f64) -> String {
    format!("{x:.1}")
}

fn hundredths(x: f64) -> String {
    format!("{x:.2}")
}

fn times(x: f64) -> String {
    format!("{x:.2} x")
}

fn percent(x: f64) -> String {
    format!("{:.1} %", x * 100.0)
}

fn mega(x: f64) -> String {
    format!("{:.1}", x / 1e6)
}

fn mebi(x: f64) -> String {
    format!("{:.1}", x / f64::from(1 << 20))
}

/// The values that identify a block.
fn title(row: &Value) -> String {
    let text = |key: &str| row[key].as_str().unwrap_or("?");
    format!("{}, {}: {}, {} maths", text("model"), text("shell"), text("device"), text("math"))
}

/// A column's heading, such as "base + 1 adapted", "4 samples" or "1 column".
fn heading(row: &Value) -> String {
    match (row["columns"].as_u64().unwrap_or(1), row["adapter"].as_bool().unwrap_or(false)) {
        (1, false) => "1 column".to_owned(),
        (1, true) => "1 adapted".to_owned(),
        (columns, true) => format!("base+{} adapted", columns - 1),
        (columns, false) => format!("{columns} columns"),
    }
}

/// Formats rows as a table. Its blocks are in the order of their first rows.
pub(crate) fn table(rows: &[Value]) -> String {
    let mut titles: Vec<String> = Vec::new();
    for title in rows.iter().map(title) {
        if !titles.contains(&title) {
            titles.push(title);
        }
    }
    titles.iter().map(|wanted| block(wanted, rows.iter().filter(|row| title(row) == *wanted).collect())).collect()
}

fn block(title: &str, rows: Vec<&Value>) -> String {
    let line = |name: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>CELL_WIDTH$}")).collect();
        format!("{name:<NAME_WIDTH$}{cells}\n")
    };
    let mut text = format!("\n{title}\n{}", line("", rows.iter().map(|row| heading(row)).collect()));
    for (name, key, write) in LINES {
        let figures: Vec<Option<f64>> = rows.iter().map(|row| row[key].as_f64()).collect();
        // A measurement that all of them lack has no line.
        if figures.iter().any(Option::is_some) {
            let cell = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), write);
            text.push_str(&line(name, figures.into_iter().map(cell).collect()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rows_of_a_device_stand_side_by_side() {
        let row = |device: &str, columns: u64, speed: f64| {
            json!({ "model": "M", "shell": "native", "device": device, "math": "exact", "columns": columns,
                "adapter": columns == 2, "decode_tokens_per_s": speed, "weight_bytes_per_step": 9.66e7,
                "decode_against_separate_runs": (columns > 1).then_some(1.5) })
        };
        let text = table(&[row("a", 1, 10.0), row("b", 1, 7.25), row("a", 2, 15.04)]);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let at = |words: &str| lines.iter().position(|line| line.contains(words)).expect("a line");
        assert_eq!(at("native: a"), 1);
        assert!(lines[at("base+1 adapted")].contains("1 column"));
        assert_eq!(lines[4].split_whitespace().collect::<Vec<_>>(), ["against", "separate", "runs", "-", "1.50", "x"]);
        assert!(lines[3].ends_with("15.0") && lines[5].ends_with("96.6"), "{text}");
        assert!(!text.contains("dispatches"), "nothing was measured there");
        assert!(at("native: b") > 5 && lines[at("native: b") + 2].ends_with("7.2"), "{text}");
    }
}
