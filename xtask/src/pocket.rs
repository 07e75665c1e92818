//! `cargo xtask pocket`: makes the pocket organism, its study and its card again.

use std::path::Path;

use crate::Failure;
use crate::command::{cargo, run};

/// What glibc is told: training takes and gives back the same megabytes all the time, and asking the kernel for them anew
/// each time takes a third of it. Other systems' allocators do not read these.
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_MMAP_THRESHOLD_", "4000000000"),
    ("MALLOC_TRIM_THRESHOLD_", "8000000000"),
    ("MALLOC_TOP_PAD_", "268435456"),
];

/// Runs the study, into `public/pocket` unless told otherwise; a small one into `target/pocket`.
///
/// # Errors
/// When it does not compile or fails.
pub(crate) fn make(root: &Path, options: &[&str]) -> Result<(), Failure> {
    let folder = if options.contains(&"--smoke") { root.join("target") } else { root.join("public") };
    let mut command = cargo(root);
    command.args(["run", "--quiet", "--release", "--package", "askew-pocket", "--"]);
    if !options.contains(&"--out") {
        command.arg("--out").arg(folder.join("pocket"));
    }
    run(command.args(options).envs(ALLOCATOR))
}
