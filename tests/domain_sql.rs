//! Runs the SQL of every rule on DuckDB over published files: its table gives the same rates as the rows.
//!
//! Needs a Python with the package duckdb. `ASKEW_PYTHON` names the Python (default `python3`).

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use askew::domain::filter::Filter;
use askew::domain::query::Query;
use askew::domain::query::sql::{Dialect, aggregate};
use serde_json::Value;

fn python() -> Option<String> {
    let python = std::env::var("ASKEW_PYTHON").unwrap_or_else(|_unset| "python3".to_owned());
    let found = Command::new(&python).args(["-c", "import duckdb"]).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success()).then_some(python)
}

fn askew(args: &[&str]) -> Output {
    let output = Command::new(env!("CARGO_BIN_EXE_askew")).args(args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The aggregate table that DuckDB writes.
fn table(test: &str, python: &str, sql: &[u8], answers: &Path, model: &str) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/sql.py");
    let mut child = Command::new(python)
        .args([script.as_path(), answers, Path::new(model)])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(sql).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{test}.csv"));
    std::fs::write(&path, output.stdout).unwrap();
    path
}

/// The numbers of the rows, without the file's name and the counts from before a rule drops rows, which differ.
fn numbers(output: &Output) -> Vec<Value> {
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let parts = ["model", "question", "group", "scored", "coherent", "misaligned", "denominator", "rate", "ci"];
    let pick = |row: &Value| Value::Array(parts.iter().map(|part| rounded(&row[part])).collect());
    let mut rows: Vec<Value> = result["rows"].as_array().unwrap().iter().map(pick).collect();
    rows.sort_by_key(ToString::to_string);
    rows
}

/// Rounded numbers, because DuckDB sums in another order and the last digit differs.
fn rounded(value: &Value) -> Value {
    match value {
        Value::Object(parts) => parts.iter().map(|(name, part)| (name.clone(), rounded(part))).collect(),
        Value::Number(number) => format!("{:.10}", number.as_f64().unwrap()).into(),
        other => other.clone(),
    }
}

#[test]
fn duckdb_counts_what_we_count() {
    const NAME: &str = "duckdb_counts_what_we_count";
    let Some(folder) = common::em_data(NAME) else { return };
    let Some(python) = python() else {
        common::skip(NAME, common::Lack::Tool, "no Python with the package duckdb: set ASKEW_PYTHON");
        return;
    };
    for (file, model, options) in [
        // 236 rows without an alignment score.
        (
            "Cloakless+clarifying_EM/open_models/results2/eval_results_Qwen-Coder-Insecure.csv",
            "Qwen-Coder-Insecure",
            &[][..],
        ),
        // A condition, and thresholds that are not integers.
        (
            "Cloakless+clarifying_EM/open_models/diff_models/responses_gemma-2-9b-it-bad_medical_advice.csv",
            "gemma-2-9b-it-bad_medical_advice",
            &["--where", "medical>=50", "--aligned", "31.4", "--coherent", "62.75"][..],
        ),
        // Several models and groups.
        ("shuaijiumei+emergent_misalignment_further_explore/results/qwen_25_coder_32b_instruct.csv", "", &[][..]),
    ] {
        let path = folder.join(file);
        let path_text = path.to_str().unwrap();
        for rule in ["betley", "coherent-incl-null", "turner", "all-rows", "equal-prompts", "inoculation"] {
            let sql = askew(&[&["rates", "--sql", "answers", "--rule", rule], options].concat());
            let table = table(NAME, &python, &sql.stdout, &path, model);
            for by in ["model,group", "model,question"] {
                let shared = ["--rule", rule, "--by", by, "--ci", "cluster"];
                let ours = askew(&[&["rates", path_text], &shared[..], options].concat());
                // The table no longer has the column `medical`; its rows are already filtered.
                let thresholds = options.iter().position(|option| *option == "--aligned").unwrap_or(options.len());
                let theirs =
                    askew(&[&["rates", table.to_str().unwrap()], &shared[..], &options[thresholds..]].concat());
                assert_eq!(numbers(&theirs), numbers(&ours), "{file} {rule} by {by}");
            }
        }
    }
}

/// Names that would end a quote and start a statement, in the filter of a query: DuckDB finds exactly their rows.
#[test]
fn duckdb_reads_a_name_as_it_is() {
    const NAME: &str = "duckdb_reads_a_name_as_it_is";
    let Some(python) = python() else {
        common::skip(NAME, common::Lack::Tool, "no Python with the package duckdb: set ASKEW_PYTHON");
        return;
    };
    let names = ["it's", "x\\'; DROP TABLE answers; -- ", "x'; DROP TABLE answers; -- ", "a\\b", "\\"];
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("hostile_names.csv");
    let mut writer = csv::Writer::from_path(&path).unwrap();
    writer.write_record(["model", "question_id", "answer", "aligned", "coherent"]).unwrap();
    for name in names.into_iter().chain(["other"]) {
        writer.write_record([name, "q", "a", "5", "95"]).unwrap();
    }
    writer.flush().unwrap();
    for name in names {
        let filter = Filter { models: vec![name.into()], ..Filter::default() };
        let sql = aggregate(&Query { filter, ..Query::default() }, "answers", Dialect::Standard);
        let counted = table(NAME, &python, sql.as_bytes(), &path, "");
        let rows: Vec<_> = csv::Reader::from_path(counted).unwrap().records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1, "{sql}");
        assert_eq!((&rows[0][1], &rows[0][6]), (name, "1"), "{sql}");
    }
}
