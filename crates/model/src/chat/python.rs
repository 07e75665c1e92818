//! Functions for values that Python writes or trims differently from minijinja.

use std::fmt::Write;

use minijinja::value::ValueKind;
use minijinja::{Error, State, Value};

use super::budget::Budget;
use super::cost;

/// Python's `str(value)`.
pub(super) fn str(value: &Value) -> Result<String, Error> {
    let mut out = String::new();
    write_str(&mut out, value)?;
    Ok(out)
}

/// Writes `str(value)`, with `None`, `True` and lists spelled as in Python.
pub(super) fn write_str(out: &mut (impl Write + ?Sized), value: &Value) -> std::fmt::Result {
    match value.kind() {
        ValueKind::None => out.write_str("None"),
        ValueKind::Bool => out.write_str(if value.is_true() { "True" } else { "False" }),
        ValueKind::Number => out.write_str(&number(value)),
        ValueKind::Seq | ValueKind::Map => write_repr(out, value),
        _ => write!(out, "{value}"),
    }
}

/// Writes `repr(value)`, the form that Python uses inside lists and dictionaries.
fn write_repr(out: &mut (impl Write + ?Sized), value: &Value) -> std::fmt::Result {
    match value.kind() {
        ValueKind::String => write_quoted(out, value.as_str().unwrap_or_default()),
        ValueKind::Seq | ValueKind::Map => {
            let is_map = value.kind() == ValueKind::Map;
            out.write_char(if is_map { '{' } else { '[' })?;
            for (at, item) in value.try_iter().into_iter().flatten().enumerate() {
                out.write_str(if at > 0 { ", " } else { "" })?;
                write_repr(out, &item)?;
                if is_map {
                    out.write_str(": ")?;
                    write_repr(out, &value.get_item(&item).unwrap_or_default())?;
                }
            }
            out.write_char(if is_map { '}' } else { ']' })
        }
        _ => write_str(out, value),
    }
}

/// Writes a string literal. Python prefers single quotes.
fn write_quoted(out: &mut (impl Write + ?Sized), text: &str) -> std::fmt::Result {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.write_char(quote)?;
    for c in text.chars() {
        match c {
            '\n' => out.write_str("\\n")?,
            '\r' => out.write_str("\\r")?,
            '\t' => out.write_str("\\t")?,
            '\\' => out.write_str("\\\\")?,
            c if c == quote => write!(out, "\\{c}")?,
            c if c.is_ascii_control() => write!(out, "\\x{:02x}", u32::from(c))?,
            c => out.write_char(c)?,
        }
    }
    out.write_char(quote)
}

/// A number as Python's `repr` writes it: the shortest digits, with an exponent below 1e-4 and from 1e16.
pub(super) fn number(value: &Value) -> String {
    let Some(float) = f64::try_from(value.clone()).ok().filter(|_| !value.is_integer()) else {
        return value.to_string();
    };
    let scientific = format!("{float:e}");
    match scientific.split_once('e').and_then(|(digits, exponent)| Some((digits, exponent.parse::<i32>().ok()?))) {
        Some((digits, exponent)) if !(-4..16).contains(&exponent) => {
            format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
        }
        Some(_) => format!("{float:?}"),
        None => scientific.to_lowercase(),
    }
}

/// Python's `str.isspace` for one character: Unicode white space and four ASCII separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Jinja's filter `trim`.
pub(super) fn trim(text: &str, chars: Option<&str>) -> String {
    match chars {
        None => text.trim_matches(is_space).to_owned(),
        Some(chars) => text.trim_matches(|c| chars.contains(c)).to_owned(),
    }
}

/// Python's `len(value)`. An undefined value has length 0.
pub(super) fn length(value: &Value) -> Result<usize, Error> {
    if value.is_undefined() { Ok(0) } else { minijinja::filters::length(value) }
}

/// Whether Jinja's tests `iterable` and `sequence` accept a value. They accept text and undefined values, but not
/// `None`.
pub(super) fn is_iterable(value: &Value) -> bool {
    use ValueKind::{Iterable, Map, Seq, String, Undefined};
    matches!(value.kind(), Iterable | Map | Seq | String | Undefined)
}

/// Calls a method of Python's strings, lists or dictionaries, which pays before it runs.
pub(super) fn call_method(
    budget: &Budget,
    state: &State<'_, '_>,
    value: &Value,
    method: &str,
    args: &[Value],
) -> Result<Value, Error> {
    cost::method(budget, value, method, args)?;
    if let (Some(text), []) = (value.as_str(), args) {
        match method {
            "strip" => return Ok(text.trim_matches(is_space).into()),
            "lstrip" => return Ok(text.trim_start_matches(is_space).into()),
            "rstrip" => return Ok(text.trim_end_matches(is_space).into()),
            "split" => return Ok(text.split(is_space).filter(|word| !word.is_empty()).collect()),
            _ => {}
        }
    }
    minijinja_contrib::pycompat::unknown_method_callback(state, value, method, args)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_python_writes_them() {
        for (value, expected) in [
            (Value::from(()), "None"),
            (Value::from(true), "True"),
            (Value::from(7), "7"),
            (Value::from(1.0), "1.0"),
            (Value::from(-2.5), "-2.5"),
            (Value::from(1e16), "1e+16"),
            (Value::from(1.5e-5), "1.5e-05"),
            (Value::from(0.0001), "0.0001"),
            (Value::from(123_456_789_012_345_680.0), "1.2345678901234568e+17"),
            (Value::from(f64::NAN), "nan"),
            (Value::from("it's"), "it's"),
            (Value::from(vec![Value::from("it's"), Value::from("a\n"), Value::from(())]), "[\"it's\", 'a\\n', None]"),
        ] {
            assert_eq!(str(&value).expect("writes"), expected);
        }
    }

    #[test]
    fn pythons_spaces_are_cut() {
        assert_eq!(trim("\u{1f}\u{a0} a\u{200b} \u{85}", None), "a\u{200b}");
        assert_eq!(trim("xxaxy", Some("xy")), "a");
    }
}
