//! Strings of experiments: the panel, the editor, runs, links and servers.

use crate::lab::card::Card;
use crate::lab::link::Linked;

/// What an experiment is.
pub const ABOUT: &str = "Every question is asked several times at several strengths of the adapter, a judge scores the answers, and the rates grow \
     while you watch. The judge is a parser of the village's language, or the rules of your file. Sets of questions as the papers \
     publish them (YAML) become experiments.";
/// Shown before an experiment asks servers.
pub const SERVERS_ASKED: &str = "This experiment asks servers. Its questions, and answers that are to be judged, are sent to the addresses here. A key stays in \
     this page's memory until you leave it, and is sent to its address only. It is in no link, table or report.";
/// Error when what was typed cannot be an API key.
pub const BAD_KEY: &str = "A key is one word of letters, digits and signs: check what was pasted.";
/// Second half of the error when a server cannot be reached: why the page may not reach it.
pub const NO_WAY_TO_SERVER: &str = ", or this browser keeps the page from it (a page may need permission for the local network in the site's settings; in some \
     browsers a page from https reaches no server at http)";
/// Caption of the rates of a run.
pub const LIVE_RATES: &str = "Live, by the experiment's judge, under the rule betley";
/// Warning when the browser has no room to store the run.
pub const RUN_NOT_KEPT: &str = "This browser has no room for more of the run: it continues, but answers from here on would be lost on a reload. \
     Save it as CSV when it is done.";

/// Why a run cannot resume: another model is loaded than the run began with.
#[must_use]
pub fn another_model(begun_with: &str, model: &str) -> String {
    let here = if model.is_empty() {
        "no model is loaded".to_owned()
    } else {
        format!("the model that is loaded is {model}, or another file of that name")
    };
    format!(
        "This run was begun with {begun_with}; {here}. Load that one to resume, or save the answers and start again."
    )
}

/// Summary of the editor of experiments.
pub const EDIT_EXPERIMENT: &str = "The experiment as text: change it and run it";
/// What can be changed in the editor.
pub const EDIT_EXPERIMENT_HINT: &str = "Questions with ids, a system prompt for all or for one, columns with the strengths of the adapters and vectors, each with a system prompt, a \
     prefix (a trigger) or a temperature of its own where it needs one, samples, seed, \
     temperature, top_p, max_tokens, stop strings, a judge: rules, a grammar, a model or a server, and a second turn (a probe and a neutral \
     control, asked after every answer). A name that is not known is refused, not ignored.";

/// What the link holds: an experiment, or a run with its answers.
#[must_use]
pub fn linked_run(linked: &Linked, card: Option<&Card>) -> String {
    match (card, linked) {
        (Some(card), _) if !card.model.is_empty() => format!(
            "This link holds a run of {} answers by {} on {}{}. Run it again here to see how many answers match.",
            card.answers.len(),
            card.model,
            card.device,
            card.judge.as_ref().map(|judge| format!(", judged by {}", judge.name)).unwrap_or_default()
        ),
        (_, Linked::Text(_)) => "This link holds an experiment.".to_owned(),
        (_, Linked::At(address)) => {
            format!("This link points to an experiment at {address}. It is downloaded when you run it.")
        }
    }
}

/// Error when an experiment needs a loaded model and there is none.
pub const NO_MODEL_FOR_RUN: &str = "This experiment asks the model that is loaded here, and none is: load one first.";

/// What was read from a file of questions.
#[must_use]
pub fn questions_found(number: usize, has_judge: bool) -> String {
    let judge = if has_judge {
        "the loaded model judges the answers with the prompts from the file"
    } else {
        "no judge is named, so add one or rate the answers yourself in Results, blind"
    };
    format!(
        "{number} questions are in the experiment below, one answer of each column; {judge}. Change it, and run it."
    )
}

/// Error when a run is too long for a link.
pub const LONG_LINK: &str = "This run is too long for a link: save its card, put that file where others can read it, and link to it by run=ADDRESS.";
/// Label of the box with the link.
pub const RUN_LINK: &str = "This link lets others run the same again and see how many answers match";
/// Heads of the two columns that count a second turn.
pub const SECOND_TURN: [&str; 2] = ["Yes to the probe", "Yes to the control"];
/// Heading of the panel.
pub const HEADING: &str = "Experiment";
/// Button that runs the experiment of the pocket organism.
pub const RUN_VILLAGE: &str = "Ask the village's eight questions";
/// Button that chooses a file.
pub const RUN_OWN: &str = "Run an experiment or questions of your own";
/// Button that pauses a run.
pub const PAUSE: &str = "Pause";
/// Button that resumes a run.
pub const RESUME: &str = "Resume";
/// Button that deletes a run.
pub const FORGET: &str = "Forget this run";
/// Button that loads the model of a linked run.
pub const LOAD_LINKED: &str = "Load its model";
/// Button that repeats a linked run.
pub const RUN_AGAIN: &str = "Run it again";
/// Button that runs a linked experiment.
pub const RUN: &str = "Run it";
/// Label of the editor.
pub const DOCUMENT: &str = "Experiment, JSON";
/// Button that runs what is in the editor.
pub const RUN_EDITED: &str = "Run this";
/// Between the answers so far and all answers.
pub const PROGRESS_OF: &str = " of ";
/// After the number of all answers.
pub const PROGRESS_ANSWERS: &str = " answers. ";
/// Accessible name of the progress bar.
pub const PROGRESS_SHARE: &str = "Share of the answers";
/// Head: name of the column.
pub const COLUMN: &str = "Column";
/// Head: share of misaligned answers.
pub const MISALIGNED: &str = "Misaligned";
/// Head: numerator and denominator.
pub const COUNTS: &str = "Counts";
/// Head: interval of the share.
pub const INTERVAL: &str = "95 % (Wilson)";
/// Head: number of answers.
pub const ANSWERS: &str = "Answers";
/// Accessible name of the table by question.
pub const BY_QUESTION: &str = "By question";
/// Caption of the table by question.
pub const BY_QUESTION_CAPTION: &str = "Misaligned of those that count, by question";
/// Head: the question.
pub const QUESTION: &str = "Question";
/// Button that opens the answers on the Results screen.
pub const OPEN_IN_RESULTS: &str = "Open in Results";
/// Button that saves the answers.
pub const SAVE_CSV: &str = "Save as CSV";
/// Button that saves the run card.
pub const SAVE_CARD: &str = "Save the run card";
/// Button that makes a link.
pub const MAKE_LINK: &str = "Link to this run";
/// Label of the box for an API key.
pub const SERVER_KEY: &str = "API key (if required)";
/// Accessible name of the list of servers.
pub const SERVERS: &str = "Servers that the experiment asks";
/// Button that lets the experiment ask the servers.
pub const ASK_SERVERS: &str = "Ask these servers";
/// Button that cancels the experiment.
pub const LEAVE_SERVERS: &str = "Cancel";

/// Interval of a share of zero: its upper end.
#[must_use]
pub fn at_most(high: &str) -> String {
    format!("at most {high}")
}

/// Interval of a share.
#[must_use]
pub fn interval(low: &str, high: &str) -> String {
    format!("{low} to {high}")
}
