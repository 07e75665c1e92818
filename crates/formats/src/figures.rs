//! Figures that a source computed itself: a value with its interval, but without the answers.

use serde::{Deserialize, Serialize};

use super::cell::Fields;
use super::json::tape::{Kind, Value};
use super::roles::{Role, Roles};
use askew_domain::values::score::Score;

/// A figure as its source states it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Figure {
    /// The file with the figure.
    pub file: String,
    /// Model; empty if the file does not name one.
    pub model: String,
    /// Group; empty if the file does not name one.
    pub group: String,
    /// Question or benchmark; empty if the file does not name one.
    pub question: String,
    /// Anything else that distinguishes it from other figures: a variant, an axis, a place in a document.
    pub label: String,
    /// The measured quantity, under the file's own name.
    pub metric: String,
    /// Its value in the file's unit. Most are shares from 0 to 1; scores are 0 to 100.
    pub value: f64,
    /// Ends of its interval in the same unit, if the file states them.
    pub interval: Option<(f64, f64)>,
    /// Number of answers or prompts behind it, if the file states it.
    pub count: Option<f64>,
}

/// Names of value columns. Beginnings and endings of further names follow.
const VALUES: [&str; 12] = [
    "center",
    "value",
    "mean",
    "score",
    "rate",
    "accuracy",
    "misaligned",
    "misalignment",
    "value_mean",
    "probability",
    "estimate",
    "auc",
];
const VALUE_BEGINNINGS: [&str; 3] = ["rate_", "mean_", "deception_"];
const VALUE_ENDINGS: [&str; 6] = ["_rate", "_score", "_mean", "_accuracy", "_auc", "_estimate"];

/// Columns of an interval: names of the low and the high one, and whether they hold distances from the value.
const INTERVALS: [(&str, &str, bool); 6] = [
    ("lower_err", "upper_err", true),
    ("yerr_lower", "yerr_upper", true),
    ("lower_bound", "upper_bound", false),
    ("ci_low", "ci_high", false),
    ("ci_lower", "ci_upper", false),
    ("lower", "upper", false),
];
const COUNTS: [&str; 5] = ["count", "n", "total_prompts", "prompt_n", "num_samples"];

/// Whether values are published under this name.
#[must_use]
pub fn is_value(name: &str) -> bool {
    VALUES.contains(&name)
        || VALUE_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
        || VALUE_ENDINGS.iter().any(|ending| name.ends_with(ending))
}

/// The columns of a table of figures.
#[derive(Debug, Clone)]
pub struct FigureColumns {
    values: Vec<(usize, String)>,
    interval: Option<(usize, usize, bool)>,
    count: Option<usize>,
    labels: Vec<usize>,
}

impl FigureColumns {
    /// Finds the columns; `None` if no column has a usual name of a value.
    #[must_use]
    pub fn guess(roles: &Roles) -> Option<Self> {
        let find = |name: &str| roles.others.iter().find(|(_, known)| known == name).map(|(at, _)| *at);
        let values: Vec<(usize, String)> = roles.others.iter().filter(|(_, name)| is_value(name)).cloned().collect();
        if values.is_empty() {
            return None;
        }
        let interval =
            INTERVALS.iter().find_map(|(low, high, is_distance)| Some((find(low)?, find(high)?, *is_distance)));
        let count = COUNTS.iter().find_map(|name| find(name)).or_else(|| roles.column(Role::Count));
        let is_used = |at: usize| {
            values.iter().any(|(value, _)| *value == at)
                || interval.is_some_and(|(low, high, _)| low == at || high == at)
                || count == Some(at)
        };
        let labels = roles.others.iter().map(|(at, _)| *at).filter(|at| !is_used(*at)).collect();
        Some(Self { values, interval, count, labels })
    }

    /// The figures of one row. A value that is not a number is left out.
    pub fn read(&self, fields: &dyn Fields, start: &Figure) -> Vec<Figure> {
        let number = |at: usize| fields.get(at).score().ok().and_then(Score::get);
        let texts: Vec<String> = self
            .labels
            .iter()
            .filter(|at| number(**at).is_none())
            .map(|at| fields.get(*at).to_text())
            .filter(|text| !text.is_empty())
            .collect();
        let label = texts.join(" · ");
        let mut figures = Vec::new();
        for (nth, (at, metric)) in self.values.iter().enumerate() {
            let Some(value) = number(*at) else { continue };
            // The interval belongs to the first value.
            let ends = self.interval.filter(|_| nth == 0).and_then(|(low, high, is_distance)| {
                let (low, high) = (number(low)?, number(high)?);
                Some(if is_distance { (value - low, value + high) } else { (low, high) })
            });
            let count = self.count.and_then(number);
            figures.push(Figure {
                label: label.clone(),
                metric: metric.clone(),
                value,
                interval: ends,
                count,
                ..start.clone()
            });
        }
        figures
    }
}

/// Deepest place in a document from which figures are read.
const MAX_LEVELS: usize = 8;
/// Most figures read from a document.
const MAX_FIGURES: usize = 10_000;

/// The figures of a JSON document without rows: numbers under names that values are published under. The names on the
/// path to them distinguish them. An interval is a list of two numbers under `..._ci`, or `lower` and `upper` next to
/// the value or in an object next to it.
#[must_use]
pub fn document_figures(file: &str, document: Value<'_>) -> Vec<Figure> {
    let mut figures = Vec::new();
    object_figures(file, document, "", MAX_LEVELS, &mut figures);
    figures
}

fn number(value: Value<'_>) -> Option<f64> {
    if value.kind() == Kind::Number { value.cell().score().ok().and_then(Score::get) } else { None }
}

fn object_figures(file: &str, object: Value<'_>, path: &str, levels: usize, figures: &mut Vec<Figure>) {
    let text = |name: &str| object.get(name).and_then(Value::text).unwrap_or_default().into_owned();
    for (name, value) in object.entries() {
        let name = name.text().unwrap_or_default();
        if figures.len() == MAX_FIGURES {
            return;
        }
        if value.kind() == Kind::Object && levels > 1 {
            let path = if path.is_empty() { name.into_owned() } else { format!("{path}.{name}") };
            object_figures(file, value, &path, levels - 1, figures);
        } else if let Some(value) = number(value).filter(|_| is_value(&name)) {
            figures.push(Figure {
                file: file.to_owned(),
                model: text("model"),
                group: text("condition"),
                question: String::new(),
                label: path.to_owned(),
                value,
                interval: interval(object, &name),
                count: COUNTS.iter().find_map(|name| object.get(name).and_then(number)),
                metric: name.into_owned(),
            });
        }
    }
}

/// The interval of a value in the same object.
fn interval(object: Value<'_>, name: &str) -> Option<(f64, f64)> {
    let stem = name.rsplit_once('_').map_or(name, |(_, last)| last);
    let pair = object.get(&format!("{name}_ci")).or_else(|| object.get(&format!("{stem}_ci")));
    if let Some(pair) = pair {
        let mut ends = pair.items().filter_map(number);
        return Some((ends.next()?, ends.next()?));
    }
    if name == "point_estimate" {
        let inner = object.get("bootstrap").unwrap_or(object);
        return Some((number(inner.get("lower")?)?, number(inner.get("upper")?)?));
    }
    None
}
