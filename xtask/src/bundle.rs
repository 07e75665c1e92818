//! The app, through cargo and Trunk into `dist/`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use crate::command::{self, cargo, path_with};
use crate::pins::{APP_PROFILE, CargoTool, TRUNK, WASM_BINDGEN, WASM_TARGET};
use crate::progress::Progress;
use crate::{setup, tool};

/// Something that a build lacks.
enum Missing {
    Target,
    Tool(&'static CargoTool),
    WasmOpt,
}

impl Missing {
    /// What this machine lacks.
    fn list() -> Vec<Self> {
        let mut missing = Vec::new();
        if !setup::has_wasm_target() {
            missing.push(Self::Target);
        }
        let tools = [&TRUNK, &WASM_BINDGEN].into_iter().filter(|tool| !tool::is_installed(tool));
        missing.extend(tools.map(Self::Tool));
        if !setup::has_wasm_opt() {
            missing.push(Self::WasmOpt);
        }
        missing
    }

    fn title(&self) -> String {
        match self {
            Self::Target => format!("adding Rust's {WASM_TARGET} target"),
            Self::Tool(tool) => tool::title(tool),
            Self::WasmOpt => "installing wasm-opt".to_owned(),
        }
    }

    fn set_up(&self, root: &Path) -> Result<(), Failure> {
        match self {
            Self::Target => setup::wasm_target(root),
            Self::Tool(tool) => tool::install(tool),
            Self::WasmOpt => {
                setup::system_packages(&[setup::Need::Npm]);
                setup::wasm_opt();
                Ok(())
            }
        }
    }
}

/// Sets up what a build of the app needs.
///
/// # Errors
/// When a tool cannot be had.
pub(crate) fn set_up(root: &Path) -> Result<(), Failure> {
    let missing = Missing::list();
    let mut progress = Progress::new(missing.len());
    missing.iter().try_for_each(|missing| progress.step(&missing.title(), || missing.set_up(root)))
}

/// Sets up what is missing and builds.
///
/// # Errors
/// When a tool cannot be had, or the app does not compile.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    let (mut progress, build) = prepare(root, APP_PROFILE, "building the app (about 8 minutes the first time)", &[])?;
    progress.step("bundling the app into dist/ (wasm-bindgen and wasm-opt, a minute or two)", || {
        command::run(build.trunk("build").args(["--release", "--cargo-profile", APP_PROFILE]))
    })
}

/// Sets up what is missing and compiles the wasm files of the page in a profile, with changed settings of it. One step of
/// the progress is left for Trunk.
///
/// # Errors
/// When a tool cannot be had, or the app does not compile.
pub(crate) fn prepare<'a>(
    root: &'a Path,
    profile: &str,
    title: &str,
    settings: &'a [(&'a str, &'a str)],
) -> Result<(Progress, Build<'a>), Failure> {
    let missing = Missing::list();
    let mut progress = Progress::new(missing.len() + 2);
    for missing in &missing {
        progress.step(&missing.title(), || missing.set_up(root))?;
    }
    let tools = setup::tools()?;
    let trunk = tools.join(format!("trunk{}", std::env::consts::EXE_SUFFIX));
    let path = path_with(&[tools, setup::npm_binaries()?])?;
    let build = Build { root, trunk, path, settings, is_offline: setup::has_wasm_opt() };
    progress.step(title, || build.compile(profile))?;
    Ok((progress, build))
}

/// How the app is built: cargo and Trunk, which runs cargo too, get the same settings, so that nothing is built twice.
pub(crate) struct Build<'a> {
    root: &'a Path,
    trunk: PathBuf,
    /// PATH, with the tools that Trunk runs.
    path: OsString,
    settings: &'a [(&'a str, &'a str)],
    is_offline: bool,
}

impl Build<'_> {
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.root).env("PATH", &self.path).envs(self.settings.iter().copied());
        // Trunk reads NO_COLOR as a boolean and refuses other values that people give it.
        command.env_remove("NO_COLOR");
        command
    }

    /// Compiles every wasm file of the page at once. Trunk asks cargo for one after another, each with its own linking, and
    /// then finds all of them fresh.
    fn compile(&self, profile: &str) -> Result<(), Failure> {
        let page = std::fs::read_to_string(self.root.join("index.html"))?;
        // The cargo that Trunk finds: another one could be of another version.
        let mut build = self.command("cargo");
        build.args(["build", "--target", WASM_TARGET, "--manifest-path"]).arg(self.root.join("Cargo.toml"));
        build.args(["--profile", profile, "--locked"]);
        if self.is_offline {
            // Offline, Trunk takes only the pinned tools, and makes cargo stay offline too: the crates come first.
            command::run(cargo(self.root).args(["fetch", "--quiet", "--locked", "--target", WASM_TARGET]))?;
            build.arg("--offline");
        }
        for name in binaries(&page) {
            build.args(["--bin", name]);
        }
        command::run(&mut build)
    }

    /// A command of Trunk.
    pub(crate) fn trunk(&self, name: &str) -> Command {
        let mut trunk = self.command(&self.trunk);
        trunk.args([name, "--skip-version-check"]);
        if self.is_offline {
            trunk.arg("--offline");
        }
        trunk
    }
}

/// The binaries that a page names for Trunk: `data-bin="..."`.
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

    /// Whoever runs Trunk without `cargo xtask` builds the same app.
    #[test]
    fn trunk_and_cargo_build_in_one_profile() {
        let settings = std::fs::read_to_string(crate::root().join("Trunk.toml")).expect("Trunk's settings");
        assert!(settings.contains(&format!("cargo_profile = \"{APP_PROFILE}\"")) && settings.contains("locked = true"));
    }
}
