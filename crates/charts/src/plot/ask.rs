//! The request for a figure, and the words that describe it.

use crate::names;
use crate::picture::{Picture, Target};
use crate::words::Unit;
use askew_domain::answers::Part;
use askew_domain::query::metric::Metric;
use askew_domain::query::{By, GroupKey, Query};
use askew_domain::stats::interval::IntervalKind;
use askew_domain::view::plot::Plot;

/// A figure to lay out.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ask<'a> {
    pub(super) plot: &'a Plot,
    pub(super) query: &'a Query,
    pub(super) width: f32,
}

impl Ask<'_> {
    /// What the numbers measure.
    pub(super) fn what(&self) -> String {
        what(&self.query.metric)
    }

    pub(super) fn unit(&self) -> Unit {
        Unit::of(&self.query.metric)
    }

    /// The grouping of rows. If none was chosen, there is one row for everything.
    pub(super) fn rows(&self) -> By {
        self.plot.rows.clone().unwrap_or(By::NOTHING)
    }

    /// The grouping of series.
    pub(super) fn series(&self) -> By {
        self.plot.series.clone().unwrap_or(By::NOTHING)
    }

    /// A note on what the intervals treat as random.
    pub(super) const fn interval_note(&self) -> &'static str {
        match self.query.interval {
            IntervalKind::Seed => "Intervals: 95 %, bootstrap over model seeds.",
            IntervalKind::Cluster => "Intervals: 95 %, clustered by question where there are several.",
            IntervalKind::Bootstrap => "Intervals: 95 %, bootstrap over questions.",
            IntervalKind::Wilson => "Intervals: 95 %, Wilson, answers as independent draws.",
            IntervalKind::Clopper => "Intervals: 95 %, Clopper-Pearson, answers as independent draws.",
        }
    }
}

/// What a metric's numbers measure: the start of a title.
pub(super) fn what(metric: &Metric) -> String {
    match metric {
        Metric::Rate => "Misaligned answers".to_owned(),
        Metric::Mean(column) => format!("Mean of {column}"),
        Metric::Count => "Answers".to_owned(),
        Metric::Share(conditions) => {
            let words: Vec<String> = conditions.iter().map(ToString::to_string).collect();
            format!("Answers with {}", words.join(" and "))
        }
        Metric::MisalignAt(None) => "Prompts with a misaligned answer".to_owned(),
        Metric::MisalignAt(Some(k)) => format!("Prompts with a misaligned answer among {k}"),
    }
}

/// Names of a grouping's parts for titles. The file appears only if it is the only part.
fn parts(by: &By) -> Vec<&str> {
    let all = [
        (by.question, "question"),
        (by.group, "group"),
        (by.model, "model"),
        (by.category, "category"),
        (by.variant, "way of asking"),
        (by.seed, "seed"),
    ];
    let mut parts: Vec<&str> = all.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| name).collect();
    parts.extend(by.settings.iter().map(String::as_str));
    if by.file && parts.is_empty() {
        parts.push("file");
    }
    parts
}

/// " by model and question". Empty if there is no grouping.
pub(super) fn by_words(groupings: &[&By]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for name in groupings.iter().flat_map(|by| parts(by)) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { String::new() } else { format!(" by {}", names.join(" and ")) }
}

/// Heading for a column with a grouping's names, such as "Model".
pub(super) fn heading(by: &By) -> String {
    let name = parts(by).join(", ");
    let mut characters = name.chars();
    characters.next().map_or_else(|| "Group".to_owned(), |first| first.to_uppercase().chain(characters).collect())
}

/// The parts of a group that belong to a grouping.
pub(super) fn projected(key: &GroupKey, by: &By) -> GroupKey {
    let keep = |is_on: bool, part: &Option<String>| if is_on { part.clone() } else { None };
    GroupKey {
        file: keep(by.file, &key.file),
        model: keep(by.model, &key.model),
        question: keep(by.question, &key.question),
        group: keep(by.group, &key.group),
        seed: keep(by.seed, &key.seed),
        category: keep(by.category, &key.category),
        variant: if by.variant { key.variant } else { None },
        settings: key.settings.iter().filter(|setting| by.settings.contains(&setting.name)).cloned().collect(),
    }
}

/// Short names of groups from one grouping.
pub(super) fn labels(keys: &[GroupKey]) -> Vec<String> {
    names::labels(keys)
}

/// The answers that a part of a group opens, and how many; `None` if there are none.
pub(super) fn opens(group: &GroupKey, part: Part, num: u64) -> Option<(Target, u64)> {
    (num > 0).then(|| (Target { group: group.clone(), part }, num))
}

/// A picture that says why the figure cannot be drawn.
pub(super) fn refused(title: &str, width: f32, why: &str) -> Picture {
    let mut draft = crate::draft::Draft::new(title, width);
    let room = draft.width();
    let height = draft.paragraph((0.0, 0.0), why, crate::draft::LABEL, crate::picture::Ink::Quiet, room);
    draft.finish(height + 8.0, why.to_owned())
}

/// Whether a group's name suggests an untouched or well-behaved model. By default, others are compared with it.
pub(super) fn is_base(name: &str) -> bool {
    let lower = name.to_lowercase();
    ["base", "control", "secure", "good"].iter().any(|word| lower.contains(word)) && !lower.contains("insecure")
}
