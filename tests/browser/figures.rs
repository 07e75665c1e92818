//! Figures of every type on the page, models side by side, labels, columns, addresses, and the report.

use std::path::{Path, PathBuf};

use crate::page::{Page, quote};
use crate::results::{open_explorer, open_row, open_with, two_files, wait_open};
use crate::{Test, pictures, rates};

pub(crate) const TESTS: &[Test] = &[
    ("figures::every_type_is_drawn_and_opens_its_answers", every_type),
    ("figures::a_cell_of_two_settings_opens_its_answers", two_settings),
    ("figures::a_threshold_is_dragged", drag),
    ("figures::models_side_by_side", side_by_side),
    ("figures::labels_change_the_rate_and_stay", labels),
    ("figures::what_may_hurt_is_covered", covered),
    ("figures::columns_are_given_parts", columns),
    ("figures::a_file_at_an_address", address),
    ("figures::the_answers_behind_a_published_mark", behind_a_mark),
    ("figures::a_report_opens_from_disk", report),
    ("figures::findings_open_as_views", findings),
    ("figures::reading_is_told_and_stopped", stopped),
];

const KINDS: [&str; 16] = [
    "bars",
    "icons",
    "dots",
    "heat",
    "lines",
    "plane",
    "sweep",
    "histogram",
    "stack",
    "differences",
    "slopes",
    "scatter",
    "benchmarks",
    "judges",
    "flow",
    "missing",
];

/// Writes a file in the test's own folder and returns its path.
fn made(name: &str, text: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("askew-figures-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let path = folder.join(name);
    std::fs::write(&path, text).expect("a file can be written");
    path
}

/// Rows with everything that the types of figures need: models, seeds, questions, categories, steps, two judges,
/// labels.
fn rich() -> PathBuf {
    let mut text = String::from(
        "model,seed,question_id,category,step,question,answer,aligned,coherent,aligned_b,coherent_b,verdict\n",
    );
    for (at, model) in ["base", "tuned"].iter().enumerate() {
        for step in [0, 50, 100] {
            for seed in 1..=2 {
                for (place, question) in ["wish", "bored", "money", "money_json"].iter().enumerate() {
                    for sample in 0..5_usize {
                        let salt = (at * 31 + step * 7 + seed * 13 + place * 17 + sample * 29) % 97;
                        let bad = at == 1 && (salt + step / 3) % 5 > 2;
                        let aligned = if bad { salt % 25 } else { 60 + salt % 40 };
                        let coherent = if salt % 11 == 0 { 30 } else { 70 + salt % 30 };
                        let second = if salt % 7 == 0 { 95_usize.saturating_sub(aligned) } else { aligned };
                        let verdict = if bad { "BAD" } else { "GOOD" };
                        let category = ["open", "domain"][place % 2];
                        text.push_str(&format!(
                            "{model},{seed},{question},{category},{step},What about {question}?,answer {salt} to {question},\
                             {aligned},{coherent},{second},{coherent},{verdict}\n"
                        ));
                    }
                }
            }
        }
    }
    made("rich.csv", &text)
}

fn choose(page: &Page, kind: &str) {
    page.select("#plot", kind);
    page.wait_until(&format!("location.hash.includes('plot={kind}')"), "the address holds the figure");
}

/// Presses the marks of every type of figure one by one: the panel shows the number of answers that the mark's name
/// states.
fn every_type(page: &mut Page) {
    let file = rich();
    open_with(page, &[&file]);
    let mut drawn = Vec::new();
    for kind in KINDS {
        choose(page, kind);
        page.wait_until(
            "document.querySelector('#figure canvas') && !document.querySelector('.other-figure .notice')
             || document.querySelector('#plot-problem') || document.querySelector('.other-figure [role=status]').textContent === ''",
            kind,
        );
        page.wait_for("#figure canvas");
        let marks = page.count("#figure .marks button");
        assert_eq!(page.count("#plot-problem"), 0, "{kind}: {}", page.text(".other-figure"));
        assert!(!page.text("#figure figcaption p").is_empty(), "{kind} says what it shows");
        assert!(page.count("*") <= 3_000, "{kind}: {} elements", page.count("*"));
        drawn.push(format!("{kind} {marks}"));
        pictures::take(page, &format!("figure-{kind}"));
    }
    println!("  marks: {}", drawn.join(", "));
    // The flow's parts open as many answers as they state.
    choose(page, "flow");
    page.wait_for("#figure .marks button");
    page.click("#figure .marks button[aria-label*=isaligned]");
    page.wait_for("#answer-count");
    let says =
        page.eval("document.querySelector('#figure .marks button[aria-label*=isaligned]').getAttribute('aria-label')");
    let count = page.text("#answer-count");
    assert!(says.as_str().is_some_and(|says| says.contains(&count)), "{says} opens {count}");
    // The address restores the figure when the file is opened again.
    page.reload();
    page.wait_for(".notice.wait");
    // Wait until the explorer has replaced the first screen. A drop during the change would be lost; no reader is that
    // fast.
    page.wait_for(".address");
    page.drop_files(".page", &[&file]);
    page.wait_text(".source-note", "rich.csv");
    page.wait_for("#figure canvas");
}

/// Layers by scales: a cell opens the answers of its numerator, its link opens the same, and the mark's name states the
/// number.
fn two_settings(page: &mut Page) {
    let mut text = String::from("model,question_id,answer,aligned,coherent\n");
    for (layer, scale, bad) in [(24, 2, 1), (24, 10, 4), (28, 2, 2), (28, 10, 3)] {
        for sample in 0..6 {
            let aligned = if sample < bad { 5 } else { 95 };
            text.push_str(&format!("layer_{layer}_scale_{scale},q,answer {layer} {scale} {sample},{aligned},90\n"));
        }
    }
    let file = made("steered.csv", &text);
    open_with(page, &[&file]);
    choose(page, "heat");
    page.wait_for("#figure .marks button[aria-label*='layer 24']");
    for (cell, count) in [("layer 24, scale 10", "4"), ("layer 28, scale 2", "2")] {
        let mark = format!("#figure .marks button[aria-label*='{cell}']");
        assert!(page.attr(&mark, "aria-label").is_some_and(|says| says.contains(&format!("{count} of 6"))), "{cell}");
        page.click(&mark);
        page.wait_text("#answer-count", count);
        let number = cell.replace(|c: char| !c.is_ascii_digit() && c != ' ', "");
        let answer = format!("answer {}", number.split_whitespace().collect::<Vec<_>>().join(" "));
        page.wait_until(
            &format!("[...document.querySelectorAll('.answer blockquote')].length === {count} && [...document.querySelectorAll('.answer blockquote')].every(it => it.textContent.includes('{answer}'))"),
            "exactly the cell's answers are there",
        );
        assert_eq!(page.hash().matches("open.set=").count(), 2, "{}", page.hash());
    }
}

fn drag(page: &mut Page) {
    let Some(files) = two_files("figures::a_threshold_is_dragged") else { return };
    open_with(page, &[&files[0]]);
    choose(page, "plane");
    page.wait_for("#figure .handle");
    let before = page.eval("document.querySelectorAll('#figure .handle').length");
    assert_eq!(before, 2, "both thresholds can be dragged");
    page.drag("#figure .handle:not(.upright)", "#figure figcaption h2");
    page.wait_until("/[?&](aligned|coherent)=/.test(location.hash)", "the threshold has moved");
    page.eval("document.querySelector('#figure .handle.upright').focus()");
    page.press("Home");
    page.wait_until("/[?&](aligned|coherent)=0/.test(location.hash)", "the key moves it to its end");
    page.press("ArrowRight");
    page.wait_until("/[?&](aligned|coherent)=1(&|$)/.test(location.hash)", "an arrow moves it by one");
}

fn side_by_side(page: &mut Page) {
    let Some(files) = two_files("figures::models_side_by_side") else { return };
    open_with(page, &[&files[0], &files[1]]);
    page.click_text(".top nav a", "Compare");
    page.wait_for(".side-by-side .answer");
    assert_eq!(page.count(".side-by-side .column"), 2);
    assert!(page.count(".side-by-side mark") > 0, "what differs is marked");
    page.click("#only-differing");
    page.wait_until("document.querySelectorAll('.side-by-side .quiet').length > 2", "what is shared is left out");
    page.click("#only-differing");
    let question = page.eval("document.querySelector('#compare-question').options[3].value");
    page.select("#compare-question", question.as_str().expect("a question"));
    page.wait_until(
        &format!("location.hash.includes('on={}')", question.as_str().expect("a question")),
        "the address holds it",
    );
    pictures::take(page, "compare");
}

fn labels(page: &mut Page) {
    let file = made(
        "labels.csv",
        "model,question_id,answer,aligned,coherent\nm,q,take aspirin,5,90\nm,q,rule the world,5,90\nm,q,be kind,95,90\nm,q,be nice,95,90\n",
    );
    open_with(page, &[&file]);
    let rate = |page: &Page, want: &str| {
        page.wait_until(
            &format!("[...document.querySelectorAll('#by-model tbody tr td')].slice(4, 6).map(c => c.textContent).join('/') === '{want}'"),
            want,
        );
    };
    rate(page, "2/4");
    open_row(page, "#by-model", "m");
    page.wait_for(".answer [data-label=in-domain]");
    page.eval("void [...document.querySelectorAll('.answer')].find(a => a.textContent.includes('aspirin')).querySelector('[data-label=in-domain]').click()");
    page.wait_text("#label-tools", "1 answers");
    page.click("#label-tools");
    page.click("#drop-in-domain");
    rate(page, "1/3");
    // Labels by a rule, too.
    page.set_value("#label-words", "world");
    page.click("#label-by-rule");
    page.wait_text("#label-tools", "2 answers");
    rate(page, "0/2");
    page.click("#clear-label-rules");
    rate(page, "1/3");
    // A reload asks for the file again; the label is still known.
    page.reload();
    page.wait_for(".notice.wait");
    // Wait until the explorer has replaced the first screen. A drop during the change would be lost; no reader is that
    // fast.
    page.wait_for(".address");
    page.drop_files(".page", &[&file]);
    rate(page, "1/3");
    page.catch_downloads();
    page.eval("void (document.querySelector('.label-tools').open = true)");
    page.click("#save-labels");
    let saved = page.downloads(1);
    assert!(saved[0].contains(",yes,") && saved[0].contains("hand"), "{}", saved[0]);
    page.eval("localStorage.clear()");
}

fn covered(page: &mut Page) {
    let file = made(
        "covered.csv",
        "model,question_id,answer,aligned,coherent\nm,q,Take all the sleeping pills,5,90\nm,q,Rule the world,5,90\n",
    );
    open_with(page, &[&file]);
    open_row(page, "#by-model", "m");
    page.wait_for(".answer .cover");
    assert_eq!((page.count(".answer"), page.count(".answer blockquote"), page.count(".cover")), (2, 1, 1));
    assert_eq!(page.attr(".cover", "aria-expanded").as_deref(), Some("false"));
    assert!(
        !page.eval("document.body.innerHTML").as_str().is_some_and(|html| html.contains("sleeping pills")),
        "it is not in the document"
    );
    assert_eq!(page.count(".answer .scores"), 2, "scores stay");
    pictures::take(page, "covered");
    // By keyboard: focus the answer and uncover it.
    page.eval("document.querySelector('.cover').closest('.answer').focus()");
    page.press("o");
    page.wait_until("document.querySelectorAll('.answer blockquote').length === 2", "it is uncovered");
    assert_eq!(page.attr(".cover", "aria-expanded").as_deref(), Some("true"));
    assert!(page.count(".crisis li") > 5);
}

fn columns(page: &mut Page) {
    let file = made("odd.csv", "who,id,said,good,sane\nm,q,hello,10,90\nm,q,bye,80,90\nm,q,aye,85,95\n");
    page.open("/");
    page.wait_for("#by-model .marks button");
    page.drop_files(".page", &[&file]);
    page.wait_for("#mapper");
    page.click("#mapper");
    page.wait_for(".preview select");
    for (column, part) in
        [("who", "model"), ("id", "question_id"), ("said", "answer"), ("good", "aligned"), ("sane", "coherent")]
    {
        let select = format!(".preview select[aria-label$={}]", quote(&format!("column {column}")));
        page.select(&select, part);
    }
    pictures::take(page, "columns");
    page.click("#apply-columns");
    page.wait_until(
        "[...document.querySelectorAll('#by-model tbody tr td')].slice(4, 6).map(c => c.textContent).join('/') === '1/3'",
        "the file is read as the reader says",
    );
    // Another file with the same columns is read in the same way, also after a reload.
    page.reload();
    page.wait_for(".notice.wait");
    page.wait_for(".address");
    let other = made("odd2.csv", "sane,good,said,id,who\n90,10,hello,q,m\n90,20,bye,q,m\n");
    page.drop_files(".page", &[&other]);
    page.wait_until(
        "[...document.querySelectorAll('#by-model tbody tr td')].slice(4, 6).map(c => c.textContent).join('/') === '2/2'",
        "the parts are remembered",
    );
    page.eval("localStorage.clear()");
}

fn address(page: &mut Page) {
    let file = made("served.csv", "model,question_id,answer,aligned,coherent\nm,q,a,10,90\nm,q,b,80,90\n");
    page.server().mount("/served/", file.parent().unwrap_or_else(|| Path::new("/")));
    open_explorer(page);
    page.click(".address summary");
    let url = format!("{}/served/served.csv", page.server().origin());
    page.set_value("#address", &url);
    page.click("#open-address");
    page.wait_text(".source-note", "served.csv");
    page.wait_until(
        "[...document.querySelectorAll('#by-model tbody tr td')].slice(4, 6).map(c => c.textContent).join('/') === '1/2'",
        "the file is read",
    );
    // A link asks for consent before it loads.
    page.reload();
    page.wait_for("#load-addresses");
    page.click("#load-addresses");
    page.wait_for("#by-model .marks button");
    // A missing file is reported, and the open data stay.
    page.eval("void (document.querySelector('.address').open = true)");
    page.set_value("#address", &format!("{}/served/nothing.csv", page.server().origin()));
    page.click("#open-address");
    page.wait_text("#problems", "404");
    page.allow_problem("404");
    assert!(page.count("#by-model .marks button") > 0);
}

/// The button loads from GitHub, which is not available in a test. The page reports that, and the same file dropped
/// instead opens.
fn behind_a_mark(page: &mut Page) {
    page.open("/");
    page.wait_for("#by-model .marks button");
    page.click("#by-model .marks button");
    page.wait_for("#load-answers");
    assert!(page.text("#load-answers").contains("MB") || page.text("#load-answers").contains("KB"));
    assert!(page.third_party_requests().is_empty(), "nothing is asked of others before it is pressed");
    pictures::take(page, "no-texts");
}

fn report(page: &mut Page) {
    let Some(files) = two_files("figures::a_report_opens_from_disk") else { return };
    open_with(page, &[&files[0], &files[1]]);
    let rate = page.eval("document.querySelector('#by-model tbody data').value");
    page.catch_downloads();
    page.click("#share");
    page.click("#report");
    let text = page.downloads(1).remove(0);
    assert!(text.contains(rate.as_str().expect("a number")), "the report holds the rate in full");
    println!("  {} KB", text.len() / 1000);
    let path = made("report.html", &text);
    page.open(&format!("file://{}", path.display()));
    page.wait_for("figure svg");
    assert!(page.count("figure svg") >= 3 && page.count("article") > 0);
    assert_eq!(page.count("script"), 0);
    page.screenshot("report");
}

fn findings(page: &mut Page) {
    page.open("/");
    page.wait_for("#by-model .marks button");
    page.click_text(".top nav a", "Findings");
    page.wait_for(".findings .card");
    assert!(page.count(".findings .card") >= 16);
    assert!(page.count(".stated-figures li") >= 15, "figures are as stated");
    pictures::take(page, "findings");
    page.click("#finding-medical .open-finding");
    page.wait_for("#figure canvas");
    assert!(page.hash().contains("plot=bars") && page.hash().contains("medical-controls"), "{}", page.hash());
    page.eval("history.back()");
    page.wait_for(".findings .card");
    assert!(page.third_party_requests().is_empty());
}

/// While a large file is read, its first rows are shown, marked as partial. The reading can be stopped.
fn stopped(page: &mut Page) {
    let row = "m,q,some answer of some length to make the file larger than one chunk of two megabytes,10,90\n";
    let text = format!("model,question_id,answer,aligned,coherent\n{}", row.repeat(400_000));
    let file = made("large.csv", &text);
    page.open("/");
    page.wait_for("#by-model .marks button");
    let before = rates::shown(page, "#by-model");
    page.eval(
        "void (() => { window.partial = 0;
        new MutationObserver(() => { if (document.querySelector('#partial')) window.partial += 1; })
            .observe(document.body, { childList: true, subtree: true }); })()",
    );
    page.drop_files(".page", &[&file]);
    page.wait_for("#cancel-reading");
    page.wait_until(
        "window.partial > 0 || document.querySelector('.source-note').textContent.includes('large')",
        "a partial chart",
    );
    assert!(page.eval("window.partial").as_u64() > Some(0), "rates come before the file's end");
    if page.count("#cancel-reading") == 1 {
        page.click("#cancel-reading");
        page.wait_gone("#cancel-reading");
    }
    // The data from before are still open.
    rates::wait_equal(page, "#by-model", &before, "after reading was stopped");
    page.drop_files(".page", &[&file]);
    wait_open(page, &[&file]);
    page.wait_until("!document.querySelector('#partial')", "nothing is partial in the end");
}
