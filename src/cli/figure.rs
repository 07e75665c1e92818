//! `askew figure`: draws a figure of result files.

use std::path::PathBuf;

use super::asked::{Asked, parse_dialect, parse_metric};
use super::out::{self, CsvArgs};
use super::{Failure, files};
use crate::charts::export::Export;
use crate::charts::paint::svg;
use crate::charts::plot;
use crate::charts::theme::Theme;
use crate::domain::query::metric::Metric;
use crate::domain::query::sql::Dialect;
use crate::domain::query::{By, sql};
use crate::domain::select::judge::Judges;
use crate::domain::select::scope::Memo;
use crate::domain::view::plot::{Plot, PlotKind};
use crate::formats::roles::Need;

/// Accepted widths in pixels: from narrower than a phone to a wall poster. The layout is not made for others.
const WIDTHS: std::ops::RangeInclusive<u16> = 240..=4000;

/// Arguments of `askew figure`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Result files, or folders that hold them
    #[arg(required = true)]
    files: Vec<String>,
    /// Type of figure: forest, bars, icons, dots, heat, lines, plane, sweep, histogram, stack, differences, slopes,
    /// scatter, benchmarks, judges, flow or missing; `list` prints which of them these files can show
    #[arg(long, default_value = "forest", value_parser = parse_kind)]
    plot: Asking,
    /// Grouping of the rows, bars, lines or curves, written as for `askew rates --by`; by default chosen from the data
    #[arg(long)]
    rows: Option<By>,
    /// Grouping of the columns or series, written as for `askew rates --by`
    #[arg(long)]
    series: Option<By>,
    /// Setting on the x axis of `--plot lines`, such as step, rank or seed
    #[arg(long, default_value = "", hide_default_value = true)]
    over: String,
    /// Column to show in a histogram, or what to stack: verdict, kind or in-domain
    #[arg(long, default_value = "", hide_default_value = true)]
    column: String,
    /// The second judge's two score columns, for `--plot judges`
    #[arg(long, value_name = "ALIGNED,COHERENT", value_parser = parse_second)]
    second: Option<Judges>,
    /// Further metric to show, for `--plot benchmarks`; may be given several times
    #[arg(long = "measure", value_name = "METRIC", value_parser = parse_metric)]
    measures: Vec<Metric>,
    #[command(flatten)]
    asked: Asked,
    /// Width in pixels
    #[arg(long, default_value = "900", value_parser = clap::value_parser!(u16).range(i64::from(*WIDTHS.start())..=i64::from(*WIDTHS.end())))]
    width: u16,
    /// Use the dark theme
    #[arg(long)]
    dark: bool,
    /// Write the figure to this SVG file instead of printing it
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Print the figure's numbers as CSV
    #[arg(long, group = "output")]
    csv: bool,
    /// Print Python code (matplotlib) that draws the figure
    #[arg(long, group = "output")]
    python: bool,
    /// Print R code (ggplot2) that draws the figure
    #[arg(long, group = "output")]
    r: bool,
    /// Print a Vega-Lite specification of the figure
    #[arg(long, group = "output")]
    vega: bool,
    /// Print portable SQL that counts the same rows in a database table named `answers`
    #[arg(long, group = "output")]
    sql: bool,
    /// Database that the SQL of --sql is for: standard (DuckDB, PostgreSQL), bigquery, mysql or spark
    #[arg(long, default_value = "standard", value_parser = parse_dialect, requires = "sql")]
    dialect: Dialect,
    #[command(flatten)]
    table: CsvArgs,
}

/// The value of `--plot`: a type of figure, or `list`.
#[derive(Debug, Clone, Copy)]
enum Asking {
    Kind(PlotKind),
    List,
}

fn parse_kind(text: &str) -> Result<Asking, String> {
    let known = || PlotKind::ALL.map(PlotKind::name).join(", ");
    if text == "list" {
        return Ok(Asking::List);
    }
    PlotKind::named(text).map(Asking::Kind).ok_or_else(|| format!("types of figures are: {}, list", known()))
}

fn parse_second(text: &str) -> Result<Judges, &'static str> {
    let pair = text.split_once(',').filter(|(aligned, coherent)| !aligned.is_empty() && !coherent.is_empty());
    let (aligned, coherent) = pair.ok_or("expected two columns: ALIGNED,COHERENT")?;
    Ok(Judges { aligned: aligned.trim().to_lowercase(), coherent: coherent.trim().to_lowercase() })
}

/// Reads the files, draws the figure, then prints it or writes it to a file.
///
/// # Errors
/// A [`Failure`] with code 1 when a file cannot be read or written, and code 2 for a query that has no answer.
pub fn run(args: &Args) -> Result<(), Failure> {
    let kind = match args.plot {
        Asking::Kind(kind) => kind,
        Asking::List => PlotKind::default(),
    };
    // All score columns are read only for the figures that show them.
    let takes_columns = matches!(kind, PlotKind::Judges | PlotKind::Benchmarks | PlotKind::Histogram);
    let need = if takes_columns || matches!(args.plot, Asking::List) { Need::Table } else { args.asked.need() };
    let files::Loaded { data, outcomes, .. } = files::load(&args.files, need);
    let refused: Vec<String> =
        outcomes.iter().filter_map(|(file, result)| Some(format!("{file}: {}", result.as_ref().err()?))).collect();
    if data.num_records() == 0 {
        return Err(if refused.is_empty() {
            Failure::failed("the files hold no answers")
        } else {
            Failure::refused(&refused)
        });
    }
    let query = args.asked.query(By::default(), &data)?;
    if matches!(args.plot, Asking::List) {
        for (kind, can) in plot::available(&data, &query) {
            out::line(format_args!("{:<12} {}", kind.name(), can.err().unwrap_or_else(|| "yes".to_owned())))?;
        }
        return Ok(());
    }
    if args.sql {
        return out::data(&sql::aggregate(&query, "answers", args.dialect));
    }
    let asked = Plot {
        kind,
        rows: args.rows.clone(),
        series: args.series.clone(),
        over: args.over.to_lowercase(),
        column: args.column.to_lowercase(),
        second: args.second.clone(),
        metrics: args.measures.clone(),
    };
    let picture =
        plot::draw(&data, &query, &asked, f32::from(args.width), &mut Memo::default()).map_err(Failure::usage)?;
    let (rule, source) = (query.rule.describe(), args.files.join(", "));
    let export = Export { picture: &picture, rule: &rule, source: &source };
    let theme = if args.dark { Theme::DARK } else { Theme::LIGHT };
    let code = match (args.csv, args.python, args.r, args.vega) {
        (true, ..) => Some(args.table.table(&export.csv()).into_owned()),
        (_, true, ..) => Some(export.python()),
        (_, _, true, _) => Some(export.r()),
        (.., true) => Some(export.vega_lite()),
        _ => None,
    };
    if let Some(code) = &code {
        out::data(code)?;
    }
    if let Some(path) = &args.svg {
        let text = svg(&export.framed(), &theme).map_err(Failure::failed)?;
        std::fs::write(path, text).map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    } else if code.is_none() {
        out::data(&svg(&export.framed(), &theme).map_err(Failure::failed)?)?;
    }
    for note in &picture.notes {
        out::note(format_args!("askew: {note}"));
    }
    if refused.is_empty() { Ok(()) } else { Err(Failure::refused(&refused)) }
}
