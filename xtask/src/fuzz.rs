//! `cargo xtask fuzz`: the fuzzers among the tests, for longer.

use std::path::Path;
use std::process::Command;

use crate::Failure;
use crate::command::{self, cargo};

/// Of models, of result files, and of experiments and what servers say.
const FUZZERS: [&str; 3] = ["model_fuzz", "formats_fuzz", "lab_fuzz"];
/// Inputs unless told otherwise.
const NUM_INPUTS: u64 = 1_000_000;
/// The seed unless told otherwise; the usual test has another, so the two do not repeat each other.
const SEED: u64 = 2;

/// Which inputs to make.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    num_inputs: u64,
    seed: u64,
    first: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { num_inputs: NUM_INPUTS, seed: SEED, first: 0 }
    }
}

impl Options {
    /// Reads `--inputs N --seed S --first N`, each of which may be left out.
    ///
    /// # Errors
    /// For anything else.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::default();
        for pair in arguments.chunks(2) {
            let [name, number] = pair else { return Err(format!("`{}` needs a number", pair.join(" ")).into()) };
            let number = number.replace('_', "").parse()?;
            match *name {
                "--inputs" => options.num_inputs = number,
                "--seed" => options.seed = number,
                "--first" => options.first = number,
                other => return Err(format!("unknown option `{other}`: --inputs, --seed or --first").into()),
            }
        }
        Ok(options)
    }
}

/// Runs all fuzzers.
///
/// # Errors
/// When an input does harm: the output says which and how.
pub(crate) fn run(root: &Path, options: &Options) -> Result<(), Failure> {
    command::run(&mut command(root, options))
}

/// The command that runs all fuzzers. The profile is that of the tests: optimised, with checks of overflow.
pub(crate) fn command(root: &Path, options: &Options) -> Command {
    let mut test = cargo(root);
    test.args(["test", "--package", "askew"]);
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
    fn options_are_read() {
        let parse = |arguments: &[&str]| Options::parse(arguments);
        let usual = Options { num_inputs: 1_000_000, seed: SEED, first: 0 };
        assert_eq!(parse(&[]).expect("fine"), usual);
        let other = parse(&["--seed", "9", "--inputs", "20_000", "--first", "5"]).expect("fine");
        assert_eq!(other, Options { num_inputs: 20_000, seed: 9, first: 5 });
        assert!(parse(&["--seed"]).is_err() && parse(&["--seed", "x"]).is_err() && parse(&["--x", "1"]).is_err());
    }
}
