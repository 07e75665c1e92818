//! Adapters and steering vectors as the page holds them.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::LabState;
use crate::protocol::AddOnFile;

/// An adapter or steering vectors, with their files.
#[derive(Debug, Clone, PartialEq)]
pub struct AddOn {
    /// Description for the engine.
    pub file: AddOnFile,
    /// Files from the disk.
    pub attachments: Vec<JsValue>,
}

/// Adds adapters and vectors to the loaded model.
pub(crate) fn add(lab: LabState, new: Vec<AddOn>) {
    if new.is_empty() {
        return;
    }
    let mut add_ons = lab.add_ons.get_untracked();
    add_ons.extend(new);
    lab.lay_out(add_ons);
}

/// The files of all entries, in the order of the list.
pub(crate) fn attachments(add_ons: &[AddOn]) -> Vec<JsValue> {
    add_ons.iter().flat_map(|add_on| add_on.attachments.clone()).collect()
}
