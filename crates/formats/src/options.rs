//! How a file is read.

use std::rc::Rc;

use super::roles::{Mapping, Need, fingerprint};

/// How a file is read.
#[derive(Debug, Clone)]
pub struct Options {
    /// What is needed of it.
    pub need: Need,
    /// Parts that the reader gave to its columns.
    pub mapping: Mapping,
    /// Parts that the reader gave to columns of other files, by [`fingerprint`] of their header: a file of the same
    /// columns is read the same way.
    pub remembered: Rc<[(u64, Mapping)]>,
}

impl Options {
    /// The reader's parts for these columns.
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
