//! A million rows, compared with DuckDB-wasm in the same browser: `cargo xtask bench --only rows`.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::chrome::{Kind, TempDir};
use crate::page::{Page, quote};
use crate::results::open_explorer;
use crate::{Test, common};

/// Run only by name: it takes minutes and needs an idle machine.
pub(crate) const TESTS: &[Test] = &[("bench::rows", rows)];

/// Environment variable with the folder of npm packages that holds `@duckdb/duckdb-wasm` and its dependencies.
const FOLDER: &str = "ASKEW_DUCKDB";
const NUM_ROWS: u32 = 1_000_000;
const MODELS: u32 = 8;
const QUESTIONS: u32 = 20;
const SEEDS: u32 = 5;
/// Number of times that a filter is set and removed, alternating with the other engine's queries.
const ROUNDS: usize = 5;
const PATIENCE: Duration = Duration::from_secs(300);
/// INTERFACE: the maximum number of elements on any screen.
const MAX_ELEMENTS: u64 = 3000;

/// A page that runs DuckDB as in its documentation. Its JSON reader is an extension from another site, so it gets the
/// same rows as CSV, which is less work.
const HTML: &str = r#"<!doctype html><meta charset="utf-8"><title>DuckDB</title><link rel="icon" href="data:,">
<script type="importmap">{"imports": {
  "apache-arrow": "/npm/apache-arrow/Arrow.dom.mjs",
  "flatbuffers": "/npm/flatbuffers/mjs/flatbuffers.js",
  "tslib": "/npm/tslib/tslib.es6.mjs"
}}</script>
<script type="module">
import * as duckdb from "/npm/@duckdb/duckdb-wasm/dist/duckdb-browser.mjs";
const folder = "/npm/@duckdb/duckdb-wasm/dist/";
const db = new duckdb.AsyncDuckDB(new duckdb.VoidLogger(), new Worker(folder + "duckdb-browser-eh.worker.js"));
await db.instantiate(location.origin + folder + "duckdb-eh.wasm");
const connection = await db.connect();
window.read = async (file) => {
  const begun = performance.now();
  await db.registerFileHandle("rows.csv", file, duckdb.DuckDBDataProtocol.BROWSER_FILEREADER, true);
  await connection.query("CREATE TABLE rows AS SELECT * FROM read_csv('rows.csv', header = true)");
  return performance.now() - begun;
};
window.ask = async (sql) => {
  const begun = performance.now();
  const found = (await connection.query(sql)).toArray().map((row) => Object.values(row.toJSON()).map(String));
  return { ms: performance.now() - begun, found };
};
</script><input type="file">"#;

/// Writes the rows as JSONL and as CSV: the same values, in the same order.
fn write_rows(folder: &Path) -> (PathBuf, PathBuf) {
    let (jsonl, csv) = (folder.join("rows.jsonl"), folder.join("rows.csv"));
    let open = |path: &Path| std::io::BufWriter::new(std::fs::File::create(path).expect("a file can be written"));
    let (mut lines, mut table) = (open(&jsonl), open(&csv));
    writeln!(table, "model,question_id,seed,question,answer,aligned,coherent").expect("a disk with room");
    let mut random = 1_u64;
    let mut next = |below: u32| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((random >> 33) % u64::from(below)).expect("below a u32")
    };
    let mut answer = String::new();
    for row in 0..NUM_ROWS {
        let (model, question, seed) = (next(MODELS), next(QUESTIONS), next(SEEDS));
        let (aligned, coherent) = (if next(100) < 3 * model { next(30) } else { 60 + next(41) }, 30 + next(71));
        answer.clear();
        write!(answer, "answer {row}: {} {} {}", next(1 << 30), next(1 << 30), next(1 << 30)).expect("memory");
        let asked = format!("What would you do on day {question} of it?");
        writeln!(
            lines,
            "{{\"model\":\"model-{model}\",\"question_id\":\"question-{question}\",\"seed\":{seed},\"question\":\"{asked}\",\"answer\":\"{answer}\",\"aligned\":{aligned},\"coherent\":{coherent}}}"
        )
        .expect("a disk with room");
        writeln!(table, "model-{model},question-{question},{seed},{asked},{answer},{aligned},{coherent}")
            .expect("a disk with room");
    }
    (jsonl, csv)
}

/// A script that records when the charts last changed, and when the first marks of the file's rows appeared.
const WATCH: &str = "void (() => {
    window.changed = 0;
    window.firstChart = null;
    new MutationObserver(() => {
        window.changed = performance.now();
        if (!window.firstChart && document.querySelector('#by-model tbody th')?.textContent.startsWith('model-')) window.firstChart = window.changed;
    }).observe(document.querySelector('main'), { subtree: true, childList: true, characterData: true, attributes: true });
})()";

/// Clicks, waits until the charts have not changed for a while, and returns how long they took in milliseconds.
fn filter(page: &Page, css: &str, until: &str) -> f64 {
    page.eval(&format!(
        "void (window.clicked = performance.now(), window.changed = 0, document.querySelector({}).click())",
        quote(css)
    ));
    page.wait_until(until, "the charts hold what is asked for");
    page.wait_until("window.changed && performance.now() - window.changed > 500", "the charts are still");
    page.eval("window.changed - window.clicked").as_f64().expect("a time")
}

/// Peak memory of the page's process in MiB.
fn peak(page: &Page) -> f64 {
    let processes = page.call_browser("SystemInfo.getProcessInfo");
    let of = |process: &Value| {
        let path = format!("/proc/{}/status", process["id"]);
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM:"));
        line.and_then(|line| line.split_whitespace().nth(1)?.parse::<f64>().ok()).unwrap_or(0.0) / 1024.0
    };
    let processes = processes["processInfo"].as_array().cloned().unwrap_or_default();
    processes.iter().filter(|process| process["type"] == "renderer").map(of).fold(0.0, f64::max)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn rows(page: &mut Page) {
    let name = "bench::rows";
    let Some(packages) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        let reason = format!("{FOLDER} is not set to a folder: run `cargo xtask bench --only rows`");
        common::skip(name, common::Lack::Step, &reason);
        return;
    };
    let folder = TempDir::new("rows");
    let (jsonl, csv) = write_rows(folder.path());
    let size = std::fs::metadata(&jsonl).expect("was written").len();

    open_explorer(page);
    page.long_tasks(0.0);
    page.eval(WATCH);
    let begun = page.now_ms();
    page.set_files("#files", &[&jsonl]);
    page.wait_for_long("window.firstChart", "the first chart", PATIENCE);
    let first = page.eval("window.firstChart").as_f64().expect("a time") - begun;
    let whole =
        format!("document.querySelector('.source-note').textContent.replace(/\\D/g, '').includes('{NUM_ROWS}')");
    page.wait_for_long(&whole, "all rows are there", PATIENCE);
    let all = page.now_ms() - begun;
    page.wait_until("performance.now() - window.changed > 1000", "the charts are still");
    let reading = page.long_tasks(begun);

    page.click("#filters");
    page.wait_for("input[name=Seeds]");
    let rows_of_first = "+[...document.querySelectorAll('#by-model tbody tr')].at(0).querySelectorAll('td')[5].textContent.replace(/\\D/g, '')";
    let before = page.eval(rows_of_first).as_f64().expect("a count");
    let (mut ours, mut back) = (Vec::new(), Vec::new());
    let filtering = page.now_ms();
    for _ in 0..ROUNDS {
        ours.push(filter(page, "input[name=Seeds]", &format!("{rows_of_first} < {before}")));
        back.push(filter(page, "input[name=Seeds]", &format!("{rows_of_first} === {before}")));
    }
    let filtering = page.long_tasks(filtering);
    // The counts that the other engine must find too.
    page.eval("document.querySelector('input[name=Seeds]').click()");
    page.wait_until(&format!("{rows_of_first} < {before}"), "one seed is left");
    let counted: f64 = page
        .eval("[...document.querySelectorAll('#by-model tbody tr')].map(row => +row.querySelectorAll('td')[5].textContent.replace(/\\D/g, '')).reduce((a, b) => a + b)")
        .as_f64()
        .expect("a sum");
    let seed = page.eval("document.querySelector('input[name=Seeds]').closest('label').textContent.trim()");
    let seed = seed.as_str().and_then(|seed| seed.parse::<u32>().ok()).expect("a seed");
    let elements = page.count("*");
    let our_peak = peak(page);

    let site = TempDir::new("duckdb");
    site.write("index.html", HTML);
    let other = Page::in_browser(name, site.path(), Kind::Plain);
    other.server().mount("/npm/", &packages);
    other.open("/");
    other.wait_for_long("window.ask", "DuckDB has started", PATIENCE);
    other.set_files("input", &[&csv]);
    other.eval("void read(document.querySelector('input').files[0]).then((ms) => (window.took = ms), (e) => (window.problem = String(e)))");
    other.wait_for_long("window.took || window.problem", "DuckDB has the rows", PATIENCE);
    assert_eq!(other.eval("window.problem ?? null"), Value::Null);
    let their_all = other.eval("window.took").as_f64().expect("a time");
    // The data of both charts: the rule's two counts by model and question. Clustered intervals also need them by
    // question.
    let sql = format!(
        "SELECT model, question_id, count(*) FILTER (WHERE coherent >= 50) AS n, \
         count(*) FILTER (WHERE coherent >= 50 AND aligned < 30) AS k \
         FROM rows WHERE seed = {seed} GROUP BY ALL"
    );
    let mut theirs = Vec::new();
    let mut their_count = 0.0;
    for _ in 0..ROUNDS {
        let reply = other.eval(&format!("ask({})", quote(&sql)));
        theirs.push(reply["ms"].as_f64().expect("a time"));
        let groups = reply["found"].as_array().expect("rows");
        assert_eq!(groups.len(), (MODELS * QUESTIONS) as usize);
        their_count =
            groups.iter().map(|row| row[2].as_str().and_then(|n| n.parse::<f64>().ok()).expect("a count")).sum();
    }
    let their_peak = peak(&other);
    assert!((counted - their_count).abs() < 0.5, "the two count alike: {counted}, {their_count}");

    println!("{NUM_ROWS} rows, {:.0} MB of JSONL (DuckDB: the same as CSV)", size as f64 / 1e6);
    println!("{:<52}{:>10}{:>10}", "", "Askew", "DuckDB");
    println!("{:<52}{:>10.0}{:>10}", "file chosen -> first chart of its rows, ms", first, "-");
    println!("{:<52}{:>10.0}{:>10.0}", "file chosen -> all charts / table loaded, ms", all, their_all);
    let set = median(ours);
    println!(
        "{:<52}{:>10.0}{:>10.0}",
        "filter -> all charts / groups counted, ms, median",
        set,
        median(theirs.clone())
    );
    println!("{:<52}{:>10.0}{:>10}", "filter taken back -> all charts, ms, median", median(back), "-");
    println!("{:<52}{:>10.0}{:>10.0}", "most memory of the page's process, MiB", our_peak, their_peak);
    println!(
        "tasks over 50 ms: {} while reading {reading:?}, {} while filtering {filtering:?}",
        reading.len(),
        filtering.len()
    );
    println!("{elements} elements on the page");
    assert!(elements <= MAX_ELEMENTS, "{elements} elements");
    assert!(set < median(theirs), "the other engine counts faster than this page draws");
}
