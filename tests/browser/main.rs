//! The page in a real browser.
//!
//! `ASKEW_DIST` names the folder of the built page (`cargo xtask test` builds it and sets the variable). `CHROME` names
//! the browser if it is not on `PATH`. One browser serves the whole run, and tests run one after the other because some
//! of them measure time. So this target has its own `main`, which ends the browser after the last test.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

mod a11y;
mod answers;
mod bench;
mod cdp;
mod chrome;
#[path = "../common/mod.rs"]
mod common;
mod device;
mod experiment;
mod explorer;
mod figures;
mod hub;
mod input;
mod judging;
mod lab;
mod learn;
mod loading;
mod page;
mod pair;
mod parts;
mod pictures;
mod pocket;
mod rates;
mod reading;
mod recover;
mod reload;
mod results;
mod rows;
mod security;
mod self_test;
mod server;
mod servers;
mod shaders;
mod shelf;
mod speed;
mod tabs;
mod watch;

use chrome::Kind;
use common::Lack;
use page::Page;

/// A test: its name, and its function, which gets a page.
type Test = (&'static str, fn(&mut Page));

/// Maximum number of tests in a run that get a second try. A browser on a busy machine is sometimes late; if it happens
/// more often, the page is at fault.
const MOST_SECOND_TRIES: usize = 3;

/// Names of the tests that got a second try.
static TRIED_AGAIN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(1);
    let mut trials = Vec::new();
    for &(name, test) in self_test::TESTS {
        trials
            .push(Trial::test(name, move || run_steadily(name, test, Some(self_test::fixture().path()), Kind::WebGpu)));
    }
    let scenarios = [
        results::TESTS,
        answers::TESTS,
        loading::TESTS,
        reload::TESTS,
        lab::TESTS,
        experiment::TESTS,
        pair::TESTS,
        judging::TESTS,
        recover::TESTS,
        tabs::TESTS,
        servers::TESTS,
        shaders::TESTS,
        device::TESTS,
        explorer::TESTS,
        figures::TESTS,
        reading::TESTS,
        shelf::TESTS,
        hub::TESTS,
        pictures::TESTS,
        parts::TESTS,
        pocket::TESTS,
        learn::TESTS,
        security::TESTS,
        a11y::TESTS,
    ];
    for &(name, test) in scenarios.into_iter().flatten() {
        trials.push(Trial::test(name, move || run_steadily(name, test, dist().as_deref(), Kind::WebGpu)));
    }
    for &(name, test) in lab::PLAIN_TESTS.iter().chain(device::PLAIN_TESTS) {
        trials.push(Trial::test(name, move || run_steadily(name, test, dist().as_deref(), Kind::Plain)));
    }
    for &(name, test) in bench::TESTS.iter().chain(rows::TESTS) {
        let trial = Trial::test(name, move || run(name, test, dist().as_deref(), Kind::Plain));
        trials.push(trial.with_ignored_flag(true));
    }
    let long = [shelf::LONG_TESTS, experiment::LONG_TESTS, servers::LONG_TESTS, device::LONG_TESTS, speed::TESTS];
    for &(name, test) in long.into_iter().flatten() {
        // Tests for `cargo xtask verify` and `cargo xtask bench`.
        let trial = Trial::test(name, move || run(name, test, dist().as_deref(), Kind::WebGpu));
        trials.push(trial.with_ignored_flag(true));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    chrome::close();
    let tried_again = TRIED_AGAIN.lock().unwrap_or_else(PoisonError::into_inner);
    if !tried_again.is_empty() {
        println!("tried a second time, see their first failures above: {}", tried_again.join(", "));
    }
    conclusion.exit_code()
}

/// The folder of the built page, if it is built.
pub(crate) fn dist() -> Option<PathBuf> {
    std::env::var_os("ASKEW_DIST").map(PathBuf::from)
}

/// Like [`run`], but if `CI` is `true` and the test fails, it is run again in a new page. Only a few tests of a run get
/// this second try, and they are listed at its end.
fn run_steadily(name: &str, test: fn(&mut Page), root: Option<&Path>, kind: Kind) -> Result<(), Failed> {
    let first = match catch_unwind(AssertUnwindSafe(|| run(name, test, root, kind))) {
        Ok(result) => return result,
        Err(panic) => panic,
    };
    {
        let mut tried_again = TRIED_AGAIN.lock().unwrap_or_else(PoisonError::into_inner);
        if !common::is_ci() || tried_again.len() >= MOST_SECOND_TRIES {
            resume_unwind(first);
        }
        tried_again.push(name.to_owned());
    }
    println!("  {name} is tried a second time");
    run(name, test, root, kind)
}

/// Runs a test on a new page with a server for a folder, or notes why it cannot run.
fn run(name: &str, test: fn(&mut Page), root: Option<&Path>, kind: Kind) -> Result<(), Failed> {
    let (lack, reason) = match (chrome::program(), root) {
        (None, _) => (Lack::Browser, "no browser: install chromium, or set CHROME to its program"),
        (_, None) => (Lack::Step, "no built page: set ASKEW_DIST to its folder, or run `cargo xtask test`"),
        (Some(_), Some(root)) => {
            let mut page = Page::in_browser(name, root, kind);
            test(&mut page);
            page.assert_no_problems();
            return Ok(());
        }
    };
    common::skip(name, lack, reason);
    Ok(())
}
