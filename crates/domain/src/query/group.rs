//! Groupings and groups.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::values::cell::{CellKey, Variant};
use crate::values::facet::{Number, Setting};

/// What rows are grouped by. Without any part all rows are one group.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct By {
    /// One group for each file.
    pub file: bool,
    /// One group for each model.
    pub model: bool,
    /// One group for each question.
    pub question: bool,
    /// One group for each group of models.
    pub group: bool,
    /// One group for each model seed.
    pub seed: bool,
    /// One group for each category or subset.
    pub category: bool,
    /// One group for each way of asking.
    pub variant: bool,
    /// One group for each combination of values of these settings. Names are sorted and unique.
    pub settings: Vec<String>,
}

impl By {
    /// Everything in one group.
    pub const NOTHING: Self = Self {
        file: false,
        model: false,
        question: false,
        group: false,
        seed: false,
        category: false,
        variant: false,
        settings: Vec::new(),
    };

    /// Reads a list of parts, such as `file,model`. `all` means no grouping. Any other word is the name of a setting.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let mut by = Self::NOTHING;
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty() && *part != "all") {
            match part {
                "file" => by.file = true,
                "model" => by.model = true,
                "question" => by.question = true,
                "group" => by.group = true,
                "seed" => by.seed = true,
                "category" => by.category = true,
                "variant" => by.variant = true,
                _ => by.add_setting(&part.to_lowercase()),
            }
        }
        by
    }

    /// One group for each value of one setting.
    #[must_use]
    pub fn setting(name: &str) -> Self {
        Self { settings: vec![name.to_owned()], ..Self::NOTHING }
    }

    fn add_setting(&mut self, name: &str) {
        if let Err(at) = self.settings.binary_search_by(|known| known.as_str().cmp(name)) {
            self.settings.insert(at, name.to_owned());
        }
    }

    /// Both groupings at once.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = Self {
            file: self.file || other.file,
            model: self.model || other.model,
            question: self.question || other.question,
            group: self.group || other.group,
            seed: self.seed || other.seed,
            category: self.category || other.category,
            variant: self.variant || other.variant,
            settings: self.settings.clone(),
        };
        for name in &other.settings {
            both.add_setting(name);
        }
        both
    }
}

/// For arguments of commands.
impl From<&str> for By {
    fn from(text: &str) -> Self {
        Self::read(text)
    }
}

impl Default for By {
    /// By file and model: files are pooled only if the reader asks for it.
    fn default() -> Self {
        Self { file: true, model: true, ..Self::NOTHING }
    }
}

/// A group: the parts of a [`CellKey`] that rows are grouped by. The other parts are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct GroupKey {
    pub file: Option<String>,
    pub model: Option<String>,
    pub question: Option<String>,
    /// Group of models.
    pub group: Option<String>,
    /// Model seed.
    pub seed: Option<String>,
    /// Category or subset.
    pub category: Option<String>,
    /// Way of asking.
    pub variant: Option<Variant>,
    /// Values of settings, sorted by name. Names are unique. A cell without one of the settings is not in the group.
    pub settings: Vec<Setting>,
}

impl GroupKey {
    /// The group of a cell; `None` for a cell without one of the grouping's settings.
    #[must_use]
    pub fn of(cell: &CellKey, by: &By) -> Option<Self> {
        let part = |on: bool, name: &String| on.then(|| name.clone());
        let setting = |name: &String| Some(Setting { name: name.clone(), value: cell.setting(name)? });
        Some(Self {
            file: part(by.file, &cell.file),
            model: part(by.model, &cell.model),
            question: part(by.question, &cell.question),
            group: part(by.group, &cell.group),
            seed: part(by.seed, &cell.seed),
            category: part(by.category, &cell.category),
            variant: by.variant.then(|| Variant::of(&cell.question)),
            settings: by.settings.iter().map(setting).collect::<Option<_>>()?,
        })
    }

    /// Whether a cell belongs to the group.
    #[must_use]
    pub fn holds(&self, cell: &CellKey) -> bool {
        let same = |want: &Option<String>, name: &String| want.as_ref().is_none_or(|want| want == name);
        same(&self.file, &cell.file)
            && same(&self.model, &cell.model)
            && same(&self.question, &cell.question)
            && same(&self.group, &cell.group)
            && same(&self.seed, &cell.seed)
            && same(&self.category, &cell.category)
            && self.variant.is_none_or(|variant| variant == Variant::of(&cell.question))
            && self.settings.iter().all(|want| cell.setting(&want.name) == Some(want.value))
    }

    /// The group of the cells in both groups. Parts that are `None` here come from the other group.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let other = other.clone();
        let mut settings = self.settings.clone();
        settings.extend(other.settings.into_iter().filter(|setting| self.setting(&setting.name).is_none()));
        settings.sort();
        Self {
            file: self.file.clone().or(other.file),
            model: self.model.clone().or(other.model),
            question: self.question.clone().or(other.question),
            group: self.group.clone().or(other.group),
            seed: self.seed.clone().or(other.seed),
            category: self.category.clone().or(other.category),
            variant: self.variant.or(other.variant),
            settings,
        }
    }

    /// A setting's value by name.
    #[must_use]
    pub fn setting(&self, name: &str) -> Option<Number> {
        self.settings.iter().find(|setting| setting.name == name).map(|setting| setting.value)
    }

    /// Whether groups of this kind have an order of their own, as values of settings and ways of asking do.
    #[must_use]
    pub const fn has_order(&self) -> bool {
        !self.settings.is_empty() || self.variant.is_some()
    }

    /// The group's name for a reader: its parts. The file appears only if it does not contain the model's name.
    #[must_use]
    pub fn label(&self) -> String {
        let mut shown: Vec<String> = [&self.group, &self.model].into_iter().flatten().cloned().collect();
        shown.extend(self.seed.as_ref().filter(|seed| !seed.is_empty()).map(|seed| format!("seed {seed}")));
        shown.extend(self.settings.iter().map(|setting| format!("{} {}", setting.name, setting.value)));
        shown.extend([&self.category, &self.question].into_iter().flatten().cloned());
        shown.extend(self.variant.map(|variant| variant.name().to_owned()));
        shown.retain(|part| !part.is_empty());
        if let Some(file) = &self.file
            && !self.model.as_ref().is_some_and(|model| !model.is_empty() && file.contains(model.as_str()))
        {
            shown.push(file.clone());
        }
        if shown.is_empty() { "all rows".to_owned() } else { shown.join(" · ") }
    }
}

/// The groups of a dataset's cells, numbered in order of their first cell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Groups {
    /// Every group.
    pub(crate) keys: Vec<GroupKey>,
    /// The number of each cell's group, by number of the cell.
    pub(crate) of_cell: Vec<Option<usize>>,
}

impl Groups {
    pub(crate) fn new<'a>(cells: impl IntoIterator<Item = &'a CellKey>, by: &By) -> Self {
        let mut groups = Self::default();
        let mut index: HashMap<GroupKey, usize> = HashMap::new();
        for cell in cells {
            let group = GroupKey::of(cell, by).map(|key| {
                *index.entry(key).or_insert_with_key(|key| {
                    groups.keys.push(key.clone());
                    groups.keys.len() - 1
                })
            });
            groups.of_cell.push(group);
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_holds_the_cells_that_fall_into_it() {
        let mut cell = CellKey::from_names("run_S1/x.csv", "m", "g", "q_json");
        cell.category = "harm".into();
        cell.set("step", 100.0);
        let by = By::read("model,seed,category,variant,step");
        let key = GroupKey::of(&cell, &by).unwrap();
        assert!(key.holds(&cell));
        assert_eq!(key.label(), "m · seed 1 · step 100 · harm · json");
        let mut other = cell.clone();
        other.set("step", 200.0);
        assert!(!key.holds(&other));
        other.settings.clear();
        assert_eq!(GroupKey::of(&other, &by), None, "a row without a step is in no group by step");
        assert_eq!((By::read("all"), By::read("file,model")), (By::NOTHING, By::default()));
        assert_eq!(By::read("step,Layer,step").settings, ["layer", "step"]);
        assert_eq!(GroupKey::of(&cell, &By::read("step,layer")), None, "nor is one without a layer by both");
    }
}
