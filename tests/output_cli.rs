//! What the command line prints: nothing of a file's drives a terminal or a spreadsheet, data stay as they are, and a
//! reader who stops reading ends it quietly.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use askew::model::quant::Quant;
use common::gguf::{Shape, random_llama};

/// A name that sets a terminal's title, clears it and writes its clipboard (OSC 52), and one that reverses its line.
const DRIVING: [&str; 2] = ["\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}]52;c;cHduZWQ=\u{7}\u{9b}31m", "good\u{202e}.evil"];
/// Names that a spreadsheet runs.
const FORMULAS: [&str; 6] = ["=HYPERLINK(\"x\",\"y\")", "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1;2)", "\t=1+1"];
/// What a shell reports for a program that SIGPIPE ended.
const CLOSED_PIPE: i32 = 141;

fn askew(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_askew")).args(args).stdin(Stdio::null()).output().unwrap()
}

fn path(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("output_cli");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Answers of models with the given names, in a file with the given name.
fn answers(name: &str, models: &[&str]) -> String {
    let path = path(name);
    let mut writer = csv::Writer::from_path(&path).unwrap();
    writer.write_record(["model", "group", "question_id", "question", "answer", "aligned", "coherent"]).unwrap();
    for model in models {
        writer.write_record([*model, "g", "q", "Q?", "a", "5", "95"]).unwrap();
    }
    writer.flush().unwrap();
    path.to_str().unwrap().to_owned()
}

/// The text, which must hold no control character other than line breaks, and nothing that turns a line round.
fn plain(bytes: Vec<u8>) -> String {
    let text = String::from_utf8(bytes).unwrap();
    assert!(!text.contains(|c: char| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    text
}

#[test]
fn a_file_cannot_drive_the_terminal() {
    let path = answers("\u{1b}[31mred.csv", &DRIVING);
    for args in [["--format", "table"], ["--format", "json"]] {
        let output = askew(&[&["rates", &path, "--by", "file,model"], &args[..]].concat());
        let (stdout, stderr) = (plain(output.stdout), plain(output.stderr));
        if args[1] == "table" {
            assert!(stdout.contains("\\u{1b}]52;c;cHduZWQ=\\u{7}\\u{9b}31m"), "{stdout}");
            assert!(stdout.contains("good\\u{202e}.evil"), "{stdout}");
            assert!(stderr.contains("\\u{1b}]0;owned"), "{stderr}");
        } else {
            let found: serde_json::Value = serde_json::from_str(&stdout).unwrap();
            let models: Vec<&str> =
                found["rows"].as_array().unwrap().iter().map(|row| row["model"].as_str().unwrap()).collect();
            assert!(DRIVING.iter().all(|name| models.contains(name)), "JSON holds the names as they are: {models:?}");
        }
    }
    let output = askew(&["rates", "no\u{1b}]0;x\u{7}\naskew: such.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let message = plain(output.stderr);
    assert!(message.starts_with("askew: no\\u{1b}]0;x\\u{7}\\u{a}askew: such.csv: "), "{message}");
    assert_eq!(message.lines().count(), 1, "a file's name starts no message of its own: {message}");
    for args in [&["figure", &path, "--plot", "list"][..], &["figure", &path], &["figure", &path, "--python"]] {
        let output = askew(args);
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(!stdout.contains(|c: char| c.is_control() && c != '\n'), "{stdout:?}");
        plain(output.stderr);
    }
}

/// The models of a CSV table.
fn models(output: &Output) -> Vec<String> {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut reader = csv::Reader::from_reader(output.stdout.as_slice());
    let at = reader.headers().unwrap().iter().position(|name| name == "model").unwrap();
    let mut models: Vec<String> = reader.records().map(|row| row.unwrap()[at].to_owned()).collect();
    models.sort();
    models.dedup();
    models
}

#[test]
fn a_spreadsheet_runs_no_cell_and_a_flag_keeps_the_names() {
    let names = [&FORMULAS[..], &["plain", "-1", DRIVING[0]]].concat();
    let path = answers("formulas.csv", &names);
    let sorted = |name: &dyn Fn(&str) -> String| {
        let mut names: Vec<String> = names.iter().map(|text| name(text)).collect();
        names.sort();
        names
    };
    let marked = sorted(&|name| if FORMULAS.contains(&name) { format!("'{name}") } else { name.to_owned() });
    let kept = sorted(&str::to_owned);
    for args in
        [&["rates", &path, "--by", "model", "--format", "csv"][..], &["aggregate", &path], &["figure", &path, "--csv"]]
    {
        assert_eq!(models(&askew(args)), marked, "{args:?}");
        let raw = askew(&[args, &["--keep-formulas"]].concat());
        assert_eq!(models(&raw), kept, "{args:?}");
    }
}

#[test]
fn sql_is_for_the_database_that_was_named() {
    for (dialect, column) in
        [("standard", "\"group\""), ("mysql", "`group`"), ("bigquery", "`group`"), ("spark", "`group`")]
    {
        let output = askew(&["rates", "--sql", "answers", "--dialect", dialect]);
        assert!(plain(output.stdout).contains(column), "{dialect}");
    }
    assert_eq!(askew(&["rates", "--sql", "answers", "--dialect", "dbase"]).status.code(), Some(2));
}

/// Arguments of every command that prints and needs no GPU.
fn printing() -> Vec<Vec<String>> {
    let results = answers("closed.csv", &["m1", "m2"]);
    let model = path("closed.gguf");
    std::fs::write(&model, random_llama(Shape::TINY, &[Quant::Q8_0], 2).bytes()).unwrap();
    let model = model.to_str().unwrap();
    let (texts, set) = (path("texts.jsonl"), path("set.yaml"));
    std::fs::write(&texts, "\"ab\"\n\"ba\"\n").unwrap();
    std::fs::write(&set, "- id: q\n  type: free_form\n  paraphrases:\n    - How are you?\n").unwrap();
    let (texts, set) = (texts.to_str().unwrap(), set.to_str().unwrap());
    let generate = ["generate", model, "--prompt", "ab", "--max-tokens", "2", "--device", "cpu"];
    let json = [&generate[..], &["--json"]].concat();
    [
        &["rates", &results][..],
        &["rates", &results, "--format", "csv"],
        &["rates", &results, "--format", "table"],
        &["rates", &results, "--by", "model", "--compare", "all"],
        &["rates", "--sql", "answers"],
        &["aggregate", &results],
        &["figure", &results],
        &["figure", &results, "--csv"],
        &["figure", &results, "--sql"],
        &["figure", &results, "--plot", "list"],
        &["inspect", model],
        &generate,
        &json,
        &["logits", model, "--tokens", "1,2", "--device", "cpu"],
        &["tokenize", model, texts],
        &["tokenize", model, texts, "--spell"],
        &["bench", model, "--prefill", "4", "--decode", "2", "--device", "cpu"],
        &["questions", set],
    ]
    .into_iter()
    .map(|args| args.iter().map(|arg| (*arg).to_owned()).collect())
    .collect()
}

/// A pipe that nobody reads.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[test]
fn a_reader_who_stops_reading_ends_every_command_quietly() {
    let mut commands = printing();
    for args in &commands {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askew"));
        let output = command.args(args).stdout(closed()).stderr(Stdio::piped()).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(CLOSED_PIPE), "{args:?}: {stderr}");
        assert!(!stderr.contains("panicked") && !stderr.to_lowercase().contains("pipe"), "{args:?}: {stderr}");
    }
    // Messages are for people: without a reader for them a command does its work, and its exit code says how it went.
    commands.push(vec!["rates".to_owned(), "nowhere.csv".to_owned()]);
    for (args, is_failure) in commands.iter().map(|args| (args, args.contains(&"nowhere.csv".to_owned()))) {
        let output = Command::new(env!("CARGO_BIN_EXE_askew")).args(args).stderr(closed()).output().unwrap();
        assert_eq!(output.status.code(), Some(i32::from(is_failure)), "{args:?}");
        assert_eq!(output.stdout.is_empty(), is_failure, "{args:?}");
    }
}
