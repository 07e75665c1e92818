//! The part of the engine's worker that renders chat templates: see [`part`]. It comes with the first chat. [`render`] is
//! the engine's end, [`rendered`] the part's.

use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use super::part;
use super::values::message;
use crate::engine::{RuntimeError, chat};
use crate::model::{Chat, ModelError};

/// The part's name, as its files have it.
const NAME: &str = "chat_part";

#[wasm_bindgen]
extern "C" {
    /// The loaded part: what `src/bin/chat_part.rs` exports.
    type Part;

    #[wasm_bindgen(catch, method)]
    fn render(this: &Part, chat: &[u8]) -> Result<Vec<u8>, JsValue>;
}

/// Renders a chat by the part.
///
/// # Errors
/// [`RuntimeError::ChatPart`] when the part does not arrive or fails, [`RuntimeError::Model`] when the template does.
pub(super) async fn render(scope: &DedicatedWorkerGlobalScope, chat: &Chat) -> Result<String, RuntimeError> {
    let part: Part = part::load(scope, NAME).await.map_err(RuntimeError::ChatPart)?.unchecked_into();
    let text = part.render(&packed(chat)).map_err(|error| RuntimeError::ChatPart(message(&error)))?;
    let text: Result<String, String> =
        postcard::from_bytes(&text).map_err(|error| RuntimeError::ChatPart(error.to_string()))?;
    text.map_err(|why| ModelError::ChatTemplate(why).into())
}

/// The part's end: a chat's text, or what its template complains of.
#[must_use]
pub fn rendered(chat: &[u8]) -> Vec<u8> {
    let text = postcard::from_bytes(chat).map_err(|error| error.to_string()).and_then(|chat| {
        chat::render(&chat).map_err(|error| match error {
            ModelError::ChatTemplate(why) => why,
            other => other.to_string(),
        })
    });
    packed(&text)
}

/// A message as bytes. Writing to memory does not fail; no bytes are no message, which the other end refuses.
fn packed(message: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_allocvec(message).unwrap_or_default()
}
