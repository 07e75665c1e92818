//! Installs the command-line tools of the build into the cache: a published binary, or one that cargo builds.

use std::path::{Path, PathBuf};

use crate::Failure;
use crate::command::{cargo, output, run};
use crate::pins::{CargoTool, TOOL_PROFILE};
use crate::setup::{Need, cache, say, system_packages, tools};

/// The file name of a binary on this machine.
fn file(name: &str) -> String {
    format!("{name}{}", std::env::consts::EXE_SUFFIX)
}

/// Whether a folder contains all binaries of a tool, and the first one runs and prints the pinned version.
fn is_whole(tool: &CargoTool, folder: &Path) -> bool {
    let is_there = tool.binaries.iter().all(|name| folder.join(file(name)).is_file());
    let version = tool.binaries.first().and_then(|name| output(folder.join(file(name)), &["--version"]));
    // `trunk 0.21.14`, `wasm-bindgen 0.2.130 (a commit)`.
    is_there && version.is_some_and(|line| line.split_whitespace().any(|word| word == tool.version))
}

/// Whether the cache contains the pinned version of a tool.
pub(crate) fn is_installed(tool: &CargoTool) -> bool {
    tools().is_ok_and(|folder| is_whole(tool, &folder))
}

/// The first binary of an installed tool.
///
/// # Errors
/// If the cache folder is unknown, or the tool has no binary.
pub(crate) fn program(tool: &CargoTool) -> Result<PathBuf, Failure> {
    let name = tool.binaries.first().ok_or("the tool has no binary")?;
    Ok(tools()?.join(file(name)))
}

/// The line of the progress list for the installation of a tool.
pub(crate) fn title(tool: &CargoTool) -> String {
    let (package, version, minutes) = (tool.package, tool.version, tool.minutes);
    match tool.archive_here() {
        Some(_) => format!("installing {package} {version} (a download, or a build of about {minutes} minutes)"),
        None => format!("building {package} {version} (about {minutes} minutes, once)"),
    }
}

/// Installs a tool into the cache, unless it is there.
///
/// # Errors
/// If a downloaded file is not the pinned one, cargo cannot build the tool, or the cache cannot be written.
pub(crate) fn install(tool: &CargoTool) -> Result<(), Failure> {
    if is_installed(tool) {
        return Ok(());
    }
    let work = cache()?.join("tools").join(format!("{}-{}.part", tool.package, std::process::id()));
    let result = fill(tool, &work).and_then(|()| {
        let bin = tools()?;
        std::fs::create_dir_all(&bin)?;
        for name in tool.binaries {
            std::fs::rename(work.join("bin").join(file(name)), bin.join(file(name)))?;
        }
        Ok(())
    });
    if work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    result
}

/// Downloads or builds a tool's binaries into the folder `bin` of the working folder.
fn fill(tool: &CargoTool, work: &Path) -> Result<(), Failure> {
    let bin = work.join("bin");
    if let Some(archive) = tool.archive_here() {
        system_packages(&[Need::Curl]);
        say(&format!("downloading {} {}", tool.package, tool.version));
        match tool.download(archive, &bin)? {
            None if is_whole(tool, &bin) => return Ok(()),
            None => say("the published binary does not run on this machine: building the tool instead"),
            Some(reason) => say(&format!("not downloaded ({reason}): building the tool instead")),
        }
        if bin.exists() {
            std::fs::remove_dir_all(&bin)?;
        }
    }
    say(&format!("building {} {} (about {} minutes, once)", tool.package, tool.version, tool.minutes));
    let mut install = cargo(Path::new("."));
    // With `--locked`, the versions of its dependencies are those that its project released it with.
    install.args(["install", tool.package, "--version", tool.version, "--locked", "--no-track", "--root"]).arg(work);
    install.args(tool.install).env("CARGO_TARGET_DIR", work.join("target")).envs(TOOL_PROFILE);
    run(&mut install)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pins::{TRUNK, WASM_BINDGEN};

    #[cfg(unix)]
    #[test]
    fn a_tool_is_whole_when_all_of_it_runs_in_the_pinned_version() {
        use std::os::unix::fs::PermissionsExt;

        let folder = std::env::temp_dir().join(format!("askew-tool-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let write = |name: &str, words: &str| {
            let path = folder.join(name);
            std::fs::write(&path, format!("#!/bin/sh\necho '{words}'\n")).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        };
        assert!(!is_whole(&WASM_BINDGEN, &folder), "it is absent");
        write("wasm-bindgen", &format!("wasm-bindgen {} (0123abcd)", WASM_BINDGEN.version));
        assert!(!is_whole(&WASM_BINDGEN, &folder), "the test runner is absent");
        write("wasm-bindgen-test-runner", "");
        assert!(is_whole(&WASM_BINDGEN, &folder));
        write("wasm-bindgen", &format!("wasm-bindgen {}1", WASM_BINDGEN.version));
        assert!(!is_whole(&WASM_BINDGEN, &folder), "another version");
        write("trunk", &format!("trunk {}", TRUNK.version));
        assert!(is_whole(&TRUNK, &folder));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_version_of_wasm_bindgen_is_the_apps() {
        let root = crate::root();
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("wasm-bindgen = \"={}\"", WASM_BINDGEN.version)));
    }
}
