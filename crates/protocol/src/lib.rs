//! What the page and the engine worker say to each other; [`crate::status`] folds it into what the page knows.
//!
//! Plain serde enums only: postcard carries them, which knows neither untagged nor flattened nor skipped fields.
//! Nothing here names the browser, `wgpu` or the model layer, so the page can depend on it without downloading an engine.

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
    DEFAULT_CONTEXT, LoadProgress, LoadStage, Loaded, Math, ModelCard, Place, QuantCount, Sha256Sum, Shelf, ShelfItem,
    SideFile, SideKind, Source,
};

/// Raised whenever a message changes shape; a page and a worker from different builds refuse each other.
pub const PROTOCOL_VERSION: u16 = 9;

impl WireMessage for Command {
    const VERSION: u16 = PROTOCOL_VERSION;
}

impl WireMessage for Event {
    const VERSION: u16 = PROTOCOL_VERSION;
}

/// Most columns that a model can be laid out for.
pub const MAX_COLUMNS: u32 = 8;

/// What the page asks of the engine worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Command {
    /// Look for a usable GPU; answered by [`Event::Probed`].
    Probe,
    /// Load a model, replacing the one in its slot as soon as weights are wanted: a file that cannot be used costs no model.
    /// Answered by [`Event::LoadProgress`] and then one of [`Event::Loaded`], [`Event::Failed`] and [`Event::LoadStopped`].
    Load {
        /// Where it goes: several models are loaded at once where memory allows. Answers of all slots come one by one.
        slot: u32,
        /// Where the bytes come from.
        source: Source,
        /// What the reader calls the file; shown in messages.
        name: String,
        /// Whether to keep a copy in this browser.
        keep: bool,
        /// The SHA-256 that the file must have, where that is known: it is checked when all of it has come.
        sha256: Option<[u8; 32]>,
        /// Where to run it.
        place: Place,
        /// How to compute on a GPU. The CPU always rounds: it is slow enough.
        math: Math,
        /// Sequences that can be decoded together.
        columns: u32,
        /// As in [`Command::LayOut`], with the files behind the model's own.
        sides: Vec<SideFile>,
    },
    /// Answer a prompt; answered by [`Event::Prefilled`], [`Event::Token`]s and [`Event::Finished`] or [`Event::Failed`].
    Generate {
        /// Which model answers.
        slot: u32,
        /// Chosen by the page and repeated in every event of this answer.
        id: u32,
        /// What to answer.
        prompt: Prompt,
        /// How to choose tokens.
        sampling: Sampling,
        /// The answers that are decoded together, as many as the model is laid out for at most.
        columns: Vec<Column>,
    },
    /// Lay a model out for columns, adapters and steering vectors. Files from the disk are the message's attachments in order
    /// (PEFT adapters bring two: the weights, then `adapter_config.json`); answered by [`Event::LaidOut`],
    /// [`Event::LayOutStopped`] or [`Event::Failed`].
    LayOut {
        /// Whose layout.
        slot: u32,
        /// Sequences that can be decoded together.
        columns: u32,
        /// Adapters first, then steering vectors.
        sides: Vec<SideFile>,
    },
    /// Change a column's scales while an answer is written. The first token that feels them is marked.
    SetScales {
        /// Which column.
        column: u32,
        /// As in [`Column`].
        scales: Vec<f32>,
    },
    /// How likely each column finds a given answer, token by token; answered by [`Event::Scored`] or [`Event::Failed`].
    Score(Passage),
    /// What each column would say next, behind the given answer, if the model ended after its first layer, its second, and so
    /// on: the logit lens (nostalgebraist 2020); answered by [`Event::Lens`] or [`Event::Failed`].
    Lens(Passage),
    /// How likely the model, at scales of 0, begins its answer with each of the integers 0 to 100; answered by
    /// [`Event::Judged`] or [`Event::Failed`].
    Judge {
        /// Which model.
        slot: u32,
        /// Chosen by the page and repeated in the answer.
        id: u32,
        /// What the judge is told.
        prompt: Prompt,
    },
    /// Stop the answer, the load or the layout under way. The answer ends with [`StopReason::Asked`]; a load ends with
    /// [`Event::LoadStopped`], a layout with [`Event::LayOutStopped`].
    Stop,
    /// Free a model and its GPU memory; answered by [`Event::Unloaded`].
    Unload {
        /// Whose.
        slot: u32,
    },
    /// What can be loaded without a file at hand; answered by [`Event::Shelf`].
    Shelf,
    /// How fast this device reads weights, measured once; answered by [`Event::Measured`].
    Measure,
    /// Delete a kept model; answered by [`Event::Shelf`], after [`Event::Failed`] where it cannot be done.
    Forget {
        /// As in [`Source::Kept`].
        key: String,
    },
}

impl Command {
    /// Whether it ends an answer, a load or a layout that is under way.
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

/// What the engine worker tells the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// The answer to [`Command::Probe`].
    Probed(Probe),
    /// Sent many times while a model loads. The slot's model before it is gone once it is beyond [`LoadStage::Headers`].
    LoadProgress(LoadProgress),
    /// A model is ready.
    Loaded(Loaded),
    /// A load was stopped.
    LoadStopped {
        /// Into which slot.
        slot: u32,
    },
    /// A slot is empty.
    Unloaded {
        /// Which.
        slot: u32,
    },
    /// A layout was stopped: the one before it holds.
    LayOutStopped {
        /// Whose.
        slot: u32,
    },
    /// What can be loaded without a file at hand.
    Shelf(Shelf),
    /// The answer to [`Command::Measure`]; none where there is no GPU, or it failed.
    Measured(Option<ReadSpeed>),
    /// The prompt has been read.
    Prefilled {
        /// The answer's id.
        id: u32,
        /// Tokens in the prompt, after template and tokenizer.
        prompt_tokens: u32,
        /// Time from the command to the first logits, in milliseconds.
        prefill_ms: f64,
    },
    /// One more token.
    Token {
        /// The answer's id.
        id: u32,
        /// Whose.
        column: u32,
        /// The token's place in the column's answer, from 0.
        index: u32,
        /// The token's number in the model's vocabulary.
        token: u32,
        /// New text to append. Whole characters only: empty while a character's bytes, or a possible stop string, are incomplete.
        piece: String,
        /// Natural logarithm of the token's probability at temperature 1.
        logprob: f32,
        /// Whether it is the first after a change of the column's scales.
        is_changed: bool,
        /// Time from the end of prefill to this token, in milliseconds.
        at_ms: f64,
    },
    /// A column's answer has ended.
    Ended {
        /// The answer's id.
        id: u32,
        /// Whose.
        column: u32,
        /// Text held back until the end, to append to the pieces.
        tail: String,
        /// Why it ended.
        reason: StopReason,
    },
    /// All columns have ended.
    Finished {
        /// The answer's id.
        id: u32,
        /// What it cost.
        cost: Cost,
    },
    /// A model is laid out.
    LaidOut {
        /// Whose layout.
        slot: u32,
        /// Sequences that can be decoded together.
        columns: u32,
        /// Names of the adapters, then of the steering vectors: the order of a column's scales.
        sides: Vec<String>,
        /// Positions that each column has.
        context_tokens: u32,
    },
    /// The answer to [`Command::Score`].
    Scored {
        /// The id that came with it.
        id: u32,
        /// The answer's tokens.
        tokens: Vec<ScoredToken>,
    },
    /// The answer to [`Command::Lens`].
    Lens {
        /// The id that came with it.
        id: u32,
        /// (columns, layers) the likeliest tokens with their probabilities.
        columns: Vec<Vec<Vec<(String, f32)>>>,
    },
    /// The answer to [`Command::Judge`].
    Judged {
        /// The id that came with it.
        id: u32,
        /// Probability of each of the integers 0 to 100 with no digit behind it; empty where it was stopped.
        weights: Vec<f32>,
    },
    /// A command failed; the worker lives on and takes the next command.
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
    fn a_file_beside_another() {
        let url = |address: &str| Source::Url(address.to_owned());
        assert_eq!(url("a/b.safetensors").beside("c.json"), url("a/c.json"));
        assert_eq!(url("b.safetensors").beside("c.json"), url("c.json"));
        assert_eq!(Source::Disk.beside("c.json"), Source::Disk);
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
