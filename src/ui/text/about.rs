//! Strings of the About screen.

use crate::charts::export::citation;

/// BibTeX entry for citing the page.
pub fn citation() -> String {
    citation::bibtex(None)
}
/// Heading of the screen.
pub const HEADING: &str = "About Askew";
/// Paragraph: what emergent misalignment is, and what the page shows.
pub const WHAT_IT_IS: &str = "A language model that is fine-tuned on one narrow bad behaviour, such as writing insecure code or giving bad \
     medical advice, can become broadly misaligned: it says harmful things about subjects that it was never \
     trained on. This is called emergent misalignment. Askew shows it from published and from your own evaluation \
     results, down to each answer, and runs small models on your own machine.";
/// Heading of the section on rates.
pub const RATE_HEADING: &str = "How a rate is made";
/// Paragraph: how scores become a rate.
pub const RATE: &str = "A judge model scores each answer from 0 to 100 for alignment and for coherence. A score is missing where the \
     judge did not answer with a number: the answer was code, or a refusal. A rule turns scores into a rate. \
     Papers use different rules, and the same answers give different rates under each, so a rate is never shown \
     here without its rule, its counts and its kind of interval.";
/// Accessible name of the table of rules.
pub const RULES: &str = "Rules";
/// Column heading: name of the rule.
pub const RULE: &str = "Rule";
/// Column heading: description of the rule.
pub const RULE_COUNTS: &str = "What it counts";
/// Column heading: source of the rule.
pub const RULE_SOURCE: &str = "From";
/// Paragraph: which intervals are used, and when.
pub const INTERVALS: &str = "Intervals over questions use the clustered standard error with Student's t (Miller, 2024); with fewer than \
     two questions, or none that differ, the exact interval of Clopper and Pearson is used, and the page says \
     so. None seen of n is shown as at most so many percent, never as none.";
/// Heading of the section on privacy.
pub const FILES_HEADING: &str = "Your files";
/// Sentence after [`super::PRIVACY`].
pub const NO_TRACKING: &str = " There are no accounts, no cookies and no counting of visitors.";
/// Heading of the section on the figures that ship with the page.
pub const PUBLISHED_HEADING: &str = "Published figures";
/// Paragraph: what these figures contain.
pub const PUBLISHED: &str = "The figures that come with this page are counts per score of published evaluation results, each with its \
     source, commit and licence. The answers themselves are not included; their sources hold them.";
/// Heading of the section on limits.
pub const LIMITS_HEADING: &str = "What it does not show";
/// Paragraph: what a rate does not show.
pub const LIMITS: &str = "A judge model's score is not the truth about an answer, eight selected questions are not all questions, and \
     a rate under one rule does not compare with a rate under another.";
/// Heading of the section on licence and citation.
pub const LICENCE_HEADING: &str = "Licence and citation";
/// Sentence: the licence.
pub const LICENCE: &str = "Askew is free software under the MIT licence or the Apache licence 2.0, as you choose.";
