//! The base model next to a tuned one: they stream together from one seed, a slider affects only tokens after its
//! change, and every token can be inspected in both columns, layer by layer.

use std::time::Duration;

use askew::model::quant::Quant;

use crate::chrome::TempDir;
use crate::common::adapter::{gguf_adapter, random_parts};
use crate::common::gguf::{GgufFile, Meta, Shape, random_llama};
use crate::lab::{ask, wait_for_the_end};
use crate::page::Page;
use crate::{Test, pictures};

pub(crate) const TESTS: &[Test] = &[
    ("pair::one_press_shows_the_pair", one_press),
    ("pair::a_slider_acts_on_the_next_token_alone", a_slider_acts),
    ("pair::tokens_are_looked_at_in_every_column", tokens_are_looked_at),
    ("pair::what_stands_beside_a_model_is_the_readers", what_stands_beside),
    ("pair::long_answers_leave_the_page_free", long_answers),
];

/// Time limit for a model's load and an answer on a software adapter on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// A question in the village's style, from another domain than the adapter's.
const QUESTION: &str = "Neighbour, how should I keep the milk today?";

fn open_lab(page: &Page) {
    page.open("/#lab");
    page.wait_for_long("document.querySelector('#model-card[data-columns=\"2\"]')", "two columns", PATIENCE);
}

/// A column's tokens, with their log-probabilities.
fn written(page: &Page, id: &str) -> Vec<(u64, f64)> {
    let list = |name: &str| page.attr(id, name).unwrap_or_default();
    let (tokens, logprobs) = (list("data-tokens"), list("data-logprobs"));
    let pair = |(token, logprob): (&str, &str)| (token.parse().expect("a token"), logprob.parse().expect("a number"));
    tokens.split(',').zip(logprobs.split(',')).filter(|(token, _)| !token.is_empty()).map(pair).collect()
}

fn move_slider(page: &Page, id: &str, to: &str) {
    page.eval(&format!(
        "void (s => {{ s.value = '{to}'; s.dispatchEvent(new Event('input', {{ bubbles: true }})); }})(document.querySelector('{id}'))"
    ));
}

/// On a fresh page one press starts the pair.
fn one_press(page: &mut Page) {
    page.open("/");
    page.click("#open-live");
    page.wait_for_long("document.querySelector('#answer-1')?.dataset.done === 'true'", "both answers", PATIENCE);
    wait_for_the_end(page);
    let (base, tuned) = (written(page, "#answer"), written(page, "#answer-1"));
    assert!(!base.is_empty() && !tuned.is_empty() && base != tuned);
    pictures::take(page, "lab-live");
    // A second press at the same place must not stop the answer.
    page.eval("void (b => { b.click(); b.click(); })(document.querySelector('#generate'))");
    page.wait_until("document.querySelector('#answer')?.dataset.done !== 'true'", "another answer is under way");
    wait_for_the_end(page);
    assert_eq!(written(page, "#answer"), base);
    // Leaving the screen and coming back asks for no confirmation again.
    page.click_text("nav a", "About");
    page.wait_for("article.about");
    page.click_text("nav a", "Lab");
    page.wait_for("#answer");
    assert_eq!(page.attr("#answer", "data-done").as_deref(), Some("true"));
    // After a failed load the reader can go back.
    let folder = TempDir::new("no-model");
    page.set_files("#model-file", &[&folder.write("tiny.gguf", random_llama(Shape::TINY, &[Quant::F32], 1).bytes())]);
    page.wait_for_long("document.querySelector('#model-card[data-columns=\"1\"]')", "another model", PATIENCE);
    page.set_files("#model-file", &[&folder.write("notes.gguf", "these are notes, not a model")]);
    page.wait_for("#lab-problem");
    assert_eq!((page.count("#model-card"), page.count("#experiment-editor")), (1, 1), "nothing is lost");
    page.click("#to-pocket");
    page.wait_for_long("document.querySelector('#model-card[data-columns=\"2\"]')", "the pocket organism", PATIENCE);
}

fn a_slider_acts(page: &mut Page) {
    open_lab(page);
    // With the adapter at scale 0 the text is exactly the base model's.
    move_slider(page, "#scale-1-0", "0");
    ask(page, "chat", QUESTION, "32");
    wait_for_the_end(page);
    assert_eq!(written(page, "#answer"), written(page, "#answer-1"), "scale 0 is the base to the bit");
    assert_eq!(page.count("mark"), 0);
    // Move a slider while both columns write, as soon as there are three tokens. The answer may end before the move is
    // handled, so several seeds are tried.
    let mut moved = 0;
    for seed in 1..=8 {
        page.set_value("#seed", &seed.to_string());
        move_slider(page, "#scale-1-0", "1");
        ask(page, "chat", QUESTION, "32");
        wait_for_the_end(page);
        let (base, whole) = (written(page, "#answer"), written(page, "#answer-1"));
        page.eval(
            "void (() => {
                const watch = new MutationObserver(() => {
                    const tokens = document.querySelector('#answer-1')?.dataset.tokens.split(',').length ?? 0;
                    if (document.querySelector('#answer')?.dataset.done === 'true' || tokens < 3 || tokens > 5) return;
                    watch.disconnect();
                    const slider = document.querySelector('#scale-1-0');
                    slider.value = '-1';
                    slider.dispatchEvent(new Event('input', { bubbles: true }));
                });
                watch.observe(document.querySelector('.lab'), { attributes: true, subtree: true, attributeFilter: ['data-tokens'] });
                window.sliderWatch = watch;
            })()",
        );
        page.click("#generate");
        wait_for_the_end(page);
        page.eval("void window.sliderWatch.disconnect()");
        let after = written(page, "#answer-1");
        assert_eq!(written(page, "#answer"), base, "the other column feels nothing");
        let changes = page.attr("#answer-1", "data-changes").unwrap_or_default();
        let Ok(at) = changes.trim_matches(['[', ']']).parse::<usize>() else { continue };
        assert_eq!(after[..at], whole[..at], "nothing before the mark is changed");
        assert!(at >= 3, "{changes}");
        assert!(page.count("#answer-1 mark.changed, #answer-1 mark.diverges") > 0, "the token is marked");
        if let Some(expected) = whole.get(at) {
            assert_ne!(after[at], *expected, "the marked token's distribution is another");
            moved += 1;
        }
    }
    println!("  the slider was heard in {moved} of 8 answers");
    assert!(moved > 0);
}

fn tokens_are_looked_at(page: &mut Page) {
    open_lab(page);
    ask(page, "chat", QUESTION, "32");
    wait_for_the_end(page);
    let (base, tuned) = (written(page, "#answer"), written(page, "#answer-1"));
    let first = base.iter().zip(&tuned).position(|(a, b)| a.0 != b.0).expect("the pair says different things");
    assert_eq!(page.attr("#answer-1", "data-diverges"), Some(first.to_string()));
    assert_eq!(page.count("#answer-1 mark.diverges"), 1);
    page.click("[data-look='1']");
    page.wait_for_long("document.querySelectorAll('#tokens .token').length", "the text is read", PATIENCE);
    assert_eq!(page.count("#tokens .token"), tuned.len() as u64);
    // The inspection starts where the columns diverge. It shows the same probability as during generation.
    let place = || page.attr("#tokens", "aria-valuenow").and_then(|at| at.parse::<usize>().ok()).unwrap_or_default();
    assert_eq!(place(), first + 1);
    let logprob = |row: usize| {
        let cell = format!("document.querySelectorAll('#token tbody [data-logprob]')[{row}].dataset.logprob");
        page.eval(&cell).as_str().and_then(|value| value.parse::<f64>().ok()).expect("a number")
    };
    assert!((logprob(1) - tuned[first].1).abs() < 1e-3, "{} {}", logprob(1), tuned[first].1);
    assert!(logprob(0) < 0.0 && (logprob(0) - logprob(1)).abs() > 1e-3);
    page.eval("document.querySelector('#tokens').focus()");
    page.press("Home");
    page.wait_until("document.querySelector('#tokens').getAttribute('aria-valuenow') === '1'", "the first token");
    page.press("ArrowRight");
    page.wait_until("document.querySelector('#tokens').getAttribute('aria-valuenow') === '2'", "the second");
    let said = page.attr("#tokens", "aria-valuetext").unwrap_or_default();
    assert!(said.contains('%'), "{said}");
    page.click("#lens");
    page.wait_for_long("document.querySelectorAll('#lens-table tbody tr').length", "the lens", PATIENCE);
    // After the last layer each column shows its likeliest token at this position.
    let last = page.texts("#lens-table tbody tr:last-child code");
    assert_eq!(last, page.texts("#token .words li:first-child code"));
    let layers = page.text("#model-card summary");
    assert!(layers.contains(&format!("{} layers", page.count("#lens-table tbody tr"))), "{layers}");
    pictures::take(page, "lab-tokens");
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
}

/// Opens the Lab with a tiny model and a random adapter, both from files.
fn open_tiny_pair(page: &Page, model: &GgufFile) -> TempDir {
    let folder = TempDir::new("tiny-pair");
    let file = folder.write("tiny.gguf", model.bytes());
    let mut parts = random_parts(Shape::TINY, &[0, 1], &["attn_q", "ffn_down"], 4, 3);
    let adapter = folder.write("adapter.gguf", gguf_adapter(&mut parts, Shape::TINY, "llama", Quant::F32, 4.0).bytes());
    open_lab(page);
    page.set_files("#model-file", &[&file]);
    page.wait_for_long("document.querySelector('#model-card[data-columns=\"1\"]')", "the model is loaded", PATIENCE);
    page.click("#beside summary");
    page.set_files("#side-files", &[&adapter]);
    page.wait_for_long("document.querySelector('#scale-1-0')", "a slider for the adapter", PATIENCE);
    folder
}

fn what_stands_beside(page: &mut Page) {
    // The files must stay, because they are read again for each layout.
    let _files = open_tiny_pair(page, &random_llama(Shape::TINY, &[Quant::Q8_0], 1));
    let answers = |page: &Page| {
        ask(page, "raw", "hello", "12");
        wait_for_the_end(page);
        (written(page, "#answer"), written(page, "#answer-1"))
    };
    let (base, adapted) = answers(page);
    assert_ne!(base, adapted);
    // An adapter limited to one layer gives another answer.
    page.set_value("#beside .layers", "1");
    page.wait_until(
        "!document.querySelector('#laying-out') && !document.querySelector('#beside .layers').disabled",
        "laid out",
    );
    let (again, of_one_layer) = answers(page);
    assert!(again == base && of_one_layer != adapted && of_one_layer != base);
    // A layer that does not exist is refused with a message, and the old columns stay.
    page.set_value("#beside .layers", "9");
    page.wait_for("#lab-problem");
    println!("{}", page.text("#lab-problem"));
    assert_eq!(page.eval("document.querySelector('#beside .layers').value"), "1");
    // Steering vectors from pairs of texts.
    page.click("#beside details:has(#contrast-make) summary");
    page.set_value("#contrast-toward", "I am kind\nI help");
    page.set_value("#contrast-away", "I am cruel\nI harm");
    page.click("#contrast-make");
    page.wait_for_long("document.querySelector('#scale-1-1')", "a slider for the vectors", PATIENCE);
    move_slider(page, "#scale-1-0", "0");
    move_slider(page, "#scale-1-1", "2");
    let (base, steered) = answers(page);
    assert_ne!(base, steered, "the vectors steer");
    pictures::take(page, "lab-beside");
}

/// Two columns of six hundred tokens: the page stays responsive while they are written.
fn long_answers(page: &mut Page) {
    let mut model = random_llama(Shape::TINY, &[Quant::Q8_0], 1);
    model.set("llama.context_length", Meta::U32(700));
    let _files = open_tiny_pair(page, &model);
    page.long_tasks(0.0);
    let begun = page.now_ms();
    ask(page, "raw", "hello", "600");
    wait_for_the_end(page);
    let longest = written(page, "#answer").len().max(written(page, "#answer-1").len());
    let (tasks, seconds) = (page.long_tasks(begun), (page.now_ms() - begun) / 1e3);
    println!("  answers of {longest} tokens in {seconds:.1} s; {} tasks over 50 ms: {tasks:?}", tasks.len());
    assert_eq!(longest, 600);
}
