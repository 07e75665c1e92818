//! The step `deny` of `cargo xtask verify`: cargo-deny checks the crates in Cargo.lock against `deny.toml`.

use std::path::Path;
use std::process::Command;

use crate::lack::Lack;
use crate::pins::CARGO_DENY;
use crate::tally::Tally;
use crate::{Failure, command, tool};

/// The checks that need nothing but the crates.
const OFFLINE: [&str; 3] = ["bans", "licenses", "sources"];

/// Checks licences, sources and duplicates, and advisories if their database can be downloaded. If not, the advisories
/// are skipped, and the closing table shows that.
///
/// # Errors
/// If cargo-deny cannot be installed.
pub(crate) fn run(root: &Path) -> Result<Tally, Failure> {
    tool::install(&CARGO_DENY)?;
    let program = tool::program(&CARGO_DENY)?;
    let deny = |arguments: &[&str]| {
        let result = command::run(Command::new(&program).current_dir(root).arg("--locked").args(arguments));
        if let Err(error) = &result {
            println!("deny: {error}");
        }
        result.is_ok()
    };
    let mut tally = Tally::check(deny(&[["check"].as_slice(), &OFFLINE].concat()));
    // The database is a git repository on another host than the crates.
    tally.add(if deny(&["fetch", "db"]) {
        Tally::check(deny(&["check", "advisories"]))
    } else {
        Tally::skip(Lack::Data, "deny: advisories were not checked, because their database could not be downloaded")
    });
    Ok(tally)
}
