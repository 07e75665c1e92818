//! Checks of the GPU's choice of tokens.

use std::rc::Rc;

use super::data::noise;
use super::{Parity, small};
use crate::ops::sample::{PICK_BYTES, SLICES, Sample, sample, seen_words};
use crate::{Choice, Gpu, GpuError, Lane, SampledToken};
use askew_model::Sampler;
use askew_model::sampler::{SamplerSettings, SeenTokens, log_softmax};

/// Largest difference of log-probabilities. They differ because sums of exponentials are computed in another order.
const LOGPROB_TOLERANCE: f32 = 1e-4;
/// Position of the lanes.
const POSITION: usize = 40;

/// A check that chooses one token per lane, greedy or sampled, with any of the filters.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceCase {
    /// Number of tokens to choose from.
    pub vocab: usize,
    /// Number of lanes. Each has a seed of its own.
    pub lanes: usize,
    /// The sampler of lane 0. Every third token was seen before.
    pub settings: SamplerSettings,
    /// Seed of the logits.
    pub seed: u64,
}

/// Compares the GPU's choices with those of the CPU's sampler. The error is the share of lanes with a different token,
/// log-probability or next position.
///
/// # Errors
/// Any error of the device, or settings out of range.
pub async fn choices(gpu: &Rc<Gpu>, case: ChoiceCase) -> Result<Parity, GpuError> {
    let ChoiceCase { vocab, lanes, settings, seed } = case;
    let logits: Vec<f32> = noise(lanes * vocab, seed).iter().map(|x| x * 6.0).collect();
    let buffer = |label: &str, words: usize| gpu.storage(label, (words * 4) as u64);
    let (samplers, seen_buffer) = (buffer("samplers", 8 * lanes), buffer("seen", seen_words(vocab) * lanes));
    let lane = |i: usize| Lane { token: 0, position: small(POSITION + i), column: small(i), step: 0 };
    let lane_buffer = gpu.upload("lanes", &(0..lanes).map(lane).collect::<Vec<_>>());

    let (mut expected, mut choice) = (Vec::new(), Choice::Free);
    for (lane, logits) in logits.chunks_exact(vocab).enumerate() {
        let settings = SamplerSettings { seed: settings.seed.wrapping_add(lane as u64), ..settings };
        let sampler = Sampler::new(settings).map_err(|error| GpuError::Refused(error.to_string()))?;
        let mut seen = SeenTokens::new(vocab);
        (0..small(vocab)).filter(|token| token % 3 == 0).for_each(|token| seen.insert(token));
        gpu.write(&samplers, lane * 8, &sampler.words());
        gpu.write(&seen_buffer, lane * seen_words(vocab), seen.words());
        let token = sampler.choose(logits, &seen, small(POSITION + 1 + lane)).unwrap_or(u32::MAX);
        if sampler.filters() {
            choice = Choice::Filtered;
        }
        expected.push((token, log_softmax(logits).get(token as usize).copied().unwrap_or(f32::NAN)));
    }
    let step = Sample {
        vocab_size: vocab,
        logits: &gpu.upload("logits", &logits),
        lanes: &lane_buffer,
        samplers: &samplers,
        seen: &seen_buffer,
        thresholds: &buffer("thresholds", lanes),
        picks: &buffer("picks", lanes * SLICES * PICK_BYTES / 4),
        results: &buffer("results", 2 * lanes),
    };
    let plan = sample(gpu, lanes, choice, step)?;
    gpu.submit(&[&plan], None);
    let found = gpu.download::<SampledToken>(step.results, lanes).await?;
    let moved = gpu.download::<Lane>(&lane_buffer, lanes).await?;
    let is_right = |(lane, (token, logprob)): (usize, &(u32, f32))| {
        let next = Lane { token: *token, position: small(POSITION + 1 + lane), column: small(lane), step: 1 };
        found
            .get(lane)
            .is_some_and(|found| found.token == *token && (found.logprob - logprob).abs() < LOGPROB_TOLERANCE)
            && moved.get(lane) == Some(&next)
    };
    let num_right = expected.iter().enumerate().filter(|expected| is_right(*expected)).count();
    let share = |n: usize| f64::from(small(n)) / f64::from(small(lanes));
    Ok(Parity { error: share(lanes - num_right), limit: 0.0 })
}
