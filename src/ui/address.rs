//! The page's address. Only the page's app writes it; other apps listen for changes.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

/// Events of the browser when the reader follows a link or goes back.
const BY_READER: [&str; 2] = ["hashchange", "popstate"];
/// Event that [`write`] sends: browsers send none for addresses that a script wrote.
const WRITTEN: &str = "askew-address";

thread_local! {
    /// The part after `#` as the app last read or wrote it. Another value means that the reader has just followed a
    /// link and the browser's event is still to come; writing then would undo the link.
    static KNOWN: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The part of the address after `#`.
#[must_use]
pub fn fragment() -> String {
    window().location().hash().unwrap_or_default().trim_start_matches('#').to_owned()
}

/// Writes a fragment into the address, as a new history entry or in place. Does nothing if the reader has just followed
/// a link.
pub fn write(fragment: &str, is_step: bool) {
    let shown = self::fragment();
    if KNOWN.with_borrow(|known| known.as_ref().is_some_and(|known| *known != shown)) {
        return;
    }
    let Ok(history) = window().history() else { return };
    let (state, url) = (wasm_bindgen::JsValue::NULL, format!("#{fragment}"));
    let written = if is_step {
        history.push_state_with_url(&state, "", Some(&url))
    } else {
        history.replace_state_with_url(&state, "", Some(&url))
    };
    KNOWN.set(Some(self::fragment()));
    let told = written.and_then(|()| web_sys::Event::new(WRITTEN)).and_then(|event| window().dispatch_event(&event));
    if let Err(error) = told {
        web_sys::console::error_1(&error);
    }
}

/// Runs `handler` whenever the reader changes the address, for the page's whole life.
pub fn on_reader_change(handler: impl Fn() + 'static) {
    KNOWN.set(Some(fragment()));
    listen(&BY_READER, move || {
        KNOWN.set(Some(fragment()));
        handler();
    });
}

/// Runs `handler` whenever the address changes, for the page's whole life.
pub fn on_change(handler: impl Fn() + 'static) {
    listen(&[BY_READER[0], BY_READER[1], WRITTEN], handler);
}

fn listen(events: &[&str], handler: impl Fn() + 'static) {
    let handler = Closure::<dyn Fn()>::new(handler);
    for event in events {
        if let Err(error) = window().add_event_listener_with_callback(event, handler.as_ref().unchecked_ref()) {
            web_sys::console::error_1(&error);
        }
    }
    handler.forget();
}
