//! What can go wrong while a model loads or answers.

use super::fit::Unfit;
use askew_domain::text::words::size_text;
use askew_gpu::GpuError;
use askew_model::ModelError;

/// Why a command failed, in words a reader can act on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuntimeError {
    /// The model file or the request.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The GPU.
    #[error(transparent)]
    Gpu(GpuError),
    /// The bytes could not be read.
    #[error("the model could not be read ({0}): check the file or the address and the connection")]
    Source(String),
    /// The connection was cut, and what came is kept.
    #[error(
        "the model could not be read to its end ({why}): {} are kept in this browser, load it again to go on from there",
        part(*kept, *total)
    )]
    Cut {
        /// The browser's words.
        why: String,
        /// Bytes that are kept.
        kept: u64,
        /// Bytes in all, where that is known.
        total: Option<u64>,
    },
    /// A copy's SHA-256 is not what it was when it was written.
    #[error("this browser's copy of {0} was damaged and has been deleted: load it again to download it anew")]
    DamagedCopy(String),
    /// The file is not the one that was meant.
    #[error(
        "{name} is another file than the list means (SHA-256 {found}, not {expected}): it was not kept, choose another"
    )]
    AnotherFile {
        /// The file.
        name: String,
        /// Its sum.
        found: String,
        /// The list's.
        expected: String,
    },
    /// The model needs more than there is, known before its weights were read.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A copy could not be deleted.
    #[error("the copy could not be deleted ({0}): close other tabs of this page and try again")]
    Kept(#[from] StoreError),
    /// A prompt came before a model.
    #[error("no model is loaded: choose one first")]
    NoModel,
    /// The part of the page that renders chats is not there.
    #[error(
        "the part of this page that renders chat templates did not arrive ({0}): try again, or give a raw prompt instead"
    )]
    ChatPart(String),
    /// The reader asked to stop.
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
    /// Whether the loaded model, if any, must be given up.
    pub fn loses_model(&self) -> bool {
        matches!(self, Self::Gpu(error) if error.loses_model())
    }

    /// Whether it is the file that is at fault: reading it again changes nothing.
    pub fn refuses_file(&self) -> bool {
        matches!(self, Self::Model(_))
    }
}

/// "49.2 MB", or "49.2 of 98.4 MB".
fn part(bytes: u64, total: Option<u64>) -> String {
    total.map_or_else(|| size_text(bytes), |total| format!("{} of {}", size_text(bytes), size_text(total)))
}

/// Why a store does not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Another tab has the file open.
    #[error("another tab is using it")]
    Busy,
    /// The browser grants no more room.
    #[error("the browser grants no more room")]
    Full,
    /// Anything else, in the browser's words.
    #[error("{0}")]
    Failed(String),
}
