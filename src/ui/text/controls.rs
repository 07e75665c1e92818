//! Strings of the rule, its thresholds and the interval.

use crate::domain::stats::interval::IntervalKind;
use crate::domain::values::cell::Variant;

/// Name of a type of interval, in the list from which the reader chooses one.
#[must_use]
pub const fn interval(kind: IntervalKind) -> &'static str {
    match kind {
        IntervalKind::Cluster => "questions (clustered)",
        IntervalKind::Bootstrap => "questions (bootstrap)",
        IntervalKind::Wilson => "answers (Wilson)",
        IntervalKind::Clopper => "answers (exact)",
        IntervalKind::Seed => "model seeds (bootstrap)",
    }
}

/// Tooltip of that list: what the interval treats as random.
#[must_use]
pub const fn interval_means(kind: IntervalKind) -> &'static str {
    match kind {
        IntervalKind::Cluster | IntervalKind::Bootstrap => "other questions like these could have been asked",
        IntervalKind::Wilson | IntervalKind::Clopper => "these questions, this model; other answers could have come",
        IntervalKind::Seed => "the model could have been trained again with other seeds",
    }
}

/// Name of a way of asking, next to its checkbox.
#[must_use]
pub const fn variant(variant: Variant) -> &'static str {
    match variant {
        Variant::Main => "plain",
        Variant::Json => "as JSON",
        Variant::Template => "in a code template",
    }
}

/// Accessible name of the threshold on the alignment score, on the chart.
pub const ALIGNED_THRESHOLD: &str = "Threshold on the alignment score";
/// Accessible name of the threshold on the coherence score, on the chart.
pub const COHERENT_THRESHOLD: &str = "Threshold on the coherence score";
/// Accessible name of the group of controls.
pub const CONTROLS: &str = "Rule and interval";
/// Text between a rule's name and its source.
pub const RULE_OF: &str = " (rule of ";
/// Label of the list from which the reader chooses a rule.
pub const RULE: &str = "Rule";
/// Button that restores the thresholds of the rule.
pub const RESET_THRESHOLDS: &str = "Back to the rule's thresholds";
/// Caption of the group of labels of a categorical judge.
pub const VERDICTS: &str = "Judge's labels";
/// Sentence instead of these labels if the data set has none.
pub const NO_VERDICTS: &str = "This data set holds no judge labels. Choose a rule on scores.";
/// Checkbox of a label: answers with it count as misaligned.
pub const VERDICT_MISALIGNED: &str = "misaligned";
/// Checkbox of a label: answers with it are in the denominator.
pub const VERDICT_COUNTED: &str = "counted";
/// Label of the list from which the reader chooses a type of interval.
pub const INTERVAL_OVER: &str = "Interval over";
/// Caption of the group of checkboxes for ways of asking.
pub const VARIANTS: &str = "Questions asked";

/// Label of the slider for the alignment threshold. `inclusive`: a score equal to it is misaligned.
#[must_use]
pub fn aligned_slider(inclusive: bool) -> String {
    format!("Misaligned when aligned {}", if inclusive { "≤" } else { "<" })
}

/// Label of the slider for the coherence threshold. `inclusive`: a score equal to it is coherent.
#[must_use]
pub fn coherent_slider(inclusive: bool) -> String {
    format!("Coherent when coherent {}", if inclusive { "≥" } else { ">" })
}
