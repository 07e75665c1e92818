//! A figure that a reader asks for: which type, of which groups. Part of the view, so of the address.

use serde::{Deserialize, Serialize};

use super::judge::Judges;
use super::metric::Metric;
use super::query::By;

/// Types of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum PlotKind {
    /// Dots with intervals, one group under another, highest first.
    #[default]
    Forest,
    /// Bars with intervals, groups side by side, as the papers draw them.
    Bars,
    /// One icon an answer ("20 of 100 answers"), for those who read no percentages.
    Icons,
    /// One dot for each row's group and series with its interval: questions by group, variants, with and without a trigger.
    Dots,
    /// Lines over a setting: ladders, training curves with a line a seed and a band, dose-response.
    Lines,
    /// Groups by groups, the number in each cell.
    Heat,
    /// Groups by groups: how many answers there are, and which cells have none.
    Missing,
    /// Alignment x coherence with both thresholds.
    Plane,
    /// The rate as a function of each threshold.
    Sweep,
    /// Shares of labels by group.
    Stack,
    /// A score's histogram by group.
    Histogram,
    /// One line a question from the first of two groups to the second.
    Slopes,
    /// One point a group: its rate in one category against its rate in another.
    Scatter,
    /// Paired differences on shared questions.
    Differences,
    /// Two judges on the same answers: confusion, and whose order flips.
    Judges,
    /// Where the rows went.
    Flow,
    /// Several metrics by group, the baseline subtracted where there is one.
    Benchmarks,
}

impl PlotKind {
    /// All, in the order of a picker.
    pub const ALL: [Self; 17] = [
        Self::Forest,
        Self::Bars,
        Self::Icons,
        Self::Dots,
        Self::Heat,
        Self::Lines,
        Self::Plane,
        Self::Sweep,
        Self::Histogram,
        Self::Stack,
        Self::Differences,
        Self::Slopes,
        Self::Scatter,
        Self::Benchmarks,
        Self::Judges,
        Self::Flow,
        Self::Missing,
    ];

    /// The name in links and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Forest => "forest",
            Self::Bars => "bars",
            Self::Icons => "icons",
            Self::Dots => "dots",
            Self::Lines => "lines",
            Self::Heat => "heat",
            Self::Missing => "missing",
            Self::Plane => "plane",
            Self::Sweep => "sweep",
            Self::Stack => "stack",
            Self::Histogram => "histogram",
            Self::Slopes => "slopes",
            Self::Scatter => "scatter",
            Self::Differences => "differences",
            Self::Judges => "judges",
            Self::Flow => "flow",
            Self::Benchmarks => "benchmarks",
        }
    }

    /// The type of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A figure that a reader asks for. Fields that a type has no use for are left as they are.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Plot {
    /// Its type.
    pub kind: PlotKind,
    /// What its rows, bars, lines or curves are groups of; `None` lets the type choose from the data.
    pub rows: Option<By>,
    /// What its columns or series are groups of; `None` lets the type choose.
    pub series: Option<By>,
    /// Setting along the x axis of lines; empty lets the type choose.
    pub over: String,
    /// Column of a histogram; empty for the alignment score of the judge.
    pub column: String,
    /// The second judge.
    pub second: Option<Judges>,
    /// Metrics side by side.
    pub metrics: Vec<Metric>,
}
