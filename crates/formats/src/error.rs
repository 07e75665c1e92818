//! Why a file could not be read at all.

use serde::{Deserialize, Serialize};

/// A file that was refused. Every message says what was found and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
pub enum FormatError {
    /// Zero bytes.
    #[error("the file is empty (0 bytes): the export may not have finished; export it again")]
    Empty,
    /// A header and nothing else.
    #[error("the file has a header and no rows: there is nothing to count")]
    NoRows,
    /// Another kind of file.
    #[error("this is {found}, and results of evaluations were expected: {advice}")]
    OtherKind {
        /// What the content says it is.
        found: String,
        /// What to do.
        advice: String,
    },
    /// A container or a binary table: its rows come out of the part that unpacks.
    #[error("this is {0}, which could not be unpacked here: unpack it and open the files inside")]
    Packed(Packed),
    /// Not JSON, or not any more.
    #[error("the JSON is broken at line {line}: {found}")]
    BrokenJson {
        /// Line, from 1.
        line: u64,
        /// What stands there.
        found: String,
    },
    /// Lists in lists without end.
    #[error("the JSON is nested more than {limit} levels deep, which no result is")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// JSON that holds no rows.
    #[error("this JSON document holds no answers and no figures that are known; it holds: {found}")]
    UnknownJson {
        /// Its names.
        found: String,
    },
    /// A log that ends before its first sample.
    #[error("this log of {task} holds no samples: the run was interrupted, or they were not kept")]
    NoSamples {
        /// The task.
        task: String,
    },
    /// A judge's scores whose answers are in another file.
    #[error("this file holds only what the judge of `{metric}` said: open it together with the answers' own file")]
    OnlyJudgements {
        /// What is judged.
        metric: String,
    },
    /// An archive that cannot be read.
    #[error("the archive is broken: {0}")]
    BrokenArchive(String),
    /// More bytes out than any honest archive of this size holds.
    #[error("{member} unpacks to more than {limit_bytes} bytes: this is no result file, or it must be split")]
    TooLarge {
        /// The member or file.
        member: String,
        /// The limit.
        limit_bytes: u64,
    },
    /// A table that is not one of exported labels.
    #[error("these are no exported labels (line {line}: {why}): take a table that this page exported")]
    Labels {
        /// Line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// A table without the columns that are needed.
    #[error("the table has no column for {missing}; its columns are: {found}")]
    MissingColumns {
        /// What is needed, with the names that are understood.
        missing: String,
        /// What is there.
        found: String,
    },
    /// Rows, but none that could be read.
    #[error("none of the {rows} rows could be read; the first: {first}")]
    NoReadableRows {
        /// Rows found.
        rows: u64,
        /// Why the first was skipped.
        first: String,
    },
    /// A row or a header beyond the limit.
    #[error("{what} is longer than {limit_bytes} bytes, at line {line}: a quote may never be closed")]
    TooLong {
        /// "a row" or "the header".
        what: String,
        /// The limit.
        limit_bytes: usize,
        /// Line where it begins, from 1.
        line: u64,
    },
    /// The bytes could not be fetched or read from the disk.
    #[error("the file could not be read: {0}")]
    Unreadable(String),
}

/// A container, or a table that is not text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Packed {
    /// gzip
    Gzip,
    /// ZIP, an Inspect log among them.
    Zip,
    /// Zstandard
    Zstd,
    /// Parquet
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
