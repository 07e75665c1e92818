//! The browser's storage of texts. It is absent where the reader has turned it off.

use leptos::prelude::window;
use web_sys::Storage;

/// The storage that all tabs of the page share, and that stays.
pub(super) fn local() -> Option<Storage> {
    window().local_storage().ok().flatten()
}

/// This tab's own storage. It survives a reload.
pub(super) fn session() -> Option<Storage> {
    window().session_storage().ok().flatten()
}
