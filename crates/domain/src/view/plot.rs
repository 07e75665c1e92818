//! The reader's choice of a figure: its type and its groups. It is part of the view, so it is in the address.

use serde::{Deserialize, Serialize};

use crate::query::By;
use crate::query::metric::Metric;
use crate::select::judge::Judges;

/// Types of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum PlotKind {
    /// Dots with intervals, one group below another, highest first.
    #[default]
    Forest,
    /// Bars with intervals, groups next to each other, as in the papers.
    Bars,
    /// Icons for answers ("20 of 100 answers"), for readers who are not used to percentages.
    Icons,
    /// One dot with its interval for each row and series: questions by group, ways of asking, with and without a
    /// trigger.
    Dots,
    /// Lines over a setting: ladders, dose-response, training curves with a line for each seed and a band.
    Lines,
    /// Groups by groups, with the number in each cell.
    Heat,
    /// Groups by groups: the number of answers, and which cells have none.
    Missing,
    /// Alignment x coherence, with both thresholds.
    Plane,
    /// The rate as a function of each threshold.
    Sweep,
    /// Shares of labels by group.
    Stack,
    /// A score's histogram by group.
    Histogram,
    /// One line for each question, from the first of two groups to the second.
    Slopes,
    /// One point for each group: its rate in one category against its rate in another.
    Scatter,
    /// Paired differences on shared questions.
    Differences,
    /// Two judges on the same answers: their confusion matrix, and the groups with another order.
    Judges,
    /// The flow of the rows, from all rows to the numerator.
    Flow,
    /// Several metrics by group. A baseline, if there is one, is subtracted.
    Benchmarks,
}

impl PlotKind {
    /// All types, in the order of the picker.
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

    /// The type with a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// A figure that a reader asks for. A type ignores the fields that it does not use.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Plot {
    /// Its type.
    pub kind: PlotKind,
    /// The grouping of its rows, bars, lines or curves. `None` lets the type choose from the data.
    pub rows: Option<By>,
    /// The grouping of its columns or series. `None` lets the type choose.
    pub series: Option<By>,
    /// Setting along the x axis of lines. Empty lets the type choose.
    pub over: String,
    /// Column of a histogram. Empty for the alignment score of the judge.
    pub column: String,
    /// The second judge.
    pub second: Option<Judges>,
    /// The metrics of benchmarks. Empty lets the type choose.
    pub metrics: Vec<Metric>,
}

/// The text of a grouping, as [`By::read`] reads it.
#[must_use]
pub fn by_text(by: &By) -> String {
    let parts = [
        (by.file, "file"),
        (by.model, "model"),
        (by.question, "question"),
        (by.group, "group"),
        (by.seed, "seed"),
        (by.category, "category"),
        (by.variant, "variant"),
    ];
    let mut names: Vec<&str> = parts.into_iter().filter(|(is_on, _)| *is_on).map(|(_, name)| name).collect();
    names.extend(by.settings.iter().map(String::as_str));
    if names.is_empty() { "all".to_owned() } else { names.join(",") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::View;
    use proptest::prelude::*;

    fn groupings() -> impl Strategy<Value = Option<By>> {
        let settings = proptest::sample::subsequence(vec!["data fraction", "layer", "step"], 0..=3);
        let by = (any::<[bool; 7]>(), settings).prop_map(|(on, settings)| {
            let [file, model, question, group, seed, category, variant] = on;
            let settings = settings.into_iter().map(str::to_owned).collect();
            By { file, model, question, group, seed, category, variant, settings }
        });
        proptest::option::of(by)
    }

    proptest! {
        #[test]
        fn a_link_holds_the_plot(
            kind in proptest::sample::select(PlotKind::ALL.to_vec()),
            rows in groupings(),
            series in groupings(),
            texts in (".{0,9}", ".{0,9}"),
            second in proptest::option::of((".{0,9}", ".{0,9}")),
            metrics in proptest::collection::vec(proptest::sample::select(vec!["rate", "mean:medical", "share:a>1&b<2.5", "misalign@4"]), 0..3),
        ) {
            let second = second.map(|(aligned, coherent)| Judges { aligned, coherent });
            let metrics = metrics.iter().map(|metric| metric.parse().unwrap()).collect();
            let plot = Plot { kind, rows, series, over: texts.0, column: texts.1, second, metrics };
            let view = View { plot, ..View::default() };
            prop_assert_eq!(View::from_fragment(&view.to_fragment()), view);
        }
    }

    #[test]
    fn what_cannot_be_read_changes_nothing() {
        assert_eq!(View::from_fragment("results?plot=pie&plot.metric=median&x=y"), View::default());
        assert!(PlotKind::ALL.iter().all(|kind| PlotKind::named(kind.name()) == Some(*kind)));
    }

    /// Postcard writes a variant as its number, so it knows all of them.
    #[test]
    fn the_picker_has_every_type() {
        let known = (0..u8::MAX).filter_map(|number| postcard::from_bytes::<PlotKind>(&[number]).ok());
        assert!(known.clone().count() > 1);
        assert!(known.clone().all(|kind| PlotKind::ALL.contains(&kind)), "{:?}", known.collect::<Vec<_>>());
    }
}
