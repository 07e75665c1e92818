//! Choosing tokens on the GPU. The CPU version is `model::sampler`.

use super::reduce;
use super::wgsl::wgsl;
use crate::kernel::{Access, Dispatch, Shader, word};
use crate::{Gpu, GpuError};

const LANES: &str = wgsl!("lanes.wgsl");
const SAMPLER: &str = wgsl!("sampler.wgsl");

/// Number of slices that the vocabulary is divided into.
pub const SLICES: usize = 32;
/// Bytes of the result of one slice.
pub const PICK_BYTES: usize = 16;

/// The shaders by name. The first must be placed after [`reduce`].
pub fn sources() -> [(&'static str, String); 3] {
    [
        ("threshold", [LANES, SAMPLER, wgsl!("threshold.wgsl")].concat()),
        ("pick", [LANES, SAMPLER, wgsl!("pick.wgsl")].concat()),
        ("choose", [LANES, wgsl!("choose.wgsl")].concat()),
    ]
}

/// The arguments of [`sample`].
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Number of tokens in the vocabulary.
    pub vocab_size: usize,
    /// Logits, (lanes, vocab).
    pub logits: &'a wgpu::Buffer,
    /// The lanes. They are updated to the chosen tokens and the next positions.
    pub lanes: &'a wgpu::Buffer,
    /// `Sampler::words` of every column.
    pub samplers: &'a wgpu::Buffer,
    /// One bit per token for the tokens that a column has seen, (columns, [`seen_words`]).
    pub seen: &'a wgpu::Buffer,
    /// Smallest logits that pass the filters, (lanes,).
    pub thresholds: &'a wgpu::Buffer,
    /// The best token of each slice, (lanes, [`SLICES`]).
    pub picks: &'a wgpu::Buffer,
    /// Chosen tokens with their log-probabilities, (steps, lanes).
    pub results: &'a wgpu::Buffer,
}

/// How tokens are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Choice {
    /// Only by temperature and noise.
    Free,
    /// Also by top-k, top-p or min-p.
    Filtered,
}

/// Words of a column's set of seen tokens.
pub fn seen_words(vocab_size: usize) -> usize {
    vocab_size.div_ceil(32)
}

/// Chooses tokens from logits and updates the lanes.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
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
