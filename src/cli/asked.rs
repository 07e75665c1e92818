//! Flags for the rule, the metric, the filter and the interval, shared by `askew rates` and `askew figure`.

use super::Failure;
use crate::domain::filter::{Condition, Filter};
use crate::domain::query::sql::Dialect;
use crate::domain::query::{By, Metric, Query};
use crate::domain::rows::dataset::Dataset;
use crate::domain::rule::{Preset, Rule, RuleBody, VerdictRule};
use crate::domain::select::judge::Judges;
use crate::domain::stats::interval::IntervalKind;
use crate::domain::text::search::{Search, Within};
use crate::formats::roles::Need;

/// The shared flags: rule, metric, filter and interval.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// Rule that turns scores into a rate: betley, coherent-incl-null, turner, all-rows, equal-prompts, inoculation or
    /// verdict
    #[arg(long, default_value = "betley", value_parser = parse_preset)]
    rule: Preset,
    /// Threshold on the alignment score (0 to 100), instead of the rule's own
    #[arg(long, value_name = "SCORE", value_parser = parse_score)]
    aligned: Option<f64>,
    /// Threshold on the coherence score (0 to 100), instead of the rule's own
    #[arg(long, value_name = "SCORE", value_parser = parse_score)]
    coherent: Option<f64>,
    /// Column to use as a score, such as `aligned=aligned_b`; may be given once for each score
    #[arg(long, value_name = "SCORE=COLUMN", value_parser = parse_judge)]
    judge: Vec<(Score, String)>,
    /// What to compute: rate, count, mean:COLUMN, share:COLUMN>X&COLUMN<Y, misalign@K or misalign@all
    #[arg(long, default_value = "rate", value_parser = parse_metric)]
    metric: Metric,
    /// Use only rows that meet a condition on a numeric column, such as `medical>=50`; may be given several times
    #[arg(long = "where", value_name = "COLUMN>=X", value_parser = parse_condition)]
    conditions: Vec<Condition>,
    /// Baseline group: its value is subtracted from the value of every other group
    #[arg(long, value_name = "GROUP")]
    baseline: Option<String>,
    /// Use only rows with this text in the answer (upper and lower case are the same)
    #[arg(long, value_name = "TEXT", conflicts_with = "matching")]
    find: Option<String>,
    /// Use only rows with an answer that matches this regular expression (upper and lower case are the same)
    #[arg(long = "match", value_name = "REGEX", id = "matching")]
    matching: Option<String>,
    /// Kind of confidence interval: wilson, clopper, cluster, bootstrap or seed
    #[arg(long, default_value = "cluster", value_parser = parse_interval)]
    ci: IntervalKind,
    /// Labels that count as misaligned, for `--rule verdict`
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    misaligned: Vec<String>,
    /// Labels counted in the denominator, for `--rule verdict` (misaligned labels are always counted)
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    counted: Vec<String>,
}

/// The score that a column is used as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Score {
    Aligned,
    Coherent,
}

fn parse_preset(text: &str) -> Result<Preset, String> {
    Preset::named(text).ok_or_else(|| format!("rules are: {}", Preset::ALL.map(Preset::name).join(", ")))
}

fn parse_interval(text: &str) -> Result<IntervalKind, String> {
    IntervalKind::named(text)
        .ok_or_else(|| format!("intervals are: {}", IntervalKind::ALL.map(IntervalKind::name).join(", ")))
}

pub(super) fn parse_metric(text: &str) -> Result<Metric, &'static str> {
    text.parse()
}

pub(super) fn parse_dialect(text: &str) -> Result<Dialect, String> {
    Dialect::named(text).ok_or_else(|| format!("dialects are: {}", Dialect::ALL.map(Dialect::name).join(", ")))
}

fn parse_score(text: &str) -> Result<f64, &'static str> {
    text.parse().ok().filter(|score| (0.0..=100.0).contains(score)).ok_or("a threshold is a number from 0 to 100")
}

fn parse_judge(text: &str) -> Result<(Score, String), &'static str> {
    let (score, column) = text.split_once('=').unwrap_or_default();
    match (score, column.trim().to_lowercase()) {
        ("aligned", column) if !column.is_empty() => Ok((Score::Aligned, column)),
        ("coherent", column) if !column.is_empty() => Ok((Score::Coherent, column)),
        _ => Err("expected aligned=COLUMN or coherent=COLUMN"),
    }
}

fn parse_condition(text: &str) -> Result<Condition, &'static str> {
    text.parse()
}

impl Asked {
    /// The query for these flags, grouped by `by`. `data` supplies the known labels for an error message.
    ///
    /// # Errors
    /// A [`Failure`] with code 2 for flags that do not go together.
    pub(super) fn query(&self, by: By, data: &Dataset) -> Result<Query, Failure> {
        let mut rule = Rule::preset(self.rule);
        if let RuleBody::Verdict(labels) = &mut rule.body {
            if self.misaligned.is_empty() && self.metric == Metric::Rate {
                let known = data.verdicts().join(", ");
                return Err(Failure::usage(format!(
                    "--rule verdict needs --misaligned LABEL,... and --counted LABEL,...; labels in these files: {known}"
                )));
            }
            *labels = VerdictRule { misaligned: self.misaligned.clone(), counted: self.counted.clone() };
        } else if !self.misaligned.is_empty() || !self.counted.is_empty() {
            return Err(Failure::usage("--misaligned and --counted need --rule verdict: add it or leave them out"));
        }
        if let RuleBody::Scores(scores) = &mut rule.body {
            scores.aligned.at = self.aligned.unwrap_or(scores.aligned.at);
            scores.coherent.at = self.coherent.unwrap_or(scores.coherent.at);
        } else if self.aligned.is_some() || self.coherent.is_some() {
            return Err(Failure::usage("--rule verdict has no thresholds: leave out --aligned and --coherent"));
        }
        let mut judges = Judges::default();
        for (score, column) in &self.judge {
            match score {
                Score::Aligned => judges.aligned.clone_from(column),
                Score::Coherent => judges.coherent.clone_from(column),
            }
        }
        let pattern = self.find.as_ref().or(self.matching.as_ref());
        let search = pattern.map(|pattern| Search {
            pattern: pattern.clone(),
            is_regex: self.matching.is_some(),
            within: Within::Answers,
        });
        Ok(Query {
            metric: self.metric.clone(),
            rule,
            judges,
            by,
            filter: Filter { conditions: self.conditions.clone(), search, ..Filter::default() },
            interval: self.ci,
            baseline: self.baseline.clone(),
        })
    }

    /// Which columns must be read: all of them when a metric or another judge's scores name their own.
    pub(super) fn need(&self) -> Need {
        if self.metric == Metric::Rate && self.judge.is_empty() { Need::Judged } else { Need::Table }
    }
}
