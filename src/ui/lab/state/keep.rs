//! Storage of a run in the browser's local storage, so that it survives a reload: one piece for each batch of answers.

use web_sys::Storage;

use crate::lab::store::Head;

const HEAD: &str = "askew-run";

/// A run that was interrupted.
#[derive(Debug, Clone)]
pub(super) struct KeptRun {
    /// What the run started with.
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

/// Starts the storage of a new run. Returns whether the browser stores it.
#[must_use]
pub(super) fn begin(head: &Head) -> bool {
    forget();
    storage().is_some_and(|storage| storage.set_item(HEAD, &head.to_text()).is_ok())
}

/// Stores a run's next piece. Returns whether the browser stores it.
#[must_use]
pub(super) fn add(number: u32, piece: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(&place(number), piece).is_ok())
}

/// The run that was interrupted, if there is one.
#[must_use]
pub(super) fn load() -> Option<KeptRun> {
    let storage = storage()?;
    let get = |name: &str| storage.get_item(name).ok().flatten();
    let head = Head::from_text(&get(HEAD)?)?;
    let pieces = (0..).map_while(|number| get(&place(number))).collect();
    Some(KeptRun { head, pieces })
}

/// Deletes the stored run.
pub(super) fn forget() {
    let Some(storage) = storage() else { return };
    let names = std::iter::once(HEAD.to_owned()).chain((0..).map(place));
    for name in names {
        if storage.get_item(&name).ok().flatten().is_none() {
            break;
        }
        // A piece that does not exist cannot be removed, and does not have to be.
        storage.remove_item(&name).ok();
    }
}
