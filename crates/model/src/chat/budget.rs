//! What a rendering may use up. A template is a program from a stranger, so each of its operations pays before it runs:
//! a unit for each byte that it reads or writes, or for four bytes that it only copies, and some units for each value.
//! Rendering stops when the budget is spent.
//!
//! # Why this bounds memory and time
//! * Each operation of the template's program takes constant time and memory, except for those that `program` puts a
//!   guard before, and for the functions in `builtins`. These pay for all that they read, compare and create, so all of
//!   them together take at most [`UNITS`] times a constant.
//! * The number of operations is limited by the engine's own fuel (`MAX_STEPS` in `program`).
//! * Values are trees of at most [`MAX_DEPTH`] levels, because each new list, dictionary and result is measured, and
//!   because a namespace or a macro is never a part of another value. So printing, comparing, hashing or dropping a
//!   value recurses at most that deep, and no value contains itself.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Value};

/// Units of a rendering. A chat that fills a context of 32 000 tokens costs one to ten million.
const UNITS: usize = 32 << 20;
/// Deepest nesting of lists and dictionaries. Python's own limit for printing is about a thousand, but the stack of a
/// worker has only one MiB.
pub(super) const MAX_DEPTH: usize = 64;
/// Units for reading one value, about its time in bytes copied.
pub(super) const VISIT: usize = 16;
/// Units for creating one value in a list, about its memory.
pub(super) const NODE: usize = 48;
/// Bytes that are copied for one unit. Templates that add each turn to a text copy all turns before it each time.
pub(super) const COPIED: usize = 4;
/// Bytes of an integer's longest text.
const INTEGER_BYTES: usize = 40;
/// Bytes of a float's longest text, which is written without an exponent.
const FLOAT_BYTES: usize = 350;
/// Objects of the engine that look like dictionaries, but are part of the running program.
const FOREIGN: [&str; 4] = ["::Loop", "::Macro", "::Closure", "::Module"];

/// The units that are left, and how often a macro was declared.
#[derive(Debug)]
pub(super) struct Budget {
    left: AtomicUsize,
    macros: AtomicUsize,
}

/// The size of a value with all its parts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Size {
    /// Values, including itself.
    pub(super) nodes: usize,
    /// Bytes of text, where numbers count as their longest text.
    pub(super) bytes: usize,
    /// Levels of lists and dictionaries.
    pub(super) depth: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: AtomicUsize::new(UNITS), macros: AtomicUsize::new(0) }
    }
}

impl Budget {
    /// Pays for an operation, or fails when too little is left.
    pub(super) fn charge(&self, units: usize) -> Result<(), Error> {
        let pay = |left: usize| left.checked_sub(units);
        match self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay) {
            Ok(_) => Ok(()),
            Err(_) => {
                self.left.store(0, Ordering::Relaxed);
                Err(Error::new(ErrorKind::OutOfFuel, "it builds too much text"))
            }
        }
    }

    /// Whether an operation could not be paid for.
    pub(super) fn is_spent(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// Pays for declaring a macro. The engine keeps each declaration until the end, and copies their list.
    pub(super) fn charge_macro(&self) -> Result<(), Error> {
        self.charge(NODE)?;
        self.charge(self.macros.fetch_add(1, Ordering::Relaxed).saturating_mul(VISIT))
    }

    /// Pays for the value itself, without the parts of its items.
    pub(super) fn charge_shallow(&self, value: &Value) -> Result<(), Error> {
        self.charge(VISIT + text_bytes(value))?;
        self.charge(items(value).saturating_mul(VISIT))
    }

    /// Pays for reading all parts of the value.
    pub(super) fn charge_deep(&self, value: &Value) -> Result<Size, Error> {
        let size = self.measure(value)?;
        self.charge(size.bytes)?;
        Ok(size)
    }

    /// Pays for copying text that non-text values are written into. The engine escapes what is inside lists.
    pub(super) fn charge_text(&self, value: &Value) -> Result<(), Error> {
        let size = self.measure(value)?;
        self.charge(if size.depth == 0 { size.bytes } else { size.bytes.saturating_mul(10) })
    }

    /// Measures a value and pays for visiting its parts. Fails for values that are nested too deeply, and for those
    /// that contain a part of the running program.
    pub(super) fn measure(&self, value: &Value) -> Result<Size, Error> {
        let mut size = Size::default();
        self.visit(value, 0, &mut size)?;
        Ok(size)
    }

    fn visit(&self, value: &Value, depth: usize, size: &mut Size) -> Result<(), Error> {
        self.charge(VISIT)?;
        size.nodes += 1;
        size.bytes = size.bytes.saturating_add(text_bytes(value));
        match value.kind() {
            ValueKind::Invalid => return Err(invalid("an item of a list cannot be computed")),
            ValueKind::Number => {
                let digits = if value.is_integer() { INTEGER_BYTES } else { FLOAT_BYTES };
                size.bytes = size.bytes.saturating_add(digits);
            }
            _ if is_foreign(value) => {
                return Err(invalid("a macro, a loop or a namespace can only be used by its name"));
            }
            ValueKind::Seq | ValueKind::Map | ValueKind::Iterable => {
                size.depth = size.depth.max(depth + 1);
                if depth == MAX_DEPTH {
                    return Err(invalid(format!("it nests lists or dictionaries deeper than {MAX_DEPTH} levels")));
                }
                let is_map = value.kind() == ValueKind::Map;
                for item in value.try_iter()? {
                    self.visit(&item, depth + 1, size)?;
                    if is_map {
                        self.visit(&value.get_item(&item)?, depth + 1, size)?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Turns the engine's lazy sequences into lists, so that all values have a size, and measures the value.
    pub(super) fn settle(&self, value: Value) -> Result<Value, Error> {
        let value = if value.kind() == ValueKind::Iterable {
            let mut items = Vec::new();
            for item in value.try_iter()? {
                self.charge(NODE)?;
                items.push(item);
            }
            Value::from(items)
        } else {
            value
        };
        if !is_foreign(&value) {
            self.measure(&value)?;
        }
        Ok(value)
    }

    /// Pays for comparing two values.
    pub(super) fn charge_comparison(&self, a: &Value, b: &Value) -> Result<(), Error> {
        match (a.as_str(), b.as_str()) {
            (Some(a), Some(b)) => self.charge(VISIT + a.len().min(b.len())),
            _ if a.as_object().is_some() && b.as_object().is_some() => {
                self.charge_deep(a)?;
                self.charge_deep(b).map(drop)
            }
            _ => self.charge(VISIT),
        }
    }

    /// Pays for searching a value in a text, a list or the keys of a dictionary.
    pub(super) fn charge_search(&self, needle: &Value, container: &Value) -> Result<(), Error> {
        self.charge(VISIT + text_bytes(container))?;
        match container.kind() {
            ValueKind::Seq | ValueKind::Iterable => {
                container.try_iter()?.try_for_each(|item| self.charge_comparison(&item, needle))
            }
            _ => self.charge_text(needle),
        }
    }
}

/// Whether the value is part of the running program and not data.
pub(super) fn is_foreign(value: &Value) -> bool {
    let Some(object) = value.as_object() else { return false };
    value.kind() == ValueKind::Plain || FOREIGN.iter().any(|name| object.type_name().ends_with(name))
}

/// The number of items that iterating over a list or dictionary gives, and 0 for other values.
pub(super) fn items(value: &Value) -> usize {
    if value.as_object().is_some() { value.len().unwrap_or_default() } else { 0 }
}

/// The length of a text in bytes, and 0 for other values.
pub(super) fn text_bytes(value: &Value) -> usize {
    value.as_bytes().map_or(0, <[u8]>::len)
}

/// An error about what the template does.
pub(super) fn invalid(why: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::InvalidOperation, why)
}

/// A writer that pays for each byte.
pub(super) struct Paid<'a, W: ?Sized> {
    pub(super) out: &'a mut W,
    pub(super) budget: &'a Budget,
    /// How often a byte is copied.
    pub(super) copies: usize,
}

impl<W: fmt::Write + ?Sized> fmt::Write for Paid<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        match self.budget.charge(text.len().saturating_mul(self.copies).div_ceil(COPIED)) {
            Ok(()) => self.out.write_str(text),
            Err(_) => Err(fmt::Error),
        }
    }
}
