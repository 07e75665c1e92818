//! Products of a matrix and the lanes' activations, and what is done with the results. The CPU versions are
//! `reference::matvec` and `reference::gated_matvec`.
//!
//! A few lanes are multiplied by `matvec.wgsl`, the 32 lanes of a prompt by `matmul.wgsl`. Both have the same epilogues.

use super::gate::{activation_number, gate};
use super::wgsl::wgsl;
use super::{DECODE_LANES, MAX_LANES, is_packed, with_quant};
use crate::fused_norm::Normed;
use crate::kernel::{Access, Constant, Dispatch, Shader, word};
use crate::lora::{ColumnScales, LowRankA, LowRankB};
use crate::matrix::{GpuMatrix, Slab};
use crate::{DeviceCaps, Gpu, GpuError, pack};
use askew_model::config::Activation;
use askew_model::quant::{BLOCK_LEN, Quant};

const KIND: &str = wgsl!("epilogue_kind.wgsl");
const INPUT: &str = wgsl!("input.wgsl");
const NORM: &str = wgsl!("norm.wgsl");
const ACTIVATE: &str = wgsl!("activate.wgsl");
const EPILOGUE: &str = wgsl!("epilogue.wgsl");
const LANES: &str = wgsl!("lanes.wgsl");
const LOW_RANK: &str = wgsl!("low_rank.wgsl");
const MATVEC: &str = wgsl!("exact_matvec.wgsl", "matvec.wgsl");
const MATMUL: &str = wgsl!("exact_matmul.wgsl", "matmul.wgsl");
const FAST_MATVEC: &str = wgsl!("rounded.wgsl", "fast_matvec.wgsl", "matvec.wgsl");
const FAST_MATMUL: &str = wgsl!("rounded.wgsl", "fast_matmul.wgsl", "matmul.wgsl");

/// Most blocks of activations, for all lanes together, that a workgroup of `fast_matvec.wgsl` rounds at once.
const ROUNDED_BLOCKS: usize = 64;
/// Shared memory in bytes per rounded block.
const ROUNDED_BYTES: usize = 80;

/// Name and source of each matrix-product shader. [`with_quant`] adds the decoder of the weight format. The `fast_`
/// shaders round their input and work only with packed formats.
pub fn sources() -> [(&'static str, String); 6] {
    let matmul = [KIND, INPUT, NORM, ACTIVATE, EPILOGUE].concat();
    let low_rank = [KIND, INPUT, NORM, LANES, LOW_RANK].concat();
    [
        ("matvec", matmul.clone() + MATVEC),
        ("matmul", matmul.clone() + MATMUL),
        ("fast_matvec", matmul.clone() + FAST_MATVEC),
        ("fast_matmul", matmul + FAST_MATMUL),
        ("low_rank_matvec", low_rank.clone() + MATVEC),
        ("low_rank_matmul", low_rank + MATMUL),
    ]
}

/// The kind of product shader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Exact,
    Fast,
    LowRank,
}

/// Name and complete text of the shader.
fn source(quant: Quant, kind: Kind, lanes: usize) -> (&'static str, String) {
    let [matvec, matmul, fast_matvec, fast_matmul, low_matvec, low_matmul] = sources();
    let (name, source) = match (kind, lanes <= DECODE_LANES) {
        (Kind::Exact, true) => matvec,
        (Kind::Exact, false) => matmul,
        (Kind::Fast, true) => fast_matvec,
        (Kind::Fast, false) => fast_matmul,
        (Kind::LowRank, true) => low_matvec,
        (Kind::LowRank, false) => low_matmul,
    };
    (name, with_quant(quant, &source))
}

/// The input of a product, (lanes, n).
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// The values as they are.
    Plain(&'a wgpu::Buffer),
    /// The values divided by their root mean square, with this epsilon.
    Normed(&'a Normed, f32),
}

impl Input<'_> {
    fn buffer(&self) -> &wgpu::Buffer {
        match self {
            Self::Plain(buffer) => buffer,
            Self::Normed(normed, _) => &normed.buffer,
        }
    }

    fn constants(&self, into: &mut Vec<(&'static str, Constant)>) -> Result<(), GpuError> {
        if let Self::Normed(normed, eps) = self {
            into.extend(normed.read(*eps)?);
        }
        Ok(())
    }
}

/// What is done with the results of a product.
#[derive(Clone, Copy, Debug)]
pub enum Epilogue<'a> {
    /// They are stored in a buffer (lanes, d).
    Store(&'a wgpu::Buffer),
    /// They are added to the residual stream `x` (lanes, d), and the next norm is prepared.
    Residual {
        /// The residual stream.
        x: &'a wgpu::Buffer,
        /// The gain of the norm that follows, (d,).
        gain: &'a wgpu::Buffer,
        /// The values prepared for that norm.
        h: &'a Normed,
    },
    /// They are prepared for a norm of their own.
    Normed(&'a Normed),
    /// act(first half) * second half. The matrix is a stack of two.
    Gate {
        /// The non-linearity.
        activation: Activation,
        /// (lanes, 2 d), only used if one dispatch cannot compute both halves.
        scratch: &'a wgpu::Buffer,
        /// The result, (lanes, d).
        out: &'a wgpu::Buffer,
    },
}

/// The numbers of the epilogues in the shaders. A test compares them with `epilogue_kind.wgsl`.
impl Epilogue<'_> {
    const STORE: u32 = 0;
    const RESIDUAL: u32 = 1;
    const NORMED: u32 = 2;
    const GATE: u32 = 3;
}

/// The arguments of [`matmul()`]: W (d, n) @ input (lanes, n), with bias, low-rank paths and epilogue.
#[derive(Clone, Copy, Debug)]
pub struct Matmul<'a> {
    /// The matrix W.
    pub w: &'a GpuMatrix,
    /// Number of lanes: at most [`DECODE_LANES`], or exactly [`MAX_LANES`].
    pub lanes: usize,
    pub input: Input<'a>,
    /// A bias added to every lane, (d,).
    pub bias: Option<&'a wgpu::Buffer>,
    /// Low-rank paths added to the results.
    pub low_rank: Option<&'a LowRankB>,
    /// What is done with the results.
    pub epilogue: Epilogue<'a>,
    /// Whether activations are rounded to two bytes, with one scale per 16 of them. Only for packed formats.
    pub is_fast: bool,
}

/// Creates the dispatches of a product, one per slab of W.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
pub fn matmul(gpu: &Gpu, matmul: Matmul<'_>) -> Result<Vec<Dispatch>, GpuError> {
    let Matmul { w, lanes, epilogue, .. } = matmul;
    if let Epilogue::Gate { activation, scratch, out } = epilogue {
        if let [slab] = w.slabs.as_slice() {
            return Ok(vec![slab_dispatch(gpu, matmul, slab)?]);
        }
        let mut dispatches = self::matmul(gpu, Matmul { epilogue: Epilogue::Store(scratch), ..matmul })?;
        dispatches.push(gate(gpu, w.num_rows / 2, lanes, scratch, activation, out)?);
        return Ok(dispatches);
    }
    w.slabs.iter().map(|slab| slab_dispatch(gpu, matmul, slab)).collect()
}

fn slab_dispatch(gpu: &Gpu, matmul: Matmul<'_>, slab: &Slab) -> Result<Dispatch, GpuError> {
    let Matmul { w, lanes, input, bias, low_rank, epilogue, is_fast } = matmul;
    let parts = if matches!(epilogue, Epilogue::Gate { .. }) { 2 } else { 1 };
    let rows = slab.num_rows / parts;
    let kind = if is_fast && is_packed(slab.quant) { Kind::Fast } else { Kind::Exact };
    let mut constants: Vec<(&'static str, Constant)> = core_constants(gpu, slab, w, lanes, parts, kind)?;
    constants.push(("OUT_ROWS", (w.num_rows / parts).try_into()?));
    constants.push(("FIRST_ROW", slab.first_row.try_into()?));
    input.constants(&mut constants)?;
    let stub = gpu.stub_read();
    let (mut out, mut h, mut vector) = (gpu.stub_write(0), gpu.stub_write(1), stub);
    if let Some(bias) = bias {
        constants.push(("BIAS", 1.into()));
        vector = bias;
    }
    match epilogue {
        Epilogue::Store(buffer) => {
            constants.push(("EPILOGUE", Epilogue::STORE.into()));
            out = buffer;
        }
        Epilogue::Residual { x, gain, h: normed } => {
            constants.push(("EPILOGUE", Epilogue::RESIDUAL.into()));
            constants.extend(normed.written()?);
            if bias.is_some() {
                return Err(GpuError::Refused("a bias before the residual stream".to_owned()));
            }
            (out, h, vector) = (x, &normed.buffer, gain);
        }
        Epilogue::Normed(normed) => {
            constants.push(("EPILOGUE", Epilogue::NORMED.into()));
            constants.extend(normed.written()?);
            h = &normed.buffer;
        }
        Epilogue::Gate { activation, out: buffer, .. } => {
            constants.push(("EPILOGUE", Epilogue::GATE.into()));
            constants.push(("ACTIVATION", activation_number(activation).into()));
            out = buffer;
        }
    }
    if let Some(path) = low_rank {
        constants.extend(path.constants()?);
    }
    let (label, source) = source(slab.quant, kind, lanes);
    let shader = Shader { label, source: &source, constants: &constants };
    let buffers = [
        (&slab.weights, Access::Read),
        (&slab.scales, Access::Read),
        (input.buffer(), Access::Read),
        (out, Access::Write),
        (h, Access::Write),
        (vector, Access::Read),
        (low_rank.map_or(stub, |path| &path.b), Access::Read),
        (low_rank.map_or(stub, |path| &path.z), Access::Read),
    ];
    let dispatch = gpu.dispatch(shader, &buffers, [word(rows.div_ceil(pack::TILE_ROWS))?, 1])?;
    Ok(dispatch.reading(slab.weights.size() + slab.scales.size()))
}

/// scale A x -> z: the first half of the low-rank paths of matrices that share an input.
///
/// # Errors
/// [`GpuError::Refused`] for sizes beyond 32 bits.
pub fn low_rank(
    gpu: &Gpu,
    path: &LowRankA,
    lanes: usize,
    input: Input<'_>,
    lane_buffer: &wgpu::Buffer,
    scales: &ColumnScales,
) -> Result<Vec<Dispatch>, GpuError> {
    let slab_dispatch = |slab: &Slab| {
        if slab.first_row > 0 {
            return Err(GpuError::Refused("a low-rank matrix larger than a binding".to_owned()));
        }
        let mut constants = core_constants(gpu, slab, &path.a, lanes, 1, Kind::LowRank)?;
        constants.extend(path.constants()?);
        constants.push(("SCALES", scales.per_column.try_into()?));
        input.constants(&mut constants)?;
        let (label, source) = source(slab.quant, Kind::LowRank, lanes);
        let shader = Shader { label, source: &source, constants: &constants };
        let buffers = [
            (&slab.weights, Access::Read),
            (&slab.scales, Access::Read),
            (input.buffer(), Access::Read),
            (&path.z, Access::Write),
            (lane_buffer, Access::Read),
            (&scales.buffer, Access::Read),
            (&path.gains, Access::Read),
        ];
        let dispatch = gpu.dispatch(shader, &buffers, [word(slab.num_rows.div_ceil(pack::TILE_ROWS))?, 1])?;
        Ok(dispatch.reading(slab.weights.size()))
    };
    path.a.slabs.iter().map(slab_dispatch).collect()
}

/// The number of threads that share a row in `matvec.wgsl`, and the number of blocks per lane that they round at once.
/// Both are limited by the shared memory of a workgroup.
fn sharing(caps: &DeviceCaps, lanes: usize, parts: usize, kind: Kind) -> (usize, usize) {
    let mut split = caps.row_split as usize;
    let run = (ROUNDED_BLOCKS / lanes).max(1);
    let rounded = if kind == Kind::Fast { lanes * run * ROUNDED_BYTES } else { 0 };
    let bytes = |split: usize| rounded + lanes * parts * split * pack::TILE_ROWS * size_of::<f32>();
    while split > 1 && bytes(split) > caps.max_workgroup_bytes {
        split /= 2;
    }
    // A multiple of the threads that share a row.
    (split, if run > split { run / split * split } else { run })
}

/// The constants of `matvec.wgsl` or `matmul.wgsl`.
fn core_constants(
    gpu: &Gpu,
    slab: &Slab,
    w: &GpuMatrix,
    lanes: usize,
    parts: usize,
    kind: Kind,
) -> Result<Vec<(&'static str, Constant)>, GpuError> {
    let rows = slab.num_rows / parts;
    let mut constants = vec![
        ("ROWS", rows.try_into()?),
        ("TILES", (rows / pack::TILE_ROWS).try_into()?),
        ("PARTS", parts.try_into()?),
        ("BLOCKS", (w.row_len / BLOCK_LEN).try_into()?),
    ];
    if lanes <= DECODE_LANES {
        constants.push(("LANES", lanes.try_into()?));
        let (split, run) = sharing(gpu.caps(), lanes, parts, kind);
        constants.push(("SPLIT", split.try_into()?));
        if kind == Kind::Fast {
            constants.push(("RUN", run.try_into()?));
        }
    } else if lanes != MAX_LANES {
        return Err(GpuError::Refused(format!("a step of {lanes} lanes")));
    }
    Ok(constants)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shaders_number_the_epilogues_alike() {
        for (name, number) in [
            ("STORE", Epilogue::STORE),
            ("RESIDUAL", Epilogue::RESIDUAL),
            ("NORMED", Epilogue::NORMED),
            ("GATE", Epilogue::GATE),
        ] {
            assert!(KIND.contains(&format!("const {name}: u32 = {number}u;")), "{name}");
        }
    }
}
