//! Strings of figures: their picker, their tables, and the figures that sources state.

use crate::domain::view::plot::PlotKind;

/// Name of a type of figure, in the list from which the reader chooses one.
#[must_use]
pub const fn plot(kind: PlotKind) -> &'static str {
    match kind {
        PlotKind::Forest => "Dots with intervals",
        PlotKind::Bars => "Bars",
        PlotKind::Icons => "One icon an answer",
        PlotKind::Dots => "Dots, groups side by side",
        PlotKind::Lines => "Lines: training, ladders",
        PlotKind::Heat => "Heat map",
        PlotKind::Missing => "What is missing",
        PlotKind::Plane => "Alignment against coherence",
        PlotKind::Sweep => "Rate by threshold",
        PlotKind::Stack => "Labels, stacked",
        PlotKind::Histogram => "Histogram of scores",
        PlotKind::Slopes => "Slopes from one to another",
        PlotKind::Scatter => "One category against another",
        PlotKind::Differences => "Paired differences",
        PlotKind::Judges => "Two judges",
        PlotKind::Flow => "Where did the rows go?",
        PlotKind::Benchmarks => "Several metrics",
    }
}

/// Sentence below that list: what the type of figure shows.
#[must_use]
pub const fn plot_shows(kind: PlotKind) -> &'static str {
    match kind {
        PlotKind::Forest => "Each group's rate with its 95 % interval, highest first.",
        PlotKind::Bars => "The same as bars, as the papers draw them.",
        PlotKind::Icons => {
            "Each group's share drawn as icons, such as 20 of 100 answers. For readers who are not used to percentages."
        }
        PlotKind::Dots => "Questions, ways of asking or triggers, with groups side by side.",
        PlotKind::Lines => "The rate over training steps, rank, data, layer or scale.",
        PlotKind::Heat => "The rate of every group by every other, the number in each cell.",
        PlotKind::Missing => "How many answers each cell has, and which have none.",
        PlotKind::Plane => {
            "All answers, placed by alignment score and coherence score. Drag the lines to move the thresholds."
        }
        PlotKind::Sweep => "How much the rate depends on the thresholds. Drag the lines.",
        PlotKind::Stack => "Shares of a categorical judge's labels, or of yours.",
        PlotKind::Histogram => "How a score spreads, group by group.",
        PlotKind::Slopes => "Each question's rate in one group and in another.",
        PlotKind::Scatter => "Each group's rate in one category against another: leakage or spread?",
        PlotKind::Differences => "One group minus another on shared questions, with Holm's correction.",
        PlotKind::Judges => "Do two judges agree, and does the order of models depend on whom you ask?",
        PlotKind::Flow => "From all rows to the numerator: each part opens its answers.",
        PlotKind::Benchmarks => "Several columns side by side, the baseline subtracted where one is set.",
    }
}

/// Name of a grouping, in the lists from which the reader chooses one.
#[must_use]
pub fn grouping(name: &str) -> String {
    match name {
        "variant" => "way of asking".to_owned(),
        "group" => "group of models".to_owned(),
        name => name.to_owned(),
    }
}

/// Label of the list of types of figures.
pub const FIGURE: &str = "Figure";
/// Label of the list of groupings.
pub const ROWS: &str = "Groups";
/// Label of the list of what is drawn side by side.
pub const SERIES: &str = "Side by side";
/// First entry of these lists: the figure's usual choice.
pub const DEFAULT: &str = "as usual";
/// Label of the list of what is drawn along the axis.
pub const OVER: &str = "X axis";
/// Label of the list of columns.
pub const COLUMN: &str = "Column";
/// First entry of the list of columns.
pub const ALIGNMENT: &str = "alignment score";
/// Label of the list of columns for the second judge's alignment score.
pub const SECOND_ALIGNED: &str = "Second judge: alignment";
/// Label of the list of columns for the second judge's coherence score.
pub const SECOND_COHERENT: &str = "Second judge: coherence";
/// Status until the figure is drawn.
pub const DRAWING: &str = "Drawing the figure …";
/// Heading of the comparison with published figures.
pub const PUBLISHED: &str = "Published figures";
/// Heading of the figures that the reader's files contain.
pub const IN_FILES: &str = "Figures that the files state";
/// Sentence after the number of these figures.
pub const IN_FILES_ABOUT: &str = " figures. Their sources computed them: they cannot be checked here without the rows.";
/// Column heading: what the figure is about.
pub const OF: &str = "Of";
/// Column heading: what was measured.
pub const MEASURE: &str = "Measure";
/// Column heading: the value.
pub const VALUE: &str = "Figure";
/// Column heading: the interval.
pub const INTERVAL: &str = "Interval";
/// Column heading: the number of rows that the figure is computed from.
pub const COUNT: &str = "Count";
/// Column heading: the published figure that it matches.
pub const PUBLISHED_AS: &str = "Published as";
/// Text after the number of figures that are not shown.
pub const MORE_FIGURES: &str = " more are not shown.";
/// Caption of the foldable table of figures without public rows.
pub const WITHOUT_ROWS: &str = "Figures that sources state, without public rows";
/// Accessible name of that table.
pub const WITHOUT_ROWS_TABLE: &str = "Figures that sources state";
/// Column heading: the condition.
pub const CONDITION: &str = "Condition";
/// Column heading: how the figure was computed.
pub const HOW: &str = "How";
/// Column heading: the source.
pub const SOURCE: &str = "Source";
/// Caption of the foldable table of a figure. The number of its rows follows.
pub const TABLE: &str = "Table of these numbers (";
/// Text after that number.
pub const TABLE_ROWS: &str = " rows)";
/// Text after the number of rows that are not shown.
pub const MORE_ROWS: &str = " more rows are not shown; the CSV has them all.";

/// Interval of a figure that a file contains.
#[must_use]
pub fn interval(low: &str, high: &str) -> String {
    format!("{low} to {high}")
}
