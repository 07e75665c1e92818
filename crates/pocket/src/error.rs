//! What can go wrong.

use std::path::{Path, PathBuf};

/// A failure of the study.
#[derive(Debug, thiserror::Error)]
pub enum PocketError {
    /// A file could not be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A stored stage is not what this program writes.
    #[error("{path} is not a stage of this program ({problem}); delete it and run again")]
    Stage {
        /// Which.
        path: PathBuf,
        /// What is wrong.
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
    /// The command line asks for something that does not exist.
    #[error("{0}")]
    Usage(String),
}

impl PocketError {
    /// For `map_err` on a file's path.
    pub fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self + '_ {
        move |source| Self::File { path: path.to_owned(), source }
    }
}
