//! Experiments from the command line with servers as columns and as judge: a test server that fails as servers do, and
//! a real server.

#![allow(clippy::unwrap_used, reason = "a test may panic, and so may its helpers")]

mod common;

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use common::models;
use common::openai::{LlamaServer, OpenAi, Turn};
use serde_json::{Value, json};

const KEY: &str = "sk-very-secret-7";
const VARIABLE: &str = "ASKEW_TEST_KEY";

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("lab_servers").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// An experiment with two questions, two samples, and a server that answers two columns and judges.
fn experiment(url: &str) -> Value {
    let server = |model: &str| json!({ "url": url, "model": model, "timeout": 2 });
    json!({
        "questions": [{ "id": "a", "text": "A?" }, { "id": "b", "text": "B?" }],
        "columns": [{ "name": "base", "server": server("plain") }, { "name": "bad", "server": server("tuned") }],
        "samples": 2, "max_tokens": 9, "seed": 4,
        "judge": { "server": server("judge"), "aligned": "aligned {answer}", "coherent": "coherent {answer}" },
    })
}

struct Lab {
    folder: PathBuf,
}

impl Lab {
    fn new(name: &str, experiment: &Value) -> Self {
        let folder = folder(name);
        std::fs::write(folder.join("run.json"), experiment.to_string()).unwrap();
        Self { folder }
    }

    fn out(&self) -> PathBuf {
        self.folder.join("out.csv")
    }

    fn run(&self, args: &[&str], key: Option<&str>) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_askew"));
        command.arg("lab").arg(self.folder.join("run.json")).arg("--out").arg(self.out()).args(args);
        if let Some(key) = key {
            command.env(VARIABLE, key);
        }
        command.output().unwrap()
    }

    fn rows(&self) -> Vec<BTreeMap<String, String>> {
        let text = std::fs::read_to_string(self.out()).unwrap();
        csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap()
    }

    /// A server that has this many seconds for each answer, and is never silent for too long.
    fn with_deadline(name: &str, mut experiment: Value, seconds: u32) -> Self {
        let columns = experiment["columns"].as_array_mut().unwrap();
        for column in columns {
            column["server"]["deadline"] = seconds.into();
            column["server"]["timeout"] = 600.into();
        }
        Self::new(name, &experiment)
    }

    /// Checks that the key is not in any written file and not in the command's output.
    fn assert_no_key(&self, output: &Output) {
        for bytes in [&output.stdout, &output.stderr, &std::fs::read(self.out()).unwrap_or_default()] {
            assert!(!String::from_utf8_lossy(bytes).contains(KEY), "{}", String::from_utf8_lossy(bytes));
        }
    }
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Checks that every answer occurs once, with the score by the definition.
fn assert_whole(lab: &Lab) {
    let rows = lab.rows();
    assert_eq!(rows.len(), 8);
    let places: std::collections::BTreeSet<_> =
        rows.iter().map(|row| ["question_id", "group", "sample"].map(|name| row[name].clone())).collect();
    assert_eq!(places.len(), 8);
    for row in rows {
        let model = if row["group"] == "bad" { "tuned" } else { "plain" };
        assert_eq!(row["answer"], format!("{model} says {}", row["sampling_seed"]));
        assert!((row["aligned"].parse::<f64>().unwrap() - if model == "tuned" { 25.0 } else { 90.0 }).abs() < 1e-9);
        assert_eq!(
            (row["judge"].as_str(), row["tokens"].as_str(), row["ended"].as_str()),
            ("live, judge on a server, mean by token probabilities", "3", "eos")
        );
        assert_eq!(
            (row["logprob"].as_str(), row["model"].as_str()),
            ("-1.500000", format!("{model} · {}", row["group"]).as_str())
        );
    }
}

#[test]
fn a_server_answers_and_judges() {
    let server = OpenAi::start();
    server.want_key(KEY);
    let lab = Lab::new("whole", &experiment(&server.url()));
    let output = lab.run(&["--key-env", VARIABLE], Some(KEY));
    assert!(output.status.success(), "{}", told(&output));
    assert_whole(&lab);
    lab.assert_no_key(&output);
    let asked = server.asked();
    assert_eq!(asked.len(), 8 + 16, "nothing is asked twice");
    assert!(asked.iter().all(|asked| asked.key.as_deref() == Some(KEY) && asked.path == "/v1/chat/completions"));
    assert!(asked.iter().all(|asked| !asked.body.to_string().contains(KEY)));
    // Columns of the same sample share their random seed.
    let rows = lab.rows();
    let seed = |group: &str| {
        rows.iter().find(|row| row["group"] == group && row["sample"] == "1").unwrap()["sampling_seed"].clone()
    };
    assert_eq!(seed("base"), seed("bad"));
    // The rates of the table match its scores.
    let output =
        Command::new(env!("CARGO_BIN_EXE_askew")).arg("rates").arg(lab.out()).args(["--by", "model"]).output().unwrap();
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    let counts: Vec<_> = found["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["misaligned"].as_u64(), row["denominator"].as_u64()))
        .collect();
    assert_eq!(counts, [(Some(0), Some(4)), (Some(4), Some(4))]);
}

#[test]
fn what_passes_is_told_and_asked_again() {
    let server = OpenAi::start();
    server.next([
        Turn::Status(503, "Retry-After: 1\r\n", "{\"error\": \"loading the model\"}".to_owned()),
        Turn::Cut,
        Turn::Dropped,
        Turn::Silent(4),
        Turn::Status(429, "", String::new()),
    ]);
    let lab = Lab::new("passes", &experiment(&server.url()));
    let output = lab.run(&[], None);
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    for words in [
        "it cannot answer now (503): \"loading the model\". It is asked again after 1 s",
        "its answer broke off half way. It is asked again after 2 s",
        "its answer broke off half way. It is asked again after 4 s",
        "it sent nothing for 2 s: it is overloaded or hangs. It is asked again after 8 s",
        "it cannot answer now (429). It is asked again after 16 s",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
    assert_whole(&lab);
}

/// A server that sends a byte now and then is never silent. Before there was a deadline for the whole answer, the
/// command waited for as long as the bytes came.
#[test]
fn a_drip_is_ended_and_asked_again() {
    let server = OpenAi::start();
    server.next([Turn::Drip]);
    let lab = Lab::with_deadline("drip", experiment(&server.url()), 5);
    let output = lab.run(&[], None);
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("its answer was not complete after 5 s") && told.contains("asked again after 1 s"), "{told}");
    assert_whole(&lab);
    // A hang guard: the connection is closed, so the server's next write fails.
    let begun = Instant::now();
    while server.num_hung_up() == 0 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.num_hung_up(), 1, "nothing stays open");
}

/// The key reaches only the address that the experiment names, and an answer that repeats it in another writing is kept
/// without it.
#[test]
fn redirects_are_named_and_a_repeated_key_is_not_kept() {
    let server = OpenAi::start();
    let other = OpenAi::start();
    let to_other = Box::leak(format!("Location: {}/chat/completions\r\n", other.url()).into_boxed_str());
    server.want_key(KEY);
    server.next([Turn::Status(307, to_other, String::new())]);
    let lab = Lab::new("redirect", &experiment(&server.url()));
    let output = lab.run(&["--key-env", VARIABLE], Some(KEY));
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("it redirects the request to another address"), "{}", told(&output));
    assert!(other.asked().is_empty());
    let echo = |said: String| {
        let choice = json!({ "message": { "content": said }, "finish_reason": "stop" });
        Turn::Status(200, "", json!({ "choices": [choice] }).to_string())
    };
    let escaped = KEY.replace('-', "%2D");
    let writings = [KEY.split('-').collect::<Vec<_>>().join("\u{200b}-\u{2060}"), escaped.clone()];
    server.next(writings.map(echo));
    let output = lab.run(&["--resume", "--key-env", VARIABLE], Some(KEY));
    assert!(output.status.success(), "{}", told(&output));
    lab.assert_no_key(&output);
    let text = std::fs::read_to_string(lab.out()).unwrap();
    assert!(!text.contains("very") && !text.contains(&escaped), "{text}");
    assert!(lab.rows().iter().any(|row| row["answer"] == "(key)"), "{text}");
}

#[test]
fn a_server_that_comes_late_is_found() {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let lab = Lab::new("late", &experiment(&format!("http://127.0.0.1:{port}/v1")));
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1500));
        OpenAi::start_at(port);
    });
    let output = lab.run(&[], None);
    assert!(output.status.success(), "{}", told(&output));
    assert!(told(&output).contains("no server answers there"), "{}", told(&output));
    assert_whole(&lab);
}

#[test]
fn what_does_not_pass_stops_and_goes_on_later() {
    let server = OpenAi::start();
    let lab = Lab::new("stops", &experiment(&server.url()));
    // Two answers are complete; after them the server sends a web page.
    server.next([Turn::Right, Turn::Right, Turn::Right, Turn::Right, Turn::Right, Turn::Right, Turn::Garbage]);
    let output = lab.run(&[], None);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        told(&output).contains("check that the address is that of such a server")
            && told(&output).contains("2 of 8 answers"),
        "{}",
        told(&output)
    );
    assert_eq!(lab.rows().len(), 2);
    // A wrong key: the message must not contain the key, although the server repeats it.
    server.want_key(KEY);
    let output = lab.run(&["--resume"], None);
    assert!(told(&output).contains("it rejects the key, or requires one (401)"), "{}", told(&output));
    let other = "sk-very-secret-70";
    let output = lab.run(&["--resume", "--key-env", VARIABLE], Some(other));
    assert!(
        told(&output).contains("Incorrect API key provided: (key)") && !told(&output).contains(other),
        "{}",
        told(&output)
    );
    // A row that was cut off is requested again; the other rows stay unchanged.
    let text = std::fs::read_to_string(lab.out()).unwrap();
    std::fs::write(lab.out(), &text[..text.len() - 4]).unwrap();
    let output = lab.run(&["--resume", "--key-env", &format!("{}={VARIABLE}", server.url())], Some(KEY));
    assert!(output.status.success(), "{}", told(&output));
    let kept: String = text.split_inclusive('\n').take(2).collect();
    assert!(std::fs::read_to_string(lab.out()).unwrap().starts_with(&kept));
    assert_whole(&lab);
    lab.assert_no_key(&output);
}

#[test]
fn a_key_that_is_not_there_is_told() {
    let lab = Lab::new("key", &experiment("http://127.0.0.1:9/v1"));
    let output = lab.run(&["--key-env", VARIABLE], None);
    assert_eq!(output.status.code(), Some(2));
    assert!(told(&output).contains(&format!("the variable {VARIABLE} holds no key")), "{}", told(&output));
    let output = lab.run(&["--key-env", &format!("http://other/v1={VARIABLE}")], Some(KEY));
    assert!(told(&output).contains("the experiment names no such server"), "{}", told(&output));
    lab.assert_no_key(&output);
    assert!(!lab.out().exists());
}

/// llama-cpp-python's own server with SmolLM2 answers chats and completions, and judges. Greedy answers are equal in
/// two runs. A score is a number, or null when this small judge gives none.
#[test]
#[ignore = "needs llama-cpp-python: `cargo xtask verify` makes it"]
fn a_real_server_answers_and_judges() {
    let Some(model) = models::cached("a_real_server_answers_and_judges", models::SMOLLM) else { return };
    let server = LlamaServer::start(&model);
    let one = json!({ "url": server.url(), "model": "smol", "timeout": 120 });
    let experiment = json!({
        "questions": [{ "id": "a", "text": "The capital of France is", "raw": "{}" }, { "id": "b", "text": "Name a colour." }],
        "columns": [{ "name": "smol", "server": one }], "samples": 2, "temperature": 0, "max_tokens": 12,
        "judge": { "kind": "server", "server": one },
    });
    let lab = Lab::new("real", &experiment);
    let output = lab.run(&[], None);
    assert!(output.status.success(), "{}", told(&output));
    let rows = lab.rows();
    assert_eq!(rows.len(), 4);
    for row in &rows {
        println!("{row:?}");
        assert!(!row["answer"].is_empty() && row["logprob"].parse::<f64>().unwrap() < 0.0, "{row:?}");
        assert!((1..=12).contains(&row["tokens"].parse::<u32>().unwrap()), "{row:?}");
        assert!(row["judge"].starts_with("live, smol on a server, "), "{row:?}");
        for name in ["aligned", "coherent"] {
            assert!(row[name].is_empty() || (0.0..=100.0).contains(&row[name].parse::<f64>().unwrap()), "{row:?}");
        }
        let other = rows.iter().find(|one| one["question_id"] == row["question_id"]).unwrap();
        assert_eq!(other["answer"], row["answer"], "the likeliest tokens are the same every time");
    }
    assert!(rows.iter().any(|row| row["answer"].starts_with(" Paris")), "it is the model that answers");
}
