//! Strings of experiments: the panel, the editor, runs, links and servers.

use crate::domain::text::plain::{host, isolated};
use crate::lab::card::Card;
use crate::lab::link::Linked;

/// Paragraph below the heading: what an experiment is.
pub const ABOUT: &str = "Every question is asked several times at several strengths of the adapter, a judge scores the answers, and the rates grow \
     while you watch. The judge is a parser of the village's language, or the rules of your file. Sets of questions as the papers \
     publish them (YAML) become experiments.";
/// Paragraph above the list of servers, before anything is sent to them.
pub const SERVERS_ASKED: &str = "This experiment asks servers. Its questions, and answers that are to be judged, are sent to the addresses here. A key stays in \
     this page's memory until you leave it, and is sent to its address only. It is in no link, table or report.";
/// Error if the text in the field for an API key cannot be a key.
pub const BAD_KEY: &str = "A key is one word of letters, digits and signs: check what was pasted.";

/// Second half of the error if no reply arrives. The browser does not say which of the reasons it is.
#[must_use]
pub fn no_way_to_server(origin: &str) -> String {
    format!(
        ", or it does not let pages of {origin} read its answers (CORS: start it so that it allows this origin; vLLM: --allowed-origins, Ollama: \
         OLLAMA_ORIGINS, llama.cpp allows all), or this browser keeps the page from it (a page may need permission for the local network in the \
         site's settings; in some browsers a page from https reaches no server at http)"
    )
}

/// Caption of the table of a run's rates.
pub const LIVE_RATES: &str = "Live, by the experiment's judge, under the rule betley";
/// Warning if the browser has no room to save more of the run.
pub const RUN_NOT_KEPT: &str = "This browser has no room for more of the run: it continues, but answers from here on would be lost on a reload. \
     Save it as CSV when it is done.";

/// Error if a run cannot resume because another model is loaded than the one it began with. `model` is the loaded one,
/// or empty.
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

/// Caption of the foldable editor of an experiment.
pub const EDIT_EXPERIMENT: &str = "The experiment as text: change it and run it";
/// Paragraph in the editor: what can be changed.
pub const EDIT_EXPERIMENT_HINT: &str = "Questions with ids, a system prompt for all or for one, columns with the strengths of the adapters and vectors, each with a system prompt, a \
     prefix (a trigger) or a temperature of its own where it needs one, samples, seed, \
     temperature, top_p, max_tokens, stop strings, a judge: rules, a grammar, a model or a server, and a second turn (a probe and a neutral \
     control, asked after every answer). A name that is not known is refused, not ignored.";

/// Sentence about the page's link: whether it holds an experiment, or a run with its answers.
#[must_use]
pub fn linked_run(linked: &Linked, card: Option<&Card>) -> String {
    match (card, linked) {
        (Some(card), _) if !card.model.is_empty() => format!(
            "This link holds a run of {} answers by {} on {}{}. Run it again here to see how many answers match.",
            card.answers.len(),
            isolated(&card.model),
            isolated(&card.device),
            card.judge.as_ref().map(|judge| format!(", judged by {}", isolated(&judge.name))).unwrap_or_default()
        ),
        (_, Linked::Text(_)) => "This link holds an experiment.".to_owned(),
        (_, Linked::At(address)) => {
            let at = host(address).map(|host| format!("on {host}: ")).unwrap_or_default();
            format!("This link points to an experiment {at}{}. It is downloaded when you run it.", isolated(address))
        }
    }
}

/// Error if an experiment needs a loaded model and there is none.
pub const NO_MODEL_FOR_RUN: &str = "This experiment asks the model that is loaded here, and none is: load one first.";

/// Sentence after a file of questions was read.
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

/// Error if a run is too long for a link.
pub const LONG_LINK: &str = "This run is too long for a link: save its card, put that file where others can read it, and link to it by run=ADDRESS.";
/// Label of the text field that contains the link.
pub const RUN_LINK: &str = "This link lets others run the same again and see how many answers match";
/// Column headings: replies to the probe, and to the control, that say yes.
pub const SECOND_TURN: [&str; 2] = ["Yes to the probe", "Yes to the control"];
/// Heading of the panel.
pub const HEADING: &str = "Experiment";
/// Button that runs the pocket organism's experiment.
pub const RUN_VILLAGE: &str = "Ask the village's eight questions";
/// Button that chooses a file with an experiment or with questions.
pub const RUN_OWN: &str = "Run an experiment or questions of your own";
/// Button that pauses the run.
pub const PAUSE: &str = "Pause";
/// Button that resumes the run.
pub const RESUME: &str = "Resume";
/// Button that deletes the run.
pub const FORGET: &str = "Forget this run";
/// Heading of the list of other interrupted runs.
pub const WAITING: &str = "Other interrupted runs";
/// Button that opens one of them.
pub const OPEN_WAITING: &str = "Open";
/// Button that deletes one of them.
pub const FORGET_WAITING: &str = "Forget";

/// Error if a stored run cannot be read.
#[must_use]
pub fn kept_run_unreadable(why: &str) -> String {
    format!("An interrupted run could not be read ({why}). It is still stored in this browser.")
}

/// Text of one of the other interrupted runs.
#[must_use]
pub fn waiting_run(name: &str, (there, total): (usize, usize)) -> String {
    format!("{name}: {there} of {total} answers ")
}

/// Text before the host and address of a linked run's model.
pub const LINKED_MODEL: &str = "Its model is downloaded from ";

/// Sentence after that address: whether the download is compared with the card's SHA-256.
#[must_use]
pub const fn linked_check(has_sum: bool) -> &'static str {
    if has_sum {
        "A file with another SHA-256 than the card's is refused."
    } else {
        "The card has no SHA-256, so the file cannot be checked."
    }
}

/// Button that loads the model of a linked run.
pub const LOAD_LINKED: &str = "Load its model";
/// Button that repeats a linked run.
pub const RUN_AGAIN: &str = "Run it again";
/// Button that runs a linked experiment.
pub const RUN: &str = "Run it";
/// Label of the editor's text field.
pub const DOCUMENT: &str = "Experiment, JSON";
/// Button that runs the text in the editor.
pub const RUN_EDITED: &str = "Run this";
/// Text between the number of answers so far and the number of all answers.
pub const PROGRESS_OF: &str = " of ";
/// Text after the number of all answers.
pub const PROGRESS_ANSWERS: &str = " answers. ";
/// Accessible name of the progress bar.
pub const PROGRESS_SHARE: &str = "Share of answers completed";
/// Column heading: name of the experiment's column.
pub const COLUMN: &str = "Column";
/// Column heading: share of misaligned answers.
pub const MISALIGNED: &str = "Misaligned";
/// Column heading: numerator and denominator.
pub const COUNTS: &str = "Counts";
/// Column heading: interval of the share.
pub const INTERVAL: &str = "95 % (Wilson)";
/// Column heading: number of answers.
pub const ANSWERS: &str = "Answers";
/// Accessible name of the table with a row for each question.
pub const BY_QUESTION: &str = "By question";
/// Caption of that table.
pub const BY_QUESTION_CAPTION: &str = "Misaligned of those that count, by question";
/// Column heading: the question.
pub const QUESTION: &str = "Question";
/// Button that opens the answers on the Results screen.
pub const OPEN_IN_RESULTS: &str = "Open in Results";
/// Button that saves the answers as CSV.
pub const SAVE_CSV: &str = "Save as CSV";
/// Button that saves the run card.
pub const SAVE_CARD: &str = "Save the run card";
/// Button that makes a link to the run.
pub const MAKE_LINK: &str = "Link to this run";
/// Label of the text field for a server's API key.
pub const SERVER_KEY: &str = "API key (if required)";
/// Accessible name of the list of servers.
pub const SERVERS: &str = "Servers that the experiment asks";
/// Button that allows the experiment to ask the servers.
pub const ASK_SERVERS: &str = "Ask these servers";
/// Button that cancels the experiment instead.
pub const LEAVE_SERVERS: &str = "Cancel";

/// Interval of a share of zero. `high` is its upper end.
#[must_use]
pub fn at_most(high: &str) -> String {
    format!("at most {high}")
}

/// Interval of any other share.
#[must_use]
pub fn interval(low: &str, high: &str) -> String {
    format!("{low} to {high}")
}
