//! The message format of every worker: the JS array `[Uint8Array, ...attachments]`.
//!
//! Attachments carry `File` handles, which serde cannot encode. A worker reads the file without a copy in the page.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent, Worker};

use crate::protocol::wire;
use crate::protocol::wire::{Message, WireError};

/// Why a message could not be sent or read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PortError {
    /// The bytes are not a message of the protocol.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The event's data has another shape than `[Uint8Array, ...]`.
    #[error("a message between the page and its worker has an unknown shape: reload the page")]
    Shape,
    /// The browser refused to post the message.
    #[error("the browser could not pass a message to or from the worker ({0}): reload the page")]
    Post(String),
}

/// A receiver of messages: a worker seen from the page, or the page seen from a worker.
pub trait Target {
    /// Posts a JS value.
    ///
    /// # Errors
    /// The value that `postMessage` throws.
    fn post_value(&self, value: &JsValue) -> Result<(), JsValue>;
}

impl Target for Worker {
    fn post_value(&self, value: &JsValue) -> Result<(), JsValue> {
        self.post_message(value)
    }
}

impl Target for DedicatedWorkerGlobalScope {
    fn post_value(&self, value: &JsValue) -> Result<(), JsValue> {
        self.post_message(value)
    }
}

/// Posts `message` and its attachments.
///
/// # Errors
/// [`PortError::Wire`] when it cannot be encoded, [`PortError::Post`] when the browser refuses it.
pub fn post<T: Message>(target: &impl Target, message: &T, attachments: &[JsValue]) -> Result<(), PortError> {
    post_parts(target, &pack(message, attachments)?)
}

/// Encodes a message and its attachments as the array that is posted.
///
/// # Errors
/// [`PortError::Wire`] when it cannot be encoded.
pub fn pack<T: Message>(message: &T, attachments: &[JsValue]) -> Result<Array, PortError> {
    let parts = Array::of1(&Uint8Array::from(wire::encode(message)?.as_slice()));
    for attachment in attachments {
        parts.push(attachment);
    }
    Ok(parts)
}

/// Posts an array made by [`pack`].
///
/// # Errors
/// [`PortError::Post`] when the browser refuses it.
pub fn post_parts(target: &impl Target, parts: &Array) -> Result<(), PortError> {
    target.post_value(parts).map_err(|error| PortError::Post(format!("{error:?}")))
}

/// Announces with an empty array that a worker listens. Messages posted before its wasm runs would be lost, so the page
/// holds them back until then. A worker calls this once, after it has set its handler.
///
/// # Errors
/// [`PortError::Post`] when the browser refuses.
pub fn announce(target: &impl Target) -> Result<(), PortError> {
    post_parts(target, &Array::new())
}

/// Whether an event was posted by [`announce`].
#[must_use]
pub fn is_announcement(event: &MessageEvent) -> bool {
    event.data().dyn_ref::<Array>().is_some_and(|parts| parts.length() == 0)
}

/// Reads the message and the attachments of an event.
///
/// # Errors
/// [`PortError::Shape`] or [`PortError::Wire`] when the event does not hold a message of this protocol.
pub fn open<T: Message>(event: &MessageEvent) -> Result<(T, Vec<JsValue>), PortError> {
    let data = event.data();
    let parts: &Array = data.dyn_ref().ok_or(PortError::Shape)?;
    let mut parts = parts.iter();
    let bytes: Uint8Array = parts.next().ok_or(PortError::Shape)?.dyn_into().map_err(|_other| PortError::Shape)?;
    Ok((wire::decode(&bytes.to_vec())?, parts.collect()))
}
