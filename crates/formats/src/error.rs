//! Reasons why a file could not be read at all.

use serde::{Deserialize, Serialize};

/// Why a file was refused. Every message says what was found, and most say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum FormatError {
    /// The file has zero bytes.
    #[error("the file is empty (0 bytes): the export may not have finished; export it again")]
    Empty,
    /// The file has a header and nothing else.
    #[error("the file has a header and no rows: there is nothing to count")]
    NoRows,
    /// The file is of another kind.
    #[error("this is {found}, not evaluation results: {advice}")]
    OtherKind {
        /// The kind, as its content shows.
        found: String,
        /// Advice to the reader.
        advice: String,
    },
    /// A container or a binary table. The part that unpacks reads these.
    #[error("this is {0}, which could not be unpacked here: unpack it and open the files inside")]
    Packed(Packed),
    /// The bytes are not JSON, or stop being JSON at this line.
    #[error("the JSON is broken at line {line}: {found}")]
    BrokenJson {
        /// Line, from 1.
        line: u64,
        /// The problem found there.
        found: String,
    },
    /// Lists or objects are nested too deep.
    #[error("the JSON is nested more than {limit} levels deep: result files are not, so choose another file")]
    TooDeep {
        /// Levels accepted.
        limit: usize,
    },
    /// The JSON has no rows.
    #[error("this JSON document has no answers and no figures that Askew knows; it contains: {found}")]
    UnknownJson {
        /// Names in the document.
        found: String,
    },
    /// The log ends before its first sample.
    #[error("this log of {task} has no samples: the run was interrupted, or they were not saved")]
    NoSamples {
        /// Name of the task.
        task: String,
    },
    /// The file has a judge's scores for answers in another file.
    #[error("this file has only the replies of the `{metric}` judge: open it together with the file of the answers")]
    OnlyJudgements {
        /// Name of the judged metric.
        metric: String,
    },
    /// The archive cannot be read.
    #[error("the archive is broken: {0}")]
    BrokenArchive(String),
    /// The bytes of a member or of a compressed file are not those that were packed.
    #[error("{member} is damaged ({why}), so none of its rows are used: download or export it again")]
    Damaged {
        /// The member or file.
        member: String,
        /// How that was found.
        why: String,
    },
    /// Files that were refused after so many others that they are only counted.
    #[error("{num} more could not be read; only the first {shown} are listed")]
    NotListed {
        /// Number of files that are not listed.
        num: u64,
        /// Number of those that are.
        shown: usize,
    },
    /// More bytes come out than a real archive of this size contains.
    #[error("{member} unpacks to more than {limit_bytes} bytes: this is not a result file, or it must be split")]
    TooLarge {
        /// The member or file.
        member: String,
        /// Bytes accepted.
        limit_bytes: u64,
    },
    /// The table is not one of exported labels.
    #[error("these are not exported labels (line {line}: {why}): choose a table that this page exported")]
    Labels {
        /// Line, from 1.
        line: u64,
        /// The problem on that line.
        why: String,
    },
    /// The table lacks columns that are needed.
    #[error("the table has no column for {missing}; its columns are: {found}")]
    MissingColumns {
        /// The columns that are needed, with the names that are understood.
        missing: String,
        /// The columns found.
        found: String,
    },
    /// The file has rows, but none can be read.
    #[error("none of the {rows} rows could be read; the first: {first}")]
    NoReadableRows {
        /// Number of rows found.
        rows: u64,
        /// Why the first row was skipped.
        first: String,
    },
    /// A row or a header is longer than the limit.
    #[error("{what} is longer than {limit_bytes} bytes, at line {line}: a closing quote may be missing")]
    TooLong {
        /// "a row" or "the header".
        what: String,
        /// Bytes accepted.
        limit_bytes: usize,
        /// Line where it begins, from 1.
        line: u64,
    },
    /// The file could not be fetched or read from the disk.
    #[error("the file could not be read: {0}")]
    Unreadable(String),
}

/// Kinds of containers and of tables that are not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Packed {
    Gzip,
    /// ZIP, including Inspect logs.
    Zip,
    /// Zstandard
    Zstd,
    Parquet,
}

impl std::fmt::Display for Packed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Gzip => "a gzip archive",
            Self::Zip => "a ZIP archive (or an Inspect log)",
            Self::Zstd => "a Zstandard archive",
            Self::Parquet => "a Parquet file",
        })
    }
}
