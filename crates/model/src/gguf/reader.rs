//! A little-endian cursor over the bytes received so far.

use super::{StringList, Value};
use crate::ModelError;

/// Longest text accepted in a header. Chat templates reach tens of kilobytes.
const MAX_STRING_BYTES: u64 = 1 << 20;
/// Most elements accepted in an array. The largest vocabularies have about 260 000 entries and twice as many merges.
const MAX_ARRAY_LEN: u64 = 1 << 22;

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// More bytes are needed. There is no error so far.
    NeedMore,
    /// The file is invalid.
    Bad(ModelError),
}

impl From<ModelError> for Stop {
    fn from(error: ModelError) -> Self {
        Self::Bad(error)
    }
}

pub(super) type Step<T> = Result<T, Stop>;

pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    fn take(&mut self, len: usize) -> Step<&'a [u8]> {
        let end = self.at.checked_add(len).ok_or(Stop::NeedMore)?;
        let taken = self.bytes.get(self.at..end).ok_or(Stop::NeedMore)?;
        self.at = end;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        self.take(N)?.try_into().map_err(|_wrong_length| Stop::NeedMore)
    }

    pub(super) fn u32(&mut self) -> Step<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Step<u64> {
        self.array().map(u64::from_le_bytes)
    }

    fn string_bytes(&mut self) -> Step<&'a [u8]> {
        let len = self.u64()?;
        let limited = usize::try_from(len).ok().filter(|_| len <= MAX_STRING_BYTES);
        self.take(limited.ok_or(ModelError::TooLarge {
            what: "bytes in a text",
            found: len,
            limit: MAX_STRING_BYTES,
        })?)
    }

    /// Reads text, such as a key or a name. `what` names it in the error.
    pub(super) fn string(&mut self, what: &str) -> Step<String> {
        let bytes = self.string_bytes()?;
        let text =
            std::str::from_utf8(bytes).map_err(|error| ModelError::Corrupt(format!("{what} is not text: {error}")))?;
        Ok(text.to_owned())
    }

    /// Reads a metadata value. `key` names it in errors.
    pub(super) fn value(&mut self, key: &str) -> Step<Value> {
        let kind = self.u32()?;
        if kind == ARRAY { self.array_value(key) } else { self.scalar(kind, key) }
    }

    fn scalar(&mut self, kind: u32, key: &str) -> Step<Value> {
        Ok(match kind {
            0 => Value::Uint(u64::from(self.array::<1>()?[0])),
            1 => Value::Int(i64::from(i8::from_le_bytes(self.array()?))),
            2 => Value::Uint(u64::from(u16::from_le_bytes(self.array()?))),
            3 => Value::Int(i64::from(i16::from_le_bytes(self.array()?))),
            4 => Value::Uint(u64::from(self.u32()?)),
            5 => Value::Int(i64::from(i32::from_le_bytes(self.array()?))),
            6 => Value::Float(f64::from(f32::from_le_bytes(self.array()?))),
            7 => match self.array::<1>()?[0] {
                0 => Value::Bool(false),
                1 => Value::Bool(true),
                other => return Err(ModelError::Corrupt(format!("\"{key}\" is {other}, not true or false")).into()),
            },
            8 => Value::String(self.string(key)?),
            10 => Value::Uint(self.u64()?),
            11 => Value::Int(i64::from_le_bytes(self.array()?)),
            12 => Value::Float(f64::from_le_bytes(self.array()?)),
            other => return Err(ModelError::Corrupt(format!("\"{key}\" has unknown type {other}")).into()),
        })
    }

    fn array_value(&mut self, key: &str) -> Step<Value> {
        let kind = self.u32()?;
        let len = self.u64()?;
        if len > MAX_ARRAY_LEN {
            return Err(ModelError::TooLarge { what: "entries in a list", found: len, limit: MAX_ARRAY_LEN }.into());
        }
        // Elements are pushed as they are read, so memory use follows the bytes received and not the length claimed.
        match kind {
            8 => {
                let mut strings = StringList::default();
                for _ in 0..len {
                    strings.push(self.string_bytes()?);
                }
                Ok(Value::Strings(strings))
            }
            6 | 12 => self
                .collect(len, kind, key, |value| match value {
                    // Scores are f32 in every known file; an f64 array loses precision that nothing here uses.
                    #[expect(clippy::cast_possible_truncation, reason = "f64 lists are read at f32 precision")]
                    Value::Float(x) => Some(x as f32),
                    _ => None,
                })
                .map(Value::Floats),
            7 => self
                .collect(len, kind, key, |value| match value {
                    Value::Bool(flag) => Some(flag),
                    _ => None,
                })
                .map(Value::Bools),
            ARRAY => Err(ModelError::Corrupt(format!("\"{key}\" is a list of lists")).into()),
            _ => self
                .collect(len, kind, key, |value| match value {
                    Value::Uint(x) => i64::try_from(x).ok(),
                    Value::Int(x) => Some(x),
                    _ => None,
                })
                .map(Value::Ints),
        }
    }

    fn collect<T>(&mut self, len: u64, kind: u32, key: &str, convert: impl Fn(Value) -> Option<T>) -> Step<Vec<T>> {
        let mut items = Vec::new();
        for _ in 0..len {
            let value = self.scalar(kind, key)?;
            items.push(
                convert(value).ok_or_else(|| ModelError::Corrupt(format!("\"{key}\" holds a number out of range")))?,
            );
        }
        Ok(items)
    }
}

/// GGUF's type number of arrays.
const ARRAY: u32 = 9;
