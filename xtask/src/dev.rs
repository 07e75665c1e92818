//! `cargo xtask dev`: builds the page in the dev profile, serves it, and builds it again after each change.
//!
//! The page must be reloaded by hand, because Trunk's reloading script is inline, which the page's policy forbids.

use std::path::{Path, PathBuf};

use crate::pins::{DEV_PROFILE, DEV_SETTINGS};
use crate::{Failure, bundle, command};

/// The paths that Trunk watches; absent ones are left out. Documents and tests do not change the page.
const WATCHED: [&str; 6] = ["index.html", "public", "src", "crates", "kernels", "Cargo.toml"];

/// Builds, serves and watches until the program is ended.
///
/// # Errors
/// When a tool cannot be installed, the app's first build fails, or the port is in use.
pub(crate) fn run(root: &Path, port: u16) -> Result<(), Failure> {
    let title = "building the app in the dev profile (some minutes the first time)";
    let (mut progress, build) = bundle::prepare(root, DEV_PROFILE, title, &DEV_SETTINGS)?;
    let mut trunk = build.trunk("serve");
    trunk.args(["--no-autoreload", "--no-spa", "--cargo-profile", DEV_PROFILE, "--address", "127.0.0.1"]);
    trunk.args(["--port", &port.to_string()]);
    // A folder next to cargo's builds, which Trunk does not watch. `dist/` is for the release app.
    trunk.arg("--dist").arg(dist(root)?);
    for path in watched(root) {
        trunk.args(["--watch", path]);
    }
    progress.step(&format!("serving http://127.0.0.1:{port}/ (reload by hand after a build; Ctrl-C ends it)"), || {
        command::run(&mut trunk)
    })
}

/// The output folder of the dev page.
fn dist(root: &Path) -> Result<PathBuf, Failure> {
    let folder = command::target(root).join("dev-page");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn watched(root: &Path) -> impl Iterator<Item = &'static str> {
    WATCHED.into_iter().filter(|path| root.join(path).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_watched_and_absent_folders_are_not() {
        let watched: Vec<_> = watched(&crate::root()).collect();
        assert!(["index.html", "public", "src"].iter().all(|path| watched.contains(path)), "{watched:?}");
        assert!(super::watched(Path::new("/absent")).next().is_none());
    }
}
