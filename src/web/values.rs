//! Conversions of JavaScript's numbers and errors.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// The message of a thrown value.
pub(super) fn message(error: &JsValue) -> String {
    text(error, "message").or_else(|| error.as_string()).unwrap_or_else(|| "no reason given".to_owned())
}

/// The name that identifies the kind of an error; empty without one.
pub(super) fn error_name(error: &JsValue) -> String {
    text(error, "name").unwrap_or_default()
}

fn text(object: &JsValue, key: &str) -> Option<String> {
    Reflect::get(object, &key.into()).ok().and_then(|text| text.as_string())
}

/// Converts JavaScript's number of bytes, a double that is exact up to 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are whole and not negative")]
pub(super) fn to_u64(bytes: f64) -> u64 {
    bytes as u64
}

/// Converts a number of bytes to JavaScript's number, a double that is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "no file has 2^53 bytes")]
pub(super) fn from_u64(bytes: u64) -> f64 {
    bytes as f64
}
