//! `askew rates`: prints misalignment rates of result files.

use std::collections::BTreeMap;

use serde::Serialize;

use super::asked::{Asked, parse_dialect};
use super::out::{self, CsvArgs};
use super::{Failure, files};
use crate::domain::figure::compare::compare;
use crate::domain::query::counts::Counts;
use crate::domain::query::sql::Dialect;
use crate::domain::query::warning::Warning;
use crate::domain::query::{By, GroupKey, Metric, Outcome, Query, Row, run as run_query, sql};
use crate::domain::rows::dataset::Dataset;
use crate::domain::rule::{Rule, RuleBody};
use crate::domain::select::scope::{Memo, Scope};
use crate::domain::stats::interval::LEVEL;
use crate::domain::text::csv::quoted;
use crate::domain::text::plain::visible;
use crate::domain::values::cell::Variant;
use crate::domain::values::facet::{Setting, settings_text};

/// Arguments of `askew rates`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Result files, or folders that hold them
    #[arg(required_unless_present = "sql")]
    files: Vec<String>,
    #[command(flatten)]
    asked: Asked,
    /// Print paired differences on shared questions (clustered by question, with Holm-adjusted p) as JSON: between the
    /// group with this label and every other group, or between all pairs with `all`
    #[arg(long, value_name = "LABEL", conflicts_with_all = ["sql", "baseline"])]
    compare: Option<String>,
    /// Print portable SQL that applies the rule to a database table; Askew can read its result as an aggregate table
    #[arg(long, value_name = "TABLE", conflicts_with = "files")]
    sql: Option<String>,
    /// Database that the SQL is for: standard (DuckDB, PostgreSQL), bigquery, mysql or spark
    #[arg(long, default_value = "standard", value_parser = parse_dialect, requires = "sql")]
    dialect: Dialect,
    /// What to group by, separated by commas: file, model, question, group, seed, category, variant, or a setting of
    /// the model such as step, layer or rank; `all` pools everything
    #[arg(long, default_value = "file,model")]
    by: By,
    /// Output format
    #[arg(long, default_value = "json")]
    format: Format,
    #[command(flatten)]
    csv: CsvArgs,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Format {
    Json,
    Csv,
    Table,
}

/// Reads the files, computes the rates and prints them.
///
/// # Errors
/// A [`Failure`] with code 1 when a file was refused (the rates of the others are still printed), and code 2 for a
/// query that has no answer.
pub fn run(args: &Args) -> Result<(), Failure> {
    if let Some(table) = &args.sql {
        let query = args.asked.query(args.by.clone(), &Dataset::new())?;
        return out::data(&sql::aggregate(&query, table, args.dialect));
    }
    let files::Loaded { data, outcomes, passed_over } = files::load(&args.files, args.asked.need());
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
        return Err(Failure::refused(&refused));
    }
    let query = args.asked.query(args.by.clone(), &data)?;
    if let Some(against) = &args.compare {
        compare_groups(&data, &query, against)?;
        return if refused.is_empty() { Ok(()) } else { Err(Failure::refused(&refused)) };
    }
    let mut outcome = run_query(&data, &query).map_err(Failure::usage)?;
    warnings.append(&mut outcome.warnings);
    outcome.warnings = warnings;
    print(args, &query, &outcome)?;
    if refused.is_empty() { Ok(()) } else { Err(Failure::refused(&refused)) }
}

/// Prints paired differences.
fn compare_groups(data: &Dataset, query: &Query, against: &str) -> Result<(), Failure> {
    let scope = Scope::new(data, &query.filter, &query.rule, &mut Memo::default()).map_err(Failure::usage)?;
    let counts = Counts::new(data, query, &scope).map_err(Failure::usage)?;
    let by = By { question: false, ..query.by.clone() };
    let named = || {
        let keys = data.cells().iter().filter_map(|cell| GroupKey::of(cell, &by));
        // `compare` itself reports a label that no group has.
        keys.into_iter()
            .find(|key| key.label() == against)
            .unwrap_or_else(|| GroupKey { model: Some(against.to_owned()), ..GroupKey::default() })
    };
    let base = (against != "all").then(named);
    let rows = compare(data, query, &counts, base.as_ref()).map_err(Failure::usage)?;
    out::json(&rows)
}

/// The rule in the JSON output; thresholds or labels that the rule does not use are absent.
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

/// One row of the output; keys that are not part of the grouping are absent.
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
    settings: Option<BTreeMap<&'a str, f64>>,
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
        let setting = |setting: &'a Setting| (setting.name.as_str(), setting.value.get());
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
            settings: (!row.key.settings.is_empty()).then(|| row.key.settings.iter().map(setting).collect()),
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

fn print(args: &Args, query: &Query, outcome: &Outcome) -> Result<(), Failure> {
    let rows: Vec<RowOut<'_>> = outcome.rows.iter().map(|row| RowOut::of(row, query)).collect();
    let warnings: Vec<String> = outcome.warnings.iter().map(ToString::to_string).collect();
    match args.format {
        Format::Json => {
            let published = outcome.reproductions.iter().map(ToString::to_string).collect();
            let out = Out { rule: RuleOut::of(&query.rule), rows, warnings, published };
            return out::json(&out);
        }
        Format::Csv => {
            let line =
                |(row, out): (&Row, &RowOut<'_>)| cells(&row.key, out).map(|cell| quoted(&cell)).join(",") + "\n";
            let lines: String = outcome.rows.iter().zip(&rows).map(line).collect();
            out::data(&args.csv.table(&format!("{}\n{lines}", HEADER.join(","))))?;
        }
        Format::Table => {
            out::line(format_args!("rule {}: {}", query.rule.preset.name(), query.rule.describe()))?;
            for (row, out) in outcome.rows.iter().zip(&rows) {
                out::line(sentence(&visible(&row.key.label()), out))?;
            }
            for reproduction in &outcome.reproductions {
                out::line(reproduction)?;
            }
        }
    }
    for warning in warnings {
        out::note(format_args!("askew: warning: {}", visible(&warning)));
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
    "settings",
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

fn cells(key: &GroupKey, row: &RowOut<'_>) -> [String; 21] {
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
        settings_text(&key.settings),
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

/// A row as text, such as "12.30 % [10.10 %, 14.90 %] wilson 80/884 of 1200 rows  label".
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
