//! `cargo xtask fuzz`: runs the fuzz tests with more inputs.

use std::num::ParseIntError;
use std::path::Path;
use std::process::Command;

use clap::Args;

use crate::Failure;
use crate::command::{self, cargo};

/// The tests that fuzz models, result files, and experiments with servers' answers.
const FUZZERS: [&str; 3] = ["model_fuzz", "formats_fuzz", "lab_fuzz"];
/// Default number of inputs.
const NUM_INPUTS: u64 = 1_000_000;
/// Default seed. The usual tests have another one, so the inputs differ.
const SEED: u64 = 2;

/// Options of `cargo xtask fuzz`.
#[derive(Debug, PartialEq, Eq, Args)]
pub(crate) struct Options {
    /// Number of inputs per fuzzer.
    #[arg(long = "inputs", value_name = "N", default_value_t = NUM_INPUTS, value_parser = number)]
    num_inputs: u64,
    /// The seed of the inputs.
    #[arg(long, value_name = "S", default_value_t = SEED, value_parser = number)]
    seed: u64,
    /// Number of the first input.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = number)]
    first: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { num_inputs: NUM_INPUTS, seed: SEED, first: 0 }
    }
}

/// A number, with or without underscores.
fn number(text: &str) -> Result<u64, ParseIntError> {
    text.replace('_', "").parse()
}

/// Runs all fuzzers.
///
/// # Errors
/// When an input does harm. The output names the input and the harm.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), Failure> {
    command::run(&mut command(root, options))
}

/// The command that runs all fuzzers. The profile is that of the tests: optimised, with checks of overflow.
pub(crate) fn command(root: &Path, options: &Options) -> Command {
    let mut test = cargo(root);
    test.args(["test", "--workspace"]);
    test.args(FUZZERS.iter().flat_map(|name| ["--test", name])).args(["--", "--nocapture"]);
    for (name, number) in [
        ("ASKEW_FUZZ_INPUTS", options.num_inputs),
        ("ASKEW_FUZZ_SEED", options.seed),
        ("ASKEW_FUZZ_FIRST", options.first),
    ] {
        test.env(name, number.to_string());
    }
    test
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_may_have_underscores() {
        assert_eq!(number("1_000_000"), Ok(NUM_INPUTS));
        assert!(number("x").is_err() && number("-1").is_err());
    }
}
