//! The step `repeat` of `cargo xtask verify`: a second build of the app has the same bytes, and no path of this machine.

use std::path::Path;

use crate::command::{cargo_home, target};
use crate::files::{differences, files_with};
use crate::tally::Tally;
use crate::{Failure, bundle};

/// Builds the app a second time, with empty folders, and compares it with `dist/`. If they differ, the second page is
/// kept for a look.
///
/// # Errors
/// If a build fails, or a folder cannot be written.
pub(crate) fn run(root: &Path, is_built: bool) -> Result<Tally, Failure> {
    let first = root.join("dist");
    if !is_built {
        bundle::run(root)?;
    }
    let work = target(root).join("repeat");
    if work.exists() {
        std::fs::remove_dir_all(&work)?;
    }
    let (crates, second) = (work.join("target"), work.join("dist"));
    std::fs::create_dir_all(&second)?;
    let crates = crates.to_str().ok_or("the path of the target folder is not UTF-8")?;
    bundle::run_into(root, &second, &[("CARGO_TARGET_DIR", crates)])?;
    std::fs::remove_dir_all(crates)?;

    let differences = differences(&first, &second)?;
    for difference in &differences {
        println!("repeat: {difference}");
    }
    let home = cargo_home().ok_or("the home folder is unknown")?;
    let with_paths = files_with(&second, home.as_os_str().as_encoded_bytes())?;
    for file in &with_paths {
        println!("repeat: {} contains the path {}", file.display(), home.display());
    }
    if differences.is_empty() && with_paths.is_empty() {
        std::fs::remove_dir_all(&work)?;
    } else {
        println!("repeat: the second page is in {}", second.display());
    }
    let mut tally = Tally::check(differences.is_empty());
    tally.add(Tally::check(with_paths.is_empty()));
    Ok(tally)
}
