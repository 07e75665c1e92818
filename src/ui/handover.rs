//! Handover from the first screen's app to the explorer's app: same address, same files, same keyboard focus.
//!
//! The address holds the view, so nothing else has to be passed. The first app stays on the page until the explorer's
//! app is ready, and is removed when that app begins to draw.

use std::any::Any;
use std::cell::RefCell;

use js_sys::{Array, Function, Reflect};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, JsValue};

use super::focus;

/// Properties of `window` with which the apps pass values.
const LEAVE: &str = "askewLeave";
const FILES: &str = "askewFiles";
const PLACE: &str = "askewPlace";

thread_local! {
    /// Handle to what the app has drawn, until it is removed.
    static DRAWN: RefCell<Option<Box<dyn Any>>> = const { RefCell::new(None) };
}

/// In the first app: keeps what is drawn until the explorer's app asks for its removal.
pub fn keep_until_left(drawn: impl Any) {
    DRAWN.with_borrow_mut(|place| *place = Some(Box::new(drawn)));
    let leave = Closure::<dyn Fn()>::new(|| {
        if let Some(place) = focus::place() {
            put(PLACE, &place.into());
        }
        let drawn = DRAWN.with_borrow_mut(Option::take);
        drop(drawn);
    });
    put(LEAVE, leave.as_ref());
    leave.forget();
}

/// In the first app: stores files for the explorer's app.
pub fn leave_files(files: &[web_sys::File]) {
    let list: Array = files.iter().map(JsValue::from).collect();
    put(FILES, &list);
}

/// In the explorer's app: removes the first app and returns the place of its keyboard focus.
pub fn take_over() -> Option<String> {
    if let Some(leave) = take(LEAVE).and_then(|leave| leave.dyn_into::<Function>().ok()) {
        // Its errors are already on the console.
        let _left = leave.call0(&JsValue::NULL);
    }
    take(PLACE)?.as_string()
}

/// In the explorer's app: the files that the reader gave to the first app.
#[must_use]
pub fn take_files() -> Vec<web_sys::File> {
    let list = take(FILES).and_then(|list| list.dyn_into::<Array>().ok());
    list.map(|list| list.iter().filter_map(|file| file.dyn_into().ok()).collect()).unwrap_or_default()
}

fn put(name: &str, value: &JsValue) {
    if let Err(error) = Reflect::set(&window(), &name.into(), value) {
        web_sys::console::error_1(&error);
    }
}

fn take(name: &str) -> Option<JsValue> {
    let value = Reflect::get(&window(), &name.into()).ok()?;
    put(name, &JsValue::UNDEFINED);
    (!value.is_undefined()).then_some(value)
}
