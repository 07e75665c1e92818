//! Rooms are the modules right below a crate's root, the page's or the Lab's. No two of them import each other, not even
//! through others: whoever reads a room needs only the rooms below it.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::{module_of, paths};
use super::{read, sources};

/// Where rooms are looked at: the module that they are right below.
const HOUSES: [&str; 8] = ["domain", "charts", "protocol", "engine", "hub", "explorer", "app::ui", "app::ui::lab"];

/// The name of a house's own root module in a cycle.
const ROOT: &str = "(root)";

/// Which rooms a room imports, and the files that do it.
type Imports = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

/// The room of a path below a house; `None` where the path leads elsewhere.
fn room(house: &str, path: &str, rooms: &BTreeSet<String>, exported: &BTreeMap<String, String>) -> Option<String> {
    let rest = path.strip_prefix(house)?;
    let name = match rest.strip_prefix("::") {
        Some(rest) => rest.split("::").next().unwrap_or_default(),
        None if rest.is_empty() => "",
        None => return None,
    };
    if rooms.contains(name) {
        return Some(name.to_owned());
    }
    // An item of the root: it belongs to the room that the root re-exports it from.
    Some(exported.get(name).cloned().unwrap_or_else(|| ROOT.to_owned()))
}

/// The names that a root re-exports of its rooms (`pub use error::{RuntimeError, StoreError};`), each with its room.
fn re_exports(source: &str) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for statement in source.split(';') {
        let Some((_, path)) = statement.rsplit_once("pub use ") else { continue };
        let Some((room, items)) = path.split_once("::") else { continue };
        for item in items.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|item| !item.is_empty()) {
            names.insert(item.to_owned(), room.trim().to_owned());
        }
    }
    names
}

fn imports(house: &str, files: &[(String, String)]) -> Imports {
    let module = |file: &str| module_of(file).map(|module| module.join("::"));
    let own: Vec<(&str, &str, String)> = files
        .iter()
        .filter_map(|(file, source)| Some((file.as_str(), source.as_str(), module(file)?)))
        .filter(|(_, _, module)| module == house || module.starts_with(&format!("{house}::")))
        .collect();
    let below = |module: &str| {
        let rest = module.strip_prefix(house)?.strip_prefix("::")?;
        rest.split("::").next().map(str::to_owned)
    };
    let rooms: BTreeSet<String> = own.iter().filter_map(|(_, _, module)| below(module)).collect();
    let root = own.iter().find(|(_, _, module)| module == house);
    let exported = root.map(|(_, source, _)| re_exports(source)).unwrap_or_default();
    let mut imports = Imports::new();
    for (file, source, module) in &own {
        // A test may use whatever it needs.
        if file.ends_with("/tests.rs") {
            continue;
        }
        let from = below(module).unwrap_or_else(|| ROOT.to_owned());
        for (_, path) in paths(file, source) {
            if let Some(to) = room(house, &path, &rooms, &exported).filter(|to| *to != from) {
                imports.entry(from.clone()).or_default().entry(to).or_default().insert((*file).to_owned());
            }
        }
    }
    imports
}

/// A way from a room back to itself, if there is one.
fn cycle(imports: &Imports) -> Option<Vec<String>> {
    fn back(imports: &Imports, way: &mut Vec<String>, done: &mut BTreeSet<String>) -> bool {
        let Some(here) = way.last().cloned() else { return false };
        for next in imports.get(&here).into_iter().flat_map(BTreeMap::keys) {
            if let Some(at) = way.iter().position(|room| room == next) {
                way.drain(..at);
                way.push(next.clone());
                return true;
            }
            if !done.contains(next) {
                way.push(next.clone());
                if back(imports, way, done) {
                    return true;
                }
                way.pop();
            }
        }
        done.insert(here);
        false
    }
    let mut done = BTreeSet::new();
    imports.keys().find_map(|start| {
        let mut way = vec![start.clone()];
        (!done.contains(start) && back(imports, &mut way, &mut done)).then_some(way)
    })
}

#[test]
fn no_rooms_import_each_other() {
    let files: Vec<(String, String)> = sources().into_iter().map(|file| (file.clone(), read(&file))).collect();
    let mut found = Vec::new();
    for house in HOUSES {
        let imports = imports(house, &files);
        if let Some(way) = cycle(&imports) {
            let by = |pair: &[String]| format!("{} -> {} by {:?}", pair[0], pair[1], imports[&pair[0]][&pair[1]]);
            found.push(format!("{house}: {}", way.windows(2).map(by).collect::<Vec<_>>().join("; ")));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn the_scanner_finds_a_cycle_of_any_length_and_passes_what_has_none() {
    let file = |name: &str, source: &str| (format!("crates/domain/src/{name}.rs"), source.to_owned());
    let way = |files: &[(String, String)]| cycle(&imports("domain", files));
    let two = [file("rows/a", "use crate::query::b;"), file("query/b", "use super::super::rows::a;")];
    assert_eq!(way(&two).map(|way| way.len()), Some(3), "there and back");
    let three = [
        file("rows/a", "use crate::query;"),
        file("query/b", "use crate::rule;"),
        file("rule/mod", "use super::rows;"),
    ];
    assert_eq!(way(&three).map(|way| way.len()), Some(4));
    // By a name that the root re-exports.
    let exported = [
        file("lib", "pub mod error;\npub use error::Failure;"),
        file("error", "use crate::rows::a;"),
        file("rows/a", "use crate::Failure;"),
    ];
    assert!(way(&exported).is_some());
    let none = [
        file("lib", "pub mod error;"),
        file("rows/a", "use crate::error; use super::b;"),
        file("rows/b", "use super::a;"),
        file("query/b", "use crate::rows;\n#[cfg(test)]\nmod tests { }"),
        file("error", "#[cfg(test)]\nmod tests {\n use crate::query; }"),
    ];
    assert_eq!(way(&none), None);
}
