//! Builds the app into `dist/` with cargo and Trunk.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, cargo, cargo_home, path_with};
use crate::pins::{APP_PROFILE, CargoTool, TRUNK, WASM_BINDGEN, WASM_TARGET};
use crate::progress::Progress;
use crate::{Failure, npm, setup, tool};

/// Something that a build needs and this machine lacks.
enum Missing {
    /// Rust's wasm target.
    Target,
    /// Trunk or wasm-bindgen-cli.
    Tool(&'static CargoTool),
    WasmOpt,
}

impl Missing {
    /// Everything that this machine lacks, in the order of installation.
    fn list() -> Vec<Self> {
        let mut missing = Vec::new();
        if !setup::has_wasm_target() {
            missing.push(Self::Target);
        }
        let tools = [&TRUNK, &WASM_BINDGEN].into_iter().filter(|tool| !tool::is_installed(tool));
        missing.extend(tools.map(Self::Tool));
        if !npm::has_wasm_opt() {
            missing.push(Self::WasmOpt);
        }
        missing
    }

    /// The line of the progress list.
    fn title(&self) -> String {
        match self {
            Self::Target => format!("adding Rust's {WASM_TARGET} target"),
            Self::Tool(tool) => tool::title(tool),
            Self::WasmOpt => "installing wasm-opt".to_owned(),
        }
    }

    /// Installs it. A failure to install wasm-opt is not an error, because Trunk can download its own.
    fn set_up(&self, root: &Path) -> Result<(), Failure> {
        match self {
            Self::Target => setup::wasm_target(root),
            Self::Tool(tool) => tool::install(tool),
            Self::WasmOpt => {
                setup::system_packages(&[setup::Need::Npm]);
                npm::wasm_opt();
                Ok(())
            }
        }
    }
}

/// Installs everything that a build of the app needs and this machine lacks.
///
/// # Errors
/// If the wasm target or a tool cannot be installed.
pub(crate) fn set_up(root: &Path) -> Result<(), Failure> {
    install_missing(root, 0).map(drop)
}

/// Installs everything that a build of the app needs and this machine lacks. The returned progress has `steps` steps
/// left.
fn install_missing(root: &Path, steps: usize) -> Result<Progress, Failure> {
    let missing = Missing::list();
    let mut progress = Progress::new(missing.len() + steps);
    for missing in &missing {
        progress.step(&missing.title(), || missing.set_up(root))?;
    }
    Ok(progress)
}

/// Installs what is missing and builds the app into `dist/`.
///
/// # Errors
/// If the wasm target or a tool cannot be installed, or if the build fails.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    run_into(root, &root.join("dist"), &[])
}

/// Installs what is missing and builds the app into a folder. `settings` are environment variables of cargo.
///
/// # Errors
/// Those of [`run`].
pub(crate) fn run_into(root: &Path, dist: &Path, settings: &[(&str, &str)]) -> Result<(), Failure> {
    let title = "building the app (about 8 minutes the first time)";
    let (mut progress, build) = prepare(root, APP_PROFILE, title, settings)?;
    progress.step("bundling the app (wasm-bindgen and wasm-opt, a minute or two)", || {
        command::run(build.trunk("build").args(["--release", "--cargo-profile", APP_PROFILE, "--dist"]).arg(dist))
    })
}

/// Installs what is missing and compiles the wasm files of the page.
///
/// `settings` are environment variables that change the cargo profile. The returned progress has one step left, for
/// Trunk.
///
/// # Errors
/// If the wasm target or a tool cannot be installed, or if the app does not compile.
pub(crate) fn prepare<'a>(
    root: &'a Path,
    profile: &str,
    title: &str,
    settings: &'a [(&'a str, &'a str)],
) -> Result<(Progress, Build<'a>), Failure> {
    let mut progress = install_missing(root, 2)?;
    let tools = setup::tools()?;
    let trunk = tools.join(format!("trunk{}", std::env::consts::EXE_SUFFIX));
    let path = path_with(&[tools, npm::binaries()?])?;
    let build = Build { root, trunk, path, settings, is_offline: npm::has_wasm_opt() };
    progress.step(title, || build.compile(profile))?;
    Ok((progress, build))
}

/// How to run cargo and Trunk. Trunk runs cargo too. Both get the same settings, so that cargo builds nothing twice.
pub(crate) struct Build<'a> {
    root: &'a Path,
    /// Trunk's program.
    trunk: PathBuf,
    /// PATH, starting with the folders of the tools that Trunk runs.
    path: OsString,
    /// Environment variables that change the cargo profile.
    settings: &'a [(&'a str, &'a str)],
    /// Whether Trunk may download nothing: every tool that it runs is in the cache.
    is_offline: bool,
}

impl Build<'_> {
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root).env("PATH", &self.path).envs(self.settings.iter().copied());
        if let Some(flag) = without_home().filter(|_| std::env::var_os(WASM_FLAGS).is_none()) {
            command.env(WASM_FLAGS, flag);
        }
        // Trunk accepts only a boolean in NO_COLOR. People set it to other values too.
        command.env_remove("NO_COLOR");
        command
    }

    /// Compiles all wasm files of the page in one run of cargo. Trunk then runs cargo once for each file and finds it
    /// up to date. Alone, it would compile and link one file after another.
    fn compile(&self, profile: &str) -> Result<(), Failure> {
        let page = std::fs::read_to_string(self.root.join("index.html"))?;
        // Trunk runs the first `cargo` on PATH. Use the same one, because another could have another version.
        let mut build = self.command("cargo");
        build.args(["build", "--target", WASM_TARGET, "--manifest-path"]).arg(self.root.join("Cargo.toml"));
        build.args(["--profile", profile, "--locked"]);
        if self.is_offline {
            // `trunk --offline` uses only the pinned tools, but also runs `cargo --offline`. So download the crates
            // first.
            command::run(cargo(self.root).args(["fetch", "--quiet", "--locked", "--target", WASM_TARGET]))?;
            build.arg("--offline");
        }
        for name in binaries(&page) {
            build.args(["--bin", name]);
        }
        command::run(&mut build)
    }

    /// A subcommand of Trunk, such as `build`, with the options that every run needs.
    pub(crate) fn trunk(&self, name: &str) -> Command {
        let mut trunk = self.command(&self.trunk);
        trunk.args([name, "--skip-version-check"]);
        if self.is_offline {
            trunk.arg("--offline");
        }
        trunk
    }
}

/// The variable with further flags of rustc for wasm. cargo adds them to those in `.cargo/config.toml`.
const WASM_FLAGS: &str = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

/// A flag of rustc that puts a fixed name in place of cargo's folder. Without it the wasm files contain that folder, with
/// the user's name, and differ from those of another machine. `None` if the variable cannot hold it: its words are
/// separated by spaces.
fn without_home() -> Option<String> {
    let flag = format!("--remap-path-prefix={}=cargo", cargo_home()?.to_str()?);
    (!flag.contains(char::is_whitespace)).then_some(flag)
}

/// The binaries that Trunk builds for a page: those in its `data-bin="..."` attributes.
fn binaries(page: &str) -> Vec<&str> {
    page.split("data-bin=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_names_its_binaries() {
        assert_eq!(binaries(r#"<link rel="rust" data-bin="a" b="c"><link data-bin="d">"#), ["a", "d"]);
        let root = crate::root();
        let page = std::fs::read_to_string(root.join("index.html")).expect("the page");
        let names = binaries(&page);
        assert!(names.contains(&"app") && names.contains(&"engine_worker"), "{names:?}");
        for name in names {
            assert!(root.join("src").join("bin").join(format!("{name}.rs")).is_file(), "{name}");
        }
    }

    /// Trunk without `cargo xtask` builds the same app.
    #[test]
    fn trunk_and_cargo_build_in_one_profile() {
        let settings = std::fs::read_to_string(crate::root().join("Trunk.toml")).expect("Trunk's settings");
        assert!(settings.contains(&format!("cargo_profile = \"{APP_PROFILE}\"")) && settings.contains("locked = true"));
    }
}
