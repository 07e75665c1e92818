//! Compares speeds with another engine in the same browser: `cargo xtask bench --only wllama`. Neither of them has a
//! GPU or more than one thread.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::chrome::{Kind, TempDir};
use crate::page::{Page, quote};
use crate::{Test, common, lab};

/// Run only by name: they take minutes and need an idle machine.
pub(crate) const TESTS: &[Test] = &[("bench::wllama", wllama)];

/// Environment variable with the folder of the npm package `@wllama/wllama`.
const FOLDER: &str = "ASKEW_WLLAMA";
/// Number of runs of each engine, alternating.
const ROUNDS: usize = 5;
/// Tokens of an answer.
const NUM_TOKENS: usize = 64;
/// A prompt after which neither engine ends early.
const PROMPT: &str = "Once upon a time";
/// Time limit for the model's load, or for an answer of the slower engine on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// A page that runs the other engine as in its documentation, with one thread and without a GPU.
const HTML: &str = r#"<!doctype html><meta charset="utf-8"><title>wllama</title><link rel="icon" href="data:,">
<script type="module">
import { Wllama, LoggerWithoutDebug } from "/wllama/esm/index.js";
window.load = async (model) => {
  const wllama = new Wllama({ default: "/wllama/esm/wasm/wllama.wasm" }, { suppressNativeLog: true, logger: LoggerWithoutDebug });
  const blob = await (await fetch(model)).blob();
  await wllama.loadModel([blob], { n_threads: 1, n_gpu_layers: 0, n_ctx: 2048 });
  window.ask = async (prompt, max_tokens) => {
    const answer = await wllama.createCompletion({ prompt, max_tokens, temperature: 0, cache_prompt: false });
    return { text: answer.choices[0].text, threads: wllama.getNumThreads(), timings: answer.timings };
  };
};
</script>"#;

/// The times of one engine.
#[derive(Clone, Copy, Debug)]
struct Speed {
    prompt_tokens: f64,
    prompt_ms: f64,
    /// Number of tokens that took `answer_ms`.
    answer_tokens: f64,
    answer_ms: f64,
}

impl Speed {
    fn decode(&self) -> f64 {
        self.answer_tokens * 1e3 / self.answer_ms
    }

    fn prefill(&self) -> f64 {
        self.prompt_tokens * 1e3 / self.prompt_ms
    }
}

fn wllama(page: &mut Page) {
    let name = "bench::wllama";
    let Some(package) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        let reason = format!("{FOLDER} is not set to a folder: run `cargo xtask bench --only wllama`");
        common::skip(name, common::Lack::Step, &reason);
        return;
    };
    let Some(model) = common::engine::smollm(name) else { return };
    let folder = TempDir::new("wllama");
    folder.write("index.html", HTML);
    let other = Page::in_browser(name, folder.path(), Kind::Plain);
    open_other(&other, &package, &model);
    lab::load(page, &model);

    let long = long_prompt();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // The prompt starts with a number, so that no cached prefix of an earlier prompt can be used.
        let long = format!("{round}. {long}");
        let speed =
            |short: Speed, long: Speed| Speed { prompt_tokens: long.prompt_tokens, prompt_ms: long.prompt_ms, ..short };
        theirs.push(speed(ask_other(&other, PROMPT, NUM_TOKENS), ask_other(&other, &long, 1)));
        ours.push(speed(ask(page, PROMPT, NUM_TOKENS), ask(page, &long, 1)));
        println!("round {round}: Askew {:?}, wllama {:?}", ours[round], theirs[round]);
    }
    let [ours, theirs] = [ours, theirs].map(|speeds| (median(&speeds, Speed::decode), median(&speeds, Speed::prefill)));
    println!("tokens a second, medians of {ROUNDS} runs in turn, one thread, no GPU, {}", file_name(&model));
    println!("{:<12}{:>10}{:>10}", "", "decode", "prefill");
    println!("{:<12}{:>10.1}{:>10.1}", "Askew", ours.0, ours.1);
    println!("{:<12}{:>10.1}{:>10.1}", "wllama", theirs.0, theirs.1);
    assert!(ours.0 >= theirs.0, "Askew decodes more slowly");
}

/// A prompt of about 80 tokens.
fn long_prompt() -> String {
    include_str!("../fixtures/readme.txt").chars().filter(char::is_ascii).take(320).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("a file has a name").to_string_lossy().into_owned()
}

fn median(speeds: &[Speed], of: impl Fn(&Speed) -> f64) -> f64 {
    let mut values: Vec<f64> = speeds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn ask(page: &Page, prompt: &str, max_tokens: usize) -> Speed {
    lab::ask(page, "raw", prompt, &max_tokens.to_string());
    lab::wait_for_the_end(page);
    let number = |name: &str| page.attr("#answer-cost", name).and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    let answer_tokens = lab::tokens(page).len();
    assert_eq!(answer_tokens, max_tokens, "the answer is as long as asked");
    Speed {
        prompt_tokens: number("data-prefill-tokens"),
        prompt_ms: number("data-prefill-ms"),
        // The first token is a result of prefill.
        answer_tokens: answer_tokens as f64 - 1.0,
        answer_ms: number("data-decode-ms"),
    }
}

fn open_other(other: &Page, package: &Path, model: &Path) {
    other.server().mount("/wllama/", package);
    other.server().mount("/models/", model.parent().expect("the model has a folder"));
    other.open("/");
    other.wait_until("window.load", "the other engine's code is there");
    other.eval(&format!(
        "void load({}).catch((e) => (window.problem = String(e)))",
        quote(&format!("/models/{}", file_name(model)))
    ));
    other.wait_for_long("window.ask || window.problem", "the other engine has the model", PATIENCE);
    assert_eq!(other.eval("window.problem ?? null"), Value::Null);
}

fn ask_other(other: &Page, prompt: &str, max_tokens: usize) -> Speed {
    let ask =
        format!("void (window.reply = null, ask({}, {max_tokens}).then((r) => (window.reply = r)))", quote(prompt));
    other.eval(&ask);
    other.wait_for_long("window.reply", "the other engine has answered", PATIENCE);
    let reply = other.eval("window.reply");
    assert_eq!(reply["threads"], 1);
    let number = |name: &str| reply["timings"][name].as_f64().unwrap_or_else(|| panic!("no {name} in {reply}"));
    let answer_tokens = number("predicted_n");
    assert!((answer_tokens - max_tokens as f64).abs() < 0.5, "the answer is as long as asked: {reply}");
    // This engine counts the first token, a result of prefill, but does not include its time.
    Speed {
        prompt_tokens: number("prompt_n"),
        prompt_ms: number("prompt_ms"),
        answer_tokens,
        answer_ms: number("predicted_ms"),
    }
}
