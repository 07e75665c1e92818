//! Strings of the Results screen.

/// Title of the first chart.
pub const BY_MODEL: &str = "Misaligned answers by model";
/// Heading of the warnings.
pub const WARNINGS: &str = "Read with care";

/// Title of the chart by question, with the model.
#[must_use]
pub fn by_question(model: &str) -> String {
    format!("By question: {model}")
}
