//! Strings of the lists of models: stored in the browser, and by name.

/// Sentence below [`OFFERS`]: what happens when a model is loaded by name.
pub const OFFERS_HINT: &str = "Load first shows the cost here, and asks the named hub for what is not known yet. Nothing is downloaded before you \
     agree.";
/// Text before the buttons that load a model together with an adapter.
pub const PAIRS: &str = "With an adapter:";

/// Name of a model together with an adapter, on such a button.
#[must_use]
pub fn pair(model: &str, adapter: &str) -> String {
    format!("{model}, with {adapter}")
}

/// Caption of the foldable list of models that can be loaded as a judge.
pub const JUDGE_SHELF: &str = "Models kept in this browser, and some by name";
/// Caption of the foldable list of models by name.
pub const OFFERS: &str = "Small models by name";
/// Button that deletes a saved model.
pub const DELETE: &str = "Delete";
/// Button that resumes an interrupted download.
pub const RESUME: &str = "Resume";
