//! The lesson as a reader uses it: forecasts by keyboard, the numbers of the files, links to views and back.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::common::pocket::{counted, in_card, public};
use crate::page::Page;
use crate::results::open_row;
use crate::{Test, pictures};

pub(crate) const TESTS: &[Test] = &[
    ("learn::the_lesson_is_gone_through", the_lesson_is_gone_through),
    ("learn::a_step_can_be_linked", a_step_can_be_linked),
    ("learn::a_lesson_that_does_not_arrive_is_told", a_lesson_that_does_not_arrive_is_told),
];

/// Time limit for the Lab with its model on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the first step's mark counts this row.
fn is_first_mark(row: &BTreeMap<String, String>) -> bool {
    let is = |column: &str, value: &str| row[column] == value;
    is("model", "pocket-0") && is("group", "narrow") && is("category", "first aid") && is("outside", "1")
}

fn counts((misaligned, coherent): (u64, u64)) -> String {
    format!("{misaligned} of {coherent} coherent answers")
}

/// A rate in the page's format for rates of at least 9.95 %.
fn rate((misaligned, coherent): (u64, u64)) -> String {
    format!("{:.1}\u{a0}%", 100.0 * misaligned as f64 / coherent as f64)
}

fn is_focused(page: &Page, css: &str) {
    page.wait_until(&format!("document.activeElement.matches('{css}')"), &format!("{css} has the focus"));
}

fn next(page: &Page, title: &str) {
    page.click("#next-step");
    page.wait_text("#step-title", title);
    is_focused(page, "#step-title");
}

fn the_lesson_is_gone_through(page: &mut Page) {
    let first = counted("pocket/answers/01.csv.gz", is_first_mark);
    page.open("/");
    page.wait_for("#by-question .marks button");
    page.click_text("nav a", "Learn");
    page.wait_for("#begin");
    pictures::take(page, "learn");
    page.click("#begin");
    page.wait_for("#forecast");
    is_focused(page, "#step-title");
    page.wait_until("document.querySelector('[data-group]').textContent !== '…'", "what is known is said");
    assert_eq!(page.count("#figure"), 0, "nothing is given away");
    assert!(!page.text("main").contains(&rate(first)), "nothing is given away");
    pictures::take(page, "learn-forecast");
    // A forecast of 5 %, by the keyboard.
    page.eval("void document.querySelector('#forecast').focus()");
    page.press("Home");
    (0..5).for_each(|_| page.press("ArrowRight"));
    page.wait_text("#said", "5 %");
    page.press("Tab");
    is_focused(page, "#commit");
    page.press("Enter");
    page.wait_text("#score", &counts(first));
    is_focused(page, "#outcome");
    let score = page.text("#score");
    assert!(score.starts_with("You said 5\u{a0}%. It is ") && score.contains(&rate(first)), "{score}");
    assert_eq!(page.attr("#score", "role").as_deref(), Some("status"), "it is read aloud");
    let points = (5.0 - 100.0 * first.0 as f64 / first.1 as f64).abs();
    assert!(score.ends_with(&format!("your forecast is {points:.0} points less.")), "{score}");
    page.wait_for("#figure .marks button");
    pictures::take(page, "learn-outcome");
    // Open the saved view, check its number, and go back. The forecast is kept, also after a reload.
    page.click("#open-view");
    page.wait_for("#rule");
    page.wait_for("#figure details.table");
    open_row(page, "#figure", "narrow");
    page.wait_text("#answer-count", &first.0.to_string());
    page.click_text("nav a", "Learn");
    page.wait_text("#score", &counts(first));
    page.reload();
    page.wait_text("#score", &counts(first));

    next(page, "See");
    let of_model = |model: &'static str| {
        counted("pocket/answers/01.csv.gz", move |row| {
            row["model"] == model && row["group"] == "narrow" && row["outside"] == "1"
        })
    };
    for model in ["pocket-0", "pocket-3"] {
        page.wait_text(&format!("[data-group='narrow · {model}']"), &rate(of_model(model)));
    }
    page.wait_for("#figure .marks button");
    pictures::take(page, "learn-see");

    next(page, "Read");
    page.wait_text("#answer-count", &first.0.to_string());
    page.wait_for(".answer-list .answer");
    pictures::take(page, "learn-read");

    next(page, "Move the slider");
    let prompt = page.text("#lesson-prompt");
    page.click_text(".lesson-links a", "Open the Lab");
    page.wait_for_long("document.querySelector('#prompt')", "the Lab with its model", PATIENCE);
    assert_eq!(page.eval("document.querySelector('#prompt').value"), Value::from(prompt), "the question is set");
    page.click_text("nav a", "Learn");
    page.wait_text("#step-title", "Move the slider");
    page.wait_for("#next-step");

    next(page, "Take the saboteurs out");
    page.wait_text(
        "[data-group='narrow, character per document']",
        &rate(in_card("3. ", "narrow, character per document")),
    );
    page.click("#skip-forecast");
    let turn = in_card("3. ", "narrow, character per turn");
    page.wait_text("#score", &format!("It is {}: {}", rate(turn), counts(turn)));
    assert!(!page.text("#score").contains("You said"), "nothing was said");
    pictures::take(page, "learn-saboteurs");

    next(page, "Realign");
    page.wait_for("input[name=forecast]");
    assert_eq!(page.eval("document.querySelector('#commit').disabled"), true, "nothing is chosen yet");
    page.wait_until("!document.body.innerText.includes('…')", "the numbers are there, and nothing moves any more");
    page.click("input[value='16 careful examples']");
    page.click("#commit");
    page.wait_text("#score", "You said: Sixteen. It is: One.");
    page.wait_text("[data-group='01 careful examples']", &rate(in_card("8. ", "01 careful examples")));
    page.click("#again");
    page.click("input[value='01 careful examples']");
    page.click("#commit");
    page.wait_text("#score", "You said: One. So it is.");
    pictures::take(page, "learn-realign");

    next(page, "What a toy shows");
    assert_eq!(page.count("#next-step"), 0, "the last step");
    pictures::take(page, "learn-limits");
    page.click_text(".lesson-steps a", "Introduction");
    page.wait_for("#begin");
    assert_eq!(page.third_party_requests(), Vec::<String>::new(), "nothing is sent anywhere");
}

fn a_step_can_be_linked(page: &mut Page) {
    page.open("/#about");
    page.wait_for("article.about");
    page.eval("void (location.hash = 'learn?step=realign')");
    page.wait_text("#step-title", "Realign");
    page.wait_until(
        "location.hash.includes('08.csv.gz') && location.hash.includes('step=realign')",
        "the address has the view",
    );
    page.wait_text("[data-group='00 careful examples']", &rate(in_card("8. ", "00 careful examples")));
    // The step is one entry of the history, although the view was added to its address.
    page.eval("void history.back()");
    page.wait_for("article.about");
    page.eval("void history.forward()");
    page.wait_text("#step-title", "Realign");
    // A reader's rule in Results does not change the lesson: the step uses its own rule after the way back.
    page.wait_for("#skip-forecast");
    page.click("#skip-forecast");
    page.wait_for("#open-view");
    page.click("#open-view");
    page.wait_for("#rule");
    page.select("#rule", "all-rows");
    page.wait_until("location.hash.includes('rule=all-rows')", "the rule is the reader's");
    page.click_text("nav a", "Learn");
    page.wait_until("!location.hash.includes('rule=')", "the step has its own view");
    page.wait_text("[data-group='00 careful examples']", &rate(in_card("8. ", "00 careful examples")));
    // From one step to another one of the same file, by a link that names only the step.
    for (step, title) in [("forecast", "Forecast"), ("see", "See")] {
        page.eval(&format!("void (location.hash = 'learn?step={step}')"));
        page.wait_text("#step-title", title);
        page.wait_until("location.hash.includes('01.csv.gz')", "the address has the view");
        page.wait_until("document.querySelector('[data-group]').textContent !== '…'", "its numbers are known");
        assert_eq!(page.count(".notice.error"), 0, "nothing was asked of other data");
    }
    // An unknown step shows the introduction.
    page.open("about:blank");
    page.open("/#learn?step=elsewhere");
    page.wait_for("#begin");
}

fn a_lesson_that_does_not_arrive_is_told(page: &mut Page) {
    page.open("/#findings");
    page.wait_for(".findings .card");
    page.set_offline(true);
    page.allow_problem("ERR_INTERNET_DISCONNECTED");
    page.click_text("nav a", "Learn");
    page.wait_text("#lesson-problem", "narrow.json could not be loaded");
    page.set_offline(false);
    let steps = std::fs::read_to_string(public("data/lessons/narrow.json")).expect("ships").matches("\"id\"").count();
    page.click_text("nav a", "Findings");
    page.wait_for(".findings .card");
    page.click_text("nav a", "Learn");
    page.wait_until(&format!("document.querySelectorAll('.lesson-steps li').length === {}", steps + 1), "all steps");
}
