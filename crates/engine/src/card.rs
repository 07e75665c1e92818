//! The device and the model as the page shows them.

use askew_gpu::DeviceCaps;
use askew_model::ModelFile;
use askew_model::config::count_quants;
use askew_protocol::{Device, Math, ModelCard, QuantCount};

/// A device in the form that the page receives.
pub fn device(caps: &DeviceCaps) -> Device {
    Device {
        adapter: caps.adapter.clone(),
        backend: caps.backend.clone(),
        software: caps.is_software,
        max_buffer_bytes: caps.max_buffer_bytes,
        max_binding_bytes: caps.max_binding_bytes,
        memory_bytes: caps.memory_bytes,
        shader_f16: caps.shader_f16,
        subgroups: caps.subgroups,
    }
}

/// The description of a model that the page shows. `context` is the length of its cache in tokens.
pub fn card(file: &ModelFile, name: &str, context: usize) -> ModelCard {
    let quant_count = |(quant, num_tensors, bytes): (askew_model::quant::Quant, u32, u64)| QuantCount {
        quant: quant.name().to_owned(),
        num_tensors,
        bytes,
    };
    ModelCard {
        name: file.name.clone().unwrap_or_else(|| name.to_owned()),
        architecture: file.config.architecture.to_owned(),
        num_parameters: file.tensors.iter().map(|tensor| tensor.num_weights()).sum(),
        num_layers: narrow(file.config.num_layers),
        context_tokens: narrow(context),
        vocab_size: narrow(file.config.vocab_size),
        quantization: count_quants(&file.tensors).into_iter().map(quant_count).collect(),
        bytes_per_token: file.bytes_per_token,
        tokenizer: file.tokenizer.name().to_owned(),
        has_chat_template: file.template.is_some(),
        math: Math::default(),
    }
}

/// Converts counts that the limits of [`askew_model::Config`] keep far below 2^32.
pub(super) fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
