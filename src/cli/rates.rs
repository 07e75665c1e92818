//! `askew rates`.

use std::io::Write;

use serde::Serialize;

use super::{Failure, files};
use crate::domain::compare::compare;
use crate::domain::counts::Counts;
use crate::domain::dataset::{Dataset, Variant};
use crate::domain::filter::{Condition, Filter};
use crate::domain::interval::{IntervalKind, LEVEL};
use crate::domain::judge::Judges;
use crate::domain::query::{By, GroupKey, Metric, Outcome, Query, Row, run as run_query};
use crate::domain::rule::{Preset, Rule, RuleBody, VerdictRule};
use crate::domain::scope::{Memo, Scope};
use crate::domain::search::{Search, Within};
use crate::domain::sql::{self, Quotes};
use crate::domain::warning::Warning;
use crate::formats::roles::Need;

/// Arguments of `askew rates`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Result files, or folders of them
    #[arg(required_unless_present = "sql")]
    files: Vec<String>,
    /// Rule: betley, coherent-incl-null, turner, all-rows, equal-prompts, inoculation or verdict
    #[arg(long, default_value = "betley", value_parser = parse_preset)]
    rule: Preset,
    /// Threshold on the alignment score, in place of the rule's
    #[arg(long, value_name = "SCORE", value_parser = parse_score)]
    aligned: Option<f64>,
    /// Threshold on the coherence score, in place of the rule's
    #[arg(long, value_name = "SCORE", value_parser = parse_score)]
    coherent: Option<f64>,
    /// Column that serves as a score, such as `aligned=aligned_b`; may be given for both scores
    #[arg(long, value_name = "SCORE=COLUMN", value_parser = parse_judge)]
    judge: Vec<(Score, String)>,
    /// What to compute: rate, count, mean:COLUMN, share:COLUMN>X&COLUMN<Y, misalign@K or misalign@all
    #[arg(long, default_value = "rate", value_parser = parse_metric)]
    metric: Metric,
    /// Only rows whose numeric column meets a condition, such as `medical>=50`; may be given several times
    #[arg(long = "where", value_name = "COLUMN>=X", value_parser = parse_condition)]
    conditions: Vec<Condition>,
    /// Group whose value is subtracted from every other group's
    #[arg(long, value_name = "GROUP")]
    baseline: Option<String>,
    /// Only rows whose answer holds this text, whatever its case
    #[arg(long, value_name = "TEXT", conflicts_with = "matching")]
    find: Option<String>,
    /// Only rows whose answer matches this regular expression, whatever its case
    #[arg(long = "match", value_name = "REGEX", id = "matching")]
    matching: Option<String>,
    /// Paired differences on shared questions, clustered by question, with Holm-adjusted p: of every group from the one
    /// of this label, or `all` for each from each (JSON)
    #[arg(long, value_name = "LABEL", conflicts_with_all = ["sql", "baseline"])]
    compare: Option<String>,
    /// Print the rule's aggregation of a table as portable SQL, which writes an aggregate table that Askew reads
    #[arg(long, value_name = "TABLE", conflicts_with = "files")]
    sql: Option<String>,
    /// What to group by: any of file,model,question,group,seed,category,variant and one setting of the model such as
    /// step, layer or rank; `all` pools everything
    #[arg(long, default_value = "file,model", value_parser = parse_by)]
    by: By,
    /// Interval: wilson, clopper, cluster, bootstrap or seed
    #[arg(long, default_value = "cluster", value_parser = parse_interval)]
    ci: IntervalKind,
    /// Output format
    #[arg(long, default_value = "json")]
    format: Format,
    /// Labels that count as misaligned, for `--rule verdict`
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    misaligned: Vec<String>,
    /// Labels in the denominator, for `--rule verdict` (the misaligned ones always are)
    #[arg(long, value_delimiter = ',', value_name = "LABEL,...")]
    counted: Vec<String>,
}

/// A score that a column may serve as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Score {
    Aligned,
    Coherent,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Json,
    Csv,
    Table,
}

fn parse_preset(text: &str) -> Result<Preset, String> {
    Preset::named(text).ok_or_else(|| format!("rules are: {}", Preset::ALL.map(Preset::name).join(", ")))
}

fn parse_interval(text: &str) -> Result<IntervalKind, String> {
    IntervalKind::named(text)
        .ok_or_else(|| format!("intervals are: {}", IntervalKind::ALL.map(IntervalKind::name).join(", ")))
}

fn parse_metric(text: &str) -> Result<Metric, &'static str> {
    text.parse()
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

fn parse_by(text: &str) -> Result<By, String> {
    By::read(text).map_err(|part| format!("{part:?}: there can be one setting of the model only"))
}

fn parse_condition(text: &str) -> Result<Condition, &'static str> {
    text.parse()
}

/// Reads the files, answers the query, prints the result.
///
/// # Errors
/// A [`Failure`] with code 1 when a file was refused (the others are printed all the same), 2 for a query that
/// cannot be asked.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(table) = &args.sql {
        let query = query_of(args, &Dataset::new())?;
        print!("{}", sql::aggregate(&query, table, Quotes::default()));
        return Ok(());
    }
    // Another judge's columns have names of their own.
    let is_usual = args.metric == Metric::Rate && args.judge.is_empty();
    let need = if is_usual { Need::Judged } else { Need::Table };
    let files::Loaded { data, outcomes, passed_over } = files::load(&args.files, need);
    let (mut warnings, mut refused, mut unnamed) = (Vec::new(), Vec::new(), Vec::new());
    let num_read = outcomes.iter().filter(|(_, result)| result.is_ok()).count();
    for (file, result) in outcomes {
        match result {
            Ok(report) => {
                warnings.extend(report.problem().map(|message| Warning::File { message }));
                if report.model_from_name && report.rows > 0 {
                    unnamed.push(file);
                }
            }
            Err(error) => refused.push(format!("{file}: {error}")),
        }
    }
    for (file, error) in passed_over {
        let message = format!("{file}: {error}");
        if num_read == 0 { refused.push(message) } else { warnings.push(Warning::File { message }) }
    }
    if !unnamed.is_empty() && args.by.model {
        warnings.push(Warning::ModelFromFileName { files: unnamed });
    }
    if num_read == 0 {
        refused.extend(refused.is_empty().then(|| "the folder holds no files".to_owned()));
        return Err(Failure::failed(refused.join("\naskew: ")));
    }
    let query = query_of(args, &data)?;
    if let Some(against) = &args.compare {
        compare_groups(&data, &query, against)?;
        return if refused.is_empty() { Ok(()) } else { Err(Failure::failed(refused.join("\naskew: "))) };
    }
    let mut outcome = run_query(&data, &query).map_err(Failure::usage)?;
    warnings.append(&mut outcome.warnings);
    outcome.warnings = warnings;
    print(args.format, &query, &outcome).map_err(Failure::failed)?;
    if refused.is_empty() { Ok(()) } else { Err(Failure::failed(refused.join("\naskew: "))) }
}

fn query_of(args: &Args, data: &Dataset) -> Result<Query, Failure> {
    let mut rule = Rule::preset(args.rule);
    if let RuleBody::Verdict(labels) = &mut rule.body {
        if args.misaligned.is_empty() && args.metric == Metric::Rate {
            let known = data.verdicts().join(", ");
            return Err(Failure::usage(format!(
                "--rule verdict needs --misaligned LABEL,... and --counted LABEL,...; the files hold: {known}"
            )));
        }
        *labels = VerdictRule { misaligned: args.misaligned.clone(), counted: args.counted.clone() };
    } else if !args.misaligned.is_empty() || !args.counted.is_empty() {
        return Err(Failure::usage("--misaligned and --counted belong to --rule verdict"));
    }
    if let RuleBody::Scores(scores) = &mut rule.body {
        scores.aligned.at = args.aligned.unwrap_or(scores.aligned.at);
        scores.coherent.at = args.coherent.unwrap_or(scores.coherent.at);
    } else if args.aligned.is_some() || args.coherent.is_some() {
        return Err(Failure::usage("--rule verdict has no thresholds: leave out --aligned and --coherent"));
    }
    let mut judges = Judges::default();
    for (score, column) in &args.judge {
        match score {
            Score::Aligned => judges.aligned.clone_from(column),
            Score::Coherent => judges.coherent.clone_from(column),
        }
    }
    let pattern = args.find.as_ref().or(args.matching.as_ref());
    let search = pattern.map(|pattern| Search {
        pattern: pattern.clone(),
        is_regex: args.matching.is_some(),
        within: Within::Answers,
    });
    Ok(Query {
        metric: args.metric.clone(),
        rule,
        judges,
        by: args.by.clone(),
        filter: Filter { conditions: args.conditions.clone(), search, ..Filter::default() },
        interval: args.ci,
        baseline: args.baseline.clone(),
    })
}

/// Prints paired differences.
fn compare_groups(data: &Dataset, query: &Query, against: &str) -> Result<(), Failure> {
    let scope = Scope::new(data, &query.filter, &query.rule, &mut Memo::default()).map_err(Failure::usage)?;
    let counts = Counts::new(data, query, &scope).map_err(Failure::usage)?;
    let by = By { question: false, ..query.by.clone() };
    let named = || {
        let keys = data.cells().iter().filter_map(|cell| GroupKey::of(cell, &by));
        // A label that no group has is told by `compare` itself.
        keys.into_iter()
            .find(|key| key.label() == against)
            .unwrap_or_else(|| GroupKey { model: Some(against.to_owned()), ..GroupKey::default() })
    };
    let base = (against != "all").then(named);
    let rows = compare(data, query, &counts, base.as_ref()).map_err(Failure::usage)?;
    let mut stdout = std::io::stdout().lock();
    serde_json::to_writer(&mut stdout, &rows).map_err(Failure::failed)?;
    writeln!(stdout).map_err(Failure::failed)
}

/// The output's `rule`.
#[derive(Debug, Serialize)]
struct RuleOut {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    aligned_below: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aligned_at_most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coherent_at_least: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    coherent_above: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    misaligned: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    counted: Option<Vec<String>>,
    denominator: &'static str,
}

impl RuleOut {
    fn of(rule: &Rule) -> Self {
        let mut out = Self {
            name: rule.preset.name(),
            aligned_below: None,
            aligned_at_most: None,
            coherent_at_least: None,
            coherent_above: None,
            misaligned: None,
            counted: None,
            denominator: "labelled",
        };
        match &rule.body {
            RuleBody::Scores(scores) => {
                let aligned = Some(scores.aligned.at);
                let coherent = Some(scores.coherent.at);
                if scores.aligned.inclusive {
                    out.aligned_at_most = aligned
                } else {
                    out.aligned_below = aligned
                }
                if scores.coherent.inclusive {
                    out.coherent_at_least = coherent
                } else {
                    out.coherent_above = coherent
                }
                out.denominator = scores.denominator.name();
            }
            RuleBody::Verdict(labels) => {
                out.misaligned = Some(labels.misaligned.clone());
                out.counted = Some(labels.counted.clone());
            }
        }
        out
    }
}

#[derive(Debug, Serialize)]
struct CiOut {
    method: &'static str,
    level: f64,
    low: f64,
    high: f64,
}

/// One row of the output; keys that were not grouped by are absent.
#[derive(Debug, Serialize)]
struct RowOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    variant: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    setting: Option<f64>,
    rows: u64,
    scored: u64,
    coherent: u64,
    misaligned: u64,
    denominator: u64,
    rate: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mean: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sd: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<u64>,
    ci: Option<CiOut>,
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<f64>,
}

impl<'a> RowOut<'a> {
    fn of(row: &'a Row, query: &Query) -> Self {
        let is_mean = matches!(query.metric, Metric::Mean(_));
        let ci = row.interval.map(|found| CiOut {
            method: found.method.name(),
            level: LEVEL,
            low: found.low,
            high: found.high,
        });
        Self {
            file: row.key.file.as_deref(),
            model: row.key.model.as_deref(),
            question: row.key.question.as_deref(),
            group: row.key.group.as_deref(),
            seed: row.key.seed.as_deref(),
            category: row.key.category.as_deref(),
            variant: row.key.variant.map(Variant::name),
            setting: row.key.setting.as_ref().map(|setting| setting.value.get()),
            rows: row.tally.rows,
            scored: row.tally.scored,
            coherent: row.tally.coherent,
            misaligned: row.tally.misaligned,
            denominator: row.tally.denominator,
            rate: if query.metric.is_share() { row.value } else { None },
            mean: if is_mean { row.value } else { None },
            sd: row.deviation,
            n: (is_mean || matches!(query.metric, Metric::MisalignAt(_))).then_some(row.num),
            ci,
            difference: row.difference,
        }
    }
}

#[derive(Debug, Serialize)]
struct Out<'a> {
    rule: RuleOut,
    rows: Vec<RowOut<'a>>,
    warnings: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    published: Vec<String>,
}

fn print(format: Format, query: &Query, outcome: &Outcome) -> std::io::Result<()> {
    let rows: Vec<RowOut<'_>> = outcome.rows.iter().map(|row| RowOut::of(row, query)).collect();
    let warnings: Vec<String> = outcome.warnings.iter().map(ToString::to_string).collect();
    let mut stdout = std::io::stdout().lock();
    match format {
        Format::Json => {
            let published = outcome.reproductions.iter().map(ToString::to_string).collect();
            let out = Out { rule: RuleOut::of(&query.rule), rows, warnings, published };
            serde_json::to_writer(&mut stdout, &out)?;
            return writeln!(stdout);
        }
        Format::Csv => {
            let mut writer = csv::Writer::from_writer(&mut stdout);
            writer.write_record(HEADER)?;
            for row in &rows {
                writer.write_record(cells(row))?;
            }
            writer.flush()?;
        }
        Format::Table => {
            writeln!(stdout, "rule {}: {}", query.rule.preset.name(), query.rule.describe())?;
            for (row, out) in outcome.rows.iter().zip(&rows) {
                writeln!(stdout, "{}", sentence(&row.key.label(), out))?;
            }
            for reproduction in &outcome.reproductions {
                writeln!(stdout, "{reproduction}")?;
            }
        }
    }
    for warning in warnings {
        eprintln!("askew: warning: {warning}");
    }
    Ok(())
}

const HEADER: [&str; 21] = [
    "file",
    "model",
    "question",
    "group",
    "seed",
    "category",
    "variant",
    "setting",
    "rows",
    "scored",
    "coherent",
    "misaligned",
    "denominator",
    "rate",
    "mean",
    "sd",
    "n",
    "ci_method",
    "ci_low",
    "ci_high",
    "difference",
];

fn cells(row: &RowOut<'_>) -> [String; 21] {
    fn some<T: ToString>(value: Option<T>) -> String {
        value.map_or_else(String::new, |value| value.to_string())
    }
    [
        some(row.file),
        some(row.model),
        some(row.question),
        some(row.group),
        some(row.seed),
        some(row.category),
        some(row.variant),
        some(row.setting),
        row.rows.to_string(),
        row.scored.to_string(),
        row.coherent.to_string(),
        row.misaligned.to_string(),
        row.denominator.to_string(),
        some(row.rate),
        some(row.mean),
        some(row.sd),
        some(row.n),
        some(row.ci.as_ref().map(|ci| ci.method)),
        some(row.ci.as_ref().map(|ci| ci.low)),
        some(row.ci.as_ref().map(|ci| ci.high)),
        some(row.difference),
    ]
}

/// A row for people: "12.3 % [10.1, 14.9] 80/884 of 1200 rows  label".
fn sentence(label: &str, row: &RowOut<'_>) -> String {
    let number =
        |value: f64| if row.rate.is_none() { format!("{value:.2}") } else { format!("{:.2} %", value * 100.0) };
    let value = row.rate.or(row.mean).map_or_else(|| "no rate".to_owned(), number);
    let ci = row
        .ci
        .as_ref()
        .map_or_else(String::new, |ci| format!("[{}, {}] {}", number(ci.low), number(ci.high), ci.method));
    let difference = row.difference.map_or_else(String::new, |gap| format!(" difference {}", number(gap)));
    let share = row.n.map_or_else(|| format!("{}/{}", row.misaligned, row.denominator), |n| format!("n {n}"));
    format!("{value:>10} {ci:<34} {share:>11} of {:>6} rows{difference}  {label}", row.rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groupings() {
        assert_eq!(parse_by("file,model"), Ok(By::default()));
        assert_eq!(parse_by("all"), Ok(By::NOTHING));
        assert!(parse_by("step,layer").is_err());
    }
}
