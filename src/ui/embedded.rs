//! A view in a frame of another page: it reports its height to that page.

use js_sys::{Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::ResizeObserver;

use super::session::Session;
use super::text;
use crate::domain::view::View;

/// Whether the page is in a frame of another page, which could lead a reader's clicks. There it downloads nothing from
/// other sites, takes no key and has no Lab.
#[must_use]
pub(super) fn is_framed() -> bool {
    window().parent().ok().flatten().is_none_or(|around| around != window())
}

/// A note for readers of the page in a frame, with a link to the page in a tab of its own.
#[component]
pub fn OwnTab() -> impl IntoView {
    let session = Session::get();
    let whole =
        move || session.view.with(|view| format!("#{}", View { is_embedded: false, ..view.clone() }.to_fragment()));
    view! {
        <p class="notice wait" id="own-tab">
            {text::IN_A_FRAME} " " <a href=whole target="_blank" rel="noopener">{text::OPEN_WHOLE}</a>
        </p>
    }
}

/// While `is_embedded`, reports the height of this page to the page around it, whenever it changes: `{ askew: { height
/// } }`. Any page may receive it: it holds nothing else.
pub(super) fn tell_height(is_embedded: Memo<bool>) {
    Effect::new(move |observer: Option<Option<ResizeObserver>>| {
        if let Some(observer) = observer.flatten() {
            observer.disconnect();
        }
        if is_embedded.get() { watch().ok() } else { None }
    });
}

fn watch() -> Result<ResizeObserver, JsValue> {
    let told = Closure::<dyn Fn()>::new(|| {
        if let Err(error) = tell() {
            web_sys::console::error_1(&error);
        }
    });
    let observer = ResizeObserver::new(told.as_ref().unchecked_ref())?;
    // It observes for the page's whole life.
    told.forget();
    if let Some(body) = document().body() {
        observer.observe(&body);
    }
    Ok(observer)
}

fn tell() -> Result<(), JsValue> {
    let Some(around) = window().parent()?.filter(|around| *around != window()) else { return Ok(()) };
    let height = document().body().map_or(0, |body| body.scroll_height());
    let (message, size) = (Object::new(), Object::new());
    Reflect::set(&size, &"height".into(), &height.into())?;
    Reflect::set(&message, &"askew".into(), &size)?;
    around.post_message(&message, "*")
}
