//! `cargo xtask bench`: speeds, each part beside what it is compared with.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use serde_json::Value;

use crate::command::{self, cargo};
use crate::pins::SMOLLM;
use crate::setup::Need;
use crate::table::table;
use crate::{Failure, browser, bundle, models, setup};

/// Answers decoded together.
const COLUMNS: [&str; 3] = ["1", "2", "4"];
/// Base beside tuned: the made-up adapter's rank.
const LORA_RANK: &str = "16";
/// Runs, of which the median counts.
const RUNS: &str = "3";
/// A prompt and an answer in tokens; software adapters take a tenth of a second and more for each.
const LENGTHS: [&str; 4] = ["--prefill", "128", "--decode", "64"];
const SHORT_LENGTHS: [&str; 4] = ["--prefill", "24", "--decode", "16"];

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// `askew bench` on the CPU and every adapter.
    Native,
    /// The engine worker in Chromium, on its software adapter and on the CPU.
    Chromium,
    /// The CPU path against wllama in the same Chromium, one thread each.
    Wllama,
    /// A million rows in the explorer, beside DuckDB-wasm in the same Chromium.
    Rows,
}

impl Part {
    const ALL: [Self; 4] = [Self::Native, Self::Chromium, Self::Wllama, Self::Rows];

    const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Chromium => "chromium",
            Self::Wllama => "wllama",
            Self::Rows => "rows",
        }
    }
}

impl FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let part = Self::ALL.into_iter().find(|part| part.name() == name);
        part.ok_or_else(|| format!("unknown part `{name}` of the bench: {}", Self::ALL.map(Self::name).join(", ")))
    }
}

/// What to measure, and where the figures go.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) parts: Vec<Part>,
    /// A file for the figures as JSON: a list of objects.
    pub(crate) json: Option<PathBuf>,
    /// Whether `dist/` holds the page of these sources.
    pub(crate) is_built: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { parts: Part::ALL.to_vec(), json: None, is_built: false }
    }
}

impl Options {
    /// Reads `--only A,B --json FILE`, each of which may be left out.
    ///
    /// # Errors
    /// For anything else.
    pub(crate) fn parse(arguments: &[&str]) -> Result<Self, Failure> {
        let mut options = Self::default();
        for pair in arguments.chunks(2) {
            match pair {
                ["--only", names] => options.parts = names.split(',').map(str::parse).collect::<Result<_, _>>()?,
                ["--json", file] => options.json = Some(PathBuf::from(file)),
                other => return Err(format!("`{}`: --only PARTS or --json FILE", other.join(" ")).into()),
            }
        }
        Ok(options)
    }
}

/// Measures, prints one table, and gives what came of each part: its name, and what it failed by. A part that fails does
/// not stop the others.
pub(crate) fn run(root: &Path, options: &Options) -> Vec<(&'static str, Result<(), Failure>)> {
    let mut bench = Bench { root, is_built: options.is_built, rows: Vec::new() };
    let mut results = Vec::new();
    for part in &options.parts {
        println!("-- {}", part.name());
        let result = match part {
            Part::Native => bench.native(),
            Part::Chromium => bench.chromium(),
            Part::Wllama => bench.wllama(),
            Part::Rows => bench.million_rows(),
        };
        results.push((part.name(), result));
    }
    if !bench.rows.is_empty() {
        println!("{}", table(&bench.rows));
    }
    if let Some(file) = &options.json {
        let written = serde_json::to_vec_pretty(&bench.rows).map_err(Failure::from);
        let written = written.and_then(|json| Ok(std::fs::write(file, json)?));
        results.push(("its figures", written.map_err(|error| format!("{}: {error}", file.display()).into())));
    }
    results
}

struct Bench<'a> {
    root: &'a Path,
    is_built: bool,
    /// What was measured.
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
        // The best adapter of the machine, where that is a real one: an answer of one token tells.
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

    /// Runs `askew bench` and keeps what it measures.
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
        let package = setup::wllama()?;
        let mut bench = self.browser("bench::wllama")?;
        command::run(bench.env("ASKEW_WLLAMA", package))
    }

    fn million_rows(&mut self) -> Result<(), Failure> {
        setup::system_packages(&[Need::Browser, Need::Npm]);
        let packages = setup::duckdb()?;
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
        bench.args(["test", "--quiet", "--package", "askew", "--test", "browser", "--"]);
        bench.args(["--ignored", "--exact", name, "--nocapture"]);
        bench.env("ASKEW_CACHE", setup::cache()?).env("ASKEW_DIST", self.root.join("dist"));
        Ok(bench)
    }
}

/// What a command prints as JSON.
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
    fn options_are_read() {
        assert_eq!(Options::parse(&[]).expect("all"), Options::default());
        let some = Options::parse(&["--only", "native,wllama", "--json", "a.json"]).expect("some");
        assert_eq!(some.parts, [Part::Native, Part::Wllama]);
        assert_eq!(some.json, Some(PathBuf::from("a.json")));
        assert!(Options::parse(&["--only", "all"]).is_err() && Options::parse(&["--json"]).is_err());
    }
}
