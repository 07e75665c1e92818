//! Thrift's compact protocol, in which Parquet writes its metadata.

use crate::error::FormatError;

/// Deepest nesting accepted. Parquet itself needs six levels.
const MAX_DEPTH: usize = 16;
/// Most values in one header. A value takes up to 40 bytes of memory and may take only one byte of the header, so a short
/// header may have fewer.
const MAX_VALUES: usize = 1 << 20;
/// Most values in a very short header, and bytes for each further value.
const FREE_VALUES: usize = 1 << 18;
const BYTES_PER_VALUE: usize = 3;

/// A decoded value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A whole number or a boolean (1 is true).
    Int(i64),
    /// Text or bytes.
    Bytes(Vec<u8>),
    List(Vec<Value>),
    /// A struct: fields by number.
    Struct(Vec<(i64, Value)>),
    /// A value that Parquet's headers do not need.
    Other,
}

impl Value {
    /// A field of a struct.
    #[must_use]
    pub fn field(&self, number: i64) -> Option<&Self> {
        match self {
            Self::Struct(fields) => fields.iter().find(|(known, _)| *known == number).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A field that is a whole number. `None` for any other field.
    #[must_use]
    pub fn int(&self, number: i64) -> Option<i64> {
        match self.field(number) {
            Some(Self::Int(value)) => Some(*value),
            _ => None,
        }
    }

    /// A field that is a size. `None` if it is negative.
    #[must_use]
    pub fn size(&self, number: i64) -> Option<usize> {
        self.int(number).and_then(|value| usize::try_from(value).ok())
    }

    /// A field that is text. `None` for any other field.
    #[must_use]
    pub fn text(&self, number: i64) -> Option<String> {
        match self.field(number) {
            Some(Self::Bytes(bytes)) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        }
    }

    /// A field that is a list; empty if it is absent.
    #[must_use]
    pub fn list(&self, number: i64) -> &[Self] {
        match self.field(number) {
            Some(Self::List(list)) => list,
            _ => &[],
        }
    }
}

/// Reads a struct from the start of `bytes`. Returns the struct and how many bytes it takes.
///
/// # Errors
/// [`FormatError::BrokenArchive`] if there is none.
pub fn read(bytes: &[u8]) -> Result<(Value, usize), FormatError> {
    let values_left = MAX_VALUES.min(FREE_VALUES + bytes.len() / BYTES_PER_VALUE);
    let mut reader = Reader { bytes, at: 0, values_left };
    let value = reader.structure(0).ok_or_else(|| super::broken("a header"))?;
    Ok((value, reader.at))
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    values_left: usize,
}

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn varint(&mut self) -> Option<u64> {
        super::varint(self.bytes, &mut self.at)
    }

    fn int(&mut self) -> Option<i64> {
        self.varint().map(super::zigzag)
    }

    fn bytes(&mut self) -> Option<Vec<u8>> {
        let len = usize::try_from(self.varint()?).ok()?;
        let bytes = self.bytes.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(bytes.to_vec())
    }

    /// Counts a value; `None` if it is one too many.
    fn count(&mut self) -> Option<()> {
        self.values_left = self.values_left.checked_sub(1)?;
        Some(())
    }

    fn structure(&mut self, depth: usize) -> Option<Value> {
        if depth == MAX_DEPTH {
            return None;
        }
        let (mut fields, mut number) = (Vec::new(), 0_i64);
        loop {
            let head = self.byte()?;
            if head == 0 {
                return Some(Value::Struct(fields));
            }
            number = match head >> 4 {
                0 => self.int()?,
                delta => number.checked_add(i64::from(delta))?,
            };
            // In a struct, the type of a boolean field is its value.
            let value = match head & 0xF {
                kind @ (1 | 2) => {
                    self.count()?;
                    Value::Int(i64::from(kind == 1))
                }
                kind => self.value(kind, depth)?,
            };
            fields.push((number, value));
        }
    }

    fn value(&mut self, kind: u8, depth: usize) -> Option<Value> {
        self.count()?;
        Some(match kind {
            1..=3 => Value::Int(i64::from(self.byte()?)),
            4..=6 => Value::Int(self.int()?),
            7 => {
                self.at = self.at.checked_add(8)?;
                Value::Other
            }
            8 => Value::Bytes(self.bytes()?),
            9 | 10 => {
                let head = self.byte()?;
                let len = if head >> 4 == 15 { self.varint()? } else { u64::from(head >> 4) };
                let mut list = Vec::new();
                for _ in 0..len {
                    list.push(self.nested(head & 0xF, depth)?);
                }
                Value::List(list)
            }
            12 => self.structure(depth + 1)?,
            // Maps. Parquet does not use them.
            _ => return None,
        })
    }

    fn nested(&mut self, kind: u8, depth: usize) -> Option<Value> {
        if depth + 1 >= MAX_DEPTH { None } else { self.value(kind, depth + 1) }
    }
}
