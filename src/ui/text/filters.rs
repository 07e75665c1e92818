//! Strings of the filters, the search and the metric.

use crate::domain::query::metric::Metric;
use crate::domain::text::search::Within;

/// Where the search looks: an entry of its picker.
#[must_use]
pub const fn within(within: Within) -> &'static str {
    match within {
        Within::Answers => "answers",
        Within::Questions => "questions",
        Within::Both => "answers and questions",
    }
}

/// Name of a metric in the picker.
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

/// Legend of the files.
pub const FILES: &str = "Files";
/// Legend of the models.
pub const MODELS: &str = "Models";
/// Legend of the groups of models.
pub const GROUPS: &str = "Groups";
/// Legend of the seeds.
pub const SEEDS: &str = "Seeds";
/// Legend of the categories.
pub const CATEGORIES: &str = "Categories";
/// Legend of the questions.
pub const QUESTIONS: &str = "Questions";
/// Summary of all filters.
pub const SUMMARY: &str = "Filter";
/// Button that clears all filters.
pub const CLEAR: &str = "Show all rows again";
/// Label of the search box.
pub const SEARCH: &str = "Rows that contain";
/// Placeholder of the search box.
pub const SEARCH_PLACEHOLDER: &str = "words";
/// Label of the picker of where to search.
pub const SEARCH_IN: &str = "Search in";
/// Box: the words are a regular expression.
pub const REGEX: &str = "As a regular expression";
/// Label of the picker of the column with the alignment score.
pub const JUDGE_ALIGNED: &str = "Alignment score";
/// Label of the picker of the column with the coherence score.
pub const JUDGE_COHERENT: &str = "Coherence score";
/// After the number of names that are not listed.
pub const MORE_NAMES: &str = " more are not listed; the address takes their names.";
/// Label of the picker of metrics.
pub const METRIC: &str = "What is computed";
/// Label of the picker of the baseline.
pub const BASELINE: &str = "By group, minus";
/// Entry without a baseline.
pub const NO_BASELINE: &str = "nothing: by model";

/// After the summary: how many filters are set.
#[must_use]
pub fn num_set(number: usize) -> String {
    format!(" ({number} set)")
}
