//! The paths that a source names, each as an absolute one: `crate::`, `super::`, `self::`, `askew_domain::` and the app's
//! short names of the crates (`crate::domain::`) all become `domain::...`. What belongs to the app itself is `app::...`.

use super::Finding;

/// The crates that the app re-exports under a short name, from the bottom up.
pub(crate) const CRATES: [&str; 12] =
    ["kernels", "json", "domain", "formats", "charts", "model", "gpu", "protocol", "engine", "hub", "explorer", "lab"];

/// Where a source is: its crate and its modules. `src/ui/table.rs` is `["app", "ui", "table"]`.
pub(crate) fn module_of(file: &str) -> Option<Vec<String>> {
    let path = file.strip_suffix(".rs")?;
    let (name, path) = match path.strip_prefix("crates/") {
        Some(rest) => rest.split_once("/src/")?,
        None => ("app", path.strip_prefix("src/")?),
    };
    let mut module = vec![name.to_owned()];
    module.extend(path.split('/').map(str::to_owned));
    if matches!(module.last().map(String::as_str), Some("mod" | "lib" | "main")) {
        module.pop();
    }
    Some(module)
}

/// Whether a source is a program of its own, which names the library from outside.
fn is_program(module: &[String]) -> bool {
    module.get(1).is_some_and(|first| first == "bin")
}

/// The absolute paths that a source names, with their lines. Groups of `use` are spread out. Comments and the tests at the
/// end of a file are left out.
pub(crate) fn paths(file: &str, source: &str) -> Vec<Finding> {
    let Some(module) = module_of(file) else { return Vec::new() };
    let code = source.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: Vec<&str> = code.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let text = code.join("\n");
    let mut found = Vec::new();
    for (at, _) in text.match_indices("::") {
        let before = text.get(..at).unwrap_or_default();
        let start = before.rfind(|c: char| !(c.is_alphanumeric() || c == '_')).map_or(0, |last| last + 1);
        let head = before.get(start..).unwrap_or_default();
        // `a::super::` does not exist, and the `b` of `a::b::` does not start a path. `$crate::` of a macro is this crate too.
        if before.get(..start).is_some_and(|rest| rest.ends_with(':')) {
            continue;
        }
        let Some(base) = base(head, &module) else { continue };
        let line = before.matches('\n').count() + 1;
        let rest = text.get(at + 2..).unwrap_or_default();
        found.extend(spread(rest).into_iter().filter_map(|path| Some((line, absolute(&base, &path)?))));
    }
    found
}

/// What the first word of a path stands for in a module; `None` where it is nothing of ours.
fn base(head: &str, module: &[String]) -> Option<Vec<String>> {
    match head {
        "crate" => module.first().map(|own| vec![own.clone()]),
        "self" => Some(module.to_vec()),
        "super" => module.split_last().map(|(_, parents)| parents.to_vec()),
        "askew" if module.first().is_some_and(|own| own != "app") || is_program(module) => Some(vec!["app".to_owned()]),
        _ => {
            let name = head.strip_prefix("askew_")?;
            CRATES.contains(&name).then(|| vec![name.to_owned()])
        }
    }
}

/// A path from a base, with further `super`s taken away and the app's short names resolved.
fn absolute(base: &[String], path: &str) -> Option<String> {
    let mut parts = base.to_vec();
    for part in path.split("::").filter(|part| !part.is_empty() && *part != "self" && *part != "*") {
        if part == "super" {
            parts.pop()?;
        } else {
            parts.push(part.to_owned());
        }
    }
    if parts.first().is_some_and(|first| first == "app")
        && parts.get(1).is_some_and(|second| CRATES.contains(&second.as_str()))
    {
        parts.remove(0);
    }
    Some(parts.join("::"))
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`. It ends where the path ends.
fn spread(text: &str) -> Vec<String> {
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(text.len());
    let (head, rest) = text.split_at(end);
    let Some(group) = rest.strip_prefix('{').filter(|_| head.is_empty() || head.ends_with("::")) else {
        return vec![head.trim_end_matches(':').to_owned()];
    };
    let mut parts = vec![String::new()];
    let mut depth = 0_usize;
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => parts.push(String::new()),
            _ => {
                depth = if c == '{' { depth + 1 } else { depth.saturating_sub(usize::from(c == '}')) };
                if let Some(part) = parts.last_mut() {
                    part.push(c);
                }
            }
        }
    }
    let parts = parts.iter().map(|part| part.trim()).filter(|part| !part.is_empty());
    parts.flat_map(spread).map(|path| format!("{head}{path}")).collect()
}

/// Whether `path` is `prefix` or below it.
pub(crate) fn is_below(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn every_kind_of_path_becomes_absolute() {
    let named = |file, source| paths(file, source).into_iter().map(|(_, path)| path).collect::<Vec<_>>();
    assert_eq!(
        named("crates/domain/src/query/row.rs", "use super::group::{By, GroupKey};"),
        ["domain::query::group::By", "domain::query::group::GroupKey"]
    );
    assert_eq!(named("crates/domain/src/query/mod.rs", "use super::rule::Rule;"), ["domain::rule::Rule"]);
    assert_eq!(
        named("crates/domain/src/rows/labels.rs", "fn f() { super::super::query::run() }"),
        ["domain::query::run"]
    );
    assert_eq!(
        named("crates/gpu/src/lib.rs", "use askew_model::{self, quant::{Quant, q3_k}};"),
        ["model", "model::quant::Quant", "model::quant::q3_k"]
    );
    assert_eq!(
        named("src/ui/chart.rs", "use crate::{domain::rule::Rule, ui::text};"),
        ["domain::rule::Rule", "app::ui::text"]
    );
    assert_eq!(named("src/bin/app.rs", "fn main() { askew::ui::app::start() }"), ["app::ui::app::start"]);
    assert_eq!(
        named("crates/engine/src/load.rs", "macro_rules! m { () => { $crate::fit::fit() } }"),
        ["engine::fit::fit"]
    );
    // Other crates, comments and tests name nothing of ours; `other_crate::` is not `crate::`.
    assert_eq!(
        named("src/ui/chart.rs", "use other_crate::gpu; // crate::gpu\nuse leptos::prelude::*;"),
        Vec::<String>::new()
    );
    assert_eq!(named("src/ui/chart.rs", "#[cfg(test)]\nmod tests {\n use crate::gpu; }"), Vec::<String>::new());
}
