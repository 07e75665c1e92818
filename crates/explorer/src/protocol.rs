//! The messages between the page and the data worker.
//!
//! The worker keeps the dataset. The page asks and receives small results. A `ticket` pairs an answer with its
//! question, so that the page can drop answers to questions that it no longer asks. Each opening has a number
//! ([`Openings`](crate::opening::Openings)). A question names the data set that it is about by that number, and the
//! worker answers only about that one.

use serde::{Deserialize, Serialize};

use crate::question::Packed;
use askew_domain::answers::{Answer, Part};
use askew_domain::query::{GroupKey, Outcome, Query};
use askew_domain::values::facet::Number;
use askew_formats::preview::Preview;
use askew_formats::report::FileReport;
use askew_formats::roles::Mapping;
use askew_protocol::wire::Message;

/// A request from the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DataRequest {
    /// List the collections that are shipped with the page, and the figures that sources state.
    ListPublished,
    /// Open a collection that is shipped with the page.
    OpenPublished {
        /// Number of this opening.
        opening: u64,
        /// The collection's id.
        id: String,
    },
    /// Open the reader's own files. Their handles are the message's attachments, in the same order.
    OpenFiles {
        /// Number of this opening.
        opening: u64,
        files: Vec<Opening>,
        /// Roles that the reader assigned to columns, each with the fingerprint of its header.
        mappings: Vec<(u64, Mapping)>,
        /// Query to answer from the rows read so far, while the rest is being read.
        query: Box<Query>,
    },
    /// Compute rates.
    Ask {
        /// Pairs the answer with this question.
        ticket: u64,
        /// The data set that it is about.
        opening: u64,
        query: Box<Query>,
    },
    /// Return answers.
    Read {
        /// Pairs the answer with this question.
        ticket: u64,
        /// The data set that it is about.
        opening: u64,
        /// The query. Its rule and filter decide which answers are counted.
        query: Box<Query>,
        /// The group that the mark shows.
        group: Box<GroupKey>,
        /// Which of the group's rows.
        part: Part,
        /// Seed of the order in which answers are shown.
        seed: u64,
        /// Number of distinct answers to skip.
        offset: usize,
        /// Number of distinct answers to return.
        limit: usize,
    },
    /// A question that only the explorer's worker can answer: an [`Explore`](crate::question::Explore).
    Explore {
        /// Pairs the answer with this question.
        ticket: u64,
        /// The data set that it is about.
        opening: u64,
        /// The question, packed.
        question: Packed,
    },
    /// Show the first rows of a file as a table. The file is the message's attachment.
    Peek {
        /// Pairs the answer with this question.
        ticket: u64,
        /// The file's name.
        name: String,
        /// Roles that the reader assigned to columns.
        mapping: Mapping,
    },
    /// Stop reading files. The open dataset stays.
    Cancel,
}

/// A file to open: its name and where to read it from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Opening {
    /// Name, with the folder if the browser gives one. It differs from the other files' names.
    pub name: String,
    /// Address to load the file from. If there is none, the message's next attachment holds the file.
    pub address: Option<String>,
    /// Expected SHA-256 in hexadecimal digits, if known. A file with another sum is reported.
    pub sha256: Option<String>,
}

/// An answer or a notice from the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DataEvent {
    /// The collections, figures, files and findings that are shipped with the page.
    Published {
        /// Collections of counts.
        collections: Vec<Collection>,
        /// Figures that sources state.
        stated: Vec<Stated>,
        /// The files behind the collections.
        files: Vec<PublishedFile>,
        /// Findings from the literature.
        findings: Vec<Finding>,
    },
    /// A file is being read.
    Progress {
        opening: u64,
        /// The file's name.
        file: String,
        /// Bytes of the file read so far.
        bytes: u64,
        /// Length of the file in bytes; 0 if unknown.
        total_bytes: u64,
        /// Rows read from the file so far.
        rows: u64,
    },
    /// Rates over the rows read so far.
    Partial {
        opening: u64,
        /// The rates.
        outcome: Outcome,
        /// Number of those rows.
        rows: u64,
    },
    /// A dataset is open and replaces the one before.
    Opened {
        opening: u64,
        /// Summary of its contents.
        summary: Summary,
        /// A report for each file that was read.
        reports: Vec<FileReport>,
        /// Files that were refused, with the reasons.
        refused: Vec<Refused>,
    },
    /// No file could be opened. The dataset before stays open.
    NotOpened {
        /// Number of the opening. 0 if the list of what ships with the page could not be read.
        opening: u64,
        /// The files, with the reasons.
        refused: Vec<Refused>,
    },
    /// Rates, as the answer to [`DataRequest::Ask`].
    Answered {
        /// Ticket of the question.
        ticket: u64,
        /// The rates.
        outcome: Outcome,
    },
    /// Answers, as the answer to [`DataRequest::Read`].
    Read {
        /// Ticket of the question.
        ticket: u64,
        /// Number of rows in all.
        total: usize,
        /// Number of distinct answers in those rows.
        num_distinct: usize,
        /// Number of distinct answers that were skipped.
        offset: usize,
        answers: Vec<Answer>,
    },
    /// An answer of the explorer: an [`Explored`](crate::question::Explored).
    Explored {
        /// Ticket of the question.
        ticket: u64,
        /// The answer, packed.
        result: Packed,
    },
    /// The first rows of a file.
    Peeked {
        /// Ticket of the question.
        ticket: u64,
        /// The rows and the guessed roles.
        preview: Preview,
    },
    /// A question could not be answered.
    Failed {
        /// Ticket of the question, if it had one.
        ticket: Option<u64>,
        /// The reason, and what to do.
        message: String,
    },
}

/// A collection of counts that is shipped with the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Id in links.
    pub id: String,
    /// Title of the collection.
    pub title: String,
    /// The question that it answers, in one sentence.
    pub question: String,
    /// Source repository, `owner/name`.
    pub source: String,
    /// Address of the files at that commit.
    pub url: String,
    /// Commit of the source repository, in hexadecimal digits.
    pub commit: String,
    /// Licence of the source.
    pub licence: String,
    pub num_files: u64,
    /// Number of rows in the files.
    pub num_rows: u64,
}

/// A finding from the literature, and the view that shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Id of the finding.
    pub id: String,
    /// Title of the finding.
    pub title: String,
    /// The finding, in one sentence.
    pub sentence: String,
    /// The view that shows it, as the part of an address after `#`. Empty if no rows are public.
    pub view: String,
    /// Starts of the conditions of the stated figures that belong to it.
    pub stated: Vec<String>,
    /// Citation of the source.
    pub source: String,
}

/// A file of a collection. Its answers can be read at its source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFile {
    /// Id of the collection.
    pub collection: String,
    /// Path in the repository. The counts use it as the file's name.
    pub file: String,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Address of its bytes.
    pub address: String,
}

/// A figure that a source states in its text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    /// Source repository, `owner/name`.
    pub source: String,
    /// Address of the statement at the commit.
    pub url: String,
    /// Licence of the source.
    pub licence: String,
    /// Model or experimental condition.
    pub condition: String,
    /// What was measured.
    pub measure: String,
    /// How it was computed.
    pub rule: String,
    /// Value of the figure.
    pub value: f64,
    pub unit: String,
}

/// A file that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The file's name.
    pub file: String,
    /// The reason, and what to do.
    pub message: String,
}

/// Summary of a dataset's contents.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    pub num_rows: u64,
    /// Whether the answers are included. Otherwise there are only their counts.
    pub has_answers: bool,
    /// File names, in order of first appearance.
    pub files: Vec<String>,
    /// Model names, in order of first appearance.
    pub models: Vec<String>,
    /// Group names, in order of first appearance; empty if there are none.
    pub groups: Vec<String>,
    /// Question ids, in order of first appearance.
    pub questions: Vec<String>,
    /// Labels given by categorical judges.
    pub verdicts: Vec<String>,
    /// Model seeds, in order of first appearance; empty if no row has one.
    pub seeds: Vec<String>,
    /// Categories of questions, in order of first appearance; empty if there are none.
    pub categories: Vec<String>,
    /// Settings of the models (step, layer, rank ...), each with its values in order.
    pub settings: Vec<(String, Vec<Number>)>,
    /// Numeric columns that may hold a judge's scores. `aligned` and `coherent` come first.
    pub columns: Vec<String>,
}

impl Message for DataRequest {
    const VERSION: u16 = 4;
}

impl Message for DataEvent {
    const VERSION: u16 = 4;
}
