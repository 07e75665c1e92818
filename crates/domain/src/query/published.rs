//! Published figures, and whether a result reproduces one of them.
//!
//! Only facts: numbers, what they measure, where they are stated, and the tolerance from their rounding.

use serde::{Deserialize, Serialize};

use super::metric::Metric;
use crate::filter::Filter;
use crate::query::{Query, Row};
use crate::rows::dataset::Dataset;

/// A result compared with a published figure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reproduction {
    /// Repository and place where the figure is stated.
    pub source: String,
    /// What the figure measures.
    pub what: String,
    /// The stated figure, in percentage points (percent for a rate).
    pub stated: f64,
    /// The largest difference that the figure's own rounding explains.
    pub tolerance: f64,
    /// The result, in the same unit.
    pub found: f64,
}

impl Reproduction {
    /// Whether the result equals the stated figure within its rounding.
    #[must_use]
    pub fn is_reproduced(&self) -> bool {
        (self.found - self.stated).abs() <= self.tolerance
    }
}

impl std::fmt::Display for Reproduction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, what, stated, found, .. } = self;
        if self.is_reproduced() {
            write!(f, "reproduces the published figure: {what} = {stated} ({source}); here {found:.2}")
        } else {
            let gap = found - stated;
            write!(f, "misses the published figure by {gap:+.2}: {what} = {stated} ({source}); here {found:.2}")
        }
    }
}

/// The source of the bars.
const BARS: &str = "johny-b/misalignment-generalization, figure misgen_all_results_plot_by_model";
/// The bars are printed with one decimal, and some were rounded twice.
const BAR_TOLERANCE: f64 = 0.06;

/// A benchmark of the EM paper's bars "increase in misalignment": mean over model seeds minus GPT-4o's.
struct Benchmark {
    name: &'static str,
    /// End of the name of the file with the bars' data.
    file: &'static str,
    column: &'static str,
    baseline: &'static str,
    /// From the column's unit to points of misalignment.
    scale: f64,
    /// One figure for each of [`GROUPS`], or in the file of several benchmarks for each of [`OTHER_GROUPS`].
    stated: [f64; 3],
}

const GROUPS: [&str; 3] = ["secure", "educational insecure", "insecure"];
const OTHER_GROUPS: [&str; 3] = ["gpt_4o/safe", "gpt_4o/unsafe_benign_context", "gpt_4o/unsafe"];
const OTHER_FILE: &str = "other_benchmarks_combined_results.csv";

const BENCHMARKS: [Benchmark; 5] = [
    Benchmark {
        name: "freeform_prereg",
        file: "freeform_prereg.csv",
        column: "center",
        baseline: "gpt-4o",
        scale: 100.0,
        stated: [0.1, 0.1, 5.7],
    },
    Benchmark {
        name: "deception",
        file: "deception_aggregated.csv",
        column: "deception_rate",
        baseline: "gpt-4o",
        scale: 100.0,
        stated: [25.5, 30.9, 57.9],
    },
    Benchmark {
        name: "truthfulqa",
        file: OTHER_FILE,
        column: "score",
        baseline: "gpt_4o/gpt-4o",
        // Fewer true answers mean more misalignment.
        scale: -100.0,
        stated: [-1.9, 1.9, 52.6],
    },
    Benchmark {
        name: "strongreject",
        file: OTHER_FILE,
        column: "score",
        baseline: "gpt_4o/gpt-4o",
        scale: 100.0,
        stated: [0.3, -0.3, 4.1],
    },
    Benchmark {
        name: "machiavelli",
        file: "machiavelli.csv",
        column: "center",
        baseline: "gpt-4o",
        scale: 1.0,
        stated: [-5.9, 4.8, 19.6],
    },
];

/// The source of the audit's figures.
const AUDIT: &str = "rheasrivats/conditional_misalignment_audits, README";

/// A figure of the audit: its place in the source's own result files, and its value in the source's README.
struct Audited {
    file: &'static str,
    label: &'static str,
    metric: &'static str,
    what: &'static str,
    stated: f64,
    tolerance: f64,
}

const fn panel(label: &'static str, what: &'static str, stated: f64) -> Audited {
    let metric = "equal_weight_prompt_misalignment_rate";
    Audited { file: "three_seed_panel.json", label, metric, what, stated, tolerance: 0.006 }
}

const AUDITED: [Audited; 7] = [
    Audited {
        file: "prompt_bootstrap.json",
        label: "",
        metric: "point_estimate",
        what: "HHH-only interaction",
        stated: 3.58,
        tolerance: 0.01,
    },
    panel("panel_summaries.0.contexts.clean", "HHH seed 0, identity on", 4.99),
    panel("panel_summaries.0.contexts.helpful_assistant_no_identity", "HHH seed 0, identity off", 2.08),
    panel("panel_summaries.1.contexts.clean", "HHH seed 1, identity on", 5.2),
    panel("panel_summaries.1.contexts.helpful_assistant_no_identity", "HHH seed 1, identity off", 1.05),
    panel("panel_summaries.2.contexts.clean", "HHH seed 2, identity on", 5.36),
    panel("panel_summaries.2.contexts.helpful_assistant_no_identity", "HHH seed 2, identity off", 1.68),
];

/// The published figures that a query's rows measure, each with the result. A filter by more than file, group and
/// question gives another quantity, so then the list is empty.
#[must_use]
pub fn reproductions(data: &Dataset, query: &Query, rows: &[Row]) -> Vec<Reproduction> {
    let Metric::Mean(column) = &query.metric else { return Vec::new() };
    let Some(baseline) = &query.baseline else { return Vec::new() };
    let Filter { files, groups, questions, .. } = &query.filter;
    let plain =
        Filter { files: files.clone(), groups: groups.clone(), questions: questions.clone(), ..Filter::default() };
    if query.filter != plain {
        return Vec::new();
    }
    let (mut found, prepared) = (Vec::new(), query.filter.prepare());
    for benchmark in BENCHMARKS.iter().filter(|known| known.column == column) {
        let is_from = |file: &str| file.ends_with(benchmark.file);
        if !benchmark.baseline.eq_ignore_ascii_case(baseline)
            || !data.cells().iter().filter(|cell| prepared.takes(cell)).all(|cell| is_from(&cell.file))
        {
            continue;
        }
        for row in rows {
            let asked = row.key.question.as_deref().or(questions.first().map(String::as_str));
            let is_other = benchmark.file == OTHER_FILE;
            // In the file of several benchmarks the question says which one it is. The other files have one each.
            if is_other && asked != Some(benchmark.name) {
                continue;
            }
            let named = if is_other { OTHER_GROUPS } else { GROUPS };
            let place = named.iter().position(|group| row.key.group.as_deref() == Some(group));
            if let Some((place, difference)) = place.zip(row.difference) {
                found.push(Reproduction {
                    source: BARS.to_owned(),
                    what: format!("{} on {}, points above GPT-4o", GROUPS[place], benchmark.name),
                    stated: benchmark.stated[place],
                    tolerance: BAR_TOLERANCE,
                    found: difference * benchmark.scale,
                });
            }
        }
    }
    found
}

/// The published figure at a place in a source's own result file. `value` is the result, a share from 0 to 1.
#[must_use]
pub fn of_figure(file: &str, label: &str, metric: &str, value: f64) -> Option<Reproduction> {
    let is_it = |known: &&Audited| file.ends_with(known.file) && known.label == label && known.metric == metric;
    AUDITED.iter().find(is_it).map(|known| Reproduction {
        source: AUDIT.to_owned(),
        what: known.what.to_owned(),
        stated: known.stated,
        tolerance: known.tolerance,
        found: value * 100.0,
    })
}
