//! A view in a frame of another page: it reports its height to that page.

use js_sys::{Object, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};
use web_sys::ResizeObserver;

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
