//! Documents name files, folders and tests that exist.

use std::collections::BTreeSet;

use super::{read, root, tracked};

/// Folders at the top of the repository: a code span that starts with one names a path.
const FOLDERS: [&str; 8] = ["crates/", "docs/", "examples/", "public/", "src/", "tests/", "xtask/", ".github/"];

/// Code spans of a document, with their lines, code blocks left out.
fn code_spans(document: &str) -> Vec<(usize, String)> {
    let mut is_block = false;
    let mut spans = Vec::new();
    for (at, line) in document.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            is_block = !is_block;
        } else if !is_block {
            spans.extend(line.split('`').skip(1).step_by(2).map(|span| (at + 1, span.to_owned())));
        }
    }
    spans
}

/// The addresses of a document's links, with their lines.
fn links(document: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (at, line) in document.lines().enumerate() {
        links.extend(line.split("](").skip(1).filter_map(|rest| Some((at + 1, rest.split_once(')')?.0.to_owned()))));
    }
    links
}

/// The path that a code span names: a plain path below one of the folders, without pattern characters.
fn named_path(span: &str) -> Option<&str> {
    let path = span.split("::").next().unwrap_or_default();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-".contains(c);
    (FOLDERS.iter().any(|folder| path.starts_with(folder)) && path.chars().all(is_plain)).then_some(path)
}

/// Whether a span looks like the name of a test: lower-case words joined by underscores, three of them or more.
fn is_test_name(span: &str) -> bool {
    span.split('_').count() >= 4 && span.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// What a document names and the repository lacks.
fn missing(file: &str, document: &str, names: &BTreeSet<String>) -> Vec<String> {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for (line, span) in code_spans(document) {
        if let Some(path) = named_path(&span)
            && !root().join(path).exists()
        {
            found.push(format!("{file}:{line}: {path}"));
        }
        let last = span.rsplit("::").next().unwrap_or_default();
        if is_test_name(last) && !names.contains(last) {
            found.push(format!("{file}:{line}: {last}"));
        }
    }
    for (line, link) in links(document) {
        let path = link.split('#').next().unwrap_or_default();
        if !path.is_empty() && !path.contains(':') && !root().join(folder).join(path).exists() {
            found.push(format!("{file}:{line}: {link}"));
        }
    }
    found
}

/// Every word of the sources: names of functions, constants, keys.
fn names() -> BTreeSet<String> {
    let files = tracked(&[".rs", ".py", ".toml", ".js", ".wgsl"]);
    let words = |file: &String| {
        let text = read(file);
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).map(str::to_owned);
        words.collect::<BTreeSet<String>>()
    };
    files.iter().flat_map(words).collect()
}

#[test]
fn documents_name_what_exists() {
    let names = names();
    // A changelog speaks of what was; public/ holds what the pocket organism's study wrote.
    let ours = |file: &String| file != "CHANGELOG.md" && !file.starts_with("public/");
    let documents: Vec<String> = tracked(&[".md"]).into_iter().filter(ours).collect();
    assert!(documents.iter().any(|file| file == "ARCHITECTURE.md"));
    let found: Vec<String> = documents.iter().flat_map(|file| missing(file, &read(file), &names)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_architecture_is_read_in_ten_minutes() {
    let words = read("ARCHITECTURE.md").split_whitespace().count();
    assert!(words <= 1500, "ARCHITECTURE.md has {words} words: move details to docs/");
}

#[test]
fn the_scanner_finds_what_is_missing() {
    let names = BTreeSet::from(["a_test_that_exists".to_owned()]);
    let found = |text: &str| missing("docs/a.md", text, &names);
    assert_eq!(found("`src/ui/no_such_file.rs`").len(), 1);
    assert_eq!(
        found("see `tests/rates.rs` and `a_test_that_exists`, `xtask/tests/architecture/main.rs::a_test_that_exists`")
            .len(),
        0
    );
    assert_eq!(found("`a_test_that_does_not_exist`").len(), 1);
    assert_eq!(found("[a](../README.md#top) [b](https://example.org) [c](none.md)").len(), 1);
    assert_eq!(found("```\n`src/none.rs`\n```\n`src/<name>.rs` `tests/*_fuzz.rs`").len(), 0);
}
