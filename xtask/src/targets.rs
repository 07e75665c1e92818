//! The integration tests of every package of the workspace, by the step that runs them.

use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::Failure;
use crate::command::cargo;

/// The package that needs a graphics adapter for all of its integration tests.
const GPU_PACKAGE: &str = "askew-gpu";

/// The names of the tests. `cargo test --workspace --test NAME` finds them in any package.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Targets {
    pub(crate) native: Vec<String>,
    pub(crate) gpu: Vec<String>,
    pub(crate) wasm: Vec<String>,
    pub(crate) browser: Vec<String>,
}

impl Targets {
    /// Reads the workspace's tests from cargo.
    ///
    /// # Errors
    /// When cargo fails, or two tests of different steps have the same name.
    pub(crate) fn of(root: &Path) -> Result<Self, Failure> {
        let mut metadata = cargo(root);
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]).stderr(Stdio::inherit());
        let output = metadata.output()?;
        if !output.status.success() {
            return Err(format!("cargo metadata failed ({})", output.status).into());
        }
        Self::sort(tests(&serde_json::from_slice(&output.stdout)?))
    }

    /// Assigns tests, each a package and a name, to the steps.
    fn sort(mut tests: Vec<(String, String)>) -> Result<Self, Failure> {
        tests.sort_by(|a, b| (&a.1, &a.0).cmp(&(&b.1, &b.0)));
        let mut targets = Self::default();
        for (package, name) in tests {
            let list = match name.as_str() {
                _ if package == GPU_PACKAGE => &mut targets.gpu,
                "browser" => &mut targets.browser,
                "wasm" => &mut targets.wasm,
                name if name.starts_with("gpu") || name.starts_with("engine") => &mut targets.gpu,
                _ => &mut targets.native,
            };
            // Two packages may have a test with the same name; cargo runs both.
            if !list.contains(&name) {
                list.push(name);
            }
        }
        let lists = [&targets.native, &targets.gpu, &targets.wasm, &targets.browser];
        let mut names: Vec<&String> = lists.into_iter().flatten().collect();
        names.sort();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            None => Ok(targets),
            // On cargo's command line the name would select both.
            Some(pair) => Err(format!("two tests of different steps are named `{}`: rename one", pair[0]).into()),
        }
    }
}

/// The packages and names of the integration tests in the output of `cargo metadata`.
fn tests(metadata: &Value) -> Vec<(String, String)> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut tests = Vec::new();
    for package in list(&metadata["packages"]) {
        for target in list(&package["targets"]) {
            if target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test")) {
                tests.push((text(&package["name"]), text(&target["name"])));
            }
        }
    }
    tests
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sort(tests: &[(&str, &str)]) -> Result<Targets, Failure> {
        Targets::sort(tests.iter().map(|(package, name)| ((*package).to_owned(), (*name).to_owned())).collect())
    }

    #[test]
    fn every_test_has_one_step() {
        let targets = sort(&[
            ("askew", "rates"),
            ("askew", "architecture"),
            ("askew", "browser"),
            ("askew", "engine_chat"),
            ("askew", "gpu_ops"),
            ("askew", "wasm"),
            ("askew-gpu", "kernels"),
            ("askew-model", "fuzz"),
            ("askew-formats", "fuzz"),
        ])
        .expect("no two steps share a name");
        assert_eq!(targets.native, ["architecture", "fuzz", "rates"]);
        assert_eq!(targets.gpu, ["engine_chat", "gpu_ops", "kernels"]);
        assert_eq!((targets.wasm.concat(), targets.browser.concat()), ("wasm".to_owned(), "browser".to_owned()));
    }

    #[test]
    fn a_name_of_two_steps_is_an_error() {
        let error = sort(&[("askew-gpu", "kernels"), ("askew-kernels", "kernels")]).expect_err("it is ambiguous");
        assert!(error.to_string().contains("`kernels`"), "{error}");
    }

    #[test]
    fn tests_are_read_from_what_cargo_prints() {
        let metadata = json!({ "packages": [
            { "name": "a", "targets": [{ "name": "a", "kind": ["lib"] }, { "name": "t", "kind": ["test"] }] },
            { "name": "b", "targets": [{ "name": "b", "kind": ["bin"] }] },
        ] });
        assert_eq!(tests(&metadata), [("a".to_owned(), "t".to_owned())]);
        assert_eq!(tests(&Value::Null), []);
    }

    #[test]
    fn the_tests_of_this_workspace_are_found() {
        let targets = Targets::of(&crate::root()).expect("cargo knows them");
        assert!(targets.native.iter().any(|name| name == "architecture"), "{targets:?}");
        assert!(!targets.gpu.is_empty() && targets.browser == ["browser"], "{targets:?}");
    }
}
