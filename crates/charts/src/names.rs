//! Names of groups for their marks: short and all different.

use std::collections::{HashMap, HashSet};

use askew_domain::query::{GroupKey, Row};

/// A file's name without its folders.
fn base(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

/// Short names of rows: the model, and also the file if two rows would have the same name.
#[must_use]
pub fn model_labels(rows: &[Row]) -> Vec<(GroupKey, String)> {
    let keys: Vec<GroupKey> = rows.iter().map(|row| row.key.clone()).collect();
    let names = labels(&keys);
    keys.into_iter().zip(names).collect()
}

/// Short names of groups, in their order. Parts that all groups share are left out, unless nothing would remain. The
/// file is added only if two names would be the same.
#[must_use]
pub fn labels(keys: &[GroupKey]) -> Vec<String> {
    let shared = Shared::new(keys);
    let short: Vec<String> = keys.iter().map(|key| name(&shared.without(key))).collect();
    let mut times: HashMap<&str, usize> = HashMap::new();
    for name in &short {
        *times.entry(name).or_default() += 1;
    }
    let is_double = |name: &str| times.get(name).is_some_and(|&times| times > 1);
    let bases: Vec<&str> = keys.iter().map(|key| key.file.as_deref().map_or("", base)).collect();
    let mut full: Vec<String> = short
        .iter()
        .zip(&bases)
        .map(|(name, file)| match (name.as_str(), *file) {
            (_, "") => name.clone(),
            ("", file) => file.to_owned(),
            (_, file) if is_double(name) => format!("{name} · {file}"),
            _ => name.clone(),
        })
        .collect();
    full.iter_mut().filter(|name| name.is_empty()).for_each(|name| "all rows".clone_into(name));
    // Files with the same name in two folders.
    let mut seen: HashMap<String, usize> = HashMap::new();
    for name in &full {
        *seen.entry(name.clone()).or_default() += 1;
    }
    for (name, key) in full.iter_mut().zip(keys) {
        if seen.get(name).is_some_and(|&times| times > 1) {
            *name = key.label();
        }
    }
    full
}

/// A group's parts as text, without the file; empty if there are none.
fn name(key: &GroupKey) -> String {
    let key = GroupKey { file: None, ..key.clone() };
    if key == GroupKey::default() { String::new() } else { key.label() }
}

/// Parts that are the same in all groups. They are left out if the groups also differ in something else.
struct Shared {
    group: bool,
    model: bool,
}

impl Shared {
    fn new(keys: &[GroupKey]) -> Self {
        let [first, ..] = keys else { return Self { group: false, model: false } };
        let is_shared =
            |same: fn(&GroupKey, &GroupKey) -> bool| keys.len() > 1 && keys.iter().all(|key| same(key, first));
        Self { group: is_shared(|a, b| a.group == b.group), model: is_shared(|a, b| a.model == b.model) }
    }

    fn without(&self, key: &GroupKey) -> GroupKey {
        let mut short = key.clone();
        // A model and its group of models give almost the same information. The model stays.
        if key.model.is_some() && self.group {
            short.group = None;
        }
        let rest = GroupKey { model: None, file: None, ..short.clone() };
        if rest != GroupKey::default() && self.model {
            short.model = None;
        }
        short
    }
}

/// Names of groups, by group.
#[derive(Debug, Clone, Default)]
pub struct Named(HashMap<GroupKey, String>);

impl Named {
    /// Finds names for some groups. Duplicates count once.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = GroupKey>) -> Self {
        let mut seen = HashSet::new();
        let keys: Vec<GroupKey> = keys.into_iter().filter(|key| seen.insert(key.clone())).collect();
        let names = labels(&keys);
        Self(keys.into_iter().zip(names).collect())
    }

    /// A group's name; empty if the group is not among them.
    #[must_use]
    pub fn of(&self, key: &GroupKey) -> String {
        self.0.get(key).cloned().unwrap_or_default()
    }

    /// All names, in no particular order.
    pub fn all(&self) -> impl Iterator<Item = &String> {
        self.0.values()
    }
}

/// The names without a long start that all of them share, for narrow places.
#[must_use]
pub fn ends(names: &[String]) -> Vec<String> {
    const LEAST: usize = 8;
    let Some(first) = names.first().filter(|_| names.len() > 1) else { return names.to_vec() };
    let is_shared =
        |at: &usize| names.iter().all(|name| name.get(..*at).is_some_and(|start| Some(start) == first.get(..*at)));
    // The shared start must end at the end of a word.
    let is_end = |at: &usize| first.get(..*at).is_some_and(|start| start.ends_with(['-', '_', ' ', '/', '.']));
    let shared = (LEAST..first.len()).rev().find(|at| is_end(at) && is_shared(at));
    match shared {
        Some(at) => names.iter().map(|name| format!("…{}", name.get(at..).unwrap_or_default())).collect(),
        None => names.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(file: &str, model: &str, question: Option<&str>) -> GroupKey {
        GroupKey {
            file: Some(file.into()),
            model: Some(model.into()),
            question: question.map(Into::into),
            ..GroupKey::default()
        }
    }

    #[test]
    fn a_shared_start_is_left_out_of_narrow_places() {
        let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(ends(&names(&["Qwen2.5-32B_base", "Qwen2.5-32B_bad"])), ["…base", "…bad"]);
        assert_eq!(ends(&names(&["a_b", "a_c"])), ["a_b", "a_c"], "a short start stays");
        assert_eq!(ends(&names(&["Qwen2.5-32B", "Qwen2.5-32B"])), ["…32B", "…32B"]);
        assert_eq!(ends(&names(&["only_this_one"])), ["only_this_one"]);
    }

    #[test]
    fn names_are_short_and_told_apart() {
        assert_eq!(labels(&[key("a/x.csv", "m1", None), key("a/x.csv", "m2", None)]), ["m1", "m2"]);
        assert_eq!(labels(&[key("a/x.csv", "m", None), key("a/y.csv", "m", None)]), ["m · x.csv", "m · y.csv"]);
        assert_eq!(labels(&[key("a/x.csv", "m", None), key("b/x.csv", "m", None)]), ["m · a/x.csv", "m · b/x.csv"]);
        assert_eq!(labels(&[key("x", "m", Some("q1")), key("x", "m", Some("q2"))]), ["q1", "q2"]);
        assert_eq!(labels(&[key("x.csv", "m", None)]), ["m"]);
        assert_eq!(labels(&[GroupKey::default()]), ["all rows"]);
    }
}
