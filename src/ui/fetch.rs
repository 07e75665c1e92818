//! Small files as text: beside the page, or the reader's.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response};

/// A file beside the page, as text.
///
/// # Errors
/// A sentence why there is none.
pub(super) async fn fetch_text(path: &str) -> Result<String, String> {
    let failed = |_thrown: JsValue| format!("{path} could not be loaded: check the connection");
    let response: Response =
        JsFuture::from(window().fetch_with_str(path)).await.map_err(failed)?.dyn_into().map_err(failed)?;
    if !response.ok() {
        return Err(format!("{path} could not be loaded: the server answers {}", response.status()));
    }
    let blob: Blob =
        JsFuture::from(response.blob().map_err(failed)?).await.map_err(failed)?.dyn_into().map_err(failed)?;
    text_of(&blob).await
}

/// A file's text.
///
/// # Errors
/// A sentence why there is none.
pub(super) async fn text_of(blob: &Blob) -> Result<String, String> {
    let text = JsFuture::from(blob.text()).await.map_err(|_thrown| "the file could not be read: choose it again")?;
    text.as_string().ok_or_else(|| "the file is no text".to_owned())
}
