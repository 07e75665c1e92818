//! Strings of the lists of models: stored in the browser, and by name.

/// What happens when a model by name is loaded.
pub const OFFERS_HINT: &str = "Load first shows the cost here, and asks the named hub for what is not known yet. Nothing is downloaded before you \
     agree.";
/// Before the buttons that load a model with an adapter.
pub const PAIRS: &str = "With an adapter:";

/// Name of a model with an adapter.
#[must_use]
pub fn pair(model: &str, adapter: &str) -> String {
    format!("{model}, with {adapter}")
}

/// Summary of the models that can be loaded as a judge.
pub const JUDGE_SHELF: &str = "Models kept in this browser, and some by name";
/// Summary of the models by name.
pub const OFFERS: &str = "Small models by name";
/// Button that deletes a stored model.
pub const DELETE: &str = "Delete";
/// Button that resumes a download.
pub const RESUME: &str = "Resume";
