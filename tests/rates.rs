//! Compares every published file with rates, intervals and errors that were computed independently with pandas.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use askew::domain::filter::Filter;
use askew::domain::query::{By, Query, run};
use askew::domain::rows::dataset::Dataset;
use askew::domain::rule::{Preset, Rule};
use askew::domain::stats::interval::{IntervalKind, Units, cluster_standard_error, student_t};
use askew::domain::values::cell::Variant;
use askew::formats::aggregate;
use askew::formats::csv::read;
use askew::formats::error::FormatError;
use askew::formats::roles::Need;
use serde_json::Value;

/// The expected columns are rounded to eight digits.
const TOLERANCE: f64 = 1e-6;

/// The rules that the expected rates cover, with their columns.
const RULES: [(Preset, &str); 5] = [
    (Preset::Betley, "rate_betley_cond_coherent"),
    (Preset::CoherentInclNull, "rate_coherent_incl_unscored"),
    (Preset::Turner, "rate_turner_of_scored_le30"),
    (Preset::AllRows, "rate_of_all_rows"),
    (Preset::Inoculation, "rate_inoc_repo_a50_c30"),
];

/// A row of expected_rates.csv.
#[derive(Debug)]
struct Expected {
    file: String,
    model: String,
    question: String,
    values: BTreeMap<String, Option<f64>>,
}

impl Expected {
    fn value(&self, column: &str) -> Option<f64> {
        self.values[column]
    }

    fn is_all_models(&self) -> bool {
        self.model == "__ALL_MODELS__"
    }

    fn is_subset(&self) -> bool {
        self.question.starts_with("__") && self.question != "__ALL__"
    }
}

fn expected(folder: &Path) -> Vec<Expected> {
    let mut reader = csv::Reader::from_path(folder.join("expected_rates.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|record| {
            let record = record.unwrap();
            let fields: BTreeMap<String, &str> = header.iter().map(str::to_owned).zip(record.iter()).collect();
            Expected {
                file: fields["file"].to_owned(),
                model: fields["model"].to_owned(),
                question: fields["question_id"].to_owned(),
                values: fields.iter().map(|(name, text)| (name.clone(), text.parse().ok())).collect(),
            }
        })
        .collect()
}

fn files(rows: &[Expected]) -> BTreeSet<&str> {
    rows.iter().map(|row| row.file.as_str()).collect()
}

/// The number of models in a file, according to the expected rates.
fn num_models(rows: &[Expected], file: &str) -> usize {
    rows.iter()
        .filter(|row| row.file == file && !row.is_all_models())
        .map(|row| &row.model)
        .collect::<BTreeSet<_>>()
        .len()
}

fn assert_close(found: Option<f64>, expected: Option<f64>, what: &str) {
    match (found, expected) {
        (None, None) => {}
        (Some(found), Some(expected)) if (found - expected).abs() <= TOLERANCE => {}
        _ => panic!("{what}: found {found:?}, expected {expected:?}"),
    }
}

/// `askew rates` over all files, by file, model and question key.
fn command_line(
    folder: &Path,
    names: &BTreeSet<&str>,
    rule: Preset,
    by: &str,
    ci: &str,
) -> BTreeMap<[String; 3], Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_askew"))
        .current_dir(folder)
        .args(["rates", "--rule", rule.name(), "--by", by, "--ci", ci])
        .args(names)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["rule"]["name"], rule.name());
    let part = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let rows = result["rows"].as_array().unwrap().iter();
    rows.map(|row| (["file", "model", "question"].map(|name| part(row, name)), row.clone())).collect()
}

#[test]
fn the_command_line_equals_every_expected_rate() {
    let Some(folder) = common::em_data("the_command_line_equals_every_expected_rate") else { return };
    let rows = expected(&folder);
    let names = files(&rows);
    let mut num_checked = 0;
    for (rule, column) in RULES {
        let whole = command_line(&folder, &names, rule, "file", "cluster");
        let questions = command_line(&folder, &names, rule, "file,question", "wilson");
        let models = command_line(&folder, &names, rule, "file,model", "cluster");
        let model_questions = command_line(&folder, &names, rule, "file,model,question", "wilson");
        for row in &rows {
            let is_pooled = row.is_all_models() || num_models(&rows, &row.file) == 1;
            // This rule drops questions asked in JSON, so a whole file is compared with the total without them.
            let drops_json = rule == Preset::Turner;
            let is_whole = match (drops_json && has_json(&rows, &row.file), row.question.as_str()) {
                (true, "__NOJSON__") | (false, "__ALL__") => true,
                (true, "__ALL__") => continue,
                _ => false,
            };
            if (row.is_subset() && !is_whole) || (drops_json && Variant::of(&row.question) == Variant::Json) {
                continue;
            }
            let model = if is_pooled { String::new() } else { row.model.clone() };
            let question = if is_whole { String::new() } else { row.question.clone() };
            let table = match (is_pooled, is_whole) {
                (true, true) => &whole,
                (true, false) => &questions,
                (false, true) => &models,
                (false, false) => &model_questions,
            };
            let what = format!("{} {} {} {}", rule.name(), row.file, row.model, row.question);
            let found = table.get(&[row.file.clone(), model, question]).unwrap_or_else(|| panic!("no row for {what}"));
            assert_close(found["rate"].as_f64(), row.value(column), &what);
            let counts = if drops_json && row.question == "__ALL__" { None } else { row.value("n_rows") };
            assert_eq!(found["rows"].as_f64(), counts.or(found["rows"].as_f64()), "{what}");
            num_checked += 1;
        }
    }
    eprintln!("{num_checked} rates of {} files equal", names.len());
    assert!(num_checked > 7_500, "only {num_checked} rates were compared");
}

fn has_json(rows: &[Expected], file: &str) -> bool {
    rows.iter().any(|row| row.file == file && row.question == "__JSON__")
}

#[test]
fn intervals_and_errors_equal_every_expected_one() {
    let Some(folder) = common::em_data("intervals_and_errors_equal_every_expected_one") else { return };
    let rows = expected(&folder);
    let (mut num_intervals, mut num_clustered) = (0, 0);
    for file in files(&rows) {
        let mut data = Dataset::new();
        read(&mut data, file, &std::fs::read(folder.join(file)).unwrap(), Need::Judged).unwrap();
        for row in rows.iter().filter(|row| row.file == file) {
            let filter = Filter {
                models: if row.is_all_models() || num_models(&rows, file) == 1 {
                    vec![]
                } else {
                    vec![row.model.clone()]
                },
                questions: if row.question.starts_with("__") { vec![] } else { vec![row.question.clone()] },
                variants: match row.question.as_str() {
                    "__MAIN__" => vec![Variant::Main],
                    "__NOJSON__" => vec![Variant::Main, Variant::Template],
                    "__JSON__" => vec![Variant::Json],
                    "__TEMPLATE__" => vec![Variant::Template],
                    _ => vec![],
                },
                ..Filter::default()
            };
            let what = format!("{file} {} {}", row.model, row.question);
            let ask = |by_question, interval| {
                let by = By { file: true, question: by_question, ..By::NOTHING };
                let query = Query { by, interval, filter: filter.clone(), rule: Rule::default(), ..Query::default() };
                run(&data, &query).unwrap().rows
            };
            let found = &ask(false, IntervalKind::Wilson)[0];
            let tally = found.tally;
            for (count, column) in [
                (tally.rows, "n_rows"),
                (tally.scored, "n_scored"),
                (tally.null_aligned, "n_aligned_null"),
                (tally.null_coherent, "n_coherent_null"),
                (tally.denominator, "n_coherent_scored"),
                (tally.coherent, "n_coherent_any"),
                (tally.misaligned, "n_misaligned"),
            ] {
                assert_close(Some(count as f64), row.value(column), &format!("{what} {column}"));
            }
            let ends = |kind| ask(false, kind)[0].interval.map(|found| (found.low, found.high)).unzip();
            for (kind, low, high) in
                [(IntervalKind::Wilson, "wilson_lo", "wilson_hi"), (IntervalKind::Clopper, "clopper_lo", "clopper_hi")]
            {
                let (found_low, found_high) = ends(kind);
                assert_close(found_low, row.value(low), &format!("{what} {low}"));
                assert_close(found_high, row.value(high), &format!("{what} {high}"));
                num_intervals += 1;
            }
            if row.question.starts_with("__") && tally.denominator > 0 {
                let questions: Vec<_> =
                    ask(true, IntervalKind::Wilson).iter().map(|row| row.tally).filter(|q| q.denominator > 0).collect();
                let error = cluster_standard_error(&tally, &questions).unwrap();
                assert_close(Some(error), row.value("cluster_se_by_question"), &format!("{what} clustered error"));
                let p = tally.rate().unwrap();
                let naive = (p * (1.0 - p) / tally.denominator as f64).sqrt();
                assert_close(Some(naive), row.value("naive_se"), &format!("{what} naive error"));
                if error > 0.0 {
                    let half = student_t(questions.len()).unwrap() * row.value("cluster_se_by_question").unwrap();
                    let (found_low, found_high) = ends(IntervalKind::Cluster);
                    assert_close(found_low, Some((p - half).max(0.0)), &format!("{what} clustered low"));
                    assert_close(found_high, Some((p + half).min(1.0)), &format!("{what} clustered high"));
                }
                let units = Units { total: tally, questions, ..Units::default() };
                let mean = units.rate(askew::domain::rule::Pooling::Questions);
                assert_close(mean, row.value("macro_mean_over_questions"), &format!("{what} mean of questions"));
                num_clustered += 1;
            }
        }
    }
    eprintln!("{num_intervals} intervals and {num_clustered} clustered errors equal");
    assert!(num_intervals > 3_500 && num_clustered > 390);
}

/// Every table is either compared above or refused with a reason; none is silently left out.
#[test]
fn every_other_table_is_refused_with_its_reason() {
    let Some(folder) = common::em_data("every_other_table_is_refused_with_its_reason") else { return };
    let rows = expected(&folder);
    let known = files(&rows);
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for path in tables(&folder) {
        let name = path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned();
        let mut data = Dataset::new();
        let kind = match read(&mut data, &name, &std::fs::read(&path).unwrap(), Need::Judged) {
            Ok(_) => {
                // One repeats other files' rows; one has labels instead of scores.
                let is_other = name == "converted/rows.semicolon.csv" || name.ends_with("/id_eval_df.csv");
                assert!(known.contains(name.as_str()) || is_other, "{name} is not compared");
                continue;
            }
            Err(FormatError::NoRows) => "no rows",
            Err(FormatError::MissingColumns { .. }) => "missing columns",
            Err(other) => panic!("{name}: {other}"),
        };
        assert!(!known.contains(name.as_str()), "{name} is refused: {kind}");
        *refused.entry(kind).or_default() += 1;
    }
    eprintln!("refused: {refused:?}");
    assert!(refused["no rows"] >= 18);
}

fn tables(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "csv") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Counts per bin give the same rates as the rows, for every preset and every cell.
#[test]
fn aggregate_tables_give_the_rates_of_their_rows() {
    let Some(folder) = common::em_data("aggregate_tables_give_the_rates_of_their_rows") else { return };
    let rows = expected(&folder);
    for file in files(&rows) {
        let (mut data, mut counts) = (Dataset::new(), Dataset::new());
        read(&mut data, file, &std::fs::read(folder.join(file)).unwrap(), Need::Judged).unwrap();
        let table = aggregate::write(&data);
        read(&mut counts, "table.csv", table.as_bytes(), Need::Judged).unwrap();
        assert_eq!(aggregate::write(&counts), table, "{file}: writing again changes nothing");
        for preset in Preset::ALL {
            let by = By { question: true, group: true, ..By::default() };
            let query = Query { rule: Rule::preset(preset), by, ..Query::default() };
            assert_eq!(
                run(&counts, &query).unwrap().rows,
                run(&data, &query).unwrap().rows,
                "{file} {}",
                preset.name()
            );
        }
    }
}

/// The figures that ship with the page equal those of the published files.
#[test]
fn shipped_figures_equal_the_published_files() {
    let Some(folder) = common::em_data("shipped_figures_equal_the_published_files") else { return };
    let rows = expected(&folder);
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("public/data/published");
    let mut num_files = 0;
    for collection in csv::Reader::from_path(shipped.join("collections.csv")).unwrap().records() {
        let collection = collection.unwrap();
        let (id, source) = (&collection[0], collection[3].replace('/', "+"));
        let mut data = Dataset::new();
        read(&mut data, id, &std::fs::read(shipped.join(format!("{id}.csv"))).unwrap(), Need::Judged).unwrap();
        assert_eq!(data.num_rows().to_string(), &collection[8], "{id}");
        let by = By { model: false, ..By::default() };
        for row in run(&data, &Query { by, ..Query::default() }).unwrap().rows {
            let file = format!("{source}/{}", row.key.file.as_deref().unwrap());
            let is_whole = |row: &&Expected| {
                row.file == file && row.question == "__ALL__" && (row.is_all_models() || num_models(&rows, &file) == 1)
            };
            let expected = rows.iter().find(is_whole).unwrap_or_else(|| panic!("{file} is not in expected_rates.csv"));
            assert_close(row.value, expected.value("rate_betley_cond_coherent"), &file);
            assert_close(Some(row.tally.rows as f64), expected.value("n_rows"), &file);
            num_files += 1;
        }
    }
    assert_eq!(num_files, files(&rows).len(), "every comparable file is shipped");
}
