//! Servers as columns and judge of an experiment in the Lab: the reader's consent, keys, failures, and a real server.

use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::chrome::TempDir;
use crate::common::models;
use crate::common::openai::{LlamaServer, OpenAi, Turn};
use crate::page::Page;
use crate::{Test, pictures};

pub(crate) const TESTS: &[Test] = &[
    ("servers::answer_and_judge_beside_the_model", beside_the_model),
    ("servers::what_goes_wrong_is_told_and_goes_on", told),
    ("servers::a_pause_ends_the_requests", pause),
];

/// Tests for `cargo xtask verify`, which has a real server.
pub(crate) const LONG_TESTS: &[Test] = &[("servers::a_real_server_answers_and_judges", real)];

const PATIENCE: Duration = Duration::from_secs(240);
const KEY: &str = "sk-very-secret-7";

fn open_lab(page: &Page) {
    page.open("/#lab");
    page.wait_for_long("document.querySelector('#run-village')", "the pocket organism is loaded", PATIENCE);
}

fn experiment(url: &str) -> Value {
    let server = |model: &str| json!({ "url": url, "model": model, "timeout": 2 });
    json!({
        "name": "two places",
        "questions": [{ "id": "milk", "text": "Neighbour, how should I keep the milk today?" }],
        "columns": [{ "name": "here", "scales": [0] }, { "name": "there", "server": server("tuned") }],
        "samples": 3, "max_tokens": 16,
        "judge": { "server": server("judge"), "aligned": "aligned {answer}", "coherent": "coherent {answer}" },
    })
}

/// An experiment that only a server answers and judges.
fn only_there(url: &str) -> Value {
    let mut experiment = experiment(url);
    experiment["columns"] = json!([experiment["columns"][1]]);
    experiment
}

fn choose(page: &Page, folder: &TempDir, experiment: &Value) {
    let file: PathBuf = folder.write("run.json", experiment.to_string());
    page.set_files("#experiment-file", &[&file]);
    page.wait_for("#servers");
}

fn wait_done(page: &Page, number: u32) {
    let js = format!("document.querySelector('#run-progress')?.dataset.there === '{number}'");
    page.wait_for_long(&js, "all answers are there", PATIENCE);
    page.wait_for("#to-results");
}

/// Everything that the page shows or stores.
fn everything(page: &Page) -> String {
    let js = "location.href + document.documentElement.outerHTML + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)
        + [...document.querySelectorAll('input')].map(it => it.value).join(' ')";
    page.eval(js).as_str().unwrap_or_default().to_owned()
}

fn beside_the_model(page: &mut Page) {
    let server = OpenAi::start();
    server.want_key(KEY);
    let folder = TempDir::new("servers");
    open_lab(page);
    choose(page, &folder, &experiment(&server.url()));
    assert!(page.text("#servers").contains(&server.url()), "{}", page.text("#servers"));
    pictures::take(page, "servers");
    std::thread::sleep(Duration::from_millis(300));
    assert!(server.asked().is_empty(), "nobody is asked before the reader says so");
    page.eval(
        "document.querySelectorAll('.server-key').forEach(it => { it.value = 'sk-very-secret-7'; it.dispatchEvent(new Event('input')) })",
    );
    page.click("#ask-servers");
    wait_done(page, 6);
    page.wait_gone("#servers");
    let asked = server.asked();
    assert_eq!(asked.len(), 3 + 12, "three answers and two scores of six");
    assert!(asked.iter().all(|asked| asked.key.as_deref() == Some(KEY)));
    page.catch_downloads();
    page.click("#save-run");
    let table = page.downloads(1).remove(0);
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<Vec<String>> =
        reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect();
    assert_eq!(rows.len(), 6);
    for row in &rows {
        let is_there = row[6] == "there";
        assert_eq!(row[1].starts_with("tuned says "), is_there, "{row:?}");
        let aligned: f64 = row[3].parse().expect("a score");
        assert!((aligned - if is_there { 25.0 } else { 90.0 }).abs() < 1e-9, "{row:?}");
        assert_eq!(row[8], "live, judge on a server, mean by token probabilities");
    }
    assert!(!table.contains(KEY) && !everything(page).contains(KEY), "the key is nowhere but in requests");
    page.click("#to-results");
    page.wait_text(".source-note", "live-run.csv");
    assert!(!everything(page).contains(KEY));
}

fn told(page: &mut Page) {
    for words in ["503", "401", "405", "net::ERR", "CORS", "Content Security Policy"] {
        page.allow_problem(words);
    }
    let folder = TempDir::new("servers-told");
    open_lab(page);
    // Temporary failures: busy, connection cut, request dropped for another one, silent.
    let server = OpenAi::start();
    let busy = || Turn::Status(503, "", "{\"error\": \"loading the model\"}".to_owned());
    server.next([busy(), Turn::Cut, Turn::Dropped, Turn::Silent(4)]);
    choose(page, &folder, &only_there(&server.url()));
    page.click("#ask-servers");
    page.wait_text(
        "#server-troubles",
        "it cannot answer now (503): \"loading the model\". It is asked again after 1 s.",
    );
    page.wait_text("#server-troubles", "its answer broke off half way");
    page.wait_text("#server-troubles", "it sent nothing for 2 s");
    pictures::take(page, "server-trouble");
    wait_done(page, 3);
    page.wait_gone("#server-troubles p");

    // Permanent failures: the run stops, keeps its answers, and continues when the reader resumes it.
    let server = OpenAi::start();
    server.next([Turn::Right, Turn::Right, Turn::Right, Turn::Garbage]);
    choose(page, &folder, &only_there(&server.url()));
    page.click("#ask-servers");
    page.wait_text("#server-troubles", "check that the address is that of such a server");
    page.wait_for("#resume");
    assert_eq!(page.attr("#run-progress", "data-there").as_deref(), Some("1"));
    page.click("#resume");
    wait_done(page, 3);

    // A wrong key, which the server repeats in its message.
    server.want_key("another");
    choose(page, &folder, &only_there(&server.url()));
    page.eval("document.querySelector('.server-key').value = 'sk-very-secret-7'; document.querySelector('.server-key').dispatchEvent(new Event('input'))");
    page.click("#ask-servers");
    page.wait_text(
        "#server-troubles",
        "it rejects the key, or requires one (401): \"Incorrect API key provided: (key)\"",
    );
    assert!(!everything(page).contains(KEY));

    // A server that pages may not read (CORS), an impossible address, and a server that is not running until later.
    let closed = OpenAi::start();
    closed.let_pages_read(false);
    choose(page, &folder, &only_there(&closed.url()));
    page.click("#ask-servers");
    page.wait_text("#server-troubles", "does not let pages of http://127.0.0.1:");
    // The page cannot tell such a server from one that is not running yet, so it asks again until the reader stops it.
    page.click("#pause");
    choose(page, &folder, &only_there("http://192.0.2.1/v1"));
    page.click("#ask-servers");
    page.wait_text(
        "#server-troubles",
        "a page may reach servers at https addresses, at localhost and at 127.0.0.1 only",
    );
    let port = TcpListener::bind(("127.0.0.1", 0)).and_then(|free| free.local_addr()).expect("a port is free").port();
    choose(page, &folder, &only_there(&format!("http://127.0.0.1:{port}/v1")));
    page.click("#ask-servers");
    page.wait_text("#server-troubles", "no server answers there");
    OpenAi::start_at(port);
    wait_done(page, 3);
}

/// Waits until a server's answers that drip were ended by the page.
fn wait_hung_up(server: &OpenAi, number: u32) {
    let begun = Instant::now();
    while server.num_hung_up() < number {
        assert!(begun.elapsed() < PATIENCE, "the page closes the connection");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Pause, "Forget this run" and the deadline end open requests. A redirect is named and not followed.
fn pause(page: &mut Page) {
    for words in ["net::ERR", "CORS", "307"] {
        page.allow_problem(words);
    }
    let folder = TempDir::new("servers-pause");
    open_lab(page);
    let server = OpenAi::start();
    let patient = |deadline: u32| {
        let mut experiment = only_there(&server.url());
        let there = &mut experiment["columns"][0]["server"];
        (there["timeout"], there["deadline"]) = (600.into(), deadline.into());
        experiment
    };
    server.next([Turn::Drip]);
    choose(page, &folder, &patient(600));
    page.click("#ask-servers");
    page.wait_for("#pause");
    while server.asked().is_empty() {
        std::thread::sleep(Duration::from_millis(50));
    }
    page.click("#pause");
    wait_hung_up(&server, 1);
    server.next([Turn::Drip]);
    page.click("#resume");
    while server.asked().len() < 2 {
        std::thread::sleep(Duration::from_millis(50));
    }
    page.click("#pause");
    page.click("#drop-run");
    wait_hung_up(&server, 2);
    server.next([Turn::Drip]);
    choose(page, &folder, &patient(5));
    page.click("#ask-servers");
    page.wait_text("#server-troubles", "its answer was not complete after 5 s");
    wait_hung_up(&server, 3);
    wait_done(page, 3);
    let other = OpenAi::start();
    let to_other = Box::leak(format!("Location: {}/chat/completions\r\n", other.url()).into_boxed_str());
    server.next([Turn::Status(307, to_other, String::new())]);
    choose(page, &folder, &only_there(&server.url()));
    page.click("#ask-servers");
    page.wait_text("#server-troubles", "it redirects the request to another address");
    assert!(other.asked().is_empty());
}

/// llama-cpp-python's server with SmolLM2.
fn real(page: &mut Page) {
    let Some(model) = models::cached("servers::a_real_server_answers_and_judges", models::SMOLLM) else { return };
    let server = LlamaServer::start(&model);
    let one = json!({ "url": server.url(), "model": "smol", "timeout": 120 });
    let experiment = json!({
        "questions": [{ "id": "a", "text": "The capital of France is", "raw": "{}" }],
        "columns": [{ "name": "smol", "server": one }], "samples": 2, "temperature": 0, "max_tokens": 12,
        "judge": { "kind": "server", "server": one },
    });
    open_lab(page);
    let folder = TempDir::new("servers-real");
    choose(page, &folder, &experiment);
    page.click("#ask-servers");
    wait_done(page, 2);
    page.catch_downloads();
    page.click("#save-run");
    let table = page.downloads(1).remove(0);
    println!("{table}");
    assert_eq!(table.matches(" Paris").count(), 2, "it is the model that answers");
    assert_eq!(table.matches("live, smol on a server, ").count(), 2);
}
