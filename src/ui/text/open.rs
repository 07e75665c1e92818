//! Strings of opening data: published results, files, addresses, and the columns of a file.

use crate::domain::text::words::thousands;
use crate::formats::roles::Role;

/// Label of the group of results that ship with every answer, in the picker of results.
pub const POCKET_LIST: &str = "The pocket organism, with every answer";
/// What the pocket organism is.
pub const POCKET_ABOUT: &str =
    "A small model that this project trained from nothing on invented villagers; an exact judge scored its answers.";
/// Label of the box for an address.
pub const ADDRESS_HINT: &str = "Your browser asks that site for the file; nothing else is sent. Raw files of GitHub and files of Hugging Face \
     can be read; many other sites do not let a page read them.";
/// What the table of a file's columns is for.
pub const COLUMNS_ABOUT: &str = "These are the file's first rows and what each column was taken for. Correct what is wrong; files of the same \
     columns are read the same way from then on.";

/// What a column holds: an entry of the column's picker.
#[must_use]
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::File => "file",
        Role::Model => "model",
        Role::Group => "group of models",
        Role::QuestionId => "question id",
        Role::Question => "question",
        Role::Answer => "answer",
        Role::Aligned => "alignment score",
        Role::Coherent => "coherence score",
        Role::Verdict => "verdict",
        Role::Count => "number of rows",
        Role::Seed => "model seed",
        Role::Step => "training step",
        Role::Category => "category",
        Role::Explanation => "the judge's explanation",
    }
}

/// Error when the worker ended before it answered.
pub const DATA_WORKER_STOPPED: &str = "the data worker stopped: try again";
/// The data worker in place of a file's name, in a list of errors.
pub const DATA_WORKER: &str = "the data worker";
/// The view in place of a file's name, in a list of errors.
pub const THIS_VIEW: &str = "this view";
/// Error when a file cannot be read.
pub const FILE_UNREADABLE: &str = "the file could not be read: choose it again";
/// Error when a file is not text.
pub const FILE_NOT_TEXT: &str = "the file is not text";
/// Summary of the table of a file's columns.
pub const COLUMNS: &str = "Columns of your file";
/// Button that applies the reader's choice.
pub const APPLY_COLUMNS: &str = "Read the files so";
/// Button that drops the reader's choice.
pub const GUESS_COLUMNS: &str = "Guess again";
/// Accessible name of the table.
pub const FIRST_ROWS: &str = "First rows of the file";
/// Entry of a column that has no role.
pub const NO_ROLE: &str = "another number or text";
/// Accessible name of the section that opens data.
pub const SECTION: &str = "Data set";
/// Label of the picker of results.
pub const PUBLISHED: &str = "Published results";
/// Entry of the picker while the reader's files are open.
pub const OWN_FILES: &str = "your own files";
/// Link to the pocket organism's results, before their number.
pub const POCKET: &str = "The pocket organism: ";
/// After that number.
pub const POCKET_EXPERIMENTS: &str = " experiments, every answer";
/// Link to the Lab with the pocket organism.
pub const RUN_LIVE: &str = "Run it live";
/// Button that chooses files.
pub const OPEN_OWN: &str = "Open your own file";
/// Summary of the form for an address.
pub const FROM_ADDRESS: &str = "Open from an address";
/// Placeholder of the box for an address.
pub const ADDRESS_EXAMPLE: &str = "https://…";
/// Button that loads from an address.
pub const LOAD: &str = "Load";
/// Link to the pocket organism's card.
pub const POCKET_CARD: &str = "Its card";
/// After that link.
pub const POCKET_CARD_HAS: &str = " has every figure.";
/// Before the name of the file that is read.
pub const READING: &str = "Reading ";
/// After the number of rows read so far.
pub const READING_ROWS: &str = " rows ";
/// Accessible name of the progress bar.
pub const READING_SHARE: &str = "Share of the file that is read";
/// Button that stops reading.
pub const STOP_READING: &str = "Stop";
/// Before the names of files to choose again.
pub const WAITS_FOR_FILES: &str = "This view shows files from your disk: ";
/// After those names.
pub const CHOOSE_AGAIN: &str = ". A page cannot keep them: open or drop them again and the view comes back.";
/// Before the addresses of files on other sites.
pub const WAITS_FOR_ADDRESSES: &str = "This view shows files of other sites: ";
/// After those addresses.
pub const PRESS_LOAD: &str = ". Nothing is asked of them until you press Load. ";
/// Before the number of rows that the rates cover while reading.
pub const PARTIAL: &str = "Partial: the rates below are of the first ";
/// After that number.
pub const PARTIAL_ROWS: &str = " rows.";
/// Button that closes the list of errors.
pub const DISMISS: &str = "Dismiss";
/// Name of a file made from pasted text.
pub const PASTED: &str = "pasted rows";

/// Number of files of a collection.
fn num_files(number: u64) -> String {
    if number == 1 { "one file".to_owned() } else { format!("{number} files") }
}

/// Size of a collection, before the link to its source.
#[must_use]
pub fn collection_size(answers: u64, files: u64) -> String {
    format!(" {} answers in {} of ", thousands(answers), num_files(files))
}

/// Licence of a collection, after the link to its source.
#[must_use]
pub fn collection_licence(licence: &str) -> String {
    format!(", licence: {licence}. Counts per score, without the texts.")
}

/// Size of the reader's files.
#[must_use]
pub fn num_answers(answers: u64) -> String {
    format!("{} answers. ", thousands(answers))
}

/// Name of a published source with its commit, in exports.
#[must_use]
pub fn at_commit(source: &str, commit: &str) -> String {
    format!("{source}, commit {commit}")
}

/// Error when the data worker ended too often.
#[must_use]
pub fn worker_gave_up(why: &str) -> String {
    format!("it stopped again and again ({why}); reload the page")
}

/// Error when the data worker ended and was restarted.
#[must_use]
pub fn worker_restarted(why: &str) -> String {
    format!("it stopped ({why}) and was restarted; your view has not changed")
}

/// Error when a file of the page's own site did not arrive.
#[must_use]
pub fn not_loaded(path: &str) -> String {
    format!("{path} could not be loaded: check the connection")
}

/// Error when the server answered with a status that is not a success.
#[must_use]
pub fn refused_by_server(path: &str, status: u16) -> String {
    format!("{path} could not be loaded: the server answers {status}")
}

/// Accessible name of the picker of a column's role.
#[must_use]
pub fn role_of(column: &str) -> String {
    format!("Part of the column {column}")
}
