//! JSON of files that nobody vouches for. miniserde parses without recursion, so nesting cannot overflow the stack, and
//! takes a fraction of `serde_json`'s room in wasm.

use std::collections::BTreeMap;

use miniserde::json::{self, Number, Value};

/// The object that `bytes` are; of two equal keys the last counts.
pub fn object(bytes: &[u8]) -> Option<BTreeMap<String, Value>> {
    json::from_str(std::str::from_utf8(bytes).ok()?).ok()
}

/// A text.
pub fn text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A whole number that is not negative.
pub fn whole(value: &Value) -> Option<u64> {
    match value {
        Value::Number(Number::U64(number)) => Some(*number),
        _ => None,
    }
}

/// Any finite number.
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

/// Whole numbers.
pub fn wholes(value: &Value) -> Option<Vec<u64>> {
    match value {
        Value::Array(list) => list.iter().map(whole).collect(),
        _ => None,
    }
}
