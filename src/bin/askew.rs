//! Native command line: the same library without a browser.

#[cfg(not(target_arch = "wasm32"))]
use {
    askew::cli::{
        Failure, aggregate, bench, figure, generate, inspect, judge, lab, logits, questions, rates, self_test, tokenize,
    },
    clap::Parser,
    std::process::ExitCode,
};

/// See emergent misalignment: exact rates, and small models on your own GPU.
#[cfg(not(target_arch = "wasm32"))]
#[derive(Debug, Parser)]
#[command(version)]
enum Askew {
    /// Misalignment rates of result files, under a named rule, with an interval.
    Rates(rates::Args),
    /// Counts per score bin of result files: a table that holds no answers and gives the same rates.
    Aggregate(aggregate::Args),
    /// Draw a figure of result files: as SVG, as its numbers, or as code that draws it.
    Figure(figure::Args),
    /// Print what a model file is.
    Inspect(inspect::InspectArgs),
    /// Answer a prompt.
    Generate(generate::GenerateArgs),
    /// Run an experiment: questions, columns, samples, judge; the table that comes of it is a result file.
    Lab(lab::LabArgs),
    /// Print a published set of questions (YAML) as an experiment.
    Questions(questions::QuestionsArgs),
    /// Judge published answers with a model that runs here, and say how far it agrees with their judge.
    Judge(judge::JudgeArgs),
    /// Print the logits that follow a list of tokens.
    Logits(logits::LogitsArgs),
    /// Measure how fast a model runs here.
    Bench(bench::BenchArgs),
    /// Check every kernel, or a model, on this device against the CPU.
    SelfTest(self_test::SelfTestArgs),
    /// Print the tokens of texts.
    Tokenize(tokenize::TokenizeArgs),
}

#[cfg(not(target_arch = "wasm32"))]
fn main() -> ExitCode {
    // clap leaves with status 2 for wrong usage.
    let result = match Askew::parse() {
        Askew::Rates(args) => rates::run(&args),
        Askew::Aggregate(args) => aggregate::run(&args),
        Askew::Figure(args) => figure::run(&args),
        Askew::Inspect(args) => inspect::run(&args).map_err(Failure::from),
        Askew::Generate(args) => generate::run(&args).map_err(Failure::from),
        Askew::Lab(args) => lab::run(&args),
        Askew::Questions(args) => questions::run(&args),
        Askew::Judge(args) => judge::run(&args),
        Askew::Logits(args) => logits::run(&args).map_err(Failure::from),
        Askew::Bench(args) => bench::run(&args).map_err(Failure::from),
        Askew::SelfTest(args) => self_test::run(&args),
        Askew::Tokenize(args) => tokenize::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("askew: {}", failure.message);
            ExitCode::from(failure.code)
        }
    }
}

/// There is no command line in a browser.
#[cfg(target_arch = "wasm32")]
fn main() {}
