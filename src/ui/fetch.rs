//! Small files as text: from the page's own site, or from the reader's disk.

use leptos::prelude::window;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, Response};

use super::text;
use crate::hub::{HubError, Listing, MAX_LISTING_BYTES, Repository};

/// A file of the page's own site, as text.
///
/// # Errors
/// A sentence that says why it could not be loaded.
pub(super) async fn fetch_text(path: &str) -> Result<String, String> {
    let failed = |_thrown: JsValue| text::open::not_loaded(path);
    let (status, blob) = get(path).await.map_err(failed)?;
    if !(200..300).contains(&status) {
        return Err(text::open::refused_by_server(path, status));
    }
    text_of(&blob).await
}

/// The hub's listing of a repository.
///
/// # Errors
/// [`HubError`].
pub(super) async fn fetch_listing(repository: &Repository) -> Result<Listing, HubError> {
    let (status, blob) = get(&repository.listing()).await.map_err(|_thrown| HubError::Unreachable)?;
    // A listing that is too long is not decoded.
    let is_short = blob.size() <= MAX_LISTING_BYTES as f64;
    let text = if is_short { text_of(&blob).await.unwrap_or_default() } else { String::new() };
    repository.read(status, text.as_bytes())
}

/// Status and body of a reply.
async fn get(address: &str) -> Result<(u16, Blob), JsValue> {
    let response: Response = JsFuture::from(window().fetch_with_str(address)).await?.dyn_into()?;
    let blob: Blob = JsFuture::from(response.blob()?).await?.dyn_into()?;
    Ok((response.status(), blob))
}

/// Text of a file.
///
/// # Errors
/// A sentence that says why it could not be read.
pub(super) async fn text_of(blob: &Blob) -> Result<String, String> {
    let text = JsFuture::from(blob.text()).await.map_err(|_thrown| text::open::FILE_UNREADABLE)?;
    text.as_string().ok_or_else(|| text::open::FILE_NOT_TEXT.to_owned())
}
