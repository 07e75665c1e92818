//! Filters: which rows a query uses. All charts of a screen share one filter.

use serde::{Deserialize, Serialize};

use crate::text::search::Search;
use crate::values::cell::{CellKey, Variant};
use crate::values::facet::{Number, Setting};
use crate::values::names::Names;

/// Comparison of a number with another.
///
/// `=` means the same number, except for the rounding of a few arithmetic operations: two numbers are equal if their
/// difference is less than 4 x [`f64::EPSILON`] (8.9e-16) times the larger of them. So a score or a setting that a
/// program wrote as `0.30000000000000004` equals 0.3, and the same holds for any magnitude. Whole numbers up to 10^15
/// are equal only to themselves, and 0 only to 0. The other comparisons have no tolerance. [`Filter::settings`]
/// compares settings exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Comparison {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
    /// `>`
    Above,
    /// `<`
    Below,
    /// `=`
    Equal,
}

impl Comparison {
    /// All comparisons. Signs of two characters come first, because `>=` also begins with `>`.
    pub const ALL: [Self; 5] = [Self::AtLeast, Self::AtMost, Self::Above, Self::Below, Self::Equal];

    /// The sign, as it is written in conditions.
    #[must_use]
    pub const fn sign(self) -> &'static str {
        match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
            Self::Above => ">",
            Self::Below => "<",
            Self::Equal => "=",
        }
    }

    /// Whether a value meets the comparison with another.
    #[must_use]
    pub fn holds(self, value: f64, with: f64) -> bool {
        match self {
            Self::AtLeast => value >= with,
            Self::AtMost => value <= with,
            Self::Above => value > with,
            Self::Below => value < with,
            Self::Equal => {
                // The first comparison is for zeros and infinities.
                value == with || (value - with).abs() < 4.0 * f64::EPSILON * value.abs().max(with.abs())
            }
        }
    }
}

/// A condition that rows must meet: `--where COLUMN>=X`. A row without a value never meets it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Condition {
    /// Numeric column, or a setting of the model.
    pub column: String,
    pub comparison: Comparison,
    /// The number on the right side.
    pub value: f64,
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}{}", self.column, self.comparison.sign(), self.value)
    }
}

impl std::str::FromStr for Condition {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str = "expected COLUMN>=X (or <=, >, <, =), with X a number";
        let (column, comparison, value) = Comparison::ALL
            .into_iter()
            .find_map(|comparison| {
                text.split_once(comparison.sign()).map(|(column, value)| (column, comparison, value))
            })
            .ok_or(EXPECTED)?;
        let value: f64 = value.trim().parse().map_err(|_not_a_number| EXPECTED)?;
        let column = column.trim().to_lowercase();
        if column.is_empty() || !value.is_finite() { Err(EXPECTED) } else { Ok(Self { column, comparison, value }) }
    }
}

/// A filter on the reader's labels.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LabelFilter {
    /// Whether rows labelled in-domain are left out.
    pub drops_in_domain: bool,
    /// Response types that are let through. Empty for all rows, with or without a type.
    pub kinds: Vec<String>,
}

/// Which rows a query uses. An empty list lets everything through.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Filter {
    /// Names of files.
    pub files: Vec<String>,
    /// Names of models.
    pub models: Vec<String>,
    /// Names of groups.
    pub groups: Vec<String>,
    /// Ids of questions.
    pub questions: Vec<String>,
    /// Ways of asking.
    pub variants: Vec<Variant>,
    /// Model seeds.
    pub seeds: Vec<String>,
    /// Categories or subsets.
    pub categories: Vec<String>,
    /// Values of settings. For each setting in the list, only its values in the list are let through.
    pub settings: Vec<Setting>,
    /// Conditions on numeric columns and settings. All of them must hold.
    pub conditions: Vec<Condition>,
    /// Text that answers or questions must contain.
    pub search: Option<Search>,
    /// The reader's labels.
    pub labels: LabelFilter,
}

impl Filter {
    /// Prepares the lists, so that a cell is checked in the same time however long the lists of names are.
    #[must_use]
    pub fn prepare(&self) -> CellFilter<'_> {
        let listed = |names: &[String]| (!names.is_empty()).then(|| names.iter().map(String::as_str).collect());
        let mut settings: Vec<(&str, Vec<Number>)> = Vec::new();
        for setting in &self.settings {
            match settings.iter_mut().find(|(name, _)| *name == setting.name) {
                Some((_, values)) => values.push(setting.value),
                None => settings.push((&setting.name, vec![setting.value])),
            }
        }
        CellFilter {
            files: listed(&self.files),
            models: listed(&self.models),
            groups: listed(&self.groups),
            questions: listed(&self.questions),
            variants: &self.variants,
            seeds: listed(&self.seeds),
            categories: listed(&self.categories),
            settings,
        }
    }
}

/// The parts of a [`Filter`] that decide on cells, prepared by [`Filter::prepare`]. `None` lets every name through.
#[derive(Debug, Clone)]
pub struct CellFilter<'a> {
    files: Option<Names>,
    models: Option<Names>,
    groups: Option<Names>,
    questions: Option<Names>,
    /// Some of a few values.
    variants: &'a [Variant],
    seeds: Option<Names>,
    categories: Option<Names>,
    /// Each setting once, with its values. There are few settings.
    settings: Vec<(&'a str, Vec<Number>)>,
}

impl CellFilter<'_> {
    /// Whether a cell passes. Conditions on columns, the search and labels are checked for each row.
    #[must_use]
    pub fn takes(&self, cell: &CellKey) -> bool {
        let lets = |list: &Option<Names>, name: &str| list.as_ref().is_none_or(|list| list.contains(name));
        lets(&self.files, &cell.file)
            && lets(&self.models, &cell.model)
            && lets(&self.groups, &cell.group)
            && lets(&self.questions, &cell.question)
            && (self.variants.is_empty() || self.variants.contains(&Variant::of(&cell.question)))
            && lets(&self.seeds, &cell.seed)
            && lets(&self.categories, &cell.category)
            && self
                .settings
                .iter()
                .all(|(name, values)| cell.setting(name).is_some_and(|value| values.contains(&value)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_written_as_they_are_read() {
        for text in ["medical>=50", "x<3", "layer=28", "a<=-0.5", "b>1"] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
        for bad in ["x", "x>=", ">=3", "x>=y", "x>=inf"] {
            assert!(bad.parse::<Condition>().is_err(), "{bad}");
        }
    }

    #[test]
    fn equal_numbers_differ_by_rounding_only() {
        let is_equal = |a: f64, b: f64| {
            assert_eq!(Comparison::Equal.holds(a, b), Comparison::Equal.holds(b, a), "{a} and {b}");
            Comparison::Equal.holds(a, b)
        };
        for scale in [1e-300, 1e-20, 1e-9, 1.0, 1e9, 1e20, 1e300] {
            assert!(
                is_equal((0.1 + 0.2) * scale, 0.3 * scale) && is_equal((1.0 - 0.9) * scale, 0.1 * scale),
                "at {scale}"
            );
            assert!(is_equal(-scale, -scale) && !is_equal(-scale, scale), "at {scale}");
            for gap in [1e-15, 1e-9, 0.5] {
                assert!(!is_equal(scale, scale * (1.0 + gap)), "{gap} at {scale}");
            }
        }
        assert!(!is_equal(1e-17, 2e-17) && !is_equal(0.0, 1e-300), "small numbers differ");
        assert!(!is_equal(1e15, 1e15 + 1.0) && is_equal(1e16, 1e16), "large integers differ");
        assert!(is_equal(0.0, -0.0) && is_equal(f64::INFINITY, f64::INFINITY));
        assert!(!is_equal(f64::INFINITY, f64::MAX) && !is_equal(f64::INFINITY, f64::NEG_INFINITY));
        assert!(!is_equal(f64::NAN, f64::NAN) && !is_equal(f64::NAN, 1.0));
    }

    /// Scores with up to two decimals were compared with an absolute tolerance before. The results stay the same.
    #[test]
    fn scores_compare_as_before() {
        for score in 0..=10_000 {
            let score = f64::from(score) / 100.0;
            for other in [score, score + 0.01, score - 0.01, score.round(), score / 3.0 * 3.0, 0.0, 30.0, 100.0] {
                let before = (score - other).abs() < f64::EPSILON || score == other;
                let is_noise = score != other && (score - other).abs() < 1e-12;
                assert!(is_noise || Comparison::Equal.holds(score, other) == before, "{score} and {other}");
            }
        }
    }

    #[test]
    fn settings_are_lists_of_values_for_each_name() {
        let cell = CellKey::from_names("layer_28/judgements_scale_4.csv", "m", "", "q");
        let takes = |wanted: &[(&str, f64)]| {
            let settings = wanted
                .iter()
                .map(|&(name, value)| Setting { name: name.into(), value: Number::new(value).unwrap() })
                .collect();
            Filter { settings, ..Filter::default() }.prepare().takes(&cell)
        };
        assert!(takes(&[]) && takes(&[("layer", 28.0)]) && takes(&[("layer", 24.0), ("layer", 28.0)]));
        assert!(takes(&[("layer", 28.0), ("scale", 4.0)]));
        assert!(!takes(&[("layer", 24.0)]) && !takes(&[("layer", 28.0), ("scale", 5.0)]) && !takes(&[("rank", 1.0)]));
    }
}
