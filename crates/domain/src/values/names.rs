//! Strings with numbers. All lists of names share this code, because the first screen's worker contains it.

use std::collections::HashMap;

/// Strings with numbers, each string once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    names: Vec<String>,
    index: HashMap<String, u32>,
}

impl Names {
    /// The number of a name. A new name gets the next number.
    pub(crate) fn id(&mut self, name: &str) -> u32 {
        if let Some(&id) = self.index.get(name) {
            return id;
        }
        let id = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), id);
        id
    }

    /// Whether it is one of them.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }

    /// The name of a number; empty for an unknown one.
    pub(crate) fn name(&self, id: u32) -> &str {
        self.names.get(id as usize).map_or("", String::as_str)
    }

    /// All names, by number.
    pub(crate) fn all(&self) -> &[String] {
        &self.names
    }
}

impl<'a> FromIterator<&'a str> for Names {
    fn from_iter<T: IntoIterator<Item = &'a str>>(names: T) -> Self {
        let mut all = Self::default();
        for name in names {
            all.id(name);
        }
        all
    }
}
