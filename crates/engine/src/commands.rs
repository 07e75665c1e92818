//! The fields of the longer commands, each as a struct: see [`askew_protocol::Command`].

use askew_protocol::{AddOnFile, Column, Math, Place, Prompt, Sampling, Sha256Sum, Source};

/// As [`askew_protocol::Command::Load`].
pub(super) struct Load {
    pub(super) slot: u32,
    pub(super) source: Source,
    pub(super) name: String,
    pub(super) keep: bool,
    pub(super) sha256: Option<Sha256Sum>,
    pub(super) place: Place,
    pub(super) math: Math,
    pub(super) columns: u32,
    pub(super) add_ons: Vec<AddOnFile>,
}

/// As [`askew_protocol::Command::LayOut`].
pub(super) struct LayOut {
    pub(super) slot: u32,
    pub(super) columns: u32,
    pub(super) add_ons: Vec<AddOnFile>,
}

/// As [`askew_protocol::Command::Generate`].
pub(super) struct Generate {
    pub(super) slot: u32,
    pub(super) id: u32,
    pub(super) prompt: Prompt,
    pub(super) sampling: Sampling,
    pub(super) columns: Vec<Column>,
}

/// As [`askew_protocol::Command::Judge`].
pub(super) struct Judge {
    pub(super) slot: u32,
    pub(super) id: u32,
    pub(super) prompt: Prompt,
}
