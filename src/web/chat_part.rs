//! The part of the engine worker that renders chat templates, loaded with the first chat (see [`part`]). The engine
//! calls [`render`], the part answers with [`rendered`].

use wasm_bindgen::prelude::*;
use web_sys::DedicatedWorkerGlobalScope;

use super::part;
use super::values::message;
use crate::engine::{RuntimeError, chat};
use crate::model::{Chat, ModelError};

/// The base name of the part's files.
const NAME: &str = "chat_part";

#[wasm_bindgen]
extern "C" {
    /// The loaded part: what `src/bin/chat_part.rs` exports.
    type Part;

    #[wasm_bindgen(catch, method)]
    fn render(this: &Part, chat: &[u8]) -> Result<Vec<u8>, JsValue>;
}

/// Renders a chat with the part, which is loaded first if necessary.
///
/// # Errors
/// [`RuntimeError::ChatPart`] when the part cannot be loaded or fails, [`RuntimeError::Model`] when the template fails.
pub(super) async fn render(scope: &DedicatedWorkerGlobalScope, chat: &Chat) -> Result<String, RuntimeError> {
    let part: Part = part::load(scope, NAME).await.map_err(RuntimeError::ChatPart)?.unchecked_into();
    let text = part.render(&packed(chat)).map_err(|error| RuntimeError::ChatPart(message(&error)))?;
    let text: Result<String, String> =
        postcard::from_bytes(&text).map_err(|error| RuntimeError::ChatPart(error.to_string()))?;
    text.map_err(|why| ModelError::ChatTemplate(why).into())
}

/// Runs in the part: returns the chat's text, or the template's error, as bytes.
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

/// A message as bytes. Writing to memory does not fail; if it did, the receiver would refuse the empty bytes.
fn packed(message: &impl serde::Serialize) -> Vec<u8> {
    postcard::to_allocvec(message).unwrap_or_default()
}
