//! Installs what a fresh machine lacks, and prints a line before each step. What is installed already does not change.
//! Each item is built in a temporary folder and moved to its place when it is complete, so that an interrupted set-up
//! leaves nothing incomplete there.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{find, output, run};
use crate::pins::{SMOLLM, WASM_TARGET};
use crate::{Failure, browser, bundle, command, models, npm};

/// The folder of tools and models: `ASKEW_CACHE`, or `~/.cache/askew`. It is outside `target/`, so that `cargo clean`
/// does not delete it.
///
/// # Errors
/// If `ASKEW_CACHE` is not set and the home folder is unknown.
pub(crate) fn cache() -> Result<PathBuf, Failure> {
    if let Some(folder) = std::env::var_os("ASKEW_CACHE") {
        return Ok(std::path::absolute(folder)?);
    }
    let home = std::env::home_dir().ok_or("the home folder is unknown: set ASKEW_CACHE to a folder")?;
    Ok(home.join(".cache").join("askew"))
}

/// The folder of Trunk's and wasm-bindgen's binaries. It may not exist yet.
///
/// # Errors
/// If the cache folder is unknown.
pub(crate) fn tools() -> Result<PathBuf, Failure> {
    Ok(cache()?.join("tools").join("bin"))
}

/// Prints what the set-up does next.
pub(crate) fn say(line: &str) {
    println!("setup: {line}");
}

/// Installs everything that `cargo xtask serve` and `cargo xtask test` need, except the Pythons.
///
/// # Errors
/// If the wasm target, Trunk or wasm-bindgen-cli cannot be installed.
pub(crate) fn everything(root: &Path) -> Result<(), Failure> {
    system_packages(&[Need::Browser, Need::Vulkan, Need::Pip, Need::Npm]);
    bundle::set_up(root)?;
    npm::axe();
    if let Err(reason) = models::fetch(&SMOLLM) {
        println!("setup: the test model is absent: {reason}");
    }
    Ok(())
}

/// A program or library that the operating system's packages provide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// A Chromium and its driver.
    Browser,
    /// A Vulkan loader and a software adapter.
    Vulkan,
    /// Python's installer, which fetches models.
    Pip,
    /// A C++ compiler, which builds an independent engine.
    Compiler,
    /// PyTorch for the CPU.
    Torch,
    /// Node's installer, which fetches wasm-opt.
    Npm,
    /// curl, which downloads published build tools.
    Curl,
}

/// The Debian packages that provide a need, if this machine lacks it.
fn missing_packages(need: Need) -> Vec<&'static str> {
    let mut packages = Vec::new();
    match need {
        Need::Browser => {
            if browser::chromium().is_none() {
                packages.push("chromium");
            }
            if find("chromedriver").is_none() {
                packages.push("chromium-driver");
            }
        }
        Need::Vulkan => {
            if !browser::has_library("libvulkan.so.1") {
                packages.push("libvulkan1");
            }
            if browser::lavapipe().is_none() {
                packages.push("mesa-vulkan-drivers");
            }
        }
        Need::Pip if pip().is_none() => packages.push("python3-pip"),
        Need::Npm if find("npm").is_none() => packages.push("npm"),
        // Without recommended packages, apt does not install the certificates that https needs.
        Need::Curl if find("curl").is_none() => packages.extend(["curl", "ca-certificates"]),
        Need::Compiler if command::find_any(&["c++", "g++", "clang++"]).is_none() => packages.push("g++"),
        Need::Torch => {
            // Only Debian's own Python finds Debian's torch.
            if output("/usr/bin/python3", &["-c", "import torch"]).is_none() {
                packages.push("python3-torch");
            }
            // Without it Debian's torch multiplies matrices by the reference BLAS, several times slower.
            if !browser::has_library("libopenblas.so.0") {
                packages.push("libopenblas0-pthread");
            }
        }
        Need::Pip | Need::Npm | Need::Curl | Need::Compiler => {}
    }
    packages
}

/// Installs missing packages on Debian or Ubuntu as root. Elsewhere it installs nothing. Tests that need a missing
/// program are then skipped and say what to install.
pub(crate) fn system_packages(needs: &[Need]) {
    let missing: Vec<&str> = needs.iter().flat_map(|&need| missing_packages(need)).collect();
    if missing.is_empty() || !Path::new("/etc/debian_version").exists() || find("apt-get").is_none() {
        return;
    }
    if output("id", &["-u"]).is_none_or(|user| user.trim() != "0") {
        println!("setup: not root, so not installed: {0} (apt-get install {0})", missing.join(" "));
        return;
    }
    say(&format!("installing Debian packages: {}", missing.join(" ")));
    let apt = |arguments: &[&str]| {
        let mut apt = Command::new("apt-get");
        run(apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    };
    if let Err(error) = apt(&["update", "-qq"]) {
        println!("setup: {error}");
    }
    // One by one, because a package that this release lacks would stop the others.
    for package in missing {
        if let Err(error) = apt(&["install", "-y", "-qq", "--no-install-recommends", package]) {
            println!("setup: {error}");
        }
    }
}

/// Whether the Rust in use has the wasm target.
pub(crate) fn has_wasm_target() -> bool {
    let folder = output("rustc", &["--print", "target-libdir", "--target", WASM_TARGET]);
    folder.is_some_and(|folder| Path::new(folder.trim()).is_dir())
}

/// Adds the wasm target to the Rust in use, unless it is installed.
///
/// # Errors
/// If rustup is absent or fails.
pub(crate) fn wasm_target(root: &Path) -> Result<(), Failure> {
    if has_wasm_target() {
        return Ok(());
    }
    if find("rustup").is_none() {
        return Err(format!("Rust has no {WASM_TARGET} target and rustup is absent: see CONTRIBUTING.md").into());
    }
    say(&format!("adding Rust's {WASM_TARGET} target"));
    run(Command::new("rustup").args(["target", "add", WASM_TARGET]).current_dir(root))
}

/// How to run pip: a Python, and the arguments before pip's own. `None` if this machine has no Python with pip.
pub(crate) fn pip() -> Option<(PathBuf, &'static [&'static str])> {
    if let Some(python) = command::find_any(&["python3", "python"])
        && output(&python, &["-m", "pip", "--version"]).is_some()
    {
        return Some((python, &["-m", "pip"]));
    }
    None
}
