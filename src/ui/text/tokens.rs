//! Strings of the view of an answer token by token.

/// Button that looks at a column's text token by token.
#[must_use]
pub fn token_by_token(name: &str) -> String {
    format!("Token by token: {name}")
}

/// Label of the group of buttons that choose a column's text.
pub const LOOK: &str = "Column to show token by token";
/// Status while the engine reads the text in every column.
pub const LOOKING: &str = "Every column reads the text…";
/// Label of the choice of what the colours show.
pub const COLOURED: &str = "What the colours say";
/// Colours show the difference in log-probability.
pub const BY_DIFFERENCE: &str = "Difference in log-probability";
/// Colours show the KL divergence.
pub const BY_DIVERGENCE: &str = "KL divergence";
/// Key of the colours by difference.
pub const DIFFERENCE_KEY: &str = "Orange: the last column finds the token likelier than the first does; blue: less likely. Full colour is a factor of twenty.";
/// Key of the colours by divergence.
pub const DIVERGENCE_KEY: &str = "Orange: the last column's distribution over all tokens is far from the first's at this place. Full colour is 1 nat.";
/// Accessible name of the text of tokens, which is a control.
pub const LABEL: &str = "Tokens of the answer";
/// Button that asks for the logit lens.
pub const LENS: &str = "What would each layer say here? (logit lens)";
/// Caption of the table of the logit lens.
pub const LENS_CAPTION: &str = "The likeliest next token if the model ended after this layer";

/// Caption of the table of one token.
#[must_use]
pub fn caption(piece: &str, number: usize) -> String {
    format!("Token {number}: “{piece}”")
}

/// Accessible name of the table of one token.
pub const TABLE: &str = "The token in every column";
/// Head: name of the column.
pub const COLUMN: &str = "Column";
/// Head: probability of the token.
pub const PROBABILITY: &str = "Probability";
/// Head: KL divergence from the first column.
pub const KL: &str = "KL from the first, nats";
/// Head: the most likely tokens.
pub const LIKELIEST: &str = "Likeliest here";
/// Head: number of the layer.
pub const LENS_LAYER: &str = "After layer";
