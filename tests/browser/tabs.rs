//! Two tabs of one browser: neither loses or mixes what the other stores. And stores that are full or cannot be read.

use std::path::Path;
use std::time::Duration;

use crate::chrome::TempDir;
use crate::page::{Page, quote};
use crate::results::{open_row, open_with};
use crate::{Test, recover};

pub(crate) const TESTS: &[Test] = &[
    ("tabs::labels_of_both_survive", labels_of_both),
    ("tabs::runs_of_both_survive", runs_of_both),
    ("tabs::a_label_that_is_not_stored_is_said", full_store),
    ("tabs::labels_that_cannot_be_read_are_set_aside", unreadable_store),
];

const ANSWERS: &str =
    "model,question_id,answer,aligned,coherent\nm,q,take aspirin,5,90\nm,q,rule the world,5,90\nm,q,be unkind,5,90\n";

fn open_answers(page: &Page, file: &Path) {
    open_with(page, &[file]);
    open_row(page, "#by-model", "m");
    page.wait_for(".answer [data-label=in-domain]");
}

/// Presses "In-domain" below the answer with these words.
fn label(page: &Page, words: &str) {
    let press = format!(
        "void [...document.querySelectorAll('.answer')].find(a => a.textContent.includes({})).querySelector('[data-label=in-domain]').click()",
        quote(words)
    );
    page.eval(&press);
}

fn labelled(page: &Page, number: u32) {
    page.wait_text("#label-tools", &format!("({number} answers)"));
}

fn labels_of_both(page: &mut Page) {
    let folder = TempDir::new("labels-of-both");
    let file = folder.write("answers.csv", ANSWERS);
    let other = page.another_tab();
    open_answers(page, &file);
    open_answers(&other, &file);
    label(page, "aspirin");
    labelled(page, 1);
    label(&other, "world");
    labelled(&other, 1);
    label(page, "kind");
    labelled(page, 2);
    // Taking a label back removes it, and nothing else.
    label(page, "aspirin");
    labelled(page, 1);
    other.reload();
    other.wait_for(".address");
    open_answers(&other, &file);
    labelled(&other, 2);
    other.catch_downloads();
    other.eval("void (document.querySelector('.label-tools').open = true)");
    other.click("#save-labels");
    let saved = other.downloads(1).remove(0);
    assert_eq!(saved.lines().filter(|line| line.ends_with("hand")).count(), 2, "{saved}");
}

fn runs_of_both(page: &mut Page) {
    let other = page.another_tab();
    for (tab, samples) in [(&*page, 12), (&other, 6)] {
        recover::open_lab(tab);
        recover::begin(tab, &recover::SMALL.replace("\"samples\": 12", &format!("\"samples\": {samples}")));
        recover::wait_for_answers(tab, 4);
        tab.click("#pause");
        tab.wait_for("#resume");
    }
    let before = [recover::there(page), recover::there(&other)];
    let total = |page: &Page| page.text("#run-progress");
    println!("  {} and {}", total(page), total(&other));
    for (tab, before) in [(&*page, before[0]), (&other, before[1])] {
        tab.reload();
        recover::ready(tab);
        recover::wait_for_answers(tab, before);
        assert_eq!(recover::there(tab), before, "each tab has its own run again");
        assert_eq!(tab.count("#waiting-runs li"), 0, "no tab offers what another has open");
    }
    // A tab that is closed leaves its run to the others.
    other.open("about:blank");
    drop(other);
    page.reload();
    recover::ready(page);
    page.wait_until("document.querySelectorAll('#waiting-runs li').length === 1", "the other run waits");
    page.click("#waiting-runs li button");
    page.wait_until(
        &format!("document.querySelector('#run-progress').dataset.there === '{}'", before[1]),
        "it is opened",
    );
    page.click("#resume");
    page.wait_for_long(
        "document.querySelector('#run-progress').dataset.there === '24'",
        "it is finished",
        Duration::from_secs(240),
    );
    page.wait_until("document.querySelectorAll('#waiting-runs li').length === 1", "the first run waits");
}

fn full_store(page: &mut Page) {
    let folder = TempDir::new("full-store");
    open_answers(page, &folder.write("answers.csv", ANSWERS));
    page.eval("void (Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); })");
    page.eval("void (document.querySelector('.label-tools').open = true)");
    label(page, "aspirin");
    page.wait_text("#labels-said", "did not store the label");
    labelled(page, 1);
}

fn unreadable_store(page: &mut Page) {
    let folder = TempDir::new("unreadable-store");
    let file = folder.write("answers.csv", ANSWERS);
    page.open("/");
    page.eval("void localStorage.setItem('askew.labels', 'askew labels 9: 1\\nfrom the future')");
    page.open("about:blank");
    page.open("/");
    open_answers(page, &file);
    page.eval("void (document.querySelector('.label-tools').open = true)");
    page.wait_text("#labels-said", "another version");
    label(page, "aspirin");
    labelled(page, 1);
    page.catch_downloads();
    page.click("#save-set-aside");
    let saved = page.downloads(1).remove(0);
    assert!(saved.contains("from the future"), "{saved}");
    page.wait_gone("#save-set-aside");
    let stored = page.eval("localStorage.getItem('askew.labels')");
    assert!(stored.as_str().is_some_and(|text| text.starts_with("askew labels 1: 1\n")), "{stored}");
}
