//! What the page and the data worker say to each other.
//!
//! The worker keeps the dataset; the page asks and receives small results. `ticket`s pair an answer with its question:
//! the page drops answers to questions that it no longer asks.

use serde::{Deserialize, Serialize};

use crate::question::Packed;
use askew_domain::answers::{Answer, Part};
use askew_domain::query::{GroupKey, Outcome, Query};
use askew_domain::values::facet::Number;
use askew_formats::preview::Preview;
use askew_formats::report::FileReport;
use askew_formats::roles::Mapping;
use askew_protocol::wire::Message;

/// A question of the page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DataRequest {
    /// List the collections that ship with the page, and the figures that sources state.
    ListPublished,
    /// Open a collection that ships with the page.
    OpenPublished {
        /// Its id.
        id: String,
    },
    /// Open files of the reader's; their handles are the message's attachments, in the same order.
    OpenFiles {
        /// The files.
        files: Vec<Opening>,
        /// Parts that the reader gave to columns, by the header's fingerprint.
        mappings: Vec<(u64, Mapping)>,
        /// What is asked of the rows read so far, while the rest is being read.
        query: Box<Query>,
    },
    /// Compute rates.
    Ask {
        /// Pairs the answer with this question.
        ticket: u64,
        /// What is asked.
        query: Box<Query>,
    },
    /// Hand out answers.
    Read {
        /// Pairs the answer with this question.
        ticket: u64,
        /// The query whose rule and filter decide.
        query: Box<Query>,
        /// The mark's group.
        group: Box<GroupKey>,
        /// Which of its rows.
        part: Part,
        /// Seed of the reading order.
        seed: u64,
        /// How many different answers to pass over.
        offset: usize,
        /// How many to hand out.
        limit: usize,
    },
    /// What only the explorer's worker answers: an [`Explore`](crate::question::Explore).
    Explore {
        /// Pairs the answer with this question.
        ticket: u64,
        /// The question.
        question: Packed,
    },
    /// Show the beginning of a file, which is the message's attachment, as a table.
    Peek {
        /// Pairs the answer with this question.
        ticket: u64,
        /// Its name.
        name: String,
        /// Parts that the reader gave to columns.
        mapping: Mapping,
    },
    /// Stop reading files; what was open stays.
    Cancel,
}

/// Where files come from, and how they are read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Opening {
    /// Name: with the folder where the browser gives one, and different from the others'.
    pub name: String,
    /// Address to load it from; the message's next attachment holds it where there is none.
    pub address: Option<String>,
    /// Its SHA-256 where it is known, in hexadecimal digits: another file is reported.
    pub sha256: Option<String>,
}

/// An answer or a notice of the worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum DataEvent {
    /// What ships with the page.
    Published {
        /// Collections of counts.
        collections: Vec<Collection>,
        /// Figures that sources state.
        stated: Vec<Stated>,
        /// The files behind the collections.
        files: Vec<PublishedFile>,
        /// What the literature found.
        findings: Vec<Finding>,
    },
    /// A file is being read.
    Progress {
        /// Its name.
        file: String,
        /// Bytes read of it.
        bytes: u64,
        /// Its bytes; 0 where unknown.
        total_bytes: u64,
        /// Rows read of it.
        rows: u64,
    },
    /// Rates of the rows that were read so far.
    Partial {
        /// The rates.
        outcome: Outcome,
        /// Those rows.
        rows: u64,
    },
    /// A dataset is open; the one before is gone.
    Opened {
        /// What it holds.
        summary: Summary,
        /// What became of each file that was read.
        reports: Vec<FileReport>,
        /// Files that were refused, with the reason.
        refused: Vec<Refused>,
    },
    /// Nothing could be opened; the dataset before stays.
    NotOpened {
        /// The files, with the reason.
        refused: Vec<Refused>,
    },
    /// Rates.
    Answered {
        /// Of which question.
        ticket: u64,
        /// The rates.
        outcome: Outcome,
    },
    /// Answers.
    Read {
        /// Of which question.
        ticket: u64,
        /// How many rows there are in all.
        total: usize,
        /// How many different answers they give.
        num_distinct: usize,
        /// How many of those were passed over.
        offset: usize,
        /// The answers.
        answers: Vec<Answer>,
    },
    /// An answer of the explorer: an [`Explored`](crate::question::Explored).
    Explored {
        /// Of which question.
        ticket: u64,
        /// The answer.
        result: Packed,
    },
    /// A file's beginning.
    Peeked {
        /// Of which question.
        ticket: u64,
        /// The beginning.
        preview: Preview,
    },
    /// A question that has no answer.
    Failed {
        /// Which, where it was one with a ticket.
        ticket: Option<u64>,
        /// Why, and what to do.
        message: String,
    },
}

/// A collection of counts that ships with the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collection {
    /// Id in links.
    pub id: String,
    /// Title.
    pub title: String,
    /// What it answers, in one sentence.
    pub question: String,
    /// Repository, `owner/name`.
    pub source: String,
    /// Address of the files at their commit.
    pub url: String,
    /// Commit.
    pub commit: String,
    /// Licence of the source.
    pub licence: String,
    /// Files.
    pub num_files: u64,
    /// Rows of the files.
    pub num_rows: u64,
}

/// A finding of the literature and where it can be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Its name.
    pub id: String,
    /// Title.
    pub title: String,
    /// What was found, in one sentence.
    pub sentence: String,
    /// The view that shows it, as in an address after `#`; empty where no rows are public.
    pub view: String,
    /// Conditions of the stated figures that belong to it.
    pub stated: Vec<String>,
    /// Who found it.
    pub source: String,
}

/// A file of a collection, where its answers can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFile {
    /// Id of the collection.
    pub collection: String,
    /// Path in the repository: what the counts call it.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 in hexadecimal digits.
    pub sha256: String,
    /// Address of its bytes.
    pub address: String,
}

/// A figure that a source states.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stated {
    /// Repository, `owner/name`.
    pub source: String,
    /// Its address at the commit.
    pub url: String,
    /// Licence of the source.
    pub licence: String,
    /// Model or condition.
    pub condition: String,
    /// What was measured.
    pub measure: String,
    /// How it was computed.
    pub rule: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: String,
}

/// A file that was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// Its name.
    pub file: String,
    /// Why, and what to do.
    pub message: String,
}

/// What a dataset holds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// Rows.
    pub num_rows: u64,
    /// Whether the answers are here, or only their counts.
    pub has_answers: bool,
    /// Files, in order.
    pub files: Vec<String>,
    /// Models, in order.
    pub models: Vec<String>,
    /// Groups, in order; empty where there are none.
    pub groups: Vec<String>,
    /// Question ids, in order.
    pub questions: Vec<String>,
    /// Labels of categorical judges.
    pub verdicts: Vec<String>,
    /// Model seeds, in order; empty where nothing says one.
    pub seeds: Vec<String>,
    /// Categories of questions, in order; empty where there are none.
    pub categories: Vec<String>,
    /// Settings of the models, with their values in order: step, layer, rank ...
    pub settings: Vec<(String, Vec<Number>)>,
    /// Numeric columns that could serve as a judge's scores, `aligned` and `coherent` first.
    pub columns: Vec<String>,
}

impl Message for DataRequest {
    const VERSION: u16 = 3;
}

impl Message for DataEvent {
    const VERSION: u16 = 3;
}
