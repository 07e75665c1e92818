//! Metadata values. Arrays are stored compactly, because a vocabulary has hundreds of thousands of entries.

/// A metadata value. Integers of all widths are widened to 64 bits.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// From `u8` to `u64`.
    Uint(u64),
    /// From `i8` to `i64`.
    Int(i64),
    /// From `f32` or `f64`.
    Float(f64),
    /// A flag.
    Bool(bool),
    /// UTF-8 text.
    String(String),
    /// An array of text.
    Strings(StringList),
    /// An array of integers.
    Ints(Vec<i64>),
    /// An array of floats.
    Floats(Vec<f32>),
    /// An array of flags.
    Bools(Vec<bool>),
}

/// Many strings in one allocation. They are stored as bytes: a single entry of a byte-level vocabulary is not always
/// valid UTF-8.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StringList {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl StringList {
    /// Adds a string at the end.
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len());
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are no strings.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The string at `index`, or None past the end.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        self.bytes.get(start..end)
    }

    /// All strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl<'a> FromIterator<&'a [u8]> for StringList {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(strings: I) -> Self {
        let mut list = Self::default();
        strings.into_iter().for_each(|text| list.push(text));
        list
    }
}
