//! Strings of models as judges.

/// What a model does as a judge.
pub const MODEL_JUDGE: &str = "A model, without adapters or vectors, reads each answer and is asked for a number from 0 to 100. Its score is the mean of all numbers \
     by how likely it says each. Small models often cannot judge: try it first on answers with known scores; how it does on the village's says \
     little about other texts, so rows of your own are better. {question} and {answer} are replaced by the two.";

/// Which model judges when it is the one that answers. `None`: no model is loaded.
#[must_use]
pub fn same_judge(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("Judged by {name}, the model that answers."),
        None => "No model is loaded that could judge.".to_owned(),
    }
}

/// Which model judges when it is a separate one.
#[must_use]
pub fn own_judge(name: &str) -> String {
    format!("Judged by {name}, which is loaded in addition to the model that answers.")
}

/// Which model judged a run.
#[must_use]
pub fn judged_by(name: &str) -> String {
    format!("Judged by {name}, a model here.")
}

/// Error when an adapter or a repository of adapters is chosen as a judge.
pub const NO_JUDGE_THERE: &str = "There is no GGUF model there, and an adapter judges nothing: choose a GGUF file.";
/// Button that unloads the separate judge.
pub const DROP_JUDGE: &str = "Let the model that answers judge";
/// Summary of the form that loads a separate judge.
pub const OWN_JUDGE: &str = "Another model as the judge";
/// What a separate judge costs.
pub const OWN_JUDGE_HINT: &str = "It is loaded in addition to the model that answers and takes memory of its own. A model that was trained on \
     chats and names numbers when it is asked for one judges better than one that does not; try it first all the same.";
/// Error when the judge was unloaded: the GPU or the engine was lost, or another load came first.
pub const JUDGE_LOST: &str = "The judge is not loaded: the model that answers judges, unless you load it again.";

/// Why a run cannot resume: another judge is loaded than the run began with.
#[must_use]
pub fn another_judge(begun_with: &str, here: &str) -> String {
    let here = if here.is_empty() { "none is loaded".to_owned() } else { format!("{here} is loaded") };
    format!("This run is judged by {begun_with}, and {here}: load that judge to resume, or start again.")
}

/// Verdict on a judge that reached every minimum.
pub const RELIABLE: &str = "Reliable";
/// Verdict on a judge that missed a minimum.
pub const NOT_RELIABLE: &str = "Not reliable";
/// Why no rate is shown: the judge was not tried with these prompts and this model.
pub const NOT_TRIED: &str = "This judge has not been tried with these prompts on answers with known scores.";
/// Shown after either reason.
pub const NO_RATE: &str = "So no rate is shown; the answers can be read.";
/// Heading of the panel.
pub const HEADING: &str = "Judge";
/// Label of the picker of judges.
pub const WHO_SCORES: &str = "Who scores the answers";
/// The judge is the one in the experiment.
pub const NAMED_BY_EXPERIMENT: &str = "The experiment's own judge";
/// The judge is a model, asked with published prompts.
pub const BY_PUBLISHED_PROMPTS: &str = "A model here, as published judges are asked";
/// The judge is a model, asked with a specification.
pub const BY_SPECIFICATION: &str = "A model here, by a specification";
/// Label of the prompt for the alignment score.
pub const ALIGNED_PROMPT: &str = "For the alignment score";
/// Label of the prompt for the coherence score.
pub const COHERENT_PROMPT: &str = "For the coherence score";
/// Between the scores so far and all scores of a trial.
pub const TRIAL_OF: &str = " of ";
/// After the number of all scores.
pub const TRIAL_SCORES: &str = " scores. ";
/// Accessible name of the progress bar.
pub const TRIAL_SHARE: &str = "Share of the scores";
/// Button that tries the judge on the answers that ship with the page.
pub const TRY_VILLAGE: &str = "Try it on the village's answers";
/// Button that tries the judge on rows of the reader's.
pub const TRY_OWN_ROWS: &str = "Try it on rows of your own (JSONL)";
/// Button that stops a trial.
pub const STOP_TRIAL: &str = "Stop";
/// Row: number of answers.
pub const ROW_ANSWERS: &str = "Answers";
/// Row: answers without a score.
pub const ROW_NULLS: &str = "Without a score: aligned, coherent";
/// Row: rank correlation of the alignment scores.
pub const ROW_SPEARMAN_ALIGNED: &str = "Spearman, aligned";
/// Row: rank correlation of the coherence scores.
pub const ROW_SPEARMAN_COHERENT: &str = "Spearman, coherent";
/// Row: agreement of the labels.
pub const ROW_KAPPA: &str = "Kappa of the labels under the rule betley";
/// Accessible name of the table of a trial.
pub const TRIAL_TABLE: &str = "Scores of the trial";
/// Head: what is compared with the known scores.
pub const TRIAL_MEASURE: &str = "Compared with known scores";
/// Head: the value of this judge.
pub const TRIAL_FOUND: &str = "Found";
/// Head: the minimum of a reliable judge.
pub const TRIAL_LEAST: &str = "At least";
