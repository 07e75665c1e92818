//! Why a test cannot run, and the log of skipped tests. xtask compiles this file too: one side writes the log, the other
//! reads it, and both have one list of kinds.

use std::fs::OpenOptions;
use std::io::Write;

/// The variable with the log's file, which `cargo xtask test` sets and reads.
const LOG: &str = "ASKEW_SKIP_LOG";

/// What a test lacks. The kind decides whether continuous integration accepts that the test is skipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lack {
    /// Test data outside the repository, or data that only a network brings.
    Data,
    /// A program that no set-up installs.
    Extra,
    /// A program or package that `cargo xtask` installs: curl, or a package of npm or pip.
    Tool,
    /// A graphics adapter in software.
    Adapter,
    /// A browser or its driver.
    Browser,
    /// A model that `cargo xtask` downloads.
    Model,
    /// The output of an earlier step of `cargo xtask`.
    Step,
}

impl Lack {
    /// Every kind. One that is missing here is not accepted in a log.
    pub(crate) const ALL: [Self; 7] =
        [Self::Data, Self::Extra, Self::Tool, Self::Adapter, Self::Browser, Self::Model, Self::Step];

    /// The word for this kind in the log.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Extra => "extra",
            Self::Tool => "tool",
            Self::Adapter => "adapter",
            Self::Browser => "browser",
            Self::Model => "model",
            Self::Step => "step",
        }
    }

    /// Whether a machine of continuous integration may lack this. It may not lack what the set-up brings.
    pub(crate) const fn is_allowed_in_ci(self) -> bool {
        match self {
            Self::Data | Self::Extra => true,
            Self::Tool | Self::Adapter | Self::Browser | Self::Model | Self::Step => false,
        }
    }

    /// Notes that a test was skipped: one line on stderr, and one in the log if there is a log.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub(crate) fn note(self, test: &str, reason: &str) -> std::io::Result<()> {
        eprintln!("skipped: {test}: {reason}");
        let Some(path) = std::env::var_os(LOG) else { return Ok(()) };
        let mut log = OpenOptions::new().create(true).append(true).open(path)?;
        // One write, because tests of several threads share the log.
        log.write_all(self.line(test, reason).as_bytes())
    }

    /// The log's line. A reason of several lines becomes one.
    pub(crate) fn line(self, test: &str, reason: &str) -> String {
        let reason = reason.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{} {test}: {reason}\n", self.name())
    }

    /// The kind, and the words after it, of a line of the log. `None` if the line has no kind.
    pub(crate) fn parse(line: &str) -> Option<(Self, &str)> {
        let (name, rest) = line.split_once(' ')?;
        Some((Self::ALL.into_iter().find(|lack| lack.name() == name)?, rest))
    }
}
