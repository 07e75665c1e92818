//! Strings of the Learn page that are not the lesson's own.

use crate::charts::words::{Value, percent};
use crate::domain::query::Row;
use crate::domain::query::metric::Metric;
use crate::lab::lesson::{Choice, Forecast};

/// Status while the lesson is downloaded.
pub const COMING: &str = "Loading the lesson …";
/// Link from the introduction to the first step.
pub const BEGIN: &str = "Begin";
/// Accessible name of the list of steps.
pub const STEPS: &str = "Steps of the lesson";
/// First entry of the list of steps.
pub const START: &str = "Introduction";
/// Label of the slider for a forecast.
pub const YOUR_FORECAST: &str = "Your forecast";
/// Button that confirms the forecast and shows the outcome.
pub const COMMIT: &str = "That is my forecast";
/// Button that shows the outcome without a forecast.
pub const SKIP: &str = "Show me without a forecast";
/// Button that deletes the forecast, so that the reader can make another.
pub const AGAIN: &str = "Forecast again";
/// Heading of the outcome.
pub const OUTCOME: &str = "What came out";
/// Status while the answers are counted.
pub const COUNTING: &str = "Counting the answers …";
/// Last choice of a question: none of the other choices is right.
pub const NONE_OF_THESE: &str = "None of these is enough";
/// Accessible name of the links to the previous and the next step.
pub const PAGER: &str = "Next step";
/// Link to the step's saved view.
pub const OPEN_VIEW: &str = "Open this view in Results";
/// Link to the previous step.
pub const PREVIOUS: &str = "Previous";
/// Link to the next step.
pub const NEXT: &str = "Next";

/// Largest difference, in percentage points, between two shares that count as equal.
const SAME_POINTS: f64 = 0.5;

/// Text above a step: "Step 2 of 7". `place` counts from 0.
#[must_use]
pub fn step_of(place: usize, number: usize) -> String {
    format!("Step {} of {number}", place + 1)
}

/// A group's rate, as part of a sentence.
#[must_use]
pub fn rate(row: &Row) -> String {
    Value::of(row, &Metric::Rate, String::new()).text().replace('≤', "at most")
}

/// Sentence below a question about a share: the forecast and the outcome.
#[must_use]
pub fn share_came_out(forecast: &Forecast, row: &Row) -> String {
    let Some(share) = row.value else { return "No answer of this group is coherent: there is no rate.".to_owned() };
    let interval = row.interval.map_or_else(String::new, |interval| {
        format!(", 95\u{a0}% interval {} to {}", percent(interval.low), percent(interval.high))
    });
    let counts = format!("{} of {} coherent answers{interval}", row.tally.misaligned, row.num);
    let Forecast::Percent(said) = forecast else { return format!("It is {}: {counts}.", rate(row)) };
    let points = f64::from(*said) - share * 100.0;
    let compared = if points.abs() < SAME_POINTS {
        "just what you said".to_owned()
    } else {
        let side = if points > 0.0 { "more" } else { "less" };
        format!("your forecast is {:.0} points {side}", points.abs())
    };
    format!("You said {said}\u{a0}%. It is {}: {counts}; {compared}.", rate(row))
}

/// Sentence below a question with choices: the reader's choice and the outcome. `right` is `None` if none of the
/// choices is right.
#[must_use]
pub fn choice_came_out(forecast: &Forecast, choices: &[Choice], right: Option<&Choice>) -> String {
    let label = |group: Option<&str>| {
        let chosen = group.and_then(|group| choices.iter().find(|choice| choice.group == group));
        chosen.map_or(NONE_OF_THESE, |choice| choice.label.as_str()).to_owned()
    };
    let is = label(right.map(|choice| choice.group.as_str()));
    let Forecast::Group(said) = forecast else { return format!("It is: {is}.") };
    if said.as_deref() == right.map(|choice| choice.group.as_str()) {
        format!("You said: {is}. So it is.")
    } else {
        format!("You said: {}. It is: {is}.", label(said.as_deref()))
    }
}
