//! Parts of workers: modules of their own, which come when they are first needed and run in the same worker. The two have
//! no memory in common.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::DedicatedWorkerGlobalScope;

use super::values::message;

/// The loader's function that brings a part.
const LOAD: &str = "load_part";

/// Loads a part by its files' name, the first time from the page's own site, and gives what it exports.
///
/// # Errors
/// The browser's words when it does not arrive.
pub(super) async fn load(scope: &DedicatedWorkerGlobalScope, name: &str) -> Result<JsValue, String> {
    let failed = |error: JsValue| message(&error);
    let load: Function = Reflect::get(scope, &LOAD.into()).map_err(failed)?.unchecked_into();
    let loading: Promise = load.call1(scope, &name.into()).map_err(failed)?.unchecked_into();
    JsFuture::from(loading).await.map_err(failed)
}
