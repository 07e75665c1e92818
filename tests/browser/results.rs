//! The Results screen: figures that ship with the page, and the reader's own files.

use std::path::{Path, PathBuf};

use crate::page::{Page, quote};
use crate::rates::{self, Rates};
use crate::{Test, common};

pub(crate) const TESTS: &[Test] = &[
    ("results::published_figures_at_once", published_figures_at_once),
    ("results::numbers_of_the_command_line", numbers_of_the_command_line),
];

/// The rules on scores. The seventh rule, `verdict`, needs labels.
const SCORE_RULES: [&str; 6] = ["betley", "coherent-incl-null", "turner", "all-rows", "equal-prompts", "inoculation"];
const INTERVALS: [&str; 5] = ["cluster", "bootstrap", "wilson", "clopper", "seed"];

/// Two published files of judged answers; if they are absent, `None`, and the skip is noted.
pub(crate) fn two_files(test: &str) -> Option<[PathBuf; 2]> {
    let folder = common::em_data(test)?.join("Cloakless+clarifying_EM/open_models/diff_r");
    Some([1, 64].map(|rank| folder.join(format!("responses_Qwen2.5-Coder-32B-Instruct_insecure_R{rank}.csv"))))
}

/// A file's name without its folder.
pub(crate) fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).expect("test files have plain names")
}

/// Opens the page, drops files on it and waits for their rates.
pub(crate) fn open_with(page: &Page, files: &[&Path]) {
    page.open("/");
    page.wait_for("#by-model .marks button");
    page.drop_files(".page", files);
    wait_open(page, files);
}

/// Opens the page with the whole explorer.
pub(crate) fn open_explorer(page: &Page) {
    let is_whole = || {
        page.wait_for("#by-question .marks button");
        page.wait_for(".source-note a");
        page.wait_for("input[name=main]");
    };
    page.open("/");
    // A click on a page that is still growing could miss.
    is_whole();
    page.click("#more");
    page.wait_for("#filters");
    is_whole();
}

/// Waits until the rates of files are shown.
pub(crate) fn wait_open(page: &Page, files: &[&Path]) {
    for file in files {
        page.wait_text(".source-note", name(file));
    }
    page.wait_for("#by-model .marks button");
}

/// Clicks a row's name in a figure's table, which opens its mark.
pub(crate) fn open_row(page: &Page, figure: &str, row: &str) {
    page.eval(&format!("void (document.querySelector({}).open = true)", quote(&format!("{figure} details.table"))));
    page.click_text(&format!("{figure} tbody th button"), row);
}

/// The number of different colours of a canvas; a blank canvas has one.
fn num_colours(page: &Page, css: &str) -> u64 {
    let js = format!(
        "(() => {{ const c = document.querySelector({});
         const p = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);
         return new Set(p).size; }})()",
        quote(css)
    );
    page.eval(&js).as_u64().unwrap_or_default()
}

fn published_figures_at_once(page: &mut Page) {
    page.open("/");
    page.wait_for("#by-model .marks button");
    page.wait_for("#by-question .marks button");
    println!("  first marks {:.0} ms after the page began", page.now_ms());
    for figure in ["#by-model", "#by-question"] {
        assert!(num_colours(page, &format!("{figure} canvas")) > 8, "{figure} is drawn");
        let (marks, rows) = (page.count(&format!("{figure} .marks button")), page.count(&format!("{figure} tbody tr")));
        assert!(marks > 1 && marks == rows.min(60), "{figure}: {marks} marks for {rows} rows");
    }
    page.wait_until("document.querySelectorAll('#collection option').length >= 10", "the collections are offered");
    let rates = rates::shown(page, "#by-model");
    assert!(rates.values().any(|rate| rate.misaligned > 0 && rate.rate.is_some()), "{rates:?}");
    // A mark's sentence matches its row.
    let sentences = sentences(page, "#by-model");
    for (name, rate) in rates.iter().filter(|(_, rate)| rate.rate.is_some()) {
        let counts = format!(", {} of {},", rate.misaligned, rate.denominator);
        let is_said = |sentence: &String| sentence.starts_with(&format!("{name}: ")) && sentence.contains(&counts);
        assert!(rates.len() > 60 || sentences.iter().any(is_said), "{name} {counts} is in none of {sentences:#?}");
    }
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
    let served = page.server().requests();
    assert!(served.keys().any(|path| path.contains("data_worker")), "{served:?}");
    assert!(
        !served.keys().any(|path| path.contains("engine_worker")),
        "a reader of charts fetches no engine: {served:?}"
    );
    let tasks = page.long_tasks(0.0);
    println!("  tasks over 50 ms while the first screen came: {tasks:?}");
    // Choose another collection.
    page.select("#collection", "rank");
    page.wait_until("location.hash.includes('published=rank')", "the address names the collection");
    page.wait_until(
        &format!("document.querySelectorAll('#by-model tbody tr').length && {} !== [...document.querySelectorAll('#by-model tbody th')].map(e => e.textContent).join()", quote(&rates.keys().cloned().collect::<Vec<_>>().join(","))),
        "its rates are shown",
    );
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
}

/// The sentences of a figure's marks.
fn sentences(page: &Page, figure: &str) -> Vec<String> {
    let js = format!(
        "[...document.querySelectorAll({})].map(e => e.getAttribute('aria-label'))",
        quote(&format!("{figure} .marks button"))
    );
    crate::page::strings(&page.eval(&js))
}

fn numbers_of_the_command_line(page: &mut Page) {
    let Some(files) = two_files("results::numbers_of_the_command_line") else { return };
    let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
    open_with(page, &files);
    let mut num_compared = 0;
    for (rule, intervals) in
        SCORE_RULES.map(|rule| (rule, if rule == "betley" { &INTERVALS[..] } else { &INTERVALS[..1] }))
    {
        page.select("#rule", rule);
        for interval in intervals {
            page.select("#interval", interval);
            let what = format!("rule {rule}, interval {interval}");
            let models = rates::printed(&files, rule, interval, "file,model");
            rates::wait_equal(page, "#by-model", &models, &what);
            num_compared += models.len();
            for (file, model) in files.iter().zip(models.keys()) {
                open_row(page, "#by-model", model);
                let questions = one_file(file, model, rule, interval);
                rates::wait_equal(page, "#by-question", &questions, &format!("{what}, {model}"));
                num_compared += questions.len();
            }
        }
        page.select("#interval", "cluster");
    }
    println!("  {num_compared} rows equal, each with rate, interval and counts");
    // The number of null scores equals the file's.
    page.select("#rule", "betley");
    for (file, model) in files.iter().zip(rates::printed(&files, "betley", "cluster", "file,model").keys()) {
        let (aligned, coherent) = nulls(file);
        let js = format!(
            "(() => {{ const r = [...document.querySelectorAll('#by-model tbody tr')].find(r => r.cells[0].textContent.trim() === {});
             return [+r.cells[8].textContent, +r.cells[9].textContent]; }})()",
            quote(model)
        );
        assert_eq!(page.eval(&js), serde_json::json!([aligned, coherent]), "null scores of {model}");
    }
    page.select("#rule", "verdict");
    page.wait_text(".controls", "no judge labels");
    page.wait_text(".warnings li", "no judge labels");
}

fn one_file(file: &Path, model: &str, rule: &str, interval: &str) -> Rates {
    let rates = rates::printed(&[file], rule, interval, "file,model,question");
    assert!(name(file).contains(model), "{model} is the model of {}", file.display());
    rates
}

/// The number of rows without an alignment score, and without a coherence score.
fn nulls(file: &Path) -> (u64, u64) {
    let mut reader = csv::Reader::from_path(file).expect("the published file opens");
    let header = reader.headers().expect("it has a header").clone();
    let column = |name: &str| header.iter().position(|column| column == name).expect("it has both scores");
    let (aligned, coherent) = (column("aligned"), column("coherent"));
    let mut nulls = (0, 0);
    for row in reader.records() {
        let row = row.expect("its rows can be read");
        let is_null = |at: usize| row[at].trim().parse::<f64>().is_ok_and(f64::is_finite) as u64 ^ 1;
        nulls = (nulls.0 + is_null(aligned), nulls.1 + is_null(coherent));
    }
    nulls
}
