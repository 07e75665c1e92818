//! Reads parts of a JSON document. Errors name the path of a part that is missing, of the wrong type or unknown.

use std::collections::BTreeMap;

use miniserde::json::{Array, Value};

use super::error::LabError;
use askew_domain::text::plain::visible;
use askew_domain::values::score::Score;
use askew_json as json;

/// An object of the document, with its path.
#[derive(Debug)]
pub(super) struct Part<'a> {
    place: String,
    values: &'a BTreeMap<String, Value>,
}

/// Parses a document and passes its outermost object to `read`.
pub(super) fn document<T>(
    what: &'static str,
    text: &str,
    read: impl FnOnce(&Part<'_>) -> Result<T, LabError>,
) -> Result<T, LabError> {
    let values = json::object(text.as_bytes()).ok_or(LabError::NoJson(what))?;
    read(&Part { place: String::new(), values: &values })
}

/// The document with one part of its outermost object set or replaced.
pub(super) fn with_part(what: &'static str, text: &str, name: &str, part: Value) -> Result<String, LabError> {
    let mut values = json::object(text.as_bytes()).ok_or(LabError::NoJson(what))?;
    values.insert(name.to_owned(), part);
    Ok(miniserde::json::to_string(&Value::Object(values.into_iter().collect())))
}

impl<'a> Part<'a> {
    /// The path of a part of this object, as it is shown.
    pub(super) fn place(&self, name: &str) -> String {
        let name = visible(name);
        if self.place.is_empty() { name.into_owned() } else { format!("{}.{name}", self.place) }
    }

    /// Rejects parts with unknown names.
    pub(super) fn only(&self, known: &[&str]) -> Result<(), LabError> {
        match self.values.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(LabError::Unknown { part: self.place(name), known: known.join(", ") }),
            None => Ok(()),
        }
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.values.get(name).is_some_and(|value| !matches!(value, Value::Null))
    }

    fn get<T>(
        &self,
        name: &str,
        wanted: &'static str,
        as_it: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<T, LabError> {
        let found = self.values.get(name).and_then(as_it);
        found.ok_or_else(|| LabError::Part { part: self.place(name), wanted })
    }

    pub(super) fn text(&self, name: &str) -> Result<String, LabError> {
        self.get(name, "a text", |value| json::text(value).map(str::to_owned))
    }

    /// A text that may be missing.
    pub(super) fn some_text(&self, name: &str) -> Result<Option<String>, LabError> {
        self.has(name).then(|| self.text(name)).transpose()
    }

    /// A whole number of at least 1, or the default if it is missing.
    pub(super) fn count(&self, name: &str, usual: u32) -> Result<u32, LabError> {
        if !self.has(name) {
            return Ok(usual);
        }
        self.get(name, "a whole number of at least 1", |value| {
            json::whole(value).and_then(|number| u32::try_from(number).ok()).filter(|&number| number > 0)
        })
    }

    /// A whole number, or the default if it is missing.
    pub(super) fn whole(&self, name: &str, usual: u64) -> Result<u64, LabError> {
        if !self.has(name) {
            return Ok(usual);
        }
        self.get(name, "a whole number", json::whole)
    }

    /// A number from `least` to `most`, or the default if it is missing. `wanted` describes the range for the error.
    pub(super) fn number(
        &self,
        name: &str,
        usual: f64,
        (least, most, wanted): (f64, f64, &'static str),
    ) -> Result<f64, LabError> {
        if !self.has(name) {
            return Ok(usual);
        }
        self.get(name, wanted, |value| json::number(value).filter(|number| (least..=most).contains(number)))
    }

    /// A score. Null or missing means that there is none.
    pub(super) fn score(&self, name: &str) -> Result<Score, LabError> {
        match self.values.get(name) {
            None | Some(Value::Null) => Ok(Score::NULL),
            Some(_) => self.number(name, 0.0, (0.0, 100.0, "a number from 0 to 100, or null")).map(Score::new),
        }
    }

    pub(super) fn numbers(&self, name: &str) -> Result<Vec<f32>, LabError> {
        #[expect(clippy::cast_possible_truncation, reason = "scales of 32 bits")]
        let list = |list: &Array| list.iter().map(|value| json::number(value).map(|number| number as f32)).collect();
        self.get(name, "a list of numbers", |value| match value {
            Value::Array(values) => list(values),
            _ => None,
        })
    }

    pub(super) fn texts(&self, name: &str) -> Result<Vec<String>, LabError> {
        self.get(name, "a list of texts", |value| match value {
            Value::Array(values) => values.iter().map(|value| json::text(value).map(str::to_owned)).collect(),
            _ => None,
        })
    }

    /// An object inside this one.
    pub(super) fn part(&self, name: &str) -> Result<Part<'a>, LabError> {
        self.get(name, "an object", |value| match value {
            Value::Object(values) => Some(Part { place: self.place(name), values }),
            _ => None,
        })
    }

    /// A list of at least one object inside this one.
    pub(super) fn parts(&self, name: &str) -> Result<Vec<Part<'a>>, LabError> {
        let parts = self.list(name)?;
        if parts.is_empty() {
            return Err(LabError::Part { part: self.place(name), wanted: "a list of objects, at least one" });
        }
        Ok(parts)
    }

    /// A list of objects inside this one.
    pub(super) fn list(&self, name: &str) -> Result<Vec<Part<'a>>, LabError> {
        let values = self.get(name, "a list of objects", |value| match value {
            Value::Array(values) => Some(values),
            _ => None,
        })?;
        let part = |(at, value): (usize, &'a Value)| {
            let place = format!("{}[{at}]", self.place(name));
            match value {
                Value::Object(values) => Ok(Part { place, values }),
                _ => Err(LabError::Part { part: place, wanted: "an object" }),
            }
        };
        values.iter().enumerate().map(part).collect()
    }
}
