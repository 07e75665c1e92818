//! Checks of products of weights and activations, including what is computed before and after them.

use std::rc::Rc;

use super::data::{noise, random_weights};
use super::{MATMUL_NMSE, Parity, run};
use crate::fused_norm::Normed;
use crate::kernel::Dispatch;
use crate::matrix::{GpuMatrix, Scratch};
use crate::ops::is_packed;
use crate::ops::matmul::{Epilogue, Input, Matmul, matmul as plan};
use crate::ops::post_norm::{PostNorm, post_norm};
use crate::{Gpu, GpuError};
use askew_model::config::Activation;
use askew_model::gguf::TensorInfo;
use askew_model::quant::Quant;
use askew_model::reference::Matrix;
use askew_model::reference::gated_matvec::gated_matvec;
use askew_model::reference::matvec::{Epilogue as CpuEpilogue, add_bias, matvec};
use askew_model::reference::rms_norm::{add_rms_norm, rms_norm};

/// Epsilon of the norms.
const EPS: f32 = 1e-5;

/// `w (rows, blocks * 32) @ x` for each lane, optionally with a norm before and a bias after it.
#[derive(Clone, Copy, Debug)]
pub struct MatmulCase {
    /// Storage format of the weights.
    pub quant: Quant,
    /// Rows of the matrix.
    pub rows: usize,
    /// Blocks of 32 weights per row. It is rounded up for formats with longer blocks.
    pub blocks: usize,
    /// Magnitude of the weights.
    pub size: f32,
    pub lanes: usize,
    /// Whether the input is normalised first.
    pub is_normed: bool,
    /// Whether a bias is added.
    pub has_bias: bool,
    /// Whether activations are rounded, if the format is packed.
    pub is_fast: bool,
    pub seed: u64,
}

/// A product that is added to the residual stream, directly or after a norm of its own.
#[derive(Clone, Copy, Debug)]
pub struct JoinCase {
    /// Storage format of the weights.
    pub quant: Quant,
    /// Rows of the matrix divided by 32.
    pub tiles: usize,
    /// As in [`MatmulCase`].
    pub blocks: usize,
    pub lanes: usize,
    /// Whether the product has a norm before the sum, as in gemma3.
    pub has_post_norm: bool,
    /// Whether activations are rounded, if the format is packed.
    pub is_fast: bool,
    pub seed: u64,
}

/// Stacked matrices with the same input.
#[derive(Clone, Debug)]
pub struct StackedCase {
    /// Format and number of rows of each matrix.
    pub parts: Vec<(Quant, usize)>,
    /// As in [`MatmulCase`].
    pub blocks: usize,
    /// Whether activations are rounded, if the format is packed.
    pub is_fast: bool,
    pub seed: u64,
}

/// `activation(gate @ x) * (up @ x)`.
#[derive(Clone, Copy, Debug)]
pub struct GatedCase {
    /// Storage format of the weights.
    pub quant: Quant,
    /// Rows of each matrix divided by 32.
    pub tiles: usize,
    /// As in [`MatmulCase`].
    pub blocks: usize,
    pub lanes: usize,
    /// The non-linearity of the gate.
    pub activation: Activation,
    /// Whether activations are rounded, if the format is packed.
    pub is_fast: bool,
    pub seed: u64,
}

/// The largest integer of a rounded activation: 127 * 256.
const STEPS: f32 = 32_512.0;

/// The activations that weights of a format are multiplied with. For packed formats in fast maths, each run of 16
/// activations is rounded to [`STEPS`] steps of its largest magnitude.
#[must_use]
pub fn seen(quant: Quant, is_fast: bool, x: &[f32]) -> Vec<f32> {
    if !is_fast || !is_packed(quant) {
        return x.to_vec();
    }
    let run = |x: &[f32]| {
        let largest = x.iter().fold(0.0f32, |largest, x| largest.max(x.abs()));
        let inverse = if largest > 0.0 { STEPS / largest } else { 0.0 };
        x.iter().map(|x| (x * inverse).round_ties_even() * (largest / STEPS)).collect::<Vec<f32>>()
    };
    x.chunks(16).flat_map(run).collect()
}

/// The shortest row of at least `blocks` times 32 weights that all formats can store.
fn row_len(quants: impl Iterator<Item = Quant>, blocks: usize) -> usize {
    (blocks * 32).next_multiple_of(quants.map(|quant| quant.block_len()).max().unwrap_or(1))
}

fn random_matrix(quant: Quant, (num_rows, row_len): (usize, usize), size: f32, seed: u64) -> Matrix {
    Matrix { quant, num_rows, row_len, bytes: random_weights(quant, num_rows * row_len, size, seed) }
}

/// Stacks matrices on the GPU. Each is written in two batches, as from a stream.
///
/// # Errors
/// [`GpuError`] if they do not fit.
pub fn upload(gpu: &Rc<Gpu>, parts: &[&Matrix]) -> Result<GpuMatrix, GpuError> {
    let info = |part: &&Matrix| TensorInfo {
        name: "check".into(),
        shape: vec![part.row_len as u64, part.num_rows as u64],
        quant: part.quant,
        offset: 0,
        num_bytes: part.bytes.len() as u64,
    };
    let infos: Vec<TensorInfo> = parts.iter().map(info).collect();
    let (matrix, pieces) = GpuMatrix::stacked(gpu, &infos.iter().collect::<Vec<_>>())?;
    let mut scratch = Scratch::default();
    for (part, pieces) in parts.iter().zip(pieces) {
        let first = part.num_rows / 2 / 32 * 32;
        let cut = first * part.quant.row_bytes(part.row_len);
        for piece in pieces {
            piece.write(gpu, 0, &part.bytes[..cut], &mut scratch);
            piece.write(gpu, first, &part.bytes[cut..], &mut scratch);
        }
    }
    Ok(matrix)
}

/// Creates the buffer that the reader of a norm expects for `x` (lanes, width).
fn normed(gpu: &Gpu, x: &[f32], gain: &[f32]) -> Normed {
    let normed = Normed::new(gpu, "normed", gain.len());
    let values: Vec<f32> = x.iter().zip(gain.iter().cycle()).map(|(x, g)| x * g).collect();
    gpu.write(&normed.buffer, 0, &values);
    for (lane, x) in x.chunks_exact(gain.len()).enumerate() {
        let squares: Vec<f32> = x.chunks(32).map(|x| x.iter().map(|x| x * x).sum()).collect();
        gpu.write(&normed.buffer, normed.squares_at() + lane * normed.squares(), &squares);
    }
    normed
}

/// Compares what the GPU prepared for a norm with what [`normed`] makes from `x` (lanes, width).
pub(super) async fn normed_parity(
    gpu: &Gpu,
    found: &Normed,
    lanes: usize,
    x: &[f32],
    gain: &[f32],
) -> Result<Parity, GpuError> {
    let all: Vec<f32> = gpu.download(&found.buffer, found.squares_at() + lanes * found.squares()).await?;
    let expected: Vec<f32> = x.iter().zip(gain.iter().cycle()).map(|(x, g)| x * g).collect();
    let mut parity = Parity::of(&all[..lanes * found.width], &expected, MATMUL_NMSE);
    for (lane, x) in x.chunks_exact(found.width).enumerate() {
        let squares = &all[found.squares_at() + lane * found.squares()..][..found.squares()];
        let (sum, expected) = (squares.iter().sum::<f32>(), x.iter().map(|x| x * x).sum::<f32>());
        parity = parity.or(Parity::of(&[sum], &[expected], MATMUL_NMSE));
    }
    Ok(parity)
}

/// Compares a product with the CPU version.
///
/// # Errors
/// Any error of the device.
pub async fn matmul(gpu: &Rc<Gpu>, case: MatmulCase) -> Result<Parity, GpuError> {
    let MatmulCase { quant, rows, blocks, size, lanes, is_normed, has_bias, is_fast, seed } = case;
    let len = row_len([quant].into_iter(), blocks);
    let w = random_matrix(quant, (rows, len), size, seed);
    let (x, gain, bias) = (noise(lanes * len, seed ^ 1), noise(len, seed ^ 3), noise(rows, seed ^ 4));
    let mut expected = vec![0.0; lanes * rows];
    for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
        let mut input = x.to_vec();
        if is_normed {
            rms_norm(x, &gain, EPS, &mut input);
        }
        matvec(&w, &seen(quant, is_fast, &input), CpuEpilogue::Store, out);
        add_bias(has_bias.then_some(bias.as_slice()), out);
    }
    let (plain, ready) = (gpu.upload("x", &x), normed(gpu, &x, &gain));
    let input = if is_normed { Input::Normed(&ready, EPS) } else { Input::Plain(&plain) };
    let (matrix, bias) = (upload(gpu, &[&w])?, gpu.upload("bias", &bias));
    let out = gpu.storage("out", (expected.len() * 4) as u64);
    let bias = has_bias.then_some(&bias);
    let step = Matmul { w: &matrix, lanes, input, bias, low_rank: None, epilogue: Epilogue::Store(&out), is_fast };
    Ok(Parity::of(&run(gpu, &plan(gpu, step)?, &out, expected.len()).await?, &expected, MATMUL_NMSE))
}

/// Compares the residual stream after a product with the CPU version, and what is prepared for the next norm.
///
/// # Errors
/// Any error of the device.
pub async fn joins(gpu: &Rc<Gpu>, case: JoinCase) -> Result<Parity, GpuError> {
    let JoinCase { quant, tiles, blocks, lanes, has_post_norm, is_fast, seed } = case;
    let (rows, len) = (tiles * 32, row_len([quant].into_iter(), blocks));
    let w = random_matrix(quant, (rows, len), 0.5, seed);
    let (x, mut expected) = (noise(lanes * len, seed ^ 1), noise(lanes * rows, seed ^ 2));
    let (gain, weight) = (noise(rows, seed ^ 3), noise(rows, seed ^ 4));
    let (residual, h, t) = (gpu.upload("x", &expected), Normed::new(gpu, "h", rows), Normed::new(gpu, "t", rows));
    let (gain_buffer, weight_buffer) = (gpu.upload("gain", &gain), gpu.upload("weight", &weight));
    let epilogue = match has_post_norm {
        true => Epilogue::Normed(&t),
        false => Epilogue::Residual { x: &residual, gain: &gain_buffer, h: &h },
    };
    let (matrix, input) = (upload(gpu, &[&w])?, gpu.upload("input", &x));
    let input = Input::Plain(&input);
    let mut dispatches: Vec<Dispatch> =
        plan(gpu, Matmul { w: &matrix, lanes, input, bias: None, low_rank: None, epilogue, is_fast })?;
    if has_post_norm {
        let (t, x, weight, gain, h) = (&t, &residual, &weight_buffer, &gain_buffer, &h);
        dispatches.push(post_norm(gpu, lanes, PostNorm { t, weight, eps: EPS, x, gain, h, steering: None })?);
    }
    for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
        let x = &seen(quant, is_fast, x);
        if has_post_norm {
            let mut t = vec![0.0; rows];
            matvec(&w, x, CpuEpilogue::Store, &mut t);
            add_rms_norm(&t, &weight, EPS, out);
        } else {
            matvec(&w, x, CpuEpilogue::Add, out);
        }
    }
    let found = run(gpu, &dispatches, &residual, expected.len()).await?;
    let parity = Parity::of(&found, &expected, MATMUL_NMSE);
    Ok(parity.or(normed_parity(gpu, &h, lanes, &expected, &gain).await?))
}

/// Compares stacked matrices with separate ones. Their formats differ, and parts can end within a tile.
///
/// # Errors
/// Any error of the device.
pub async fn stacked(gpu: &Rc<Gpu>, case: &StackedCase) -> Result<Parity, GpuError> {
    let len = row_len(case.parts.iter().map(|part| part.0), case.blocks);
    let part = |&(quant, rows): &(Quant, usize)| random_matrix(quant, (rows, len), 0.5, case.seed);
    let parts: Vec<Matrix> = case.parts.iter().map(part).collect();
    let matrix = upload(gpu, &parts.iter().collect::<Vec<_>>())?;
    let x = noise(len, case.seed ^ 1);
    let mut expected = Vec::new();
    for part in &parts {
        let mut out = vec![0.0; part.num_rows];
        matvec(part, &seen(part.quant, case.is_fast, &x), CpuEpilogue::Store, &mut out);
        expected.extend(out);
    }
    let (x_buffer, out) = (gpu.upload("x", &x), gpu.storage("out", (expected.len() * 4) as u64));
    let (input, epilogue) = (Input::Plain(&x_buffer), Epilogue::Store(&out));
    let step = Matmul { w: &matrix, lanes: 1, input, bias: None, low_rank: None, epilogue, is_fast: case.is_fast };
    Ok(Parity::of(&run(gpu, &plan(gpu, step)?, &out, expected.len()).await?, &expected, MATMUL_NMSE))
}

/// Compares the gated product with the CPU version.
///
/// # Errors
/// Any error of the device.
pub async fn gated(gpu: &Rc<Gpu>, case: GatedCase) -> Result<Parity, GpuError> {
    let GatedCase { quant, tiles, blocks, lanes, activation, is_fast, seed } = case;
    let (rows, len) = (tiles * 32, row_len([quant].into_iter(), blocks));
    let wg = random_matrix(quant, (rows, len), 0.5, seed);
    let wu = random_matrix(quant, (rows, len), 0.5, seed ^ 9);
    let x = noise(lanes * len, seed ^ 1);
    let mut expected = vec![0.0; lanes * rows];
    for (x, out) in x.chunks_exact(len).zip(expected.chunks_exact_mut(rows)) {
        gated_matvec(&wg, &wu, &seen(quant, is_fast, x), activation, out);
    }
    let x_buffer = gpu.upload("x", &x);
    let scratch = gpu.storage("scratch", (lanes * rows * 8) as u64);
    let out = gpu.storage("out", (lanes * rows * 4) as u64);
    let matrix = upload(gpu, &[&wg, &wu])?;
    let (input, epilogue) = (Input::Plain(&x_buffer), Epilogue::Gate { activation, scratch: &scratch, out: &out });
    let step = Matmul { w: &matrix, lanes, input, bias: None, low_rank: None, epilogue, is_fast };
    Ok(Parity::of(&run(gpu, &plan(gpu, step)?, &out, expected.len()).await?, &expected, MATMUL_NMSE))
}
