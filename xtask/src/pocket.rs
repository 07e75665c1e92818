//! `cargo xtask pocket`: makes the pocket organism, its study and its card from a seed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::Failure;
use crate::command::{cargo, run};

/// Settings for glibc's allocator. Training allocates and frees the same megabytes all the time, and requests to the
/// kernel take a third of the training time. Other systems' allocators do not read these settings.
const ALLOCATOR: [(&str, &str); 3] = [
    ("MALLOC_MMAP_THRESHOLD_", "4000000000"),
    ("MALLOC_TRIM_THRESHOLD_", "8000000000"),
    ("MALLOC_TOP_PAD_", "268435456"),
];

/// Options of `cargo xtask pocket`.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Makes a small study, into `target/pocket`.
    #[arg(long)]
    smoke: bool,
    /// Makes only these stages.
    #[arg(long, value_name = "N,M")]
    only: Option<String>,
    /// The output folder.
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// The folder for intermediate results that later stages need.
    #[arg(long, value_name = "FOLDER")]
    stages: Option<PathBuf>,
}

/// Runs the study, into `public/pocket` by default, and a small one into `target/pocket`.
///
/// # Errors
/// When the study's program does not compile or fails.
pub(crate) fn make(root: &Path, options: &Options) -> Result<(), Failure> {
    let mut command = cargo(root);
    command.args(["run", "--quiet", "--release", "--package", "askew-pocket", "--"]).args(arguments(root, options));
    run(command.envs(ALLOCATOR))
}

/// The arguments of the study's own program.
fn arguments(root: &Path, options: &Options) -> Vec<OsString> {
    let folder = if options.smoke { "target" } else { "public" };
    let out = options.out.clone().unwrap_or_else(|| root.join(folder).join("pocket"));
    let mut arguments = vec!["--out".into(), out.into()];
    arguments.extend(options.smoke.then(|| "--smoke".into()));
    for (name, value) in
        [("--only", options.only.clone().map(OsString::from)), ("--stages", options.stages.clone().map(OsString::from))]
    {
        arguments.extend(value.into_iter().flat_map(|value| [name.into(), value]));
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_reach_the_study() {
        let root = Path::new("r");
        let out = |folder: &str| OsString::from(root.join(folder).join("pocket"));
        assert_eq!(arguments(root, &Options::default()), ["--out".into(), out("public")]);
        let options = Options { smoke: true, only: Some("1,2".to_owned()), ..Options::default() };
        let wanted: [OsString; 5] = ["--out".into(), out("target"), "--smoke".into(), "--only".into(), "1,2".into()];
        assert_eq!(arguments(root, &options), wanted);
        let options = Options { out: Some("o".into()), stages: Some("s".into()), ..Options::default() };
        assert_eq!(arguments(root, &options), ["--out", "o", "--stages", "s"]);
    }
}
