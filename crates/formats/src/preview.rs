//! The first rows of a file, for a reader who assigns roles to columns.

use serde::{Deserialize, Serialize};

use super::roles::Role;

/// A file's first rows as text, and the guessed roles of its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preview {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The first rows. Each has a text for every column; long texts are cut.
    pub rows: Vec<Vec<String>>,
    /// Roles, each with the number of its column.
    pub roles: Vec<(Role, usize)>,
    /// Key under which a mapping of these columns is remembered.
    pub fingerprint: u64,
}

/// A cell of a preview, cut to a length that fits the table (300 characters).
pub(super) fn cut(mut text: String) -> String {
    const LIMIT: usize = 300;
    if let Some((end, _)) = text.char_indices().nth(LIMIT) {
        text.truncate(end);
        text.push('…');
    }
    text
}
