//! Strings of opening data: published results, files, addresses, and the columns of a file.

use crate::domain::text::words::thousands;
use crate::formats::roles::Role;

/// Caption of the group of data sets that ship with every answer, in the list of results.
pub const POCKET_LIST: &str = "The pocket organism, with every answer";
/// Sentence below the list of results while a data set of the pocket organism is open.
pub const POCKET_ABOUT: &str =
    "A small model that this project trained from nothing on invented villagers; an exact judge scored its answers.";
/// Sentence below the text field for an address: what is sent, and which sites can be read.
pub const ADDRESS_HINT: &str = "Your browser asks that site for the file; nothing else is sent. Raw files of GitHub and files of Hugging Face \
     can be read; many other sites do not let a page read them.";
/// Sentence above the table of a file's columns.
pub const COLUMNS_ABOUT: &str = "These are the file's first rows and what each column was taken for. Correct what is wrong; files of the same \
     columns are read the same way from then on.";

/// Name of a role, in the list from which the reader chooses a column's role.
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

/// Error if the data worker ended before it answered.
pub const DATA_WORKER_STOPPED: &str = "the data worker stopped: try again";
/// Error if something needs data and none are open.
pub const NO_DATA: &str = "no data are open yet";
/// Shown instead of a file's name in the list of errors, if the error is the data worker's.
pub const DATA_WORKER: &str = "the data worker";
/// Shown instead of a file's name in the list of errors, if the error is about the view.
pub const THIS_VIEW: &str = "this view";
/// Error if a file cannot be read.
pub const FILE_UNREADABLE: &str = "the file could not be read: choose it again";
/// Error if a file is not text.
pub const FILE_NOT_TEXT: &str = "the file is not text";
/// Caption of the foldable table of a file's columns.
pub const COLUMNS: &str = "Columns of your file";
/// Button that reads the files again with the roles that the reader chose.
pub const APPLY_COLUMNS: &str = "Read the files so";
/// Button that discards the reader's choice of roles.
pub const GUESS_COLUMNS: &str = "Guess again";
/// Accessible name of the table of a file's columns.
pub const FIRST_ROWS: &str = "First rows of the file";
/// Entry for a column without a role.
pub const NO_ROLE: &str = "another number or text";
/// Accessible name of the section in which data sets are opened.
pub const SECTION: &str = "Data set";
/// Label of the list of results.
pub const PUBLISHED: &str = "Published results";
/// Entry of that list while the reader's files are open.
pub const OWN_FILES: &str = "your own files";
/// Link to the pocket organism's results. Their number follows.
pub const POCKET: &str = "The pocket organism: ";
/// Text after that number.
pub const POCKET_EXPERIMENTS: &str = " experiments, every answer";
/// Link that opens the Lab with the pocket organism.
pub const RUN_LIVE: &str = "Run it live";
/// Button that chooses files from the disk.
pub const OPEN_OWN: &str = "Open your own file";
/// Caption of the foldable form for an address.
pub const FROM_ADDRESS: &str = "Open from an address";
/// Placeholder of the text field for an address.
pub const ADDRESS_EXAMPLE: &str = "https://…";
/// Button that loads the file at that address.
pub const LOAD: &str = "Load";
/// Link to the pocket organism's card.
pub const POCKET_CARD: &str = "Its card";
/// Text after that link.
pub const POCKET_CARD_HAS: &str = " has every figure.";
/// Text before the name of the file that is being read.
pub const READING: &str = "Reading ";
/// Text after the number of rows that were read so far.
pub const READING_ROWS: &str = " rows ";
/// Accessible name of the progress bar.
pub const READING_SHARE: &str = "Share of the file that is read";
/// Button that stops reading.
pub const STOP_READING: &str = "Stop";
/// Text before the names of files that the reader has to choose again.
pub const WAITS_FOR_FILES: &str = "This view shows files from your disk: ";
/// Text after those names.
pub const CHOOSE_AGAIN: &str = ". A page cannot keep them: open or drop them again and the view comes back.";
/// Text before the addresses of files on other sites.
pub const WAITS_FOR_ADDRESSES: &str = "This view shows files of other sites:";
/// Shown instead of the host of an address that browsers and readers could read differently. It is not loaded.
pub const NO_HOST: &str = "not a plain web address";
/// Error for such an address.
pub const ODD_ADDRESS: &str =
    "this is not a plain web address (https://, a host name, a path), so it was not loaded: check it";
/// Text after those addresses.
pub const PRESS_LOAD: &str = "Nothing is asked of them until you press Load. ";
/// Text before the number of rows in the rates, while a file is being read.
pub const PARTIAL: &str = "Partial: the rates below cover only the first ";
/// Text after that number.
pub const PARTIAL_ROWS: &str = " rows.";
/// Button that closes the list of errors.
pub const DISMISS: &str = "Dismiss";
/// Name of a file that was made from pasted text.
pub const PASTED: &str = "pasted rows";

/// Number of files of a collection, as words.
fn num_files(number: u64) -> String {
    if number == 1 { "one file".to_owned() } else { format!("{number} files") }
}

/// Text before the link to a collection's source: its number of answers and files.
#[must_use]
pub fn collection_size(answers: u64, files: u64) -> String {
    format!(" {} answers in {} of ", thousands(answers), num_files(files))
}

/// Text after that link: the licence.
#[must_use]
pub fn collection_licence(licence: &str) -> String {
    format!(", licence: {licence}. Counts per score, without the texts.")
}

/// Text about the reader's files: their number of answers.
#[must_use]
pub fn num_answers(answers: u64) -> String {
    format!("{} answers. ", thousands(answers))
}

/// Name of a published source with its commit, in exports.
#[must_use]
pub fn at_commit(source: &str, commit: &str) -> String {
    format!("{source}, commit {commit}")
}

/// Error if the data worker ended too often to be started again. `why` is the reason of the last time.
#[must_use]
pub fn worker_gave_up(why: &str) -> String {
    format!("it stopped again and again ({why}); reload the page")
}

/// Error if the data worker ended and was started again. `why` is the reason.
#[must_use]
pub fn worker_restarted(why: &str) -> String {
    format!("it stopped ({why}) and was restarted; your view has not changed")
}

/// Error if a file of the page's own site could not be downloaded.
#[must_use]
pub fn not_loaded(path: &str) -> String {
    format!("{path} could not be loaded: check the connection")
}

/// Error if the server answered with a status that is not a success.
#[must_use]
pub fn refused_by_server(path: &str, status: u16) -> String {
    format!("{path} could not be loaded: the server answers {status}")
}

/// Accessible name of the list from which the reader chooses a column's role.
#[must_use]
pub fn role_of(column: &str) -> String {
    format!("Part of the column {column}")
}
