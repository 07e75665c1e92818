//! The reader's files and files at addresses: their names, and the handles with which they are opened again.

use leptos::prelude::*;

use crate::domain::view::Source;
use crate::explorer::protocol::Opening;

/// Files to open, with the handles of those on the reader's disk.
type Chosen = StoredValue<Vec<(Opening, Option<web_sys::File>)>, LocalStorage>;

/// Files that can be opened again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files {
    /// Files of the newest choice.
    pub(super) chosen: Chosen,
    /// Files of the open data set. `chosen` may be a newer choice that is cancelled.
    pub(super) held: Chosen,
}

impl Default for Files {
    fn default() -> Self {
        Self { chosen: StoredValue::new_local(Vec::new()), held: StoredValue::new_local(Vec::new()) }
    }
}

/// What the worker opens, without the handles.
pub(super) fn openings(files: &[(Opening, Option<web_sys::File>)]) -> Vec<Opening> {
    files.iter().map(|(opening, _)| opening.clone()).collect()
}

/// The source as a link names it.
pub(super) fn source_of(files: &[Opening]) -> Source {
    let addresses: Vec<String> = files.iter().filter_map(|file| file.address.clone()).collect();
    if addresses.is_empty() {
        Source::Files(files.iter().map(|file| file.name.clone()).collect())
    } else {
        Source::Addresses(addresses)
    }
}

/// The last part of an address, as the file's name.
pub(super) fn name_of(address: &str) -> String {
    let path = address.split(['?', '#']).next().unwrap_or(address);
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or(address).to_owned()
}

/// Names of files, with their folder if there is one. Equal names get a number.
pub(super) fn distinct_names(files: Vec<web_sys::File>) -> Vec<(String, web_sys::File)> {
    let mut named: Vec<(String, web_sys::File)> = Vec::new();
    for file in files {
        let path = js_sys::Reflect::get(&file, &"webkitRelativePath".into()).ok().and_then(|path| path.as_string());
        let base = path.filter(|path| !path.is_empty()).unwrap_or_else(|| file.name());
        let is_taken = |name: &str| named.iter().any(|(known, _)| known == name);
        let mut name = base.clone();
        let mut number = 2;
        while is_taken(&name) {
            name = format!("{base} ({number})");
            number += 1;
        }
        named.push((name, file));
    }
    named
}
