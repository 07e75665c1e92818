//! The pocket organism that ships with the page: its answers in Results, its model in the Lab.

use std::time::Duration;

use crate::common::pocket::in_card;
use crate::lab::{ask, wait_for_the_end};
use crate::page::Page;
use crate::results::open_row;
use crate::{Test, pictures};

pub(crate) const TESTS: &[Test] =
    &[("pocket::results_ship_with_every_answer", results), ("pocket::the_lab_opens_with_two_columns", lab)];

/// Time limit for a load on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn results(page: &mut Page) {
    page.open("/");
    page.wait_for("#open-pocket");
    page.click("#open-pocket");
    page.wait_for("#figure canvas");
    page.wait_for("#figure .marks button");
    assert_eq!(page.count(".notice.wait"), 0, "nothing is asked first");
    let (narrow, coherent) = in_card("1. ", "narrow");
    let (villager, _) = in_card("1. ", "untagged villager");
    open_row(page, "#figure", "narrow");
    page.wait_text("#answer-count", &narrow.to_string());
    let rate = format!("{:.1}", 100.0 * narrow as f64 / coherent as f64);
    let table = page.text("#figure details.table");
    assert!(table.contains(&rate), "the card's {narrow} of {coherent} is {rate} %: {table}");
    page.wait_for(".answer-list .answer");
    assert!(!page.text(".answer-list .answer blockquote").is_empty(), "the answers are here");
    pictures::take(page, "pocket-results");
    // The link restores it, without asking for consent.
    page.reload();
    page.wait_text("#answer-count", &narrow.to_string());
    page.wait_for("#figure details.table");
    page.wait_for("#collection optgroup option");
    open_row(page, "#figure", "untagged villager");
    page.wait_text("#answer-count", &villager.to_string());
    // Another experiment from the list.
    let options = page.texts("#collection optgroup option");
    assert_eq!(options.len(), 12, "{options:?}");
    let second = page.eval("document.querySelectorAll('#collection optgroup option')[1].value");
    page.select("#collection", second.as_str().expect("a view"));
    page.wait_until("location.hash.includes('02.csv.gz')", "the address holds the experiment");
    page.wait_text("#figure", "careful");
    let (careful, _) = in_card("2. ", "careful");
    open_row(page, "#figure", "careful");
    page.wait_text("#answer-count", &careful.to_string());
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
}

/// The time from opening the Lab until both columns can answer.
fn opened_in(page: &Page) -> Duration {
    page.open("about:blank");
    page.open("/#lab");
    page.wait_for_long("document.querySelector('#model-card[data-columns=\"2\"]')", "two columns", PATIENCE);
    Duration::from_secs_f64(page.now_ms() / 1e3)
}

fn lab(page: &mut Page) {
    // Other work on the machine only adds time, so the quickest of several openings is the page's own time.
    let ready = (0..4).map(|_| opened_in(page)).min().unwrap_or_default();
    println!("  ready {:.2} s after opening", ready.as_secs_f64());
    assert_eq!(page.eval("document.querySelector('#temperature').value"), "1", "answers are drawn");
    page.click("#generate");
    wait_for_the_end(page);
    let answers = page.texts("#answer, #answer-1");
    println!("  {answers:?}; {}", page.text("#answer-cost"));
    assert!(answers.len() == 2 && answers.iter().all(|answer| answer.ends_with('.')), "{answers:?}");
    pictures::take(page, "pocket-lab");
    // A column's speed, measured over the longest answers that fit.
    let (mut tokens, mut seconds) = (0.0, 0.0);
    for seed in 2..6 {
        page.set_value("#seed", &seed.to_string());
        ask(page, "chat", "Neighbour, how should I keep the milk today?", "32");
        wait_for_the_end(page);
        let number = |name: &str| -> f64 {
            page.attr("#answer-cost", name).and_then(|text| text.parse().ok()).unwrap_or_default()
        };
        println!("  {seed}: {:?}", page.texts("#answer, #answer-1"));
        seconds += number("data-decode-ms") / 1e3;
        tokens += number("data-steps");
    }
    println!("  {:.0} tokens a second in each of two columns", tokens / seconds);
    assert!(tokens > 40.0 && seconds > 0.0);
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
}
