//! Strings of the Lab's adapters and steering vectors.

use crate::protocol::AddOnKind;

/// Caption of the foldable list of adapters and vectors, with their number.
#[must_use]
pub fn summary(number: usize) -> String {
    match number {
        0 => "Add an adapter or steering vectors to the model".to_owned(),
        1 => "Added to the model: 1".to_owned(),
        _ => format!("Added to the model: {number}"),
    }
}

/// Sentence under the caption: which files can be added.
pub const HINT: &str = "LoRA adapters (PEFT: adapter_model.safetensors chosen together with adapter_config.json; or GGUF) and steering vectors (GGUF or safetensors), \
     applied while the model runs. Each can be limited to some layers and matrices.";
/// Button that chooses files of an adapter or of vectors from the disk.
pub const CHOOSE: &str = "Choose adapter or vector files";
/// Label of the text field for an adapter's address.
pub const ADDRESS: &str = "or an address (adapter_config.json is read from the folder of adapter_model.safetensors)";
/// Caption of the foldable form that makes steering vectors from pairs of texts.
pub const CONTRAST: &str = "Make steering vectors out of pairs of texts";
/// Sentence in that form: how the vectors are computed, and what to do with them.
pub const CONTRAST_HINT: &str = "For every layer: the mean difference between the model's activations after the first text of a pair and after the second. \
     Then limit it to a few layers, and move its slider.";
/// Button that makes the vectors.
pub const CONTRAST_MAKE: &str = "Make the vectors";
/// Status while the engine prepares the model with other adapters.
pub const LAYING_OUT: &str = "Preparing the model again…";

/// Name of a kind of add-on, after its name in the list.
#[must_use]
pub const fn kind(kind: &AddOnKind) -> &'static str {
    match kind {
        AddOnKind::Adapter | AddOnKind::PeftAdapter => "LoRA adapter",
        AddOnKind::Steering => "steering vectors",
        AddOnKind::Contrast(_) => "steering vectors made of pairs of texts",
    }
}

/// Caption of the foldable list of adapters that can be added by name.
pub const ADAPTERS: &str = "Adapters by name";
/// Sentence in that list: what these adapters are.
pub const ADAPTERS_HINT: &str = "Model organisms of emergent misalignment, LoRA adapters of rank 32 by Turner, Soligo et al. (2025, arXiv:2506.11613), from Hugging Face. \
     We have not tested these adapters. Each works with its own base model only.";

/// Text after an adapter's name: the model that it was made for.
#[must_use]
pub fn for_base(base: &str) -> String {
    format!("for {base}")
}

/// Text after an adapter that cannot be added now: the reason.
pub const WANTS_BASE: &str = "(another model is loaded: load that one first)";

/// Accessible name of the button that adds an adapter from the list.
#[must_use]
pub fn adapter_for(adapter: &str, base: &str) -> String {
    format!("Add {adapter} for {base}")
}

/// Placeholder of the text field for an adapter's address.
pub const ADDRESS_EXAMPLE: &str = "owner/name, or https://…/adapter_model.safetensors";
/// Button that adds an adapter or vectors.
pub const ADD: &str = "Add";
/// Label of the text field for the layers in which an adapter or vectors act.
pub const LAYERS: &str = "Layers (from 0; empty: all)";
/// Placeholder of that text field.
pub const ALL_LAYERS: &str = "all";
/// Label of the text field for the matrices in which an adapter acts.
pub const MATRICES: &str = "Matrices (empty: all)";
/// Placeholder of that text field.
pub const MATRICES_EXAMPLE: &str = "q_proj, down_proj";
/// Button that removes an adapter or vectors.
pub const REMOVE: &str = "Remove";
/// Label of the text field for the first text of each pair.
pub const CONTRAST_TOWARD: &str = "Toward: a text each line";
/// Label of the text field for the second text of each pair.
pub const CONTRAST_AWAY: &str = "Away from: as many lines";

/// Name of steering vectors that were made on the page. `number` counts them.
#[must_use]
pub fn made_vectors(number: usize) -> String {
    format!("steering {number}")
}
