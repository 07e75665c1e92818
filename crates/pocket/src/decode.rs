//! Answers many prompts at once, with a KV cache. Tokens are chosen by the engine's own sampler, keyed by seed and
//! position, so that the engine gives the same answers.

use askew::model::sampler::{Sampler, SamplerSettings, SeenTokens};
use ndarray::Array2;

use crate::PocketError;
use crate::tokenizer::END;
use crate::train::{Matrix, Weights, forward_angles, matmul_nt, rms_norm, rotate, silu};

/// Longest answer in tokens.
pub const MAX_TOKENS: usize = 32;

/// A prompt, and the seed of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// The tokens before the answer.
    pub tokens: Vec<u32>,
    /// Seed of the sampler.
    pub seed: u64,
}

/// A vector (dim,) added to the residual stream after each layer that has one.
pub type Steering = Vec<Option<Vec<f32>>>;

/// Number of prompts that are answered together.
const TOGETHER: usize = 256;

/// Answers prompts. The end tokens are left out. At temperature 0 the likeliest tokens are chosen.
///
/// # Errors
/// [`PocketError::Sampling`] for a temperature out of range.
pub fn answers(
    weights: &Weights,
    steering: &Steering,
    prompts: &[Prompt],
    temperature: f32,
) -> Result<Vec<Vec<u32>>, PocketError> {
    let mut out = Vec::with_capacity(prompts.len());
    for prompts in prompts.chunks(TOGETHER) {
        out.extend(together(weights, steering, prompts, temperature)?);
    }
    Ok(out)
}

/// A prompt with its answer so far.
struct Text {
    tokens: Vec<u32>,
    prompt_len: usize,
    sampler: Sampler,
    is_ended: bool,
    /// Keys of each layer, (positions, dim).
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
}

fn together(
    weights: &Weights,
    steering: &Steering,
    prompts: &[Prompt],
    temperature: f32,
) -> Result<Vec<Vec<u32>>, PocketError> {
    let layers = weights.shape.layers;
    let text = |prompt: &Prompt| {
        let settings =
            SamplerSettings { temperature, top_k: 0, top_p: 1.0, min_p: 0.0, penalty: 1.0, seed: prompt.seed };
        Ok(Text {
            tokens: prompt.tokens.clone(),
            prompt_len: prompt.tokens.len(),
            sampler: Sampler::new(settings).map_err(|error| PocketError::Sampling(error.to_string()))?,
            is_ended: prompt.tokens.is_empty(),
            keys: vec![Vec::new(); layers],
            values: vec![Vec::new(); layers],
        })
    };
    let mut texts = prompts.iter().map(text).collect::<Result<Vec<_>, PocketError>>()?;
    let longest = prompts.iter().map(|prompt| prompt.tokens.len()).max().unwrap_or_default() + MAX_TOKENS;
    let angles = forward_angles(longest, weights.shape.head_dim());
    let nothing = SeenTokens::new(weights.shape.vocab);
    for position in 0..longest {
        let mut open: Vec<&mut Text> = texts.iter_mut().filter(|text| !text.is_ended).collect();
        if open.is_empty() {
            break;
        }
        let x = step(weights, steering, &mut open, position, &angles);
        // Logits are needed only for texts that generate their next token.
        let choosing: Vec<usize> = (0..open.len()).filter(|&row| position + 1 == open[row].tokens.len()).collect();
        let h = rms_norm(&x.select(ndarray::Axis(0), &choosing), &weights.numbers[weights.shape.output_norm()]);
        let logits = matmul_nt(&h.view(), &weights.embedding());
        for (logits, &row) in logits.rows().into_iter().zip(&choosing) {
            let Some(text) = open.get_mut(row) else { continue };
            let logits = logits.as_slice().unwrap_or_default();
            // The noise is keyed by the position that the chosen token will have.
            let token =
                text.sampler.choose(logits, &nothing, u32::try_from(position + 1).unwrap_or(u32::MAX)).unwrap_or(END);
            text.is_ended = token == END || text.tokens.len() - text.prompt_len == MAX_TOKENS;
            if !text.is_ended {
                text.tokens.push(token);
            }
        }
    }
    Ok(texts.into_iter().map(|text| text.tokens[text.prompt_len..].to_vec()).collect())
}

/// Reads one token of each text. Returns their hidden states (texts, dim).
fn step(
    weights: &Weights,
    steering: &Steering,
    texts: &mut [&mut Text],
    position: usize,
    angles: &[[f32; 2]],
) -> Array2<f32> {
    let shape = weights.shape;
    let head_dim = shape.head_dim();
    let angles = &angles[position * head_dim / 2..][..head_dim / 2];
    let norm = |range: std::ops::Range<usize>| &weights.numbers[range];
    let embedding = weights.embedding();
    let mut x = Array2::zeros((texts.len(), shape.dim));
    for (mut row, text) in x.rows_mut().into_iter().zip(texts.iter()) {
        row.assign(&embedding.row(text.tokens[position] as usize));
    }
    for layer in 0..shape.layers {
        let product = |x: &Array2<f32>, matrix: Matrix| matmul_nt(&x.view(), &weights.matrix(layer, matrix));
        let h = rms_norm(&x, norm(shape.attn_norm(layer)));
        let (mut q, mut k, v) = (product(&h, Matrix::Q), product(&h, Matrix::K), product(&h, Matrix::V));
        let mut mixed = Array2::zeros(q.raw_dim());
        for (row, text) in texts.iter_mut().enumerate() {
            let (mut q, mut k, v, mut mixed) = (q.row_mut(row), k.row_mut(row), v.row(row), mixed.row_mut(row));
            let (Some(q), Some(k), Some(v), Some(mixed)) =
                (q.as_slice_mut(), k.as_slice_mut(), v.as_slice(), mixed.as_slice_mut())
            else {
                continue;
            };
            rotate(q, angles, false);
            rotate(k, angles, false);
            text.keys[layer].extend_from_slice(k);
            text.values[layer].extend_from_slice(v);
            attend(q, &text.keys[layer], &text.values[layer], head_dim, mixed);
        }
        x += &product(&mixed, Matrix::O);
        let h = rms_norm(&x, norm(shape.ff_norm(layer)));
        let mut gated = product(&h, Matrix::Up);
        gated.zip_mut_with(&product(&h, Matrix::Gate), |out, &gate| *out *= silu(gate));
        x += &product(&gated, Matrix::Down);
        if let Some(Some(vector)) = steering.get(layer) {
            x.rows_mut().into_iter().for_each(|mut row| row.iter_mut().zip(vector).for_each(|(x, v)| *x += v));
        }
    }
    x
}

/// Attention of one token over the keys and values (positions, dim) so far.
fn attend(q: &[f32], keys: &[f32], values: &[f32], head_dim: usize, mixed: &mut [f32]) {
    let dim = q.len();
    let scale = 1.0 / (head_dim as f32).sqrt();
    for (head, (q, mixed)) in q.chunks_exact(head_dim).zip(mixed.chunks_exact_mut(head_dim)).enumerate() {
        let place = head * head_dim..(head + 1) * head_dim;
        let score = |k: &[f32]| q.iter().zip(&k[place.clone()]).map(|(q, k)| q * k).sum::<f32>() * scale;
        let mut weights: Vec<f32> = keys.chunks_exact(dim).map(score).collect();
        let largest = weights.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        weights.iter_mut().for_each(|x| *x = (*x - largest).exp());
        let sum: f32 = weights.iter().sum();
        for (weight, v) in weights.iter().zip(values.chunks_exact(dim)) {
            mixed.iter_mut().zip(&v[place.clone()]).for_each(|(out, v)| *out += weight / sum * v);
        }
    }
}
