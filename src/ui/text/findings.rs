//! Strings of the Findings screen.

/// Paragraph below the heading.
pub const ABOUT: &str = "What the literature reports about emergent misalignment, and what the pocket organism shows of it. Each opens as a view with numbers \
     computed here, from counts or answers that ship with the page or from rows at their source; where no rows are public, the figures are as stated.";
/// Heading of the screen.
pub const HEADING: &str = "Findings";
/// Link to a finding with rows on another site.
pub const OPEN_AT_SOURCE: &str = "Open (loads rows from the source)";
/// Link to any other finding.
pub const OPEN: &str = "Open it";
/// Sentence instead of the link of a finding without data.
pub const NO_DATA: &str = "No public data.";
/// Text after the number of figures of such a finding.
pub const STATED: &str = " figures as the source states them";
