//! Which crate may use which (the compiler holds it; this table says what is meant), and which module of the app and of the
//! explorer may use which (the compiler cannot hold that inside one crate).

use super::paths::{CRATES, is_below, module_of, paths};
use super::{Finding, assert_clean, read, sources, tracked};

/// The crates and what each may depend on. A new edge is written here, where a reviewer sees it.
const DEPENDENCIES: [(&str, &[&str]); 12] = [
    ("kernels", &[]),
    ("json", &[]),
    ("domain", &[]),
    ("formats", &["domain"]),
    ("charts", &["domain"]),
    ("model", &["json", "kernels"]),
    ("gpu", &["model"]),
    ("protocol", &[]),
    ("engine", &["domain", "gpu", "model", "protocol"]),
    ("hub", &["domain", "json", "protocol"]),
    ("explorer", &["charts", "domain", "formats", "hub", "protocol"]),
    ("lab", &["domain", "json", "protocol"]),
];

/// Crates that exist in a browser only: the app names them, and nothing below it.
const BROWSER_CRATES: [&str; 5] = ["gloo-net", "leptos", "plotters-canvas", "wasm-bindgen-futures", "web-sys"];

/// Modules and what each may use, besides itself. The longest entry that fits a module holds.
const MODULES: &[(&str, &[&str])] = &[
    // The page never names an engine: a reader of charts must not download one.
    (
        "app::ui",
        &[
            "app::ui",
            "app::web::client",
            "app::web::locks",
            "charts",
            "domain",
            "explorer::label_store",
            "explorer::opening",
            "explorer::protocol",
            "explorer::question",
            "formats::distribution",
            "formats::figures",
            "formats::markdown",
            "formats::preview",
            "formats::report",
            "formats::roles",
            "hub",
            "lab",
            "protocol",
        ],
    ),
    (
        "app::cli",
        &["app::cli", "charts", "domain", "engine", "explorer", "formats", "gpu", "hub", "lab", "model", "protocol"],
    ),
    ("app::web", &["app::web", "engine", "gpu", "hub::catalogue", "model", "protocol", "domain::text"]),
    // The page is built with these two, so they bring no engine and no parser with them.
    ("app::web::client", &["app::web::port", "protocol::wire"]),
    ("app::web::port", &["protocol::wire"]),
    ("app::web::locks", &[]),
    // Parts and workers of results never name the model.
    ("app::web::values", &[]),
    ("app::web::part", &["app::web::values"]),
    ("app::web::unpack_part", &["app::web::part", "app::web::values", "formats"]),
    ("app::web::chat_part", &["app::web::part", "app::web::values", "engine::chat", "engine::RuntimeError", "model"]),
    (
        "app::web::data_worker",
        &["app::web::port", "domain", "explorer::data_engine", "explorer::protocol", "formats", "protocol::wire"],
    ),
    (
        "app::web::files_worker",
        &["app::web::data_worker", "app::web::unpack_part", "app::web::values", "domain", "explorer", "formats"],
    ),
    // The first screen's worker has the data engine alone: pictures, labels and reports come with the explorer's worker.
    ("explorer::data_engine", &["domain", "explorer::protocol", "formats", "hub::catalogue", "protocol::wire"]),
    ("explorer::opening", &["domain"]),
    ("explorer::label_store", &["domain", "formats::labels"]),
    ("explorer::protocol", &["domain", "explorer::question", "formats", "protocol::wire"]),
    ("explorer::question", &["charts", "domain", "formats::markdown"]),
];

/// What a source names that its module may not.
fn forbidden(file: &str, source: &str) -> Vec<Finding> {
    let Some(module) = module_of(file) else { return Vec::new() };
    let module = module.join("::");
    let fitting = MODULES.iter().filter(|(name, _)| is_below(&module, name));
    let Some((name, allowed)) = fitting.max_by_key(|(name, _)| name.len()) else { return Vec::new() };
    let mut named = paths(file, source);
    named.retain(|(_, path)| !is_below(path, name) && !allowed.iter().any(|prefix| is_below(path, prefix)));
    named
}

/// The Lab's modules, which only the Lab's own app may name: the page has just the place into which that app is mounted.
const LAB: &str = "app::ui::lab";
const LAB_PLACE: &str = "app::ui::lab::place";

/// The Lab's modules that the page's own app names.
fn lab_names(file: &str, source: &str) -> Vec<Finding> {
    let Some(module) = module_of(file).map(|module| module.join("::")) else { return Vec::new() };
    let is_page = is_below(&module, "app::ui") || module == "app::bin::app";
    if !is_page || is_below(&module, LAB) && module != LAB_PLACE {
        return Vec::new();
    }
    let mut named = paths(file, source);
    named.retain(|(_, path)| is_below(path, LAB) && path != LAB && !is_below(path, LAB_PLACE));
    named
}

/// The names in a table of a `Cargo.toml`.
fn dependencies<'a>(manifest: &'a str, table: &str) -> Vec<&'a str> {
    let mut is_in = false;
    let mut names = Vec::new();
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            is_in = line.trim_matches(['[', ']']).ends_with(table);
        } else if is_in && let Some((name, _)) = line.split_once(['.', '=', ' ']) {
            names.push(name.trim());
        }
    }
    names
}

#[test]
fn crates_depend_on_what_they_may() {
    for (name, allowed) in DEPENDENCIES {
        let manifest = read(&format!("crates/{name}/Cargo.toml"));
        let mut ours: Vec<&str> = dependencies(&manifest, "dependencies")
            .into_iter()
            .filter_map(|name| name.strip_prefix("askew-"))
            .collect();
        ours.sort_unstable();
        ours.dedup();
        assert_eq!(ours, allowed, "crates/{name}/Cargo.toml");
        for browser in BROWSER_CRATES {
            assert!(
                !dependencies(&manifest, "dependencies").contains(&browser),
                "{name} names {browser}: only the app may"
            );
        }
    }
    let listed: Vec<&str> = DEPENDENCIES.iter().map(|(name, _)| *name).collect();
    assert_eq!(listed, CRATES);
    // Each edge points down the list, so that there is no cycle.
    for (at, (name, allowed)) in DEPENDENCIES.iter().enumerate() {
        assert!(allowed.iter().all(|below| listed[..at].contains(below)), "{name} names a crate above it");
    }
    let members = tracked(&["Cargo.toml"]);
    for manifest in members.iter().filter(|file| file.starts_with("crates/")) {
        let name = manifest.split('/').nth(1).unwrap_or_default();
        assert!(name == "pocket" || listed.contains(&name), "{name} is not in the table of crates");
    }
}

#[test]
fn modules_use_what_they_may() {
    assert_clean(&sources(), forbidden);
}

#[test]
fn the_scanner_finds_forbidden_paths_of_every_kind() {
    let found = |file, source| forbidden(file, source).into_iter().map(|(_, path)| path).collect::<Vec<_>>();
    assert_eq!(found("src/ui/lab/screen.rs", "use crate::{domain::rule::Rule, gpu::device};"), ["gpu::device"]);
    assert_eq!(found("src/ui/lab/screen.rs", "use super::super::super::engine::serve;"), ["engine::serve"]);
    assert_eq!(found("src/ui/chart.rs", "fn f() { askew_model::gguf::open() }"), ["model::gguf::open"]);
    assert_eq!(found("src/ui/data.rs", "use crate::formats::{csv, report::FileReport};"), ["formats::csv"]);
    assert_eq!(
        found("src/ui/lab/state.rs", "use crate::web::{client::Notice, engine_worker};"),
        ["app::web::engine_worker"]
    );
    assert_eq!(found("src/web/client.rs", "use super::engine_worker::start;"), ["app::web::engine_worker::start"]);
    assert_eq!(found("src/web/data_worker.rs", "use crate::explorer::answer::explore;"), ["explorer::answer::explore"]);
    assert_eq!(found("crates/explorer/src/data_engine.rs", "use super::report::Report;"), ["explorer::report::Report"]);
    // A prefix of a name is another name.
    assert_eq!(found("src/ui/a.rs", "use crate::domain_secrets::x;"), ["app::domain_secrets::x"]);
    for (file, source) in [
        ("src/ui/table.rs", "// use crate::gpu;\nuse crate::explorer::protocol::DataEvent;\nuse other_crate::gpu;"),
        ("src/web/engine_worker.rs", "use crate::{gpu, model, protocol};"),
        ("src/cli/mod.rs", "use crate::gpu::device;"),
        ("src/bin/app.rs", "use askew::ui;"),
        ("src/lib.rs", "pub use askew_gpu as gpu;"),
    ] {
        assert_eq!(forbidden(file, source), [], "{file}");
    }
}

#[test]
fn only_the_labs_app_names_the_lab() {
    assert_clean(&sources(), lab_names);
    assert_eq!(lab_names("src/ui/app.rs", "\nuse super::lab::screen::LabScreen;").len(), 1);
    assert_eq!(lab_names("src/ui/app.rs", "use crate::ui::{chart, lab::{place::PLACE, screen}};").len(), 1);
    assert_eq!(lab_names("src/bin/app.rs", "fn main() { askew::ui::lab::app::mount(); }").len(), 1);
    assert_eq!(lab_names("src/ui/lab/place.rs", "use super::app::mount;").len(), 1);
    assert_eq!(lab_names("src/ui/lab/app.rs", "use super::screen::LabScreen;").len(), 0);
    assert_eq!(lab_names("src/ui/app.rs", "use super::lab::place::LabPlace; // super::lab::app").len(), 0);
}
