//! A file's beginning, for a reader who gives parts to columns.

use serde::{Deserialize, Serialize};

use super::roles::Role;

/// A file's first rows as text, and the parts that its columns seem to play.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The first rows, each with a text for every column, long ones cut.
    pub rows: Vec<Vec<String>>,
    /// Parts and the number of their column.
    pub roles: Vec<(Role, usize)>,
    /// What a mapping of these columns is remembered by.
    pub fingerprint: u64,
}

/// A cell of a preview, cut to what one looks at.
pub(super) fn cut(mut text: String) -> String {
    const LIMIT: usize = 300;
    if let Some((end, _)) = text.char_indices().nth(LIMIT) {
        text.truncate(end);
        text.push('…');
    }
    text
}
