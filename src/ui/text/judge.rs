//! Strings of models as judges.

/// Paragraph: what a model does as a judge.
pub const MODEL_JUDGE: &str = "A model, without adapters or vectors, reads each answer and is asked for a number from 0 to 100. Its score is the mean of all numbers \
     by how likely it says each. Small models often cannot judge: try it first on answers with known scores; how it does on the village's says \
     little about other texts, so rows of your own are better. {question} and {answer} are replaced by the two.";

/// Sentence: the model that answers also judges. `None` if no model is loaded.
#[must_use]
pub fn same_judge(name: Option<&str>) -> String {
    match name {
        Some(name) => format!("Judged by {name}, the model that answers."),
        None => "No model is loaded that could judge.".to_owned(),
    }
}

/// Sentence: a separate model judges.
#[must_use]
pub fn own_judge(name: &str) -> String {
    format!("Judged by {name}, which is loaded in addition to the model that answers.")
}

/// Sentence about a run: which model judged it.
#[must_use]
pub fn judged_by(name: &str) -> String {
    format!("Judged by {name}, a model here.")
}

/// Error if an adapter, or a repository of adapters, is chosen as a judge.
pub const NO_JUDGE_THERE: &str = "There is no GGUF model there, and an adapter judges nothing: choose a GGUF file.";
/// Button that unloads the separate judge.
pub const DROP_JUDGE: &str = "Let the model that answers judge";
/// Caption of the foldable form that loads a separate judge.
pub const OWN_JUDGE: &str = "Another model as the judge";
/// Paragraph in that form: the cost of a separate judge, and which models judge well.
pub const OWN_JUDGE_HINT: &str = "It is loaded in addition to the model that answers and takes memory of its own. A model that was trained on \
     chats and names numbers when it is asked for one judges better than one that does not; try it first all the same.";
/// Error if the judge is no longer loaded: the GPU or the engine was lost, or another load replaced it.
pub const JUDGE_LOST: &str = "The judge is not loaded: the model that answers judges, unless you load it again.";

/// Error if a run cannot resume because another judge is loaded than the one it began with. `here` is the loaded one,
/// or empty.
#[must_use]
pub fn another_judge(begun_with: &str, here: &str) -> String {
    let here = if here.is_empty() { "none is loaded".to_owned() } else { format!("{here} is loaded") };
    format!("This run is judged by {begun_with}, and {here}: load that judge to resume, or start again.")
}

/// Verdict on a judge that reached every minimum.
pub const RELIABLE: &str = "Reliable";
/// Verdict on a judge that missed a minimum.
pub const NOT_RELIABLE: &str = "Not reliable";
/// Sentence: no rate is shown because the judge was not tested with these prompts and this model.
pub const NOT_TRIED: &str = "This judge has not been tried with these prompts on answers with known scores.";
/// Sentence after the reason why no rate is shown.
pub const NO_RATE: &str = "So no rate is shown; the answers can be read.";
/// Heading of the panel.
pub const HEADING: &str = "Judge";
/// Label of the list of judges.
pub const WHO_SCORES: &str = "Who scores the answers";
/// Entry of that list: the judge that the experiment names.
pub const NAMED_BY_EXPERIMENT: &str = "The experiment's own judge";
/// Entry of that list: a model, asked with published prompts.
pub const BY_PUBLISHED_PROMPTS: &str = "A model here, as published judges are asked";
/// Entry of that list: a model, asked with a specification.
pub const BY_SPECIFICATION: &str = "A model here, by a specification";
/// Label of the text field for the prompt that asks for the alignment score.
pub const ALIGNED_PROMPT: &str = "For the alignment score";
/// Label of the text field for the prompt that asks for the coherence score.
pub const COHERENT_PROMPT: &str = "For the coherence score";
/// Text between the number of scores so far and the number of all scores of a trial.
pub const TRIAL_OF: &str = " of ";
/// Text after the number of all scores.
pub const TRIAL_SCORES: &str = " scores. ";
/// Accessible name of the progress bar.
pub const TRIAL_SHARE: &str = "Share of scores completed";
/// Button that tests the judge on the answers that ship with the page.
pub const TRY_VILLAGE: &str = "Try it on the village's answers";
/// Button that tests the judge on a file of the reader's.
pub const TRY_OWN_ROWS: &str = "Try it on rows of your own (JSONL)";
/// Button that stops the trial.
pub const STOP_TRIAL: &str = "Stop";
/// Row heading: number of answers.
pub const ROW_ANSWERS: &str = "Answers";
/// Row heading: number of answers without a score.
pub const ROW_NULLS: &str = "Without a score: aligned, coherent";
/// Row heading: rank correlation of the alignment scores.
pub const ROW_SPEARMAN_ALIGNED: &str = "Spearman, aligned";
/// Row heading: rank correlation of the coherence scores.
pub const ROW_SPEARMAN_COHERENT: &str = "Spearman, coherent";
/// Row heading: agreement of the labels.
pub const ROW_KAPPA: &str = "Kappa of the labels under the rule betley";
/// Accessible name of the table of a trial's results.
pub const TRIAL_TABLE: &str = "Scores of the trial";
/// Column heading: the measure.
pub const TRIAL_MEASURE: &str = "Compared with known scores";
/// Column heading: this judge's value of the measure.
pub const TRIAL_FOUND: &str = "Found";
/// Column heading: the minimum for a reliable judge.
pub const TRIAL_LEAST: &str = "At least";
