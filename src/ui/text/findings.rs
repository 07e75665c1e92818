//! Strings of the Findings screen.

/// Introduction of the Findings screen.
pub const ABOUT: &str = "What the literature reports about emergent misalignment, and what the pocket organism shows of it. Each opens as a view with numbers \
     computed here, from counts or answers that ship with the page or from rows at their source; where no rows are public, the figures are as stated.";
/// Heading of the screen.
pub const HEADING: &str = "Findings";
/// Link to a finding with rows on another site.
pub const OPEN_AT_SOURCE: &str = "Open (loads rows from the source)";
/// Link to a finding.
pub const OPEN: &str = "Open it";
/// Note at a finding without data.
pub const NO_DATA: &str = "No public data.";
/// After the number of figures.
pub const STATED: &str = " figures as the source states them";
