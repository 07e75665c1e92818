//! JSON from untrusted files. miniserde parses without recursion, so deep nesting cannot overflow the stack. It takes a
//! fraction of the size of `serde_json` in wasm.
//!
//! ```
//! let card = askew_json::object(br#"{"name": "m", "layers": [4, 5], "scale": -0.5}"#).unwrap();
//! assert_eq!(askew_json::text(&card["name"]), Some("m"));
//! assert_eq!(askew_json::wholes(&card["layers"]), Some(vec![4, 5]));
//! assert_eq!(askew_json::number(&card["scale"]), Some(-0.5));
//! assert_eq!(askew_json::whole(&card["scale"]), None);
//! assert!(askew_json::object(b"[1, 2]").is_none());
//! ```

use std::collections::BTreeMap;

use miniserde::json::{self, Number, Value};

/// Parses `bytes` as an object. None if they are not one. If a key occurs twice, the last value counts.
pub fn object(bytes: &[u8]) -> Option<BTreeMap<String, Value>> {
    json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

/// The value as text, if it is a string.
pub fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The value as a non-negative whole number, if it is one.
pub fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(Number::U64(number)) => Some(*number),
        _ => None,
    }
}

/// The value as a finite number, if it is one.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "as every JSON reader takes large whole numbers for floats")]
        Value::Number(Number::U64(number)) => Some(*number as f64),
        #[expect(clippy::cast_precision_loss, reason = "as every JSON reader takes large whole numbers for floats")]
        Value::Number(Number::I64(number)) => Some(*number as f64),
        Value::Number(Number::F64(number)) => Some(*number).filter(|number| number.is_finite()),
        _ => None,
    }
}

/// The value as a list of non-negative whole numbers, if it is one.
pub fn wholes(value: &Value) -> Option<Vec<u64>> {
    match value {
        Value::Array(list) => list.iter().map(whole).collect(),
        _ => None,
    }
}
