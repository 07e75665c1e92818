//! Cells: the combinations of file, model, question and settings that rows are counted by.

use serde::{Deserialize, Serialize};

use super::facet::{NameFacets, Number, Setting};

/// The file, model, question and settings of a row. Each combination that occurs is one cell, and rows are counted by
/// cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct CellKey {
    /// Name of the row's file as the reader chose it, with its path if there is one.
    pub file: String,
    /// Model, from the row. If the file has no such column, from the file's name.
    pub model: String,
    /// Group of models (a training set or a condition); empty if the file has none.
    pub group: String,
    /// Question id. If the file has no ids, the first 60 characters of the question.
    pub question: String,
    /// Model seed; empty if unknown.
    pub seed: String,
    /// Category or subset of the question; empty if unknown.
    pub category: String,
    /// Numbers that the model was made or run with (step, layer, rank ...), sorted by name. Names are unique.
    pub settings: Vec<Setting>,
}

impl CellKey {
    /// A key with the seed and the settings from the names of file and model.
    #[must_use]
    pub fn from_names(file: &str, model: &str, group: &str, question: &str) -> Self {
        let mut facets = NameFacets::default();
        facets.read(file);
        facets.read(model);
        Self {
            file: file.to_owned(),
            model: model.to_owned(),
            group: group.to_owned(),
            question: question.to_owned(),
            seed: facets.seed,
            category: String::new(),
            settings: facets.settings,
        }
    }

    /// Sets a setting from a column of the file. It replaces the value from the name. A value that is not finite is
    /// ignored.
    pub fn set(&mut self, name: &str, value: f64) {
        let mut facets = NameFacets { seed: String::new(), settings: std::mem::take(&mut self.settings) };
        facets.set(name, value);
        self.settings = facets.settings;
    }

    /// A setting's value by name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<Number> {
        let at = self.settings.binary_search_by(|setting| setting.name.as_str().cmp(name)).ok()?;
        self.settings.get(at).map(|setting| setting.value)
    }
}

/// A way of asking. Published sets ask each question in up to three ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Variant {
    /// The question without additions.
    Main,
    /// The question asks for an answer as JSON (the id ends with `_json`).
    Json,
    /// The question asks for an answer in a code template (the id ends with `_template`).
    Template,
}

impl Variant {
    /// All ways of asking, in order.
    pub const ALL: [Self; 3] = [Self::Main, Self::Json, Self::Template];

    /// The name used in links and labels.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Json => "json",
            Self::Template => "template",
        }
    }

    /// The variant with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|variant| variant.name() == name)
    }

    /// The variant of a question id.
    #[must_use]
    pub fn of(question: &str) -> Self {
        if question.ends_with("_json") {
            Self::Json
        } else if question.ends_with("_template") {
            Self::Template
        } else {
            Self::Main
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_says_more_than_a_name() {
        let mut key = CellKey::from_names("rank_8/x_S3.csv", "m-7B", "g", "q");
        assert_eq!((key.seed.as_str(), key.setting("rank").map(Number::get)), ("3", Some(8.0)));
        key.set("rank", 16.0);
        key.set("fraction", 0.5);
        let settings: Vec<String> = key.settings.iter().map(|s| format!("{}={}", s.name, s.value)).collect();
        assert_eq!(settings, ["fraction=0.5", "rank=16", "size=7"]);
    }
}
