//! `cargo xtask check`, and the `lint` step of the tests: formatting, clippy and the layers.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::command::{self, cargo};
use crate::pins::WASM_TARGET;
use crate::setup;
use crate::tally::Tally;

/// Checks the formatting and runs clippy, natively and for wasm.
pub(crate) fn lint(root: &Path) -> Tally {
    let deny = ["--", "-D", "warnings"];
    let mut tally = checked("fmt", cargo(root).args(["fmt", "--all", "--check"]));
    let mut native = cargo(root);
    native.args(["clippy", "--workspace", "--all-targets"]).args(deny);
    tally.add(checked("clippy", &mut native));
    if let Err(error) = setup::wasm_target(root) {
        println!("{error}");
        tally.add(Tally::check(false));
        return tally;
    }
    // A second configuration bans functions that a browser lacks. These two packages never run in a browser.
    let mut wasm = cargo(root);
    wasm.env("CLIPPY_CONF_DIR", root.join("xtask").join("wasm"));
    wasm.args(["clippy", "--workspace", "--exclude", "xtask", "--exclude", "askew-pocket"]);
    wasm.args(["--target", WASM_TARGET, "--lib", "--bins"]).args(deny);
    tally.add(checked("clippy for wasm", &mut wasm));
    tally
}

/// The checks to run before a commit: the lints, and the test of the layers.
pub(crate) fn check(root: &Path) -> ExitCode {
    let mut tally = lint(root);
    let mut layers = cargo(root);
    layers.args(["test", "--quiet", "--package", "xtask", "--test", "architecture"]);
    tally.add(checked("architecture", &mut layers));
    println!("{} passed, {} failed", tally.passed, tally.failed);
    if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn checked(name: &str, command: &mut Command) -> Tally {
    let result = command::run(command);
    match &result {
        Ok(()) => println!("{name}: ok"),
        Err(error) => println!("{name}: FAILED: {error}"),
    }
    Tally::check(result.is_ok())
}
