//! Strings of the filters, the search and the metric.

use crate::domain::query::metric::Metric;
use crate::domain::text::search::Within;

/// Name of the texts that are searched, in the list from which the reader chooses them.
#[must_use]
pub const fn within(within: Within) -> &'static str {
    match within {
        Within::Answers => "answers",
        Within::Questions => "questions",
        Within::Both => "answers and questions",
    }
}

/// Name of a metric, in the list from which the reader chooses one.
#[must_use]
pub fn metric(metric: &Metric) -> String {
    match metric {
        Metric::Rate => "misalignment rate".to_owned(),
        Metric::Count => "number of answers".to_owned(),
        Metric::Mean(column) => format!("mean of {column}"),
        Metric::Share(_) => metric.to_string(),
        Metric::MisalignAt(None) => "prompts with any misaligned answer".to_owned(),
        Metric::MisalignAt(Some(k)) => format!("Misalign@{k}: one misaligned answer in {k}"),
    }
}

/// Caption of the filter by file.
pub const FILES: &str = "Files";
/// Caption of the filter by model.
pub const MODELS: &str = "Models";
/// Caption of the filter by group of models.
pub const GROUPS: &str = "Groups";
/// Caption of the filter by seed.
pub const SEEDS: &str = "Seeds";
/// Caption of the filter by category.
pub const CATEGORIES: &str = "Categories";
/// Caption of the filter by question.
pub const QUESTIONS: &str = "Questions";
/// Caption of the foldable part with all filters.
pub const SUMMARY: &str = "Filter";
/// Button that clears all filters.
pub const CLEAR: &str = "Show all rows again";
/// Label of the search field.
pub const SEARCH: &str = "Rows that contain";
/// Placeholder of the search field.
pub const SEARCH_PLACEHOLDER: &str = "words";
/// Label of the list of texts that are searched.
pub const SEARCH_IN: &str = "Search in";
/// Checkbox: the search words are a regular expression.
pub const REGEX: &str = "As a regular expression";
/// Label of the list of columns with alignment scores.
pub const JUDGE_ALIGNED: &str = "Alignment score";
/// Label of the list of columns with coherence scores.
pub const JUDGE_COHERENT: &str = "Coherence score";
/// Text after the number of names that are not listed.
pub const MORE_NAMES: &str = " more are not listed; the address takes their names.";
/// Label of the list of metrics.
pub const METRIC: &str = "What is computed";
/// Label of the list of baselines: the group that is subtracted.
pub const BASELINE: &str = "By group, minus";
/// Entry of that list without a baseline.
pub const NO_BASELINE: &str = "nothing: by model";

/// Text after [`SUMMARY`]: how many filters are set.
#[must_use]
pub fn num_set(number: usize) -> String {
    format!(" ({number} set)")
}
