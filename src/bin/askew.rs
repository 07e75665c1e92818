//! The native command line: the same library without a browser.

#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(not(target_arch = "wasm32"))]
use {
    askew::cli::{
        aggregate, bench, figure, generate, inspect, judge, lab, logits, questions, rates, self_test, tokenize,
    },
    clap::Parser,
    std::process::ExitCode,
};

/// Measure emergent misalignment: exact rates from result files, and small models on your own GPU.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Parser)]
#[command(version)]
enum Askew {
    /// Print misalignment rates of result files, under a named rule, with a confidence interval.
    Rates(rates::Args),
    /// Print counts per score bin of result files: a table without answers that gives the same rates.
    Aggregate(aggregate::Args),
    /// Draw a figure of result files, as SVG, or print its numbers or code that draws it.
    Figure(figure::Args),
    /// Print a model file's architecture, size, quantization and tokenizer.
    Inspect(inspect::InspectArgs),
    /// Generate an answer to a prompt.
    Generate(generate::GenerateArgs),
    /// Run an experiment (questions, model variants, samples, judge) and write its answers as a result file.
    Lab(lab::LabArgs),
    /// Convert a published set of questions (YAML) to an experiment (JSON).
    Questions(questions::QuestionsArgs),
    /// Judge published answers with a local model, and measure its agreement with the published judge.
    Judge(judge::JudgeArgs),
    /// Print the logits of the token after a list of tokens.
    Logits(logits::LogitsArgs),
    /// Measure how fast a model runs on this machine.
    Bench(bench::BenchArgs),
    /// Compare every kernel, or a model's logits, on this device with the CPU reference.
    SelfTest(self_test::SelfTestArgs),
    /// Convert texts to tokens.
    Tokenize(tokenize::TokenizeArgs),
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> ExitCode {
    // clap exits with status 2 on wrong usage.
    let result = match Askew::parse() {
        Askew::Rates(args) => rates::run(&args),
        Askew::Aggregate(args) => aggregate::run(&args),
        Askew::Figure(args) => figure::run(&args),
        Askew::Inspect(args) => inspect::run(&args),
        Askew::Generate(args) => generate::run(&args),
        Askew::Lab(args) => lab::run(&args),
        Askew::Questions(args) => questions::run(&args),
        Askew::Judge(args) => judge::run(&args),
        Askew::Logits(args) => logits::run(&args),
        Askew::Bench(args) => bench::run(&args),
        Askew::SelfTest(args) => self_test::run(&args),
        Askew::Tokenize(args) => tokenize::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// A browser has no command line, but every binary needs a `main`.
#[cfg(target_arch = "wasm32")]
fn main() {}
