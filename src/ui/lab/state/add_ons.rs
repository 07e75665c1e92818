//! Adapters and steering vectors as the page holds them.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::LabState;
use crate::protocol::AddOnFile;

/// An adapter or steering vectors, with their files.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Description for the engine.
    pub file: AddOnFile,
    /// Files from the disk.
    pub attachments: Vec<JsValue>,
}

/// Adds adapters and vectors to the loaded model.
pub(crate) fn add(lab: LabState, new: Vec<Side>) {
    if new.is_empty() {
        return;
    }
    let mut sides = lab.sides.get_untracked();
    sides.extend(new);
    lab.lay_out(sides);
}

/// The files of all entries, in the order of the list.
pub(crate) fn attachments(sides: &[Side]) -> Vec<JsValue> {
    sides.iter().flat_map(|side| side.attachments.clone()).collect()
}
