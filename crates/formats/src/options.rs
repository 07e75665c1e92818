//! Options for reading a file.

use std::rc::Rc;

use super::roles::{Mapping, Need, fingerprint};

/// Options for reading a file.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the file must contain.
    pub need: Need,
    /// Roles that the reader assigned to its columns.
    pub mapping: Mapping,
    /// Roles that the reader assigned to columns of other files, by [`fingerprint`] of their header. A file with the
    /// same columns is read in the same way.
    pub remembered: Rc<[(u64, Mapping)]>,
}

impl Options {
    /// The reader's roles for these columns.
    pub(super) fn mapping_of(&self, columns: &[String]) -> &Mapping {
        let wanted = if self.mapping.roles.is_empty() { fingerprint(columns) } else { 0 };
        let known = self.remembered.iter().find(|(print, _)| self.mapping.roles.is_empty() && *print == wanted);
        known.map_or(&self.mapping, |(_, mapping)| mapping)
    }
}

impl From<Need> for Options {
    fn from(need: Need) -> Self {
        Self { need, mapping: Mapping::default(), remembered: Rc::default() }
    }
}
