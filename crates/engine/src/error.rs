//! What can go wrong while a model loads or answers.

use super::fit::Unfit;
use askew_domain::text::words::size_text;
use askew_gpu::GpuError;
use askew_model::ModelError;

/// Why a command failed, with what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// The model file or the request is wrong.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The GPU failed.
    #[error(transparent)]
    Gpu(GpuError),
    /// The bytes could not be read.
    #[error("the model could not be read ({0}): check the file or the address and the connection")]
    Source(String),
    /// The connection was cut; the bytes so far are saved.
    #[error(
        "only part of the model could be read ({why}): {} are kept in this browser, load it again to resume from there",
        part(*kept, *total)
    )]
    Cut {
        /// The browser's error message.
        why: String,
        /// Bytes that are saved.
        kept: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// A saved copy's SHA-256 differs from the one recorded when it was written.
    #[error("this browser's copy of {0} was damaged and has been deleted: load it again to download it again")]
    DamagedCopy(String),
    /// The file's SHA-256 differs from the one in the list.
    #[error(
        "{name} is not the file in the list (its SHA-256 is {found}, not {expected}): it was not kept, choose another"
    )]
    AnotherFile {
        /// The file.
        name: String,
        /// Its SHA-256.
        found: String,
        /// The SHA-256 in the list.
        expected: String,
    },
    /// The model does not fit. This is known before its weights are read.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A copy could not be deleted.
    #[error("the copy could not be deleted ({0}): close other tabs of this page and try again")]
    Kept(#[from] StoreError),
    /// A prompt arrived before a model was loaded.
    #[error("no model is loaded: choose one first")]
    NoModel,
    /// The part of the page that renders chats could not be loaded.
    #[error(
        "the part of this page that renders chat templates could not be loaded ({0}): try again, or send the prompt as \"text to continue\""
    )]
    ChatPart(String),
    /// The user asked to stop.
    #[error("stopped")]
    Stopped,
}

impl From<GpuError> for RuntimeError {
    fn from(error: GpuError) -> Self {
        match error {
            GpuError::Model(error) => Self::Model(error),
            other => Self::Gpu(other),
        }
    }
}

impl RuntimeError {
    /// Whether the loaded model, if any, must be dropped.
    pub fn loses_model(&self) -> bool {
        matches!(self, Self::Gpu(error) if error.loses_model())
    }

    /// Whether the file itself is at fault, so that reading it again changes nothing.
    pub fn refuses_file(&self) -> bool {
        matches!(self, Self::Model(_))
    }
}

/// "49.2 MB", or "49.2 of 98.4 MB".
fn part(bytes: u64, total: Option<u64>) -> String {
    total.map_or_else(|| size_text(bytes), |total| format!("{} of {}", size_text(bytes), size_text(total)))
}

/// Why a store could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another tab has the file open.
    #[error("another tab is using it")]
    Busy,
    /// The browser grants no more room.
    #[error("the browser grants no more room")]
    Full,
    /// Any other error, in the browser's words.
    #[error("{0}")]
    Failed(String),
}
