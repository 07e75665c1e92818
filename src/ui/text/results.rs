//! Strings of the Results screen.

/// Title of the first chart.
pub const BY_MODEL: &str = "Misaligned answers by model";
/// Heading of the warnings about the rates.
pub const WARNINGS: &str = "Read with care";

/// Title of the chart with a row for each question. `model` is the model that it is about.
#[must_use]
pub fn by_question(model: &str) -> String {
    format!("By question: {model}")
}
