//! `cargo xtask test` and `cargo xtask verify`: every test and check, one table, one closing line.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::command::{self, cargo, path_with};
use crate::independent::{self, Independent};
use crate::pins::{FIGURES, LARGER_MODELS, SERVER, SMOLLM, WASM_BINDGEN, WASM_TARGET};
use crate::setup::Need;
use crate::step::{Step, Tier};
use crate::tally::{Tally, run_tests};
use crate::{Failure, bench, browser, bundle, fuzz, models, python, setup, size};

/// Runs steps and prints the closing line; a failing step does not hide later ones.
///
/// # Errors
/// When the cache folder is unknown. A failed test is no error here: the exit code tells it.
pub(crate) fn run(root: &Path, steps: &[Step], tier: Tier) -> Result<ExitCode, Failure> {
    let runner = Runner::new(root, tier)?;
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    runner.set_up(steps);
    let mut rows: Vec<(Step, Tally, Duration)> = Vec::new();
    for &step in steps {
        println!("\n== {} ==", step.name());
        let start = Instant::now();
        // With the other steps, the build step has made the page.
        let mut tally = runner.step(step, steps.contains(&Step::Build));
        if is_ci {
            tally.forbid_skips();
        }
        rows.push((step, tally, start.elapsed()));
    }
    Ok(summary(&rows))
}

fn summary(rows: &[(Step, Tally, Duration)]) -> ExitCode {
    let mut sum = Tally::default();
    println!("\n{:<10}{:>8}{:>8}{:>9}{:>10}", "step", "passed", "failed", "skipped", "seconds");
    for (step, tally, time) in rows {
        let (name, skipped) = (step.name(), tally.skips.len());
        println!("{name:<10}{:>8}{:>8}{skipped:>9}{:>10.1}", tally.passed, tally.failed, time.as_secs_f64());
        sum.add(tally.clone());
    }
    for line in &sum.skips {
        println!("skipped: {line}");
    }
    println!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skips.len());
    if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

struct Runner<'a> {
    root: &'a Path,
    tier: Tier,
    cache: PathBuf,
    skip_log: PathBuf,
    targets: Targets,
}

impl<'a> Runner<'a> {
    fn new(root: &'a Path, tier: Tier) -> Result<Self, Failure> {
        let skip_log = std::env::temp_dir().join(format!("askew-skips-{}.txt", std::process::id()));
        let targets = Targets::of(&root.join("tests"))?;
        Ok(Self { root, tier, cache: setup::cache()?, skip_log, targets })
    }

    /// What the steps need of the machine. Whatever cannot be had is missed, and named, by the step that needs it.
    fn set_up(&self, steps: &[Step]) {
        let needs = |wanted: &[Step]| steps.iter().any(|step| wanted.contains(step));
        let mut system = Vec::new();
        if needs(&[Step::Wasm, Step::Browser, Step::Gpu, Step::Trained]) {
            // Chromium brings the second software adapter.
            system.push(Need::Browser);
        }
        if needs(&[Step::Gpu, Step::Browser, Step::Engines, Step::Trained]) {
            system.push(Need::Vulkan);
        }
        if needs(&[Step::Trained]) {
            system.push(Need::Torch);
        }
        let with_models = needs(&[Step::Native, Step::Gpu, Step::Browser, Step::Tokens, Step::Chats, Step::Engines]);
        if with_models {
            system.push(Need::Pip);
        }
        if needs(&[Step::Browser]) {
            system.push(Need::Npm);
        }
        setup::system_packages(&system);
        if needs(&[Step::Browser]) {
            setup::axe();
        }
        let larger = if self.tier == Tier::Long { LARGER_MODELS.as_slice() } else { &[] };
        for model in [&SMOLLM].into_iter().chain(larger).filter(|_| with_models) {
            if let Err(reason) = models::fetch(model) {
                println!("setup: {} is absent, tests that need it will be skipped: {reason}", model.file);
            }
        }
    }

    fn step(&self, step: Step, is_built: bool) -> Tally {
        let independent = Independent { root: self.root, skip_log: &self.skip_log };
        match step {
            Step::Lint => self.lint(),
            Step::Native => self.native(),
            Step::Gpu => self.gpu(),
            Step::Wasm => self.wasm(),
            Step::Build => self.build(),
            Step::Browser => self.browser(is_built),
            Step::Tokens => independent.tokens(),
            Step::Chats => independent.chats(),
            Step::Adapters => independent.adapters(),
            Step::Trained => independent.trained(is_built),
            Step::Engines => independent.engines(),
            Step::Fuzz => run_tests(&mut fuzz::command(self.root, &fuzz::Options::default()), &self.skip_log),
            Step::Bench => self.bench(is_built),
        }
    }

    fn lint(&self) -> Tally {
        let deny = ["--", "-D", "warnings"];
        let mut tally = self.checked("fmt", cargo(self.root).args(["fmt", "--all", "--check"]));
        let mut native = cargo(self.root);
        native.args(["clippy", "--workspace", "--all-targets"]).args(deny);
        tally.add(self.checked("clippy", &mut native));
        if let Err(error) = setup::wasm_target(self.root) {
            println!("{error}");
            tally.add(Tally::check(false));
            return tally;
        }
        // What a browser lacks is banned by a second configuration.
        let mut wasm = cargo(self.root);
        wasm.env("CLIPPY_CONF_DIR", self.root.join("xtask").join("wasm"));
        wasm.args(["clippy", "--package", "askew", "--target", WASM_TARGET, "--lib", "--bins"]).args(deny);
        tally.add(self.checked("clippy for wasm", &mut wasm));
        tally
    }

    fn checked(&self, name: &str, command: &mut Command) -> Tally {
        let result = command::run(command);
        match &result {
            Ok(()) => println!("{name}: ok"),
            Err(error) => println!("{name}: FAILED: {error}"),
        }
        Tally::check(result.is_ok())
    }

    /// `cargo test` of the app's own package, with what every test may look for.
    fn cargo_test(&self, targets: &[String]) -> Command {
        let mut command = cargo(self.root);
        command.args(["test", "--package", "askew", "--no-fail-fast"]).env("ASKEW_CACHE", &self.cache);
        for target in targets {
            command.args(["--test", target]);
        }
        command
    }

    fn run_tests(&self, command: &mut Command) -> Tally {
        if self.tier == Tier::Long {
            command.args(["--", "--include-ignored"]);
            // Other steps run these, with what they need.
            for name in independent::TESTS.into_iter().chain(["bench::"]) {
                command.args(["--skip", name]);
            }
        }
        run_tests(command, &self.skip_log)
    }

    /// Names a Python with a real server to the long tests, which ask one.
    fn name_server(&self, tests: &mut Command) {
        if self.tier == Tier::Long {
            match python::interpreter(&SERVER) {
                Ok(python) => drop(tests.env("ASKEW_SERVER_PYTHON", python)),
                Err(error) => println!("setup: tests that ask a real server will fail: {error}"),
            }
        }
    }

    fn native(&self) -> Tally {
        let mut tests = self.cargo_test(&self.targets.native);
        self.name_server(&mut tests);
        // Exported code and SQL are run, where that can be had.
        match python::interpreter(&FIGURES) {
            Ok(python) => {
                tests.env("ASKEW_PYTHON", python);
            }
            Err(error) => println!("setup: exported code is not run: {error}"),
        }
        let mut tally = self.run_tests(tests.args(["--lib", "--bins"]));
        tally.add(self.run_tests(self.cargo_test(&[]).arg("--doc")));
        for package in ["xtask", "askew-pocket"] {
            tally.add(self.run_tests(cargo(self.root).args(["test", "--package", package, "--no-fail-fast"])));
        }
        tally
    }

    /// The tests of kernels and of the engine, once for each software adapter: they must agree on both.
    fn gpu(&self) -> Tally {
        if self.targets.gpu.is_empty() {
            return Tally::default();
        }
        let mut tally = Tally::default();
        for adapter in browser::software_adapters() {
            let adapter = match adapter {
                Ok(adapter) => adapter,
                Err(missing) => {
                    tally.add(Tally::skip(missing));
                    continue;
                }
            };
            let mut one = self.run_tests(adapter.choose(&mut self.cargo_test(&self.targets.gpu)));
            for line in &mut one.skips {
                line.push_str(&format!(" ({})", adapter.name));
            }
            tally.add(one);
        }
        tally
    }

    fn wasm(&self) -> Tally {
        if self.targets.wasm.is_empty() {
            return Tally::default();
        }
        let (Some(_), Some(driver)) = (browser::chromium(), browser::chromedriver()) else {
            return Tally::skip("wasm: no browser to run in: install chromium and chromium-driver");
        };
        let ready = setup::wasm_target(self.root).and_then(|()| setup::cargo_tool(&WASM_BINDGEN));
        let path = ready.and_then(|()| path_with(&[setup::tools()?]));
        let path = match path {
            Ok(path) => path,
            Err(error) => {
                println!("{error}");
                return Tally::check(false);
            }
        };
        let mut command = self.cargo_test(&self.targets.wasm);
        command.args(["--target", WASM_TARGET]).env("PATH", path).env("CHROMEDRIVER", driver);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
        command.env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", self.root.join("xtask").join("wasm").join("webdriver.json"));
        self.run_tests(&mut command)
    }

    fn build(&self) -> Tally {
        let built = bundle::run(self.root);
        if let Err(error) = &built {
            println!("build: FAILED: {error}");
        }
        let mut tally = Tally::check(built.is_ok());
        let size = built.and_then(|()| size::run(&self.root.join("dist")));
        if let Err(error) = &size {
            println!("size: FAILED: {error}");
        }
        tally.add(Tally::check(size.is_ok_and(|holds| holds)));
        tally
    }

    fn bench(&self, is_built: bool) -> Tally {
        let mut tally = Tally::default();
        for (name, result) in bench::run(self.root, &bench::Options { is_built, ..bench::Options::default() }) {
            if let Err(error) = &result {
                println!("bench, {name}: FAILED: {error}");
            }
            tally.add(Tally::check(result.is_ok()));
        }
        tally
    }

    fn browser(&self, is_built: bool) -> Tally {
        if self.targets.browser.is_empty() {
            return Tally::default();
        }
        if browser::chromium().is_none() {
            return Tally::skip("browser: no browser to drive: install chromium");
        }
        if !is_built && let Err(error) = bundle::run(self.root) {
            println!("build: FAILED: {error}");
            return Tally::check(false);
        }
        let mut command = self.cargo_test(&self.targets.browser);
        command.env("ASKEW_DIST", self.root.join("dist"));
        self.name_server(&mut command);
        self.run_tests(&mut command)
    }
}

/// The test targets of `tests/`, by what they need.
#[derive(Debug, Default, PartialEq, Eq)]
struct Targets {
    native: Vec<String>,
    gpu: Vec<String>,
    wasm: Vec<String>,
    browser: Vec<String>,
}

impl Targets {
    fn of(folder: &Path) -> Result<Self, Failure> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            let is_target = path.extension().is_some_and(|ending| ending == "rs") || path.join("main.rs").is_file();
            if let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| is_target) {
                names.push(name.to_owned());
            }
        }
        names.sort();
        Ok(Self::sort(names))
    }

    fn sort(names: Vec<String>) -> Self {
        let mut targets = Self::default();
        for name in names {
            let list = match name.as_str() {
                "browser" => &mut targets.browser,
                "wasm" => &mut targets.wasm,
                name if name.starts_with("gpu") || name.starts_with("engine") => &mut targets.gpu,
                _ => &mut targets.native,
            };
            list.push(name);
        }
        targets
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_test_target_has_one_step() {
        let names = ["architecture", "browser", "engine_chat", "gpu", "gpu_ops", "rates", "wasm"].map(str::to_owned);
        let targets = Targets::sort(names.to_vec());
        assert_eq!(targets.native, ["architecture", "rates"]);
        assert_eq!(targets.gpu, ["engine_chat", "gpu", "gpu_ops"]);
        assert_eq!(
            (targets.wasm.as_slice(), targets.browser.as_slice()),
            (&["wasm".to_owned()][..], &["browser".to_owned()][..])
        );
    }
}
