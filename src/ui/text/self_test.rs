//! Strings of the self-test.

/// Paragraph: what the self-test does.
pub const ABOUT: &str = "Every kernel runs on this GPU and, with the same numbers, on the CPU; the results must agree. A model of yours \
     can be tried the same way: what follows three texts, by the GPU and by the CPU from the same file. Nothing is sent anywhere.";
/// Status until the worker reports something else.
pub const STARTING: &str = "Starting";
/// Caption of the table: how the errors are computed.
pub const TABLE_CAPTION: &str = "Error: the sum of squared differences to the CPU's results over the sum of their squares; for choices, the share \
     of wrong ones.";
/// Heading of the screen.
pub const HEADING: &str = "Does this GPU compute what it should?";
/// Button that tests the kernels.
pub const RUN: &str = "Test every kernel";
/// Button that chooses a model's file and tests it.
pub const RUN_MODEL: &str = "Test a GGUF model";
/// Link to the Lab.
pub const TO_LAB: &str = "Back to the Lab";
/// Text after the backend of a GPU that is emulated in software.
const SOFTWARE: &str = ", software";
/// Accessible name of the table.
pub const CHECKS: &str = "Checks";
/// Column heading: name of the check.
pub const CHECK: &str = "Check";
/// Column heading: [`HOLDS`] or [`FAILS`].
pub const RESULT: &str = "Result";
/// Column heading: error of the check.
pub const ERROR: &str = "Error";
/// Column heading: largest error that is accepted.
pub const LIMIT: &str = "Limit";
/// Column heading: duration of the check.
pub const TIME: &str = "Time";
/// Result of a check with an error within its limit.
pub const HOLDS: &str = "✓ holds";
/// Result of any other check.
pub const FAILS: &str = "✗ fails";

/// Error if the worker of the self-test ended. `why` is the reason.
#[must_use]
pub fn stopped(why: &str) -> String {
    format!("The self-test stopped ({why}): start it again.")
}

/// Name of the GPU with its backend.
#[must_use]
pub fn device(name: &str, backend: &str, is_software: bool) -> String {
    format!("{name} ({backend}{})", if is_software { SOFTWARE } else { "" })
}

/// Text after the number of checks: the GPU, if it is known.
#[must_use]
pub fn on(device: &str) -> String {
    format!(" on {device}")
}

/// Verdict if all checks hold. `on` is empty, or the text of [`on`].
#[must_use]
pub fn all_hold(checks: usize, on: &str) -> String {
    format!("All {checks} checks hold{on}.")
}

/// Verdict if some checks fail. `on` is as in [`all_hold`].
#[must_use]
pub fn some_fail(failed: usize, checks: usize, on: &str) -> String {
    format!("{failed} of {checks} checks fail{on}: do not trust this GPU's answers.")
}

/// Verdict while the test runs. `on` is as in [`all_hold`].
#[must_use]
pub fn hold_so_far(checks: usize, on: &str) -> String {
    format!("{checks} checks hold so far{on}.")
}
