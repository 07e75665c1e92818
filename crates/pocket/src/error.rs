//! Errors of the study.

use std::path::{Path, PathBuf};

/// Why the study failed.
#[derive(Debug, thiserror::Error)]
pub enum PocketError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A stored stage was not written by this program.
    #[error("{path} was not written by this program ({problem}): delete it and run again")]
    Stage {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// A table could not be written.
    #[error("a results table could not be written: {0}")]
    Table(#[from] csv::Error),
    /// JSON could not be written.
    #[error("JSON could not be written: {0}")]
    Json(#[from] serde_json::Error),
    /// The sampler's settings are out of range.
    #[error("the sampler cannot be set up: {0}")]
    Sampling(String),
    /// The command line is wrong. The message is the help text.
    #[error("{0}")]
    Usage(String),
}

impl PocketError {
    /// Converts an I/O error on a path. For `map_err`.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
