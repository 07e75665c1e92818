//! The choice of tokens on the GPU; twin of `model::sampler`.

use super::reduce;
use super::wgsl::wgsl;
use crate::kernel::{Access, Dispatch, Shader, word};
use crate::{Gpu, GpuError};

const LANES: &str = wgsl!("lanes.wgsl");
const SAMPLER: &str = wgsl!("sampler.wgsl");

/// Slices that the vocabulary is cut into.
pub const SLICES: usize = 32;
/// Bytes of a slice's result.
pub const PICK_BYTES: usize = 16;

/// The shaders by name, the first after [`reduce`].
pub fn sources() -> [(&'static str, String); 3] {
    [
        ("threshold", [LANES, SAMPLER, wgsl!("threshold.wgsl")].concat()),
        ("pick", [LANES, SAMPLER, wgsl!("pick.wgsl")].concat()),
        ("choose", [LANES, wgsl!("choose.wgsl")].concat()),
    ]
}

/// What [`sample`] works on.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Tokens in the vocabulary.
    pub vocab_size: usize,
    /// (lanes, vocab).
    pub logits: &'a wgpu::Buffer,
    /// The lanes, which move on to the chosen tokens.
    pub lanes: &'a wgpu::Buffer,
    /// `Sampler::words` of every column.
    pub samplers: &'a wgpu::Buffer,
    /// One bit for each token that a column has seen, (columns, [`seen_words`]).
    pub seen: &'a wgpu::Buffer,
    /// (lanes,)
    pub thresholds: &'a wgpu::Buffer,
    /// (lanes, [`SLICES`]).
    pub picks: &'a wgpu::Buffer,
    /// (steps, lanes) of a token and its log-probability.
    pub results: &'a wgpu::Buffer,
}

/// What decides about the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// Temperature and noise alone.
    Free,
    /// Top-k, top-p or min-p as well.
    Filtered,
}

/// Words of a column's set of tokens.
pub fn seen_words(vocab_size: usize) -> usize {
    vocab_size.div_ceil(32)
}

/// logits -> results. The lanes move on.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond a shader's.
pub fn sample(gpu: &Gpu, lanes: usize, choice: Choice, step: Sample<'_>) -> Result<Vec<Dispatch>, GpuError> {
    let [(threshold, threshold_source), (pick, pick_source), (choose, choose_source)] = sources();
    let vocab = ("VOCAB", step.vocab_size.try_into()?);
    let seen = ("SEEN_WORDS", seen_words(step.vocab_size).try_into()?);
    let slices = ("SLICES", SLICES.try_into()?);
    let inputs = [
        (step.logits, Access::Read),
        (step.lanes, Access::Read),
        (step.samplers, Access::Read),
        (step.seen, Access::Read),
    ];
    let mut plan = Vec::new();
    if choice == Choice::Filtered {
        let source = reduce(gpu.caps().uses_subgroups) + &threshold_source;
        let shader = Shader { label: threshold, source: &source, constants: &[vocab, seen] };
        let buffers = [&inputs[..], &[(step.thresholds, Access::Write)]].concat();
        plan.push(gpu.dispatch(shader, &buffers, [word(lanes)?, 1])?);
    }
    let filtered = ("FILTERED", u32::from(choice == Choice::Filtered).into());
    let shader = Shader { label: pick, source: &pick_source, constants: &[vocab, seen, slices, filtered] };
    let buffers = [&inputs[..], &[(step.thresholds, Access::Read), (step.picks, Access::Write)]].concat();
    plan.push(gpu.dispatch(shader, &buffers, [word(SLICES)?, word(lanes)?])?);

    let constants = [("LANES", lanes.try_into()?), vocab, seen, slices];
    let shader = Shader { label: choose, source: &choose_source, constants: &constants };
    let buffers = [
        (step.picks, Access::Read),
        (step.logits, Access::Read),
        (step.lanes, Access::Write),
        (step.seen, Access::Write),
        (step.results, Access::Write),
    ];
    plan.push(gpu.dispatch(shader, &buffers, [word(lanes)?, 1])?);
    Ok(plan)
}
