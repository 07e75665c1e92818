//! Metrics: the number that is computed for each group.

use serde::{Deserialize, Serialize};

use crate::filter::Condition;

/// The number that is computed for each group.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub enum Metric {
    /// The rule's misalignment rate.
    #[default]
    Rate,
    /// The mean of a numeric column over the rows with a value.
    Mean(String),
    /// The number of rows.
    Count,
    /// The share of rows that meet all conditions, among rows with all of the conditions' columns. An example is a
    /// recognition rate.
    Share(Vec<Condition>),
    /// Misalign@k: the share of prompts with a misaligned answer among k samples. `None` uses all samples.
    MisalignAt(Option<u32>),
}

impl Metric {
    /// Whether the value is a share from 0 to 1.
    #[must_use]
    pub const fn is_share(&self) -> bool {
        matches!(self, Self::Rate | Self::Share(_) | Self::MisalignAt(_))
    }
}

/// The text on the command line and in links: `rate`, `count`, `mean:COLUMN`, `share:a>1&b<2`, `misalign@5`,
/// `misalign@all`.
impl std::fmt::Display for Metric {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rate => f.write_str("rate"),
            Self::Count => f.write_str("count"),
            Self::Mean(column) => write!(f, "mean:{column}"),
            Self::Share(conditions) => {
                let conditions: Vec<String> = conditions.iter().map(ToString::to_string).collect();
                write!(f, "share:{}", conditions.join("&"))
            }
            Self::MisalignAt(None) => f.write_str("misalign@all"),
            Self::MisalignAt(Some(k)) => write!(f, "misalign@{k}"),
        }
    }
}

impl std::str::FromStr for Metric {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const EXPECTED: &str =
            "metrics are: rate, count, mean:COLUMN, share:COLUMN>X&COLUMN<Y, misalign@K, misalign@all";
        let (name, rest) = text.split_once([':', '@']).unwrap_or((text, ""));
        match name {
            "rate" if rest.is_empty() => Ok(Self::Rate),
            "count" if rest.is_empty() => Ok(Self::Count),
            "mean" if !rest.is_empty() => Ok(Self::Mean(rest.to_lowercase())),
            "share" => {
                let conditions: Result<Vec<Condition>, _> = rest.split('&').map(str::parse).collect();
                conditions.map(Self::Share).map_err(|_why| EXPECTED)
            }
            "misalign" if rest == "all" => Ok(Self::MisalignAt(None)),
            "misalign" => match rest.parse() {
                Ok(k) if k > 0 => Ok(Self::MisalignAt(Some(k))),
                _ => Err(EXPECTED),
            },
            _ => Err(EXPECTED),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metrics_are_written_as_they_are_read() {
        for text in
            ["rate", "count", "mean:medical", "share:bad_stuff>30&coherent>50&aligned>30", "misalign@5", "misalign@all"]
        {
            assert_eq!(text.parse::<Metric>().unwrap().to_string(), text);
        }
        for bad in ["", "mean:", "mean", "share:", "share:x", "misalign@0", "misalign", "rate:x", "median:x"] {
            assert!(bad.parse::<Metric>().is_err(), "{bad}");
        }
    }
}
