//! Counts the results of tests while their output is shown.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// The result of a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Number of passed tests and checks.
    pub(crate) passed: usize,
    /// Number of failed tests and checks.
    pub(crate) failed: usize,
    /// For each skipped test, a line with the reason.
    pub(crate) skips: Vec<String>,
}

impl Tally {
    /// The result of one check.
    pub(crate) fn check(holds: bool) -> Self {
        Self { passed: usize::from(holds), failed: usize::from(!holds), skips: Vec::new() }
    }

    /// One check that could not run, with the reason.
    pub(crate) fn skip(line: impl Into<String>) -> Self {
        Self { skips: vec![line.into()], ..Self::default() }
    }

    /// Adds another result to this one.
    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skips.extend(other.skips);
    }

    /// Moves skips that a continuous-integration machine must not have (no adapter, browser or curl) to the failures.
    pub(crate) fn forbid_skips(&mut self) {
        let (forbidden, allowed) = self.skips.drain(..).partition::<Vec<_>, _>(|line| is_forbidden_in_ci(line));
        for line in forbidden {
            println!("failed, because CI=true does not allow this skip: {line}");
            self.failed += 1;
        }
        self.skips = allowed;
    }
}

/// Whether the reason of a skip (`test: reason`) is a missing adapter, browser or curl.
fn is_forbidden_in_ci(line: &str) -> bool {
    let reason = line.split_once(": ").map_or(line, |(_test, reason)| reason).to_lowercase();
    ["adapter", "gpu", "browser", "chrom", "curl"].iter().any(|word| reason.contains(word))
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
    for line in std::fs::read_to_string(skip_log)?.lines().filter(|line| !line.trim().is_empty()) {
        if !tally.skips.iter().any(|skip| skip == line) {
            tally.skips.push(line.to_owned());
            tally.passed = tally.passed.saturating_sub(1);
        }
    }
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

    #[test]
    fn ci_forbids_missing_programs_and_allows_missing_files() {
        let mut tally = Tally::skip("gpu_forward: no usable GPU was found: install mesa-vulkan-drivers");
        tally.add(Tally::skip("browser_rates: the published result files are absent"));
        tally.add(Tally::skip("a_silent_server_is_given_up: curl is not installed"));
        tally.forbid_skips();
        assert_eq!((tally.failed, tally.skips.len()), (2, 1));
    }

    #[cfg(unix)]
    #[test]
    fn counts_a_run_with_its_skips_and_its_death() {
        let log = std::env::temp_dir().join(format!("askew-tally-{}", std::process::id()));
        let script = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'; echo 'a: absent' >> $ASKEW_SKIP_LOG";
        let tally = run_tests(Command::new("sh").args(["-c", script]), &log);
        assert_eq!(tally, Tally { passed: 2, failed: 0, skips: vec!["a: absent".to_owned()] });
        assert_eq!(run_tests(Command::new("sh").args(["-c", "exit 101"]), &log), Tally::check(false));
        assert_eq!(run_tests(&mut Command::new("no-such-program"), &log), Tally::check(false));
        std::fs::remove_file(log).unwrap();
    }
}
