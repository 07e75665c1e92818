//! JavaScript's numbers and errors as ours.

use js_sys::Reflect;
use wasm_bindgen::JsValue;

/// A thrown value's own words.
pub(super) fn message(error: &JsValue) -> String {
    text(error, "message").or_else(|| error.as_string()).unwrap_or_else(|| "no reason given".to_owned())
}

/// The name by which browsers tell an error's kind; empty without one.
pub(super) fn error_name(error: &JsValue) -> String {
    text(error, "name").unwrap_or_default()
}

fn text(object: &JsValue, key: &str) -> Option<String> {
    Reflect::get(object, &key.into()).ok().and_then(|text| text.as_string())
}

/// JavaScript counts bytes in doubles, exact to 2^53.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "sizes are whole and not negative")]
pub(super) fn to_u64(bytes: f64) -> u64 {
    bytes as u64
}

/// The other way round.
#[expect(clippy::cast_precision_loss, reason = "no file has 2^53 bytes")]
pub(super) fn from_u64(bytes: u64) -> f64 {
    bytes as f64
}
