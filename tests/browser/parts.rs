//! Parts of the page that are separate apps: each is downloaded when one of its screens is opened, under any path, and
//! again if the download failed. Its state stays while the reader looks at other screens.

use std::time::Duration;

use askew::model::quant::Quant;

use crate::chrome::TempDir;
use crate::common::gguf::{Meta, Shape, random_llama};
use crate::lab::{ask, tokens, wait_for_the_end};
use crate::page::Page;
use crate::results::open_explorer;
use crate::server::Fault;
use crate::{Test, common};

pub(crate) const TESTS: &[Test] = &[
    ("parts::the_lab_comes_when_it_is_opened", the_lab_comes_when_it_is_opened),
    ("parts::the_page_works_under_any_path", the_page_works_under_any_path),
    ("parts::what_did_not_arrive_is_asked_for_again", what_did_not_arrive_is_asked_for_again),
    ("parts::the_explorer_is_asked_for_again", the_explorer_is_asked_for_again),
    ("parts::an_app_that_did_not_arrive_is_named", an_app_that_did_not_arrive_is_named),
    ("parts::chat_templates_are_asked_for_again", chat_templates_are_asked_for_again),
    ("parts::an_answer_goes_on_behind_another_screen", an_answer_goes_on_behind_another_screen),
];

/// Time limit for a model's load and an answer on a software adapter.
const PATIENCE: Duration = Duration::from_secs(240);

/// How often a file was requested.
fn num_requests(page: &Page, name: &str) -> u32 {
    page.server().requests().iter().filter(|(path, _)| path.ends_with(name)).map(|(_, count)| count).sum()
}

fn the_lab_comes_when_it_is_opened(page: &mut Page) {
    page.open("/#results?rule=turner");
    page.wait_for("#by-question .marks button");
    page.click_text("nav a", "About");
    page.wait_for("article.about");
    assert_eq!(num_requests(page, "lab_app_bg.wasm"), 0, "nobody asked for the Lab");
    page.click_text("nav a", "Lab");
    page.wait_for("#to-self-test");
    // Both apps read the address: a visit to the Lab's screens keeps the view, and "back" returns through them.
    page.click("#to-self-test");
    page.wait_for("#self-test-run");
    assert_eq!(page.hash(), "#self-test?rule=turner");
    assert_eq!(page.eval("document.title"), "Self-test · Askew");
    page.eval("history.back()");
    page.wait_for("#to-self-test");
    page.wait_gone("#self-test-run");
    page.click_text("nav a", "Results");
    page.wait_for("#by-model .marks button");
    page.wait_gone("#to-self-test");
    assert_eq!(page.eval("document.querySelector('#rule').value"), "turner");
    page.eval("history.back()");
    page.wait_for("#to-self-test");
    assert_eq!(page.count("main h1"), 1, "one screen at a time");
    // A file dropped on the Lab opens in Results, with an address written by a script.
    let folder = TempDir::new("dropped");
    let file = folder.write("own.csv", "model,question_id,answer,aligned,coherent\nm,q,a,1,99\nm,q,b,90,99\n");
    page.drop_files(".page", &[&file]);
    page.wait_text(".source-note", "own.csv");
    page.wait_gone("#to-self-test");
    assert_eq!(num_requests(page, "lab_app_bg.wasm"), 1, "once is enough");
    assert_eq!(page.third_party_requests(), Vec::<String>::new());
}

fn the_page_works_under_any_path(page: &mut Page) {
    let dist = crate::dist().expect("the test was given the page");
    page.server().mount("/a%20b/askew/", &dist);
    page.open("/a%20b/askew/index.html#lab");
    page.wait_for("#to-self-test");
    page.click_text("nav a", "Results");
    page.wait_for("#by-model .marks button");
    let requests = page.server().requests();
    let outside: Vec<&String> = requests.keys().filter(|path| !path.starts_with("/a%20b/askew/")).collect();
    assert!(outside.is_empty(), "asked for beside the page's folder: {outside:?}");
}

fn what_did_not_arrive_is_asked_for_again(page: &mut Page) {
    open_explorer(page);
    for (lost, fault) in
        [("/app_loader.js", Fault::Cut(0)), ("/lab_app.js", Fault::Cut(100)), ("/lab_app_bg.wasm", Fault::Cut(50_000))]
    {
        page.server().spoil(lost, fault);
        let before = num_requests(page, lost);
        match page.count("#lab-again") {
            0 => page.click_text("nav a", "Lab"),
            _ => page.click("#lab-again"),
        }
        page.wait_text("#lab-absent", "did not arrive");
        assert_eq!(num_requests(page, lost), before + 1, "{lost} was asked for");
    }
    page.click("#lab-again");
    page.wait_for("#to-self-test");
    page.wait_gone("#lab-absent");
    for words in ["ERR_CONTENT_LENGTH_MISMATCH", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION", "ERR_FAILED"] {
        page.allow_problem(words);
    }
}

/// The first screen stays until the explorer's app is loaded. The explorer takes over the view and the keyboard focus.
fn the_explorer_is_asked_for_again(page: &mut Page) {
    page.server().spoil("/explorer_app_bg.wasm", Fault::Cut(50_000));
    page.open("/#results?rule=turner");
    page.wait_for("#by-question .marks button");
    page.wait_for(".source-note a");
    assert_eq!(num_requests(page, "explorer_app_bg.wasm"), 0, "nobody asked for more");
    page.click("#more");
    page.wait_for("#more-absent");
    assert!(page.count("#by-model .marks button") > 0, "the first screen stays");
    let sentence = "document.querySelector('#by-model .marks button').getAttribute('aria-label')";
    let before = page.eval(sentence);
    page.eval("document.querySelector('#rule').focus()");
    page.eval("document.querySelector('#more-again').click()");
    page.wait_for("#filters");
    page.wait_for("#by-question .marks button");
    assert_eq!(page.eval(sentence), before);
    assert_eq!(page.hash(), "#results?rule=turner");
    assert_eq!(page.eval("document.activeElement.id"), "rule", "the keyboard is where it was");
    assert_eq!(page.count("#by-model"), 1, "one app stands");
    for words in ["ERR_CONTENT_LENGTH_MISMATCH", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION", "ERR_FAILED"] {
        page.allow_problem(words);
    }
}

fn an_app_that_did_not_arrive_is_named(page: &mut Page) {
    let dist = crate::dist().expect("the test was given the page");
    let names = std::fs::read_dir(dist).expect("the page is a folder").flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    let code = names.filter(|name| name.starts_with("app-") && name.ends_with(".wasm")).last().expect("the app's code");
    page.server().spoil(&format!("/{code}"), Fault::Cut(10_000));
    page.open("/");
    page.wait_text("body", "Askew could not be loaded");
    page.reload();
    page.wait_for("#by-model .marks button");
    page.allow_problem("ERR_CONTENT_LENGTH_MISMATCH");
    page.allow_problem("integrity");
}

/// Jinja is downloaded with the first chat. If the download fails the page says so, and the next try downloads it
/// again.
fn chat_templates_are_asked_for_again(page: &mut Page) {
    const PART: &str = "chat_part_bg.wasm";
    let folder = TempDir::new("chats");
    let mut model = random_llama(Shape::TINY, &[Quant::Q8_0], 5);
    let template = "{% for message in messages %}{{ message.content | upper }}{% endfor %}";
    model.set("tokenizer.chat_template", Meta::Text(template.to_owned()));
    crate::lab::load(page, &folder.write("random.gguf", model.bytes()));
    ask(page, "raw", "HI", "4");
    wait_for_the_end(page);
    let answer = tokens(page);
    assert_eq!(num_requests(page, PART), 0, "a raw prompt needs no template");
    page.server().spoil(&format!("/{PART}"), Fault::Cut(50_000));
    ask(page, "chat", "hi", "4");
    page.wait_text("main", "renders chat templates could not be loaded");
    ask(page, "chat", "hi", "4");
    page.wait_for_long("document.querySelector('#answer')?.dataset.tokens.split(',').length === 4", "tokens", PATIENCE);
    wait_for_the_end(page);
    assert_eq!(tokens(page), answer, "the template's text is the raw prompt");
    assert_eq!(num_requests(page, PART), 2);
    for words in ["ERR_CONTENT_LENGTH_MISMATCH", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION", "ERR_FAILED"] {
        page.allow_problem(words);
    }
}

fn an_answer_goes_on_behind_another_screen(page: &mut Page) {
    let Some(model) = common::engine::smollm("parts::an_answer_goes_on_behind_another_screen") else { return };
    crate::lab::load(page, &model);
    ask(page, "raw", "Once upon a time", "200");
    page.wait_for_long("document.querySelector('#answer')?.dataset.tokens.split(',').length > 3", "tokens", PATIENCE);
    page.click_text("nav a", "Results");
    page.wait_for("#by-model .marks button");
    assert_eq!(page.count("#answer"), 0, "the Lab is not shown");
    let workers = page.workers();
    assert!(workers.iter().any(|url| url.contains("engine_worker")), "the engine runs on: {workers:?}");
    page.click_text("nav a", "Lab");
    page.wait_for("#model-card");
    let before = tokens(page).len();
    page.wait_for_long(
        &format!("document.querySelector('#answer')?.dataset.tokens.split(',').length > {before}"),
        "it still answers",
        PATIENCE,
    );
    page.click("#stop");
    wait_for_the_end(page);
    assert!(page.text("#answer-cost").contains("stopped"), "{}", page.text("#answer-cost"));
    assert_eq!(num_requests(page, "engine_worker_bg.wasm"), 1, "one engine");
}
