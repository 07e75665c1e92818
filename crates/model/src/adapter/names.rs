//! How files name the model's matrices that an adapter's tensors belong to.

use super::Adapter;
use crate::tensors::LayerTensor;

/// One of the two factors of a low-rank product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Factor {
    /// A (rank, n).
    A,
    /// B (d, rank).
    B,
}

/// The place of a tensor in an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) layer: usize,
    pub(super) target: LayerTensor,
    pub(super) factor: Factor,
}

/// Module names in transformers' llama, qwen2, qwen3 and gemma3 models.
const MODULES: [(&str, LayerTensor); 7] = [
    ("self_attn.q_proj", LayerTensor::Q),
    ("self_attn.k_proj", LayerTensor::K),
    ("self_attn.v_proj", LayerTensor::V),
    ("self_attn.o_proj", LayerTensor::AttnOutput),
    ("mlp.gate_proj", LayerTensor::Gate),
    ("mlp.up_proj", LayerTensor::Up),
    ("mlp.down_proj", LayerTensor::Down),
];

/// Prefixes that can come before the layers. They depend on how the model was wrapped when the adapter was saved.
const WRAPPERS: [&str; 3] = ["base_model.", "model.", "language_model."];

/// Parses PEFT's names such as `base_model.model.model.layers.N.self_attn.q_proj.lora_A.weight` and their variants.
pub(super) fn peft(name: &str) -> Option<Place> {
    let mut rest = name;
    while let Some(inner) = WRAPPERS.iter().find_map(|wrapper| rest.strip_prefix(wrapper)) {
        rest = inner;
    }
    let (layer, rest) = rest.strip_prefix("layers.")?.split_once('.')?;
    let rest = rest.strip_suffix(".weight")?;
    // In memory, and in some files, the adapter's own name is here too.
    let rest = rest.strip_suffix(".default").unwrap_or(rest);
    let (module, factor) = match rest.strip_suffix(".lora_A") {
        Some(module) => (module, Factor::A),
        None => (rest.strip_suffix(".lora_B")?, Factor::B),
    };
    let target = MODULES.iter().find(|known| known.0 == module)?.1;
    Some(Place { layer: number(layer)?, target, factor })
}

/// The matrix for a name in PEFT's `target_modules`, such as `q_proj`.
pub(super) fn module(name: &str) -> Option<LayerTensor> {
    MODULES.iter().find(|known| known.0.rsplit('.').next() == Some(name)).map(|known| known.1)
}

/// Parses llama.cpp's names such as `blk.N.attn_q.weight.lora_a`.
pub(super) fn gguf(name: &str) -> Option<Place> {
    let (matrix, factor) = match name.strip_suffix(".lora_a") {
        Some(matrix) => (matrix, Factor::A),
        None => (name.strip_suffix(".lora_b")?, Factor::B),
    };
    let layer = number(matrix.strip_prefix("blk.")?.split('.').next()?)?;
    let target = Adapter::TARGETS.into_iter().find(|target| target.name(layer) == matrix)?;
    Some(Place { layer, target, factor })
}

/// Parses digits only, because `parse` would accept a sign.
pub(crate) fn number(digits: &str) -> Option<usize> {
    digits.bytes().all(|digit| digit.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_understood() {
        let place = |layer, target, factor| Some(Place { layer, target, factor });
        for (name, expected) in [
            ("base_model.model.model.layers.3.self_attn.q_proj.lora_A.weight", place(3, LayerTensor::Q, Factor::A)),
            ("base_model.model.model.layers.0.mlp.down_proj.lora_B.weight", place(0, LayerTensor::Down, Factor::B)),
            ("base_model.model.layers.11.self_attn.k_proj.lora_B.weight", place(11, LayerTensor::K, Factor::B)),
            (
                "base_model.model.model.language_model.layers.1.self_attn.o_proj.lora_A.default.weight",
                place(1, LayerTensor::AttnOutput, Factor::A),
            ),
            ("model.layers.2.mlp.gate_proj.lora_A.default.weight", place(2, LayerTensor::Gate, Factor::A)),
            ("layers.2.mlp.up_proj.lora_A.weight", place(2, LayerTensor::Up, Factor::A)),
            ("model.layers.+2.mlp.up_proj.lora_A.weight", None),
            ("model.layers.99999999999999999999999.mlp.up_proj.lora_A.weight", None),
            ("model.layers..mlp.up_proj.lora_A.weight", None),
            ("model.layers.2.mlp.up_proj.lora_A.bias", None),
            ("model.layers.2.mlp.up_proj.weight", None),
            ("model.layers.2.self_attn.qkv_proj.lora_A.weight", None),
            ("vision_tower.layers.2.self_attn.q_proj.lora_A.weight", None),
            ("base_model.model.lm_head.lora_A.weight", None),
            ("base_model.model.model.embed_tokens.lora_embedding_A", None),
        ] {
            assert_eq!(peft(name), expected, "{name}");
        }
        for (name, expected) in [
            ("blk.3.attn_q.weight.lora_a", place(3, LayerTensor::Q, Factor::A)),
            ("blk.12.ffn_down.weight.lora_b", place(12, LayerTensor::Down, Factor::B)),
            ("blk.03.attn_q.weight.lora_a", None),
            ("blk.3.attn_norm.weight.lora_a", None),
            ("token_embd.weight.lora_a", None),
            ("blk.3.attn_q.weight", None),
        ] {
            assert_eq!(gguf(name), expected, "{name}");
        }
    }
}
