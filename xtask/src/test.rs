//! `cargo xtask test` and `cargo xtask verify`: run the tests and checks, then print one table and one closing line.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::command::{cargo, path_with};
use crate::independent::{self, Independent};
use crate::lack::Lack;
use crate::pins::{FIGURES, LARGER_MODELS, SERVER, SMOLLM, WASM_BINDGEN, WASM_TARGET};
use crate::setup::Need;
use crate::step::{Step, Tier};
use crate::tally::{Skip, Tally, run_tests};
use crate::targets::Targets;
use crate::{Failure, bench, browser, bundle, deny, fuzz, lint, models, npm, python, repeat, setup, size, tool};

/// Runs steps and prints the closing line; a failing step does not hide later ones.
///
/// # Errors
/// When the cache folder is unknown. A failed test is not an error here: the exit code reports it.
pub(crate) fn run(root: &Path, steps: &[Step], tier: Tier) -> Result<ExitCode, Failure> {
    let runner = Runner::new(root, tier)?;
    let is_ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
    runner.set_up(steps);
    let mut rows: Vec<(Step, Tally, Duration)> = Vec::new();
    for &step in steps {
        println!("\n== {step} ==");
        let start = Instant::now();
        // When other steps run too, the build step has already made the page.
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
        let skipped = tally.skips.len();
        println!("{step:<10}{:>8}{:>8}{skipped:>9}{:>10.1}", tally.passed, tally.failed, time.as_secs_f64());
        sum.add(tally.clone());
    }
    for Skip { lack, line } in &sum.skips {
        println!("skipped ({}): {line}", lack.name());
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
        let targets = Targets::of(root)?;
        Ok(Self { root, tier, cache: setup::cache()?, skip_log, targets })
    }

    /// Sets up what the steps need on this machine. If something cannot be set up, the step that needs it reports that.
    fn set_up(&self, steps: &[Step]) {
        let needs = |wanted: &[Step]| steps.iter().any(|step| wanted.contains(step));
        let mut system = Vec::new();
        if needs(&[Step::Wasm, Step::Browser, Step::Gpu, Step::Trained]) {
            // Chromium comes with the second software adapter.
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
        if needs(&[Step::Native]) {
            // Tests of xtask's own downloads.
            system.push(Need::Curl);
        }
        setup::system_packages(&system);
        if needs(&[Step::Browser]) {
            npm::axe();
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
            Step::Lint => lint::lint(self.root),
            Step::Native => self.native(),
            Step::Gpu => self.gpu(),
            Step::Wasm => self.wasm(),
            Step::Build => self.build(),
            Step::Browser => self.browser(is_built),
            Step::Deny => Tally::of_step("deny", deny::run(self.root)),
            Step::Repeat => Tally::of_step("repeat", repeat::run(self.root, is_built)),
            Step::Tokens => independent.tokens(),
            Step::Chats => independent.chats(),
            Step::Adapters => independent.adapters(),
            Step::Trained => independent.trained(is_built),
            Step::Engines => independent.engines(),
            Step::Fuzz => run_tests(&mut fuzz::command(self.root, &fuzz::Options::default()), &self.skip_log),
            Step::Bench => self.bench(is_built),
        }
    }

    /// `cargo test` for integration tests of any package, with the environment variables of the tests. All steps use
    /// the whole workspace, so that cargo builds a dependency once and not for each choice of packages.
    fn cargo_test(&self, targets: &[String]) -> Command {
        self.cargo_test_of(&["--workspace"], targets)
    }

    fn cargo_test_of(&self, packages: &[&str], targets: &[String]) -> Command {
        let mut command = cargo(self.root);
        command.arg("test").args(packages).arg("--no-fail-fast").env("ASKEW_CACHE", &self.cache);
        for target in targets {
            command.args(["--test", target]);
        }
        command
    }

    fn run_tests(&self, command: &mut Command) -> Tally {
        if self.tier == Tier::Long {
            command.args(["--", "--include-ignored"]);
            // Other steps run these tests with their requirements.
            for name in independent::TESTS.into_iter().chain(["bench::"]) {
                command.args(["--skip", name]);
            }
        }
        run_tests(command, &self.skip_log)
    }

    /// Sets `ASKEW_SERVER_PYTHON` for the long tests: a Python that has llama.cpp's server.
    fn name_server(&self, tests: &mut Command) {
        if self.tier == Tier::Long {
            match python::interpreter(&SERVER) {
                Ok(python) => drop(tests.env("ASKEW_SERVER_PYTHON", python)),
                Err(error) => println!("setup: tests that need a real server will fail: {error}"),
            }
        }
    }

    fn native(&self) -> Tally {
        let mut tests = self.cargo_test(&self.targets.native);
        self.name_server(&mut tests);
        // Exported code and SQL are run if the programs for them are available.
        match python::interpreter(&FIGURES) {
            Ok(python) => {
                tests.env("ASKEW_PYTHON", python);
            }
            Err(error) => println!("setup: tests of exported code will be skipped: {error}"),
        }
        let mut tally = self.run_tests(tests.args(["--lib", "--bins"]));
        // Documentation tests need a separate cargo command.
        tally.add(self.run_tests(self.cargo_test(&[]).arg("--doc")));
        tally
    }

    /// Runs the tests of kernels and of the engine once on each software adapter. The slow ones run on SwiftShader only
    /// in the long tier.
    fn gpu(&self) -> Tally {
        if self.targets.gpu.is_empty() {
            return Tally::default();
        }
        let mut tally = Tally::default();
        for adapter in browser::software_adapters() {
            let adapter = match adapter {
                Ok(adapter) => adapter,
                Err(missing) => {
                    tally.add(Tally::skip(Lack::Adapter, missing));
                    continue;
                }
            };
            let is_in = |name: &&String| self.tier == Tier::Long || !adapter.slow_tests.contains(&name.as_str());
            let targets: Vec<String> = self.targets.gpu.iter().filter(is_in).cloned().collect();
            let mut one = self.run_tests(adapter.choose(&mut self.cargo_test(&targets)));
            for skip in &mut one.skips {
                skip.line.push_str(&format!(" ({})", adapter.name));
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
            return Tally::skip(Lack::Browser, "wasm: no browser to run in: install chromium and chromium-driver");
        };
        let ready = setup::wasm_target(self.root).and_then(|()| tool::install(&WASM_BINDGEN));
        let path = ready.and_then(|()| path_with(&[setup::tools()?]));
        let path = match path {
            Ok(path) => path,
            Err(error) => {
                println!("{error}");
                return Tally::check(false);
            }
        };
        // Only the app's tests, because other packages of the workspace do not compile for wasm.
        let mut command = self.cargo_test_of(&["--package", "askew"], &self.targets.wasm);
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
            return Tally::skip(Lack::Browser, "browser: no browser to drive: install chromium");
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
