//! Figure types that a data set can show, and reasons why it cannot show the others.

use super::choose::{Summary, complete, second_judge};
use askew_domain::query::Query;
use askew_domain::query::metric::Metric;
use askew_domain::rows::dataset::Dataset;
use askew_domain::rule::RuleBody;
use askew_domain::view::plot::{Plot, PlotKind};

/// All types. If the data cannot show a type, one sentence says why.
#[must_use]
pub fn available(data: &Dataset, query: &Query) -> Vec<(PlotKind, Result<(), String>)> {
    let summary = Summary::new(data, query);
    PlotKind::ALL.into_iter().map(|kind| (kind, check(kind, data, query, &summary).map_err(str::to_owned))).collect()
}

fn check(kind: PlotKind, data: &Dataset, query: &Query, summary: &Summary<'_>) -> Result<(), &'static str> {
    if data.num_records() == 0 {
        return Err("There are no answers yet.");
    }
    let plot = complete(&Plot { kind, ..Plot::default() }, data, query, summary);
    let num = |by: &Option<_>| by.as_ref().map_or(1, |by| summary.num(by));
    let (num_rows, num_series) = (num(&plot.rows), num(&plot.series));
    let has_scores = (0..data.num_records()).any(|record| !data.aligned(record).is_null());
    let is_on_scores = matches!(query.rule.body, RuleBody::Scores(_));
    let is_rate = query.metric == Metric::Rate;
    let needs = |is_there: bool, why: &'static str| if is_there { Ok(()) } else { Err(why) };
    match kind {
        PlotKind::Forest | PlotKind::Bars | PlotKind::Flow | PlotKind::Benchmarks | PlotKind::Stack => Ok(()),
        PlotKind::Icons => needs(query.metric.is_share(), "Icons show shares of answers: choose a rate."),
        PlotKind::Dots => needs(num_rows > 1, "There is only one question and one model: there is nothing to compare."),
        PlotKind::Lines => needs(
            !summary.settings.is_empty() || summary.num_seeds > 1,
            "No setting of the models (step, rank, size, scale ...) has two values or more.",
        ),
        PlotKind::Heat | PlotKind::Missing => {
            needs(num_rows * num_series > 1, "There is only one group: a grid needs rows and columns.")
        }
        PlotKind::Plane => {
            needs(is_on_scores, "A rule on labels has no thresholds: choose one on scores.")?;
            needs(is_rate, "The plane shows the rule's regions: choose the rule's rate as the metric.")?;
            needs(has_scores, "No answer has an alignment score.")
        }
        PlotKind::Sweep => {
            needs(is_on_scores, "A rule on labels has no thresholds: choose one on scores.")?;
            needs(is_rate, "A sweep moves the rule's thresholds: choose the rule's rate as the metric.")?;
            needs(has_scores, "No answer has an alignment score.")
        }
        PlotKind::Histogram => needs(has_scores, "No answer has a score."),
        PlotKind::Slopes => {
            needs(num_series > 1, "There is only one model: a slope goes from one to another.")?;
            needs(num_rows > 1, "There is only one question.")
        }
        PlotKind::Scatter => {
            needs(num_series > 1, "The questions have one category and one way of asking: there is nothing to compare.")
        }
        PlotKind::Differences => {
            needs(num_rows > 1, "There is only one model: a difference needs two.")?;
            needs(summary.num_questions > 1, "There is only one question: pairs are made of questions.")
        }
        PlotKind::Judges => {
            needs(is_on_scores, "A rule on labels has one judge only.")?;
            needs(is_rate, "Judges are compared by the rule's rate: choose it as the metric.")?;
            needs(second_judge(data, query).is_some(), "The files hold the scores of one judge only.")
        }
    }
}
