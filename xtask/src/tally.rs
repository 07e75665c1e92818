//! Counts the results of tests while their output is shown.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::Failure;
use crate::lack::Lack;

/// A test or check that could not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skip {
    pub(crate) lack: Lack,
    /// The test and the reason: `test: reason`.
    pub(crate) line: String,
}

/// The result of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Number of passed tests and checks.
    pub(crate) passed: usize,
    /// Number of failed tests and checks.
    pub(crate) failed: usize,
    pub(crate) skips: Vec<Skip>,
}

impl Tally {
    /// The result of one check.
    pub(crate) fn check(holds: bool) -> Self {
        Self { passed: usize::from(holds), failed: usize::from(!holds), skips: Vec::new() }
    }

    /// One check that could not run: what it lacks, and `check: reason`.
    pub(crate) fn skip(lack: Lack, line: impl Into<String>) -> Self {
        Self { skips: vec![Skip { lack, line: line.into() }], ..Self::default() }
    }

    /// The result of a step that sets up its own requirements. A failed set-up is a failure of the step.
    pub(crate) fn of_step(name: &str, result: Result<Self, Failure>) -> Self {
        result.unwrap_or_else(|error| {
            println!("{name}: FAILED: {error}");
            Self::check(false)
        })
    }

    /// Adds another result to this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skips.extend(other.skips);
    }

    /// Moves the skips that continuous integration does not allow, because the set-up brings what they lack, to the
    /// failures.
    pub(crate) fn forbid_skips(&mut self) {
        let (allowed, forbidden) = self.skips.drain(..).partition::<Vec<_>, _>(|skip| skip.lack.is_allowed_in_ci());
        for Skip { lack, line } in forbidden {
            println!("failed, because CI=true does not allow a skip of the kind `{}`: {line}", lack.name());
            self.failed += 1;
        }
        self.skips = allowed;
    }

    /// Counts the tests in the log of skips as skipped instead of passed. A line without a known kind is a failure.
    fn add_log(&mut self, log: &str) {
        for line in log.lines().filter(|line| !line.trim().is_empty()) {
            let Some((lack, rest)) = Lack::parse(line) else {
                println!("failed, because the log of skipped tests has a line without a known kind: {line}");
                self.failed += 1;
                continue;
            };
            let skip = Skip { lack, line: rest.to_owned() };
            if !self.skips.contains(&skip) {
                self.skips.push(skip);
                self.passed = self.passed.saturating_sub(1);
            }
        }
    }
}

/// The numbers of passed and failed tests in a line `test result: ok. 3 passed; 1 failed; ...`.
fn result_line(line: &str) -> Option<(usize, usize)> {
    let counts = line.trim_start().strip_prefix("test result: ")?;
    let count = |word: &str| {
        let before = counts.split(word).next()?;
        before.trim_end().rsplit([' ', ';']).next()?.parse::<usize>().ok()
    };
    Some((count("passed")?, count("failed")?))
}

/// Runs `cargo test ...`, shows its output immediately, and counts its results. Tests that cannot run append a line to
/// `skip_log`, and are counted as skipped instead of passed.
pub(crate) fn run_tests(command: &mut Command, skip_log: &Path) -> Tally {
    let mut tally = Tally::default();
    match stream(command, skip_log, &mut tally) {
        Ok(true) => {}
        // If no test failed, the tests did not compile or a test program crashed.
        Ok(false) => tally.failed = tally.failed.max(1),
        Err(error) => {
            println!("could not run {}: {error}", command.get_program().to_string_lossy());
            tally.failed += 1;
        }
    }
    tally
}

fn stream(command: &mut Command, skip_log: &Path, tally: &mut Tally) -> std::io::Result<bool> {
    if let Some(folder) = skip_log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(skip_log, "")?;
    command.env("ASKEW_SKIP_LOG", skip_log).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(output) = child.stdout.take() {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        while reader.read_until(b'\n', &mut line)? > 0 {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            if let Some((passed, failed)) = result_line(&text) {
                tally.passed += passed;
                tally.failed += failed;
            }
            line.clear();
        }
    }
    let is_ok = child.wait()?.success();
    tally.add_log(&std::fs::read_to_string(skip_log)?);
    Ok(is_ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_result_lines() {
        let line = "test result: FAILED. 12 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s";
        assert_eq!(result_line(line), Some((12, 3)));
        assert_eq!(result_line("test result: ok. 0 passed; 0 failed; 0 ignored\n"), Some((0, 0)));
        assert_eq!(result_line("test rates::it ... ok"), None);
        assert_eq!(result_line("my test result: 3 passed"), None);
    }

    /// A skip without npm's axe-core was once allowed, because its reason named neither a browser nor a GPU.
    #[test]
    fn ci_forbids_what_the_set_up_brings_whatever_the_reason_says() {
        const REASON: &str = "axe.min.js is absent; the browser, the GPU and curl are here";
        for lack in Lack::ALL {
            let mut tally = Tally { passed: 1, ..Tally::default() };
            tally.add_log(&lack.line("a11y::axe_finds_nothing", REASON));
            assert_eq!((tally.passed, tally.failed, tally.skips.len()), (0, 0, 1), "{lack:?}");
            tally.forbid_skips();
            let is_allowed = matches!(lack, Lack::Data | Lack::Extra);
            let counts = (usize::from(!is_allowed), usize::from(is_allowed));
            assert_eq!((tally.failed, tally.skips.len()), counts, "{lack:?}");
        }
    }

    #[test]
    fn a_skip_is_one_line_of_a_known_kind() {
        let line = Lack::Adapter.line("a", "no GPU:\n  none\r\nfound");
        assert_eq!(Lack::parse(line.trim_end()), Some((Lack::Adapter, "a: no GPU: none found")));
        for unknown in ["a: absent", "tool", "Tool a: absent", ""] {
            assert_eq!(Lack::parse(unknown), None, "{unknown}");
        }
        let mut tally = Tally { passed: 3, ..Tally::default() };
        tally.add_log("data a: absent\ndata a: absent\n\nb: absent\n");
        assert_eq!((tally.passed, tally.failed, tally.skips.len()), (2, 1, 1), "the last line has no kind");
    }

    #[cfg(unix)]
    #[test]
    fn counts_a_run_with_its_skips_and_its_death() {
        let log = std::env::temp_dir().join(format!("askew-tally-{}", std::process::id()));
        let script = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'; echo 'data a: absent' >> $ASKEW_SKIP_LOG";
        let tally = run_tests(Command::new("sh").args(["-c", script]), &log);
        assert_eq!(tally, Tally { passed: 2, failed: 0, ..Tally::skip(Lack::Data, "a: absent") });
        assert_eq!(run_tests(Command::new("sh").args(["-c", "exit 101"]), &log), Tally::check(false));
        assert_eq!(run_tests(&mut Command::new("no-such-program"), &log), Tally::check(false));
        std::fs::remove_file(log).unwrap();
    }
}
