//! Files that are large, broken or partly broken.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::Test;
use crate::chrome::TempDir;
use crate::page::Page;
use crate::rates::{self, Rates};
use crate::results::{name, open_with, wait_open};

pub(crate) const TESTS: &[Test] = &[
    ("loading::twenty_megabytes", twenty_megabytes),
    ("loading::broken_files_are_refused", broken_files_are_refused),
    ("loading::half_a_file_is_read", half_a_file_is_read),
    ("loading::a_worker_that_dies_is_replaced", a_worker_that_dies_is_replaced),
];

const HEADER: &str = "model,question_id,question,answer,aligned,coherent\n";
const NUM_MODELS: usize = 5;
const NUM_QUESTIONS: usize = 24;

/// A table of answers with quotes, line breaks and other alphabets in them; `num` rows.
fn table(num: usize, answer_bytes: usize) -> String {
    let mut csv = HEADER.to_owned();
    for row in 0..num {
        let (model, question) = (row % NUM_MODELS, row / NUM_MODELS % NUM_QUESTIONS);
        let filler = "Well, \"\"no\"\",\nthen ünïcode 你好 — and, so on. ".repeat(answer_bytes / 52);
        let aligned = if row % 97 == 0 { String::new() } else { ((row * 7919) % 101).to_string() };
        let coherent = (row * 104_729) % 101;
        writeln!(
            csv,
            "model {model},question {question},\"What, then, is {question}?\",\"Answer {row}: {filler}\",{aligned},{coherent}"
        )
        .expect("text takes text");
    }
    csv
}

fn small(folder: &TempDir) -> (PathBuf, Rates) {
    let file = folder.write("good.csv", table(600, 60));
    let rates = rates::printed(&[&file], "betley", "cluster", "file,model");
    (file, rates)
}

/// "Main-thread tasks over 50 ms while a 20 MB CSV loads": from the drop until both charts are shown.
fn twenty_megabytes(page: &mut Page) {
    const BYTES: usize = 20_000_000;
    let folder = TempDir::new("large");
    let mut csv = table(12_000, 1_650);
    println!("  {} bytes, 12000 rows", csv.len());
    assert!(csv.len() >= BYTES, "{} bytes", csv.len());
    csv.shrink_to_fit();
    let file = folder.write("large.csv", csv);
    let expected = rates::printed(&[&file], "betley", "cluster", "file,model");
    page.open("/");
    page.wait_for("#by-question .marks button");
    // The first screen's own tasks are finished.
    page.long_tasks(0.0);
    page.eval(COUNT_READS);
    let begun = page.now_ms();
    page.drop_files(".page", &[&file]);
    wait_open(page, &[&file]);
    let opened = page.now_ms();
    rates::wait_equal(page, "#by-model", &expected, "20 MB");
    page.wait_for("#by-question .marks button");
    page.click("#by-model .marks button");
    page.wait_for(".answer-list .answer");
    let tasks = page.long_tasks(begun);
    println!("  read and shown in {:.0} ms; {} tasks over 50 ms: {tasks:?}", opened - begun, tasks.len());
    // The time of a task depends on the machine, so it is only printed. The cause of short tasks is asserted: the
    // worker reads the file, and the page itself reads no byte of it.
    assert_eq!(page.eval("window.reads"), 0, "the page read a file on its main thread");
}

/// Counts how often the page, not a worker, reads from a file.
const COUNT_READS: &str = "void (() => {
    window.reads = 0;
    const count = (of, name) => {
        const read = of[name];
        if (read) of[name] = function (...args) { window.reads += 1; return read.apply(this, args); };
    };
    for (const name of ['arrayBuffer', 'bytes', 'text', 'stream', 'slice']) count(Blob.prototype, name);
    for (const name of ['readAsArrayBuffer', 'readAsText', 'readAsDataURL']) count(FileReader.prototype, name);
})()";

/// Files that cannot be read at all, each with words of its error message.
fn broken(folder: &TempDir) -> Vec<(PathBuf, &'static [&'static str])> {
    let csv = table(50, 60);
    let noise: Vec<u8> = (0..50_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]).collect();
    let in_first_cell = &csv[..HEADER.len() + 60];
    vec![
        (folder.write("zero.csv", ""), &["empty", "0 bytes"]),
        (folder.write("header.csv", HEADER), &["header", "no rows"]),
        (folder.write("columns.csv", "date,price\n2020-01-01,3\n2020-01-02,4\n"), &["no column for", "date", "price"]),
        (folder.write("binary.csv", noise), &["binary file"]),
        (folder.write("picture.csv", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01"), &["a picture"]),
        (folder.write("archive.csv", b"PK\x03\x04\x14\0\0\0\x08\0abcdefgh"), &["archive is broken", "cut off"]),
        (folder.write("page.csv", "<!doctype html><title>404</title>"), &["web page"]),
        (folder.write("object.csv", "{\"rows\": []}"), &["JSON"]),
        (folder.write("cut.csv", in_first_cell), &["none of the 1 rows", "quote"]),
    ]
}

fn broken_files_are_refused(page: &mut Page) {
    let folder = TempDir::new("broken");
    let (good, rates) = small(&folder);
    open_with(page, &[&good]);
    rates::wait_equal(page, "#by-model", &rates, "the good file");
    let address = page.hash();
    for (file, words) in broken(&folder) {
        page.drop_files(".page", &[&file]);
        page.wait_text("#problems li", name(&file));
        let sentence = page.text("#problems li");
        println!("  {sentence}");
        for word in words {
            assert!(sentence.contains(word), "{word:?} is not in {sentence:?}");
        }
        assert_eq!(page.count("#problems li"), 1, "one sentence a file");
        // The data from before stay, and the page still works.
        assert_eq!(rates::difference(&rates::shown(page, "#by-model"), &rates), None);
        assert_eq!(page.hash(), address, "the address still names the good file");
        page.select("#rule", "turner");
        let turner = rates::printed(&[&good], "turner", "cluster", "file,model");
        rates::wait_equal(page, "#by-model", &turner, "after a refusal");
        page.select("#rule", "betley");
        rates::wait_equal(page, "#by-model", &rates, "after a refusal");
        page.click_text("button", "Dismiss");
        page.wait_gone("#problems");
    }
    page.click("#by-model .marks button");
    page.wait_for(".answer-list .answer");
    // A valid file among broken ones is opened, and the others are named.
    let other = folder.write("other.csv", table(100, 60));
    let zero = folder.path().join("zero.csv");
    page.drop_files(".page", &[&zero, &other]);
    page.wait_text("#problems li", "zero.csv");
    let expected = rates::printed(&[&other], "betley", "cluster", "file,model");
    rates::wait_equal(page, "#by-model", &expected, "the good one of two files");
}

fn half_a_file_is_read(page: &mut Page) {
    let folder = TempDir::new("half");
    let whole = table(100, 60);
    // The file is cut in the middle of the last row's quoted answer.
    let at = whole.rfind("\"Answer 99").expect("the last row is there") + 30;
    let cut = folder.write("cut.csv", &whole[..at]);
    // Three bad rows among good ones: a score that is not a number, too few cells, too many cells.
    let bad = "model 0,question 0,q,a,high,99\nmodel 0,question 0\nmodel 1,question 1,q,a,12,9,9,9\n";
    let mixed = folder.write("mixed.csv", format!("{}{bad}", table(50, 60)));
    for file in [&cut, &mixed] {
        open_with(page, &[file]);
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_askew")).arg("rates").arg(file).output();
        let output = output.expect("the command line runs");
        let out: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it prints JSON");
        let warnings = crate::page::strings(&out["warnings"]);
        let report =
            warnings.iter().find(|warning| warning.contains("left out")).expect("the command line reports rows");
        // The command line prints the whole path.
        let report = report.split_once(".csv: ").map_or(report.as_str(), |(_, report)| report);
        println!("  {}: {report}", name(file));
        page.wait_text(".warnings li", report);
        page.wait_text(".warnings li", name(file));
        rates::wait_equal(page, "#by-model", &rates::printed(&[file], "betley", "cluster", "file,model"), name(file));
        let rows: u64 = rates::shown(page, "#by-model").values().map(|rate| rate.rows).sum();
        assert_eq!(rows, if file == &cut { 99 } else { 50 }, "{}: the good rows", name(file));
    }
}

/// A worker that panics is restarted, and the view stays.
fn a_worker_that_dies_is_replaced(page: &mut Page) {
    let folder = TempDir::new("worker");
    let (good, rates) = small(&folder);
    open_with(page, &[&good]);
    rates::wait_equal(page, "#by-model", &rates, "the good file");
    assert_eq!(page.workers().len(), 1, "one worker for the data: {:?}", page.workers());
    page.allow_problem("killed by the test");
    page.kill_worker("files_worker");
    page.wait_text("#problems li", "was restarted");
    rates::wait_equal(page, "#by-model", &rates, "after the worker's death");
    let turner = rates::printed(&[&good as &Path], "turner", "wilson", "file,model");
    page.select("#rule", "turner");
    page.select("#interval", "wilson");
    rates::wait_equal(page, "#by-model", &turner, "the new worker answers");
    page.click("#by-model .marks button");
    page.wait_for(".answer-list .answer");
}
