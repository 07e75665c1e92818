//! A value of a row, as its file stores it.

use std::borrow::Cow;

use super::distribution;
use super::json::unescape;
use askew_domain::values::score;
use askew_domain::values::score::Score;

/// A value, borrowed from the file's bytes. Most values are never used, so a value is decoded only on demand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Cell<'a> {
    /// No value.
    Null,
    /// Text without escapes: a table's cell, a JSON string, or a JSON number or whole object as written.
    Text(&'a [u8]),
    /// The inside of a JSON string that contains escapes.
    Escaped(&'a [u8]),
    /// A computed number.
    Number(f64),
}

impl<'a> Cell<'a> {
    /// The value as text; empty for null. Text that has to be decoded goes into `scratch`. Sets `is_lossy` if there are
    /// bytes that are not UTF-8.
    pub fn text<'b>(self, scratch: &'b mut String, is_lossy: &mut bool) -> &'b str
    where
        'a: 'b,
    {
        match self {
            Self::Null => "",
            Self::Text(bytes) => match std::str::from_utf8(bytes) {
                Ok(text) => text,
                Err(_) => {
                    *is_lossy = true;
                    scratch.clear();
                    scratch.push_str(&String::from_utf8_lossy(bytes));
                    scratch
                }
            },
            Self::Escaped(bytes) => {
                *is_lossy |= unescape(bytes, scratch);
                scratch
            }
            Self::Number(number) => {
                *scratch = number.to_string();
                scratch
            }
        }
    }

    /// The value as owned text.
    #[must_use]
    pub fn to_text(self) -> String {
        let mut scratch = String::new();
        self.text(&mut scratch, &mut false).to_owned()
    }

    /// The value as a score. A judge's distribution over tokens (`{'85': 0.9, 'CODE': 0.1}`) becomes its mean.
    ///
    /// # Errors
    /// The text if it is neither a number nor null.
    pub fn score(self) -> Result<Score, Cow<'a, str>> {
        match self {
            Self::Null => Ok(Score::NULL),
            Self::Number(number) => Ok(Score::new(number)),
            Self::Text(bytes) => {
                if bytes.trim_ascii_start().first() == Some(&b'{')
                    && let Some(score) = distribution::mean(bytes)
                {
                    return Ok(score);
                }
                match std::str::from_utf8(bytes) {
                    Ok(text) => score::parse(text).map_err(Cow::Borrowed),
                    Err(_) => Err(String::from_utf8_lossy(bytes)),
                }
            }
            Self::Escaped(_) => {
                let text = self.to_text();
                score::parse(&text).map_err(|bad| Cow::Owned(bad.to_owned()))
            }
        }
    }

    /// Whether the value is missing or empty.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        match self {
            Self::Null => true,
            Self::Text(bytes) | Self::Escaped(bytes) => bytes.is_empty(),
            Self::Number(_) => false,
        }
    }
}

/// The values of one row, by column number.
pub trait Fields {
    /// A column's value; null if the row has none.
    fn get(&self, column: usize) -> Cell<'_>;
}

/// Values in column order, starting with column 0.
impl Fields for Vec<Cell<'_>> {
    fn get(&self, column: usize) -> Cell<'_> {
        self.as_slice().get(column).copied().unwrap_or(Cell::Null)
    }
}
