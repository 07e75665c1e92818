//! Strings of the view of an answer token by token.

/// Button that shows a column's text token by token.
#[must_use]
pub fn token_by_token(name: &str) -> String {
    format!("Token by token: {name}")
}

/// Accessible name of the group of these buttons.
pub const LOOK: &str = "Column to show token by token";
/// Status while the engine reads the text in every column.
pub const LOOKING: &str = "Every column reads the text…";
/// Accessible name of the group of buttons that choose what the colours show.
pub const COLOURED: &str = "What the colours say";
/// Button of that group: the colours show the difference in log-probability.
pub const BY_DIFFERENCE: &str = "Difference in log-probability";
/// Button of that group: the colours show the KL divergence.
pub const BY_DIVERGENCE: &str = "KL divergence";
/// Sentence that explains the colours for [`BY_DIFFERENCE`].
pub const DIFFERENCE_KEY: &str = "Orange: the last column finds the token likelier than the first does; blue: less likely. Full colour is a factor of twenty.";
/// Sentence that explains the colours for [`BY_DIVERGENCE`].
pub const DIVERGENCE_KEY: &str = "Orange: the last column's distribution over all tokens is far from the first's at this place. Full colour is 1 nat.";
/// Accessible name of the text of tokens, in which a token can be selected.
pub const LABEL: &str = "Tokens of the answer";
/// Button that runs the logit lens.
pub const LENS: &str = "What would each layer say here? (logit lens)";
/// Caption of the table of the logit lens.
pub const LENS_CAPTION: &str = "The likeliest next token if the model ended after this layer";

/// Caption of the table about one token. `number` is its place in the answer, `piece` its text.
#[must_use]
pub fn caption(piece: &str, number: usize) -> String {
    format!("Token {number}: “{piece}”")
}

/// Accessible name of that table.
pub const TABLE: &str = "The token in every column";
/// Column heading: name of the model's column.
pub const COLUMN: &str = "Column";
/// Column heading: probability of the token.
pub const PROBABILITY: &str = "Probability";
/// Column heading: KL divergence from the first column, in nats.
pub const KL: &str = "KL from the first, nats";
/// Column heading: the likeliest tokens at this place.
pub const LIKELIEST: &str = "Likeliest here";
/// Column heading: number of the layer.
pub const LENS_LAYER: &str = "After layer";
