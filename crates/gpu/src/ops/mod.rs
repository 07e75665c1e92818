//! The operations of a forward pass. Each creates dispatches. Its CPU version in `model::reference` has the same name.
//!
//! Activations are (lanes, width) in f32. A lane is one token of a prompt, or one column's token in decoding.

pub mod attention;
pub mod embed;
pub mod gate;
pub mod matmul;
pub mod post_norm;
pub mod rope_cache;
pub mod sample;
mod wgsl;

use self::wgsl::wgsl;
use askew_model::quant::Quant;

/// Most lanes of a step that multiplies row by row: used for decoding and for the ends of prompts.
pub const DECODE_LANES: usize = 8;
/// Number of lanes of a long step of a prompt. Activation buffers have room for this many.
pub const MAX_LANES: usize = 32;

/// Whether the weights of a format are integers with scales, which the fast maths multiplies directly. The others are
/// floats.
pub fn is_packed(quant: Quant) -> bool {
    !matches!(quant, Quant::F32 | Quant::F16 | Quant::BF16)
}

/// The WGSL that decodes a block of this format from `weights` and `scales`.
fn quant_source(quant: Quant) -> &'static str {
    match quant {
        Quant::F32 => wgsl!("quant/f32.wgsl"),
        Quant::F16 => wgsl!("quant/f16.wgsl", "quant/half_block.wgsl"),
        Quant::BF16 => wgsl!("quant/bf16.wgsl", "quant/half_block.wgsl"),
        Quant::Q4_0 => wgsl!("quant/q4_0.wgsl"),
        Quant::Q4_1 => wgsl!("quant/q4_1.wgsl"),
        Quant::Q5_0 => wgsl!("quant/q5_0.wgsl"),
        Quant::Q5_1 => wgsl!("quant/q5_1.wgsl"),
        Quant::Q8_0 => wgsl!("quant/q8_0.wgsl"),
        Quant::Q2K => wgsl!("quant/q2_k.wgsl"),
        Quant::Q3K => wgsl!("quant/q3_k.wgsl"),
        Quant::Q4K => wgsl!("quant/q4_k.wgsl"),
        Quant::Q5K => wgsl!("quant/q5_k.wgsl"),
        Quant::Q6K => wgsl!("quant/q6_k.wgsl"),
        Quant::Iq4Nl => wgsl!("quant/iq4_nl.wgsl"),
    }
}

/// The whole shader of an operation on weights: the common part, the decoder of the format, and the operation.
pub fn with_quant(quant: Quant, source: &str) -> String {
    let (block, reader) = (wgsl!("quant/block.wgsl"), quant_source(quant));
    if is_packed(quant) {
        let (packed, decoder) = (wgsl!("quant/packed.wgsl"), wgsl!("quant/packed_block.wgsl"));
        return [block, packed, reader, decoder, source].concat();
    }
    [block, reader, source].concat()
}

/// Browsers require this line for subgroups. The native shader compiler does not accept it.
const ENABLE: &str = if cfg!(target_arch = "wasm32") { "enable subgroups;\n" } else { "" };

/// The code that reduces over a workgroup, with subgroups or only with shared memory. It comes first in a shader.
pub fn reduce(by_subgroups: bool) -> String {
    if by_subgroups { [ENABLE, wgsl!("reduce_subgroups.wgsl")].concat() } else { wgsl!("reduce.wgsl").to_owned() }
}

/// The operations that need [`reduce`] before them, by name.
fn reducing() -> [(&'static str, String); 4] {
    let [threshold, ..] = sample::sources();
    [
        ("attention", attention::SOURCE.to_owned()),
        ("post_norm", post_norm::SOURCE.to_owned()),
        ("rope_cache", rope_cache::SOURCE.to_owned()),
        threshold,
    ]
}

/// The complete source of every shader by name, for validation and self-tests.
pub fn all_sources() -> Vec<(String, String)> {
    let [_, pick, choose] = sample::sources();
    let mut all: Vec<(String, String)> =
        [("gate", gate::SOURCE.to_owned()), pick, choose].map(|(name, source)| (name.to_owned(), source)).into();
    for (name, source) in reducing() {
        all.push((name.to_owned(), reduce(false) + &source));
        all.push((format!("{name}/subgroups"), reduce(true) + &source));
    }
    let embed = [("embed", embed::SOURCE.to_owned())];
    for (name, source) in embed.into_iter().chain(matmul::sources()) {
        let quants = Quant::all().filter(|&quant| !name.starts_with("fast") || is_packed(quant));
        all.extend(quants.map(|quant| (format!("{name}/{}", quant.name()), with_quant(quant, &source))));
    }
    all
}
