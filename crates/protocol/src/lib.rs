//! Messages between the page and the engine worker.
//!
//! The page sends a [`Command`], and the worker replies with [`Event`]s. [`wire`] turns both into bytes, and
//! [`status::EngineStatus`] folds the events into the page's knowledge of the engine. [`self_test`] has the messages of
//! the self-test worker.
//!
//! Messages are plain serde enums, because postcard does not support untagged, flattened or skipped fields. Nothing
//! here depends on the browser, `wgpu` or the model layer, so the page can use this crate without downloading an
//! engine.
//!
//! ```
//! use askew_protocol::status::EngineStatus;
//! use askew_protocol::wire::{WireError, decode, encode};
//! use askew_protocol::{Command, Event, Prompt, Sampling};
//!
//! let (prompt, sampling) = (Prompt::chat(None, "Hello?"), Sampling::greedy(20));
//! let command = Command::Generate { slot: 0, id: 1, prompt, sampling, columns: Vec::new() };
//! assert_eq!(decode::<Command>(&encode(&command)?)?, command);
//!
//! let mut status = EngineStatus::default();
//! status.apply(Event::Prefilled { id: 1, prompt_tokens: 9, prefill_ms: 40.0 });
//! let (piece, logprob, is_changed, at_ms) = ("Hi".to_owned(), -0.1, false, 12.0);
//! status.apply(Event::Token { id: 1, column: 0, index: 0, token: 17, piece, logprob, is_changed, at_ms });
//! assert!(status.is_answering());
//! assert_eq!(status.answer.unwrap().first().text, "Hi");
//! # Ok::<(), WireError>(())
//! ```

mod answer;
mod device;
mod failure;
mod model;
pub mod pending;
pub mod self_test;
pub mod status;
pub mod wire;

use serde::{Deserialize, Serialize};

use crate::wire::Message as WireMessage;

pub use answer::{Column, Cost, Given, Message, Passage, Prompt, Role, Sampling, ScoredToken, StopReason, TokenScore};
pub use device::{Device, Probe, ReadSpeed};
pub use failure::{FailedStep, Failure};
pub use model::{
    AddOnFile, AddOnKind, DEFAULT_CONTEXT, LoadProgress, LoadStage, Loaded, Math, ModelCard, Place, QuantCount,
    Sha256Sum, Shelf, ShelfItem, Source,
};

/// Version of the messages. Increase it whenever a message changes: a page and a worker with different versions refuse
/// each other.
pub const PROTOCOL_VERSION: u16 = 9;

impl WireMessage for Command {
    const VERSION: u16 = PROTOCOL_VERSION;
}

impl WireMessage for Event {
    const VERSION: u16 = PROTOCOL_VERSION;
}

/// Most columns of a layout.
pub const MAX_COLUMNS: u32 = 8;

/// A command from the page to the engine worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Look for a usable GPU. The reply is [`Event::Probed`].
    Probe,
    /// Load a model. It replaces the model in its slot when its weights are read, so a file that is refused before that
    /// replaces nothing. The replies are [`Event::LoadProgress`] and then one of [`Event::Loaded`], [`Event::Failed`]
    /// and [`Event::LoadStopped`].
    Load {
        /// The slot for the model. Several models can be loaded at once if they fit into memory, but only one answers
        /// at a time.
        slot: u32,
        /// The source of its bytes.
        source: Source,
        /// The reader's name for the file, for messages.
        name: String,
        /// Whether to save a copy in this browser.
        keep: bool,
        /// The SHA-256 that the file must have, if known. It is checked after the whole file was read.
        sha256: Option<[u8; 32]>,
        /// Whether to run it on the GPU or the CPU.
        place: Place,
        /// How to compute on a GPU. The CPU always rounds activations, because it is slow.
        math: Math,
        /// Number of sequences that can be decoded together.
        columns: u32,
        /// Adapters and steering vectors as in [`Command::LayOut`]. Their files come after the model's file.
        add_ons: Vec<AddOnFile>,
    },
    /// Answer a prompt. The replies are [`Event::Prefilled`], [`Event::Token`]s and then [`Event::Finished`] or
    /// [`Event::Failed`].
    Generate {
        /// The slot of the model that answers.
        slot: u32,
        /// Chosen by the page, and repeated in every event of this answer.
        id: u32,
        /// The prompt to answer.
        prompt: Prompt,
        /// How to choose tokens.
        sampling: Sampling,
        /// The columns of the answer, at most as many as in the model's layout.
        columns: Vec<Column>,
    },
    /// Change a model's layout: its columns, adapters and steering vectors. Files from the disk are the message's
    /// attachments in order. PEFT adapters have two: the weights, then `adapter_config.json`. The reply is
    /// [`Event::LaidOut`], [`Event::LayOutStopped`] or [`Event::Failed`].
    LayOut {
        /// The model's slot.
        slot: u32,
        /// Number of sequences that can be decoded together.
        columns: u32,
        /// Adapters first, then steering vectors.
        add_ons: Vec<AddOnFile>,
    },
    /// Change a column's scales during an answer. The first token with the new scales is marked.
    SetScales {
        column: u32,
        /// The new scales, as in [`Column`].
        scales: Vec<f32>,
    },
    /// The probability of a given answer in each column, token by token. The reply is [`Event::Scored`] or
    /// [`Event::Failed`].
    Score(Passage),
    /// The likeliest next tokens of each column after the given answer, if the model ended after its first layer, its
    /// second, and so on: the logit lens (nostalgebraist 2020). The reply is [`Event::Lens`] or [`Event::Failed`].
    Lens(Passage),
    /// The probabilities that the model, with all scales 0, begins its answer with each of the integers 0 to 100. The
    /// reply is [`Event::Judged`] or [`Event::Failed`].
    Judge {
        /// The model's slot.
        slot: u32,
        /// Chosen by the page, and repeated in the reply.
        id: u32,
        /// The judge's prompt.
        prompt: Prompt,
    },
    /// Stop the answer, load or layout in progress. An answer ends with [`StopReason::Asked`], a load with
    /// [`Event::LoadStopped`], a layout with [`Event::LayOutStopped`].
    Stop,
    /// Remove a model and free its GPU memory. The reply is [`Event::Unloaded`].
    Unload {
        /// The model's slot.
        slot: u32,
    },
    /// List the models that can be loaded without a file from the reader. The reply is [`Event::Shelf`].
    Shelf,
    /// Measure how fast this device reads weights. This happens only once. The reply is [`Event::Measured`].
    Measure,
    /// Delete a saved model. The reply is [`Event::Shelf`], after an [`Event::Failed`] if it cannot be deleted.
    Forget {
        /// The key, as in [`Source::Kept`].
        key: String,
    },
}

impl Command {
    /// Whether the command ends an answer, load or layout in progress.
    pub fn interrupts(&self) -> bool {
        match self {
            Self::Load { .. }
            | Self::Generate { .. }
            | Self::LayOut { .. }
            | Self::Score(_)
            | Self::Lens(_)
            | Self::Judge { .. }
            | Self::Stop
            | Self::Unload { .. } => true,
            Self::Probe | Self::Shelf | Self::Measure | Self::Forget { .. } | Self::SetScales { .. } => false,
        }
    }
}

/// An event from the engine worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The reply to [`Command::Probe`].
    Probed(Probe),
    /// The progress of a load, many times. After [`LoadStage::Headers`] the slot's previous model no longer exists.
    LoadProgress(LoadProgress),
    /// A model is ready.
    Loaded(Loaded),
    /// A load was stopped.
    LoadStopped {
        /// The slot of the load.
        slot: u32,
    },
    /// A slot is empty.
    Unloaded { slot: u32 },
    /// A layout was stopped. The model keeps its previous one.
    LayOutStopped {
        /// The model's slot.
        slot: u32,
    },
    /// The models that can be loaded without a file from the reader.
    Shelf(Shelf),
    /// The reply to [`Command::Measure`]. `None` without a GPU, or if the measurement failed.
    Measured(Option<ReadSpeed>),
    /// The prompt has been read.
    Prefilled {
        /// The answer's id.
        id: u32,
        /// Number of tokens in the prompt, after template and tokenizer.
        prompt_tokens: u32,
        /// Time from the command to the first logits, in milliseconds.
        prefill_ms: f64,
    },
    /// One more token.
    Token {
        /// The answer's id.
        id: u32,
        column: u32,
        /// The token's position in the column's answer, from 0.
        index: u32,
        /// The token's number in the model's vocabulary.
        token: u32,
        /// New text to append. It has whole characters only, so it is empty while a character's bytes, or a possible
        /// stop string, are incomplete.
        piece: String,
        /// Natural logarithm of the token's probability at temperature 1.
        logprob: f32,
        /// Whether the token is the first after a change of the column's scales.
        is_changed: bool,
        /// Time from the end of prefill to this token, in milliseconds.
        at_ms: f64,
    },
    /// A column's answer has ended.
    Ended {
        /// The answer's id.
        id: u32,
        column: u32,
        /// Remaining text to append to the pieces.
        tail: String,
        /// Why it ended.
        reason: StopReason,
    },
    /// All columns have ended.
    Finished {
        /// The answer's id.
        id: u32,
        /// The cost of the answer.
        cost: Cost,
    },
    /// A model has a new layout.
    LaidOut {
        /// The model's slot.
        slot: u32,
        /// Number of sequences that can be decoded together.
        columns: u32,
        /// Names of the adapters, then of the steering vectors, in the order of a column's scales.
        add_ons: Vec<String>,
        /// Number of positions of each column.
        context_tokens: u32,
    },
    /// The reply to [`Command::Score`].
    Scored {
        /// The id of the command.
        id: u32,
        /// The answer's tokens.
        tokens: Vec<ScoredToken>,
    },
    /// The reply to [`Command::Lens`].
    Lens {
        /// The id of the command.
        id: u32,
        /// The likeliest tokens with their probabilities, by column and layer.
        columns: Vec<Vec<Vec<(String, f32)>>>,
    },
    /// The reply to [`Command::Judge`].
    Judged {
        /// The id of the command.
        id: u32,
        /// Probability of each of the integers 0 to 100, without a further digit after it. Empty if the command was
        /// stopped.
        weights: Vec<f32>,
    },
    /// A command failed. The worker continues with the next command.
    Failed(Failure),
}

impl Event {
    /// Id of the command that it answers. `None` for events about a slot, the device or the stored models.
    pub fn id(&self) -> Option<u32> {
        match self {
            Self::Prefilled { id, .. }
            | Self::Token { id, .. }
            | Self::Ended { id, .. }
            | Self::Finished { id, .. }
            | Self::Scored { id, .. }
            | Self::Lens { id, .. }
            | Self::Judged { id, .. } => Some(*id),
            Self::Failed(Failure { what: FailedStep::Generate(id), .. }) => Some(*id),
            Self::Probed(_)
            | Self::LoadProgress(_)
            | Self::Loaded(_)
            | Self::LoadStopped { .. }
            | Self::Unloaded { .. }
            | Self::LayOutStopped { .. }
            | Self::Shelf(_)
            | Self::Measured(_)
            | Self::LaidOut { .. }
            | Self::Failed(_) => None,
        }
    }

    /// Whether it is the last answer to its command.
    pub fn is_last(&self) -> bool {
        !matches!(self, Self::Prefilled { .. } | Self::Token { .. } | Self::Ended { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire;

    #[test]
    fn a_file_of_the_same_folder() {
        let url = |address: &str| Source::Url(address.to_owned());
        assert_eq!(url("a/b.safetensors").sibling("c.json"), url("a/c.json"));
        assert_eq!(url("b.safetensors").sibling("c.json"), url("c.json"));
        assert_eq!(Source::Disk.sibling("c.json"), Source::Disk);
    }

    #[test]
    fn messages_survive_the_wire() {
        let command = Command::Score(Passage {
            slot: 1,
            id: 3,
            prompt: Prompt::chat(None, "hey"),
            answer: Given::Tokens(vec![7]),
            columns: vec![],
            num_top: 2,
        });
        let bytes = wire::encode(&command).expect("encodes");
        assert_eq!(wire::decode::<Command>(&bytes), Ok(command));
        let event = Event::Probed(Probe::Ready(Device { subgroups: Some((4, 8)), ..Device::default() }));
        let bytes = wire::encode(&event).expect("encodes");
        assert_eq!(wire::decode::<Event>(&bytes), Ok(event));
    }
}
