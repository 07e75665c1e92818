//! What is said of models that judge.

/// What a model as a judge is.
pub const MODEL_JUDGE: &str = "A model, without what is added to it, reads each answer and is asked for a number from 0 to 100. Its score is the mean of all numbers \
     by how likely it says each. Small models often cannot judge: try it first on answers whose scores are known; what it does on the village's tells \
     little of other texts, so rows of your own are better. {question} and {answer} stand for the two.";
/// Who judges, where it is the model that answers.
#[must_use]
pub fn same_judge(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("Judged by {name}, the model that answers."),
        None => "No model is loaded that could judge.".to_owned(),
    }
}

/// Who judges, where it is a model of its own.
#[must_use]
pub fn own_judge(name: &str) -> String {
    format!("Judged by {name}, which is loaded beside the model that answers.")
}

/// Who judged a run.
#[must_use]
pub fn judged_by(name: &str) -> String {
    format!("Judged by {name}, a model here.")
}

/// What an adapter or a repository of adapters is to a judge.
pub const NO_JUDGE_THERE: &str = "There is no GGUF model there, and an adapter judges nothing: choose a GGUF file.";
/// Takes that judge away.
pub const DROP_JUDGE: &str = "Let the model that answers judge";
/// The way to bring one.
pub const OWN_JUDGE: &str = "Another model as the judge";
/// What it costs.
pub const OWN_JUDGE_HINT: &str = "It is loaded beside the model that answers and takes memory of its own. A model that was trained on \
     chats and names numbers when it is asked for one judges better than one that does not; try it first all the same.";
/// Where it is gone, with the GPU or the engine, or another load took its turn.
pub const JUDGE_LOST: &str = "The judge is not loaded: the model that answers judges, unless you load it again.";
/// Models for it.
pub const JUDGE_SHELF: &str = "Models kept in this browser, and some by name";

/// Why a run does not go on: another judge is here.
#[must_use]
pub fn another_judge(begun_with: &str, here: &str) -> String {
    let here = if here.is_empty() { "none is loaded".to_owned() } else { format!("{here} is loaded") };
    format!("This run is judged by {begun_with}, and {here}: load that judge to go on, or begin anew.")
}

/// Of a judge that reached every floor.
pub const RELIABLE: &str = "Reliable";
/// Of one that did not.
pub const NOT_RELIABLE: &str = "Not reliable";
/// Of one that was not tried, or with other words or another model.
pub const NOT_TRIED: &str = "This judge has not been tried, told so, on answers whose scores are known.";
/// Behind either.
pub const NO_RATE: &str = "So no rate is shown; the answers can be read.";
