//! A run that survives a reload: kept in this browser's local storage, a piece for every time that answers came.

use web_sys::Storage;

use crate::lab::store::Head;

const HEAD: &str = "askew-run";

/// A run that was interrupted.
#[derive(Debug, Clone)]
pub struct KeptRun {
    /// What it was begun with.
    pub head: Head,
    /// Its answers, as [`crate::lab::store::piece`] wrote them.
    pub pieces: Vec<String>,
}

fn storage() -> Option<Storage> {
    leptos::prelude::window().local_storage().ok().flatten()
}

fn place(number: u32) -> String {
    format!("{HEAD}.{number}")
}

/// Begins a run anew; whether the browser keeps it.
#[must_use]
pub fn begin(head: &Head) -> bool {
    forget();
    storage().is_some_and(|storage| storage.set_item(HEAD, &head.to_text()).is_ok())
}

/// Keeps a run's next piece; whether the browser does.
#[must_use]
pub fn add(number: u32, piece: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(&place(number), piece).is_ok())
}

/// The run that was interrupted, if there is one.
#[must_use]
pub fn load() -> Option<KeptRun> {
    let storage = storage()?;
    let get = |name: &str| storage.get_item(name).ok().flatten();
    let head = Head::from_text(&get(HEAD)?)?;
    let pieces = (0..).map_while(|number| get(&place(number))).collect();
    Some(KeptRun { head, pieces })
}

/// Forgets the run that is kept.
pub fn forget() {
    let Some(storage) = storage() else { return };
    let names = std::iter::once(HEAD.to_owned()).chain((0..).map(place));
    for name in names {
        if storage.get_item(&name).ok().flatten().is_none() {
            break;
        }
        // What is not there cannot be removed, and need not be.
        storage.remove_item(&name).ok();
    }
}
