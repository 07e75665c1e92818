//! Parts of workers: separate wasm modules, which are loaded when they are first needed and run in the same worker. A
//! part does not share memory with its worker.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::DedicatedWorkerGlobalScope;

use super::values::message;

/// Name of the function in `worker_loader.js` that loads a part.
const LOAD: &str = "load_part";

/// Loads a part by the base name of its files and returns its exports. It is downloaded only the first time, from the
/// page's own site.
///
/// # Errors
/// The browser's message when the part cannot be loaded.
pub(super) async fn load(scope: &DedicatedWorkerGlobalScope, name: &str) -> Result<JsValue, String> {
    let failed = |error: JsValue| message(&error);
    let load: Function = Reflect::get(scope, &LOAD.into()).map_err(failed)?.unchecked_into();
    let loading: Promise = load.call1(scope, &name.into()).map_err(failed)?.unchecked_into();
    JsFuture::from(loading).await.map_err(failed)
}
