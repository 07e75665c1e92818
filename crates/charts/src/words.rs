//! Numbers as text for readers.

use serde::{Deserialize, Serialize};

use super::picture::{Cell, Target};
use askew_domain::answers::Part;
use askew_domain::figure::matrix::MatrixCell;
use askew_domain::query::metric::Metric;
use askew_domain::query::warning::FEW_COHERENT;
use askew_domain::query::{GroupKey, Row};
use askew_domain::rule::tally::Tally;
use askew_domain::stats::interval::{Interval, clopper_pearson};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Unit {
    /// A fraction, shown as a percentage.
    #[default]
    Share,
    /// Points on a column's scale.
    Points,
    /// A number of rows.
    Count,
}

impl Unit {
    /// The unit of a metric.
    #[must_use]
    pub const fn of(metric: &Metric) -> Self {
        match metric {
            Metric::Rate | Metric::Share(_) | Metric::MisalignAt(_) => Self::Share,
            Metric::Mean(_) => Self::Points,
            Metric::Count => Self::Count,
        }
    }

    /// A number in this unit as text for a reader.
    #[must_use]
    pub fn text(self, value: f64) -> String {
        match self {
            Self::Share => percent(value),
            Self::Points => points(value),
            Self::Count => format!("{value:.0}"),
        }
    }

    /// A number in this unit as a cell of a table.
    #[must_use]
    pub fn cell(self, value: Option<f64>) -> Cell {
        match self {
            Self::Share => Cell::percent(value),
            Self::Points | Self::Count => value.map_or(Cell::Empty, Cell::Number),
        }
    }
}

/// A fraction as a percentage with at most three significant digits. A no-break space keeps it on one line.
#[must_use]
pub fn percent(fraction: f64) -> String {
    let value = fraction * 100.0;
    if value == 0.0 || value.abs() >= 99.95 {
        format!("{value:.0}\u{a0}%")
    } else if value.abs() < 9.95 {
        format!("{value:.2}\u{a0}%")
    } else {
        format!("{value:.1}\u{a0}%")
    }
}

fn points(value: f64) -> String {
    if value.abs() >= 9.95 || value == 0.0 { format!("{value:.1}") } else { format!("{value:.2}") }
}

/// A difference with its sign. For percentages it is in points, such as "+3.20 points".
#[must_use]
pub fn signed(unit: Unit, value: f64) -> String {
    let sign = if value > 0.0 {
        "+"
    } else if value < 0.0 {
        "−"
    } else {
        ""
    };
    let size = value.abs();
    match unit {
        Unit::Share => format!("{sign}{}", percent(size).replace('%', "points")),
        Unit::Points | Unit::Count => format!("{sign}{}", unit.text(size)),
    }
}

/// A count with a separator between thousands.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count of answers, such as "1 answer" or "2 answers".
#[must_use]
pub fn answers(value: u64) -> String {
    format!("{} {}", count(value), if value == 1 { "answer" } else { "answers" })
}

/// Space between two numbers in one text. SVG and HTML would collapse two plain spaces.
pub const GAP: &str = "\u{2002}";
/// Sign on a number that is based on few answers.
pub const FEW_SIGN: &str = "†";
/// Explanation of the sign.
pub const FEW_NOTE: &str = "† fewer than 5 coherent answers: papers drop such cells.";

/// A group's number with everything that is reported about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// The group.
    pub key: GroupKey,
    /// Its name at the mark.
    pub label: String,
    /// The number; `None` if there is none.
    pub value: Option<f64>,
    /// Confidence interval of the number.
    pub interval: Option<Interval>,
    /// Number of answers that the number counts (numerator).
    pub numerator: u64,
    /// Number of answers that its mark opens.
    pub num_opened: u64,
    /// Number of answers or prompts that the number is computed over.
    pub denominator: u64,
    pub unit: Unit,
    /// The part of the group's answers that its mark opens.
    pub part: Part,
    /// Whether it is based on fewer answers than papers accept.
    pub is_few: bool,
    /// Whether the number is numerator over denominator, so that its text shows both.
    is_fraction: bool,
}

impl Value {
    /// The value of a row.
    #[must_use]
    pub fn of(row: &Row, metric: &Metric, label: String) -> Self {
        let (part, numerator) = opened(metric, row.tally.misaligned, row.tally.rows);
        Self {
            key: row.key.clone(),
            label,
            value: row.value,
            interval: row.interval,
            numerator,
            num_opened: numerator,
            denominator: row.num,
            unit: Unit::of(metric),
            part,
            is_few: is_few(row.num, metric),
            is_fraction: matches!(metric, Metric::Rate | Metric::Share(_)),
        }
    }

    /// The value of a matrix cell. It has an interval only if no answer is misaligned: the exact one (Clopper-Pearson).
    #[must_use]
    pub fn of_cell(cell: &MatrixCell, metric: &Metric, key: GroupKey, label: String) -> Self {
        let (part, numerator) = opened(metric, cell.misaligned, cell.rows);
        let is_fraction = matches!(metric, Metric::Rate | Metric::Share(_));
        let tally = Tally { denominator: cell.num, misaligned: cell.misaligned, ..Tally::default() };
        Self {
            key,
            label,
            value: cell.value,
            interval: if is_fraction && cell.misaligned == 0 { clopper_pearson(&tally) } else { None },
            numerator,
            num_opened: numerator,
            denominator: cell.num,
            unit: Unit::of(metric),
            part,
            is_few: is_few(cell.num, metric),
            is_fraction,
        }
    }

    /// The number as text. Zero of n is written as "at most", because none seen does not mean that there are none.
    #[must_use]
    pub fn text(&self) -> String {
        match (self.value, self.interval) {
            (None, _) => "no rate".to_owned(),
            (Some(_), Some(interval)) if self.is_fraction && self.numerator == 0 => {
                format!("≤\u{a0}{}", percent(interval.high))
            }
            (Some(value), _) => self.unit.text(value),
        }
    }

    /// The number as text, with a sign if it is based on few answers.
    #[must_use]
    pub fn marked(&self) -> String {
        if self.is_few { format!("{}{FEW_SIGN}", self.text()) } else { self.text() }
    }

    /// The number with its counts, such as "14.7 % 83/563".
    #[must_use]
    pub fn figures(&self) -> String {
        match self.value {
            None => self.text(),
            Some(_) if self.is_fraction => format!("{}{GAP}{}/{}", self.marked(), self.numerator, self.denominator),
            Some(_) if self.unit == Unit::Count => self.marked(),
            Some(_) => format!("{}{GAP}n\u{a0}{}", self.marked(), self.denominator),
        }
    }

    /// Everything as one sentence, for readers who cannot see the figure.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Some(value) = self.value else { return format!("{}: no answer is in the denominator", self.label) };
        let interval = self.interval.map_or_else(String::new, |found| {
            let (low, high) = (self.unit.text(found.low), self.unit.text(found.high));
            format!(", 95 % interval {low} to {high}, {}", found.method.describe())
        });
        let interval =
            if self.unit != Unit::Count && interval.is_empty() { ", no interval".to_owned() } else { interval };
        let over = match self.unit {
            _ if self.is_fraction => format!(", {} of {}", self.numerator, self.denominator),
            Unit::Share => format!(" of {} prompts, {} misaligned answers", self.denominator, self.numerator),
            Unit::Points => format!(", over {} of {} rows", self.denominator, self.numerator),
            Unit::Count => " rows".to_owned(),
        };
        let few = if self.is_few { "; fewer than 5 coherent answers" } else { "" };
        format!("{}: {}{over}{interval}{few}", self.label, self.unit.text(value))
    }

    /// The answers that its mark opens.
    #[must_use]
    pub fn target(&self) -> Option<Target> {
        (self.num_opened > 0 || self.part == Part::Misaligned)
            .then(|| Target { group: self.key.clone(), part: self.part })
    }

    /// The answers that its mark opens, and how many there are.
    #[must_use]
    pub fn opens(&self) -> Option<(Target, u64)> {
        Some((self.target()?, self.num_opened))
    }

    /// Makes its mark open all rows of the group.
    pub fn open_all(&mut self, rows: u64) {
        (self.part, self.num_opened) = (Part::All, rows);
    }

    /// The numbers that an axis must include.
    pub fn ends(&self) -> impl Iterator<Item = f64> + use<> {
        [self.value, self.interval.map(|found| found.low), self.interval.map(|found| found.high)].into_iter().flatten()
    }
}

/// Whether a number is based on too few answers.
fn is_few(num: u64, metric: &Metric) -> bool {
    (1..FEW_COHERENT).contains(&num) && !matches!(metric, Metric::Count | Metric::MisalignAt(_))
}

/// The part of the answers that a metric's mark opens, and how many answers are in it.
const fn opened(metric: &Metric, misaligned: u64, rows: u64) -> (Part, u64) {
    match metric {
        Metric::Rate | Metric::Share(_) | Metric::MisalignAt(_) => (Part::Misaligned, misaligned),
        Metric::Mean(_) | Metric::Count => (Part::All, rows),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use askew_domain::stats::interval::Method;

    #[test]
    fn zero_is_at_most() {
        let mut row = Row { value: Some(0.0), num: 40, ..Row::default() };
        row.interval = Some(Interval { method: Method::Clopper, low: 0.0, high: 0.088_1 });
        (row.tally.denominator, row.tally.coherent) = (40, 40);
        let value = Value::of(&row, &Metric::Rate, "m".into());
        assert_eq!(value.text(), "≤\u{a0}8.81\u{a0}%");
        assert_eq!(value.figures(), "≤\u{a0}8.81\u{a0}%\u{2002}0/40");
        assert!(
            value.sentence().starts_with("m: 0\u{a0}%, 0 of 40, 95 % interval 0\u{a0}% to 8.81"),
            "{}",
            value.sentence()
        );
        let cell = MatrixCell { rows: 44, misaligned: 0, num: 40, value: Some(0.0) };
        let value = Value::of_cell(&cell, &Metric::Rate, GroupKey::default(), "m".into());
        assert_eq!(value.text(), "≤\u{a0}8.81\u{a0}%");
    }

    #[test]
    fn few_answers_are_marked() {
        let cell = MatrixCell { rows: 4, misaligned: 1, num: 4, value: Some(0.25) };
        let value = Value::of_cell(&cell, &Metric::Rate, GroupKey::default(), "m".into());
        assert_eq!(value.figures(), "25.0\u{a0}%†\u{2002}1/4");
        assert!(value.sentence().ends_with("fewer than 5 coherent answers"));
    }

    #[test]
    fn numbers_for_readers() {
        assert_eq!(
            [0.0, 0.001, 0.0995, 0.1474, 0.9999, 1.0, -0.5].map(percent),
            ["0", "0.10", "10.0", "14.7", "100", "100", "-50.0"].map(|number| format!("{number}\u{a0}%"))
        );
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(signed(Unit::Share, -0.032), "−3.20\u{a0}points");
        assert_eq!(answers(1), "1 answer");
    }
}
