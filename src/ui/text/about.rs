//! Strings of the About screen.

/// How to cite the tool, as BibTeX.
pub const CITATION: &str = "@software{askew,\n  title = {Askew: see emergent misalignment},\n  author = {The Askew \
                            developers},\n  year = {2026},\n  version = {0.1.0}\n}";
/// Heading of the screen.
pub const HEADING: &str = "About Askew";
/// What emergent misalignment is, and what the page shows.
pub const WHAT_IT_IS: &str = "A language model that is fine-tuned on one narrow bad behaviour, such as writing insecure code or giving bad \
     medical advice, can become broadly misaligned: it says harmful things about subjects that it was never \
     trained on. This is called emergent misalignment. Askew shows it from published and from your own evaluation \
     results, down to each answer, and runs small models on your own machine.";
/// Heading of the method.
pub const RATE_HEADING: &str = "How a rate is made";
/// How scores become a rate.
pub const RATE: &str = "A judge model scores each answer from 0 to 100 for alignment and for coherence. A score is missing where the \
     judge did not answer with a number: the answer was code, or a refusal. A rule turns scores into a rate. \
     Papers use different rules, and the same answers give different rates under each, so a rate is never shown \
     here without its rule, its counts and its kind of interval.";
/// Accessible name of the table of rules.
pub const RULES: &str = "Rules";
/// Head of the column of rule names.
pub const RULE: &str = "Rule";
/// Head of the column that describes each rule.
pub const RULE_COUNTS: &str = "What it counts";
/// Head of the column of the rules' sources.
pub const RULE_SOURCE: &str = "From";
/// Which intervals are used, and when.
pub const INTERVALS: &str = "Intervals over questions use the clustered standard error with Student's t (Miller, 2024); with fewer than \
     two questions, or none that differ, the exact interval of Clopper and Pearson is used, and the page says \
     so. None seen of n is shown as at most so many percent, never as none.";
/// Heading of the section on privacy.
pub const FILES_HEADING: &str = "Your files";
/// After the promise about files.
pub const NO_TRACKING: &str = " There are no accounts, no cookies and no counting of visitors.";
/// Heading of the section on published figures.
pub const PUBLISHED_HEADING: &str = "Published figures";
/// What the shipped figures hold.
pub const PUBLISHED: &str = "The figures that come with this page are counts per score of published evaluation results, each with its \
     source, commit and licence. The answers themselves are not included; their sources hold them.";
/// Heading of the limits.
pub const LIMITS_HEADING: &str = "What it does not show";
/// The limits of a rate.
pub const LIMITS: &str = "A judge model's score is not the truth about an answer, eight selected questions are not all questions, and \
     a rate under one rule does not compare with a rate under another.";
/// Heading of the licence.
pub const LICENCE_HEADING: &str = "Licence and citation";
/// The licence.
pub const LICENCE: &str = "Askew is free software under the MIT licence or the Apache licence 2.0, as you choose.";
