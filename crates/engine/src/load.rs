//! Turns bytes into a model that can run: headers first, then weights in one pass and in bounded memory.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::card::card;
pub use super::cpu_model::CpuMaths;
use super::fit::{Limits, Need, fit, fit_cpu};
use super::model::{Engine, LoadedModel};
use super::{ByteSource, RuntimeError};
use askew_gpu::{Allocation, DeviceCaps, Gpu, GpuError, GpuModel, GpuWeightsBuilder, Layout};
use askew_model::gguf::{HeaderParser, RowSink, WeightStream};
use askew_model::{Adapter, Config, ModelError, ModelFile, Steering};
use askew_protocol::{DEFAULT_CONTEXT, LoadProgress, LoadStage, Math, ModelCard};

/// Bytes handed to the driver before we wait until it has taken them. This bounds what a browser buffers in between.
const FLUSH_BYTES: u64 = 8 << 20;
/// Bytes between two progress reports.
const REPORT_BYTES: u64 = 2 << 20;

/// Where a model runs.
#[derive(Clone, Debug)]
pub enum Processor {
    /// The CPU: the f32 reference, or the same forward pass with SIMD.
    Cpu(CpuMaths),
    /// A GPU: in f32, or with activations rounded to integers where it supports that.
    Gpu(Rc<Gpu>, Math),
}

impl Processor {
    /// The f32 reference on the CPU.
    pub const CPU_EXACT: Self = Self::Cpu(CpuMaths::EXACT);
    /// The CPU with SIMD.
    pub const CPU_FAST: Self = Self::Cpu(CpuMaths::FAST);
}

/// Reads a file's headers. Also returns the bytes that were read past their end.
///
/// # Errors
/// [`RuntimeError::Model`] when the file cannot be used, [`RuntimeError::Source`] when it cannot be read.
pub async fn read_headers(source: &mut impl ByteSource) -> Result<(ModelFile, WeightStream, Vec<u8>), RuntimeError> {
    let mut parser = HeaderParser::default();
    let (header, rest) = loop {
        let step = match source.next_chunk().await? {
            Some(chunk) => parser.push(&chunk)?,
            None => Some(parser.finish()?),
        };
        if let Some(complete) = step {
            break complete;
        }
    };
    let file = ModelFile::from_header(&header)?;
    if let Some(total) = source.total_bytes().filter(|&total| source.is_total_exact() && total < header.file_bytes()) {
        let reading = format!("weights that end at byte {}", header.file_bytes());
        return Err(ModelError::Truncated { at: total, reading }.into());
    }
    let stream = WeightStream::new(&file.tensors, header.num_bytes);
    Ok((file, stream, rest))
}

/// The layout of a model, and the adapters and steering vectors that are loaded with it.
#[derive(Debug)]
pub struct AddOns {
    /// Sequences that can be decoded together.
    pub columns: usize,
    /// Adapters, in the order of their scales.
    pub adapters: Vec<Adapter>,
    /// Steering vectors, in the order of their scales, after those of the adapters.
    pub steerings: Vec<Steering>,
}

impl Default for AddOns {
    fn default() -> Self {
        Self { columns: 1, adapters: Vec::new(), steerings: Vec::new() }
    }
}

impl AddOns {
    /// Names of the adapters, then of the steering vectors.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let adapters = self.adapters.iter().map(|adapter| &adapter.name);
        adapters.chain(self.steerings.iter().map(|steering| &steering.name)).cloned().collect()
    }
}

/// Loads a model for one column. `progress` receives reports and may stop the load.
///
/// # Errors
/// The reason that the model cannot run, or [`RuntimeError::Stopped`].
pub async fn load(
    source: &mut impl ByteSource,
    name: &str,
    processor: &Processor,
    progress: impl FnMut(LoadProgress) -> ControlFlow<()>,
) -> Result<LoadedModel, RuntimeError> {
    load_with(source, name, processor, async |_| Ok(AddOns::default()), progress).await
}

/// Loads a model and lays it out at once, so that nothing is built twice. `add_ons` is called once the headers are
/// read.
///
/// # Errors
/// As [`load`], and the errors of `add_ons`.
pub async fn load_with(
    source: &mut impl ByteSource,
    name: &str,
    processor: &Processor,
    add_ons: impl AsyncFnOnce(&Config) -> Result<AddOns, RuntimeError>,
    mut progress: impl FnMut(LoadProgress) -> ControlFlow<()>,
) -> Result<LoadedModel, RuntimeError> {
    let total = source.total_bytes();
    report(&mut progress, 0, total, LoadStage::Headers)?;
    let (file, stream, rest) = read_headers(source).await?;
    let add_ons = add_ons(&file.config).await?;
    let (columns, num_scales) = (add_ons.columns, add_ons.adapters.len() + add_ons.steerings.len());
    let mut weights = Weights { source, stream, rest, total, progress: &mut progress };
    let (engine, context, allocations) = match processor {
        Processor::Cpu(maths) => {
            let need = fit_cpu(&file, DEFAULT_CONTEXT)?;
            weights.report(0, LoadStage::Weights)?;
            let mut builder = maths.weights();
            weights.pour(&mut builder, async || Ok(())).await?;
            let mut model = builder.build(&file, need.context)?;
            if columns > 1 || num_scales > 0 {
                model.lay_out(columns, add_ons.adapters, add_ons.steerings)?;
            }
            (Engine::Cpu(model, *maths), need.context, Vec::new())
        }
        Processor::Gpu(gpu, math) => {
            let need = fit(&file, &limits(gpu.caps()), columns, DEFAULT_CONTEXT)?;
            weights.report(0, LoadStage::Weights)?;
            let (model, allocations) = load_on_gpu((gpu, *math), &file, (&need, &add_ons), &mut weights).await?;
            (Engine::Gpu(Box::new(model)), need.context, allocations)
        }
    };
    let card = ModelCard { math: engine.math(), ..card(&file, name, context) };
    Ok(LoadedModel { file, card, context, columns, num_scales, engine, allocations })
}

/// Reserves all the memory that the model will need, then reads the weights, then builds the plans. Returns the model
/// and its allocations. If the load fails, its memory is freed.
async fn load_on_gpu<S: ByteSource, P: FnMut(LoadProgress) -> ControlFlow<()>>(
    (gpu, math): (&Rc<Gpu>, Math),
    file: &ModelFile,
    (need, add_ons): (&Need, &AddOns),
    weights: &mut Weights<'_, S, P>,
) -> Result<(GpuModel, Vec<Allocation>), RuntimeError> {
    gpu.collect();
    let builder = gpu.checked(|| GpuWeightsBuilder::new(gpu, file)).await;
    let for_weights = gpu.collected();
    let mut builder = builder?;
    // A GPU without room for the rest fails here, before weights are fetched.
    let reserved = gpu.checked(|| Ok(gpu.reserve(need.working))).await?;
    weights.pour(&mut builder, async || gpu.flush().await).await?;
    drop(reserved);
    weights.report(weights.total.unwrap_or_default(), LoadStage::Pipelines)?;
    let built = Rc::new(builder.build());
    let is_fast = math == Math::Fast;
    let AddOns { columns, adapters, steerings } = add_ons;
    let layout = Layout { context: need.context, columns: *columns, adapters, steerings, is_fast };
    gpu.collect();
    let model = gpu.checked(|| GpuModel::new(gpu, &file.config, &built, &layout)).await;
    let for_work = gpu.collected();
    Ok((model?, vec![for_work, for_weights]))
}

/// The limits of a device.
pub fn limits(caps: &DeviceCaps) -> Limits {
    let DeviceCaps { max_buffer_bytes, max_binding_bytes, memory_bytes, .. } = *caps;
    Limits { max_buffer_bytes, max_binding_bytes, memory_bytes }
}

/// The part of a file after its headers.
struct Weights<'a, S, P> {
    source: &'a mut S,
    stream: WeightStream,
    rest: Vec<u8>,
    total: Option<u64>,
    progress: &'a mut P,
}

impl<S: ByteSource, P: FnMut(LoadProgress) -> ControlFlow<()>> Weights<'_, S, P> {
    /// Passes all rows to `sink` and waits for `flush` after every [`FLUSH_BYTES`].
    async fn pour<K: RowSink>(
        &mut self,
        sink: &mut K,
        flush: impl AsyncFn() -> Result<(), GpuError>,
    ) -> Result<(), RuntimeError>
    where
        RuntimeError: From<K::Error>,
    {
        let mut chunk = Some(std::mem::take(&mut self.rest));
        let (mut flushed, mut reported) = (0, 0);
        while let Some(bytes) = chunk {
            self.stream.push(&bytes, sink)?;
            let at = self.stream.at();
            if at - flushed >= FLUSH_BYTES {
                flush().await?;
                flushed = at;
            }
            if at - reported >= REPORT_BYTES {
                self.report(at, LoadStage::Weights)?;
                reported = at;
            }
            chunk = self.source.next_chunk().await?;
        }
        self.stream.finish()?;
        Ok(flush().await?)
    }

    fn report(&mut self, bytes: u64, stage: LoadStage) -> Result<(), RuntimeError> {
        report(self.progress, bytes, self.total, stage)
    }
}

fn report(
    progress: &mut impl FnMut(LoadProgress) -> ControlFlow<()>,
    bytes: u64,
    total: Option<u64>,
    stage: LoadStage,
) -> Result<(), RuntimeError> {
    match progress(LoadProgress { bytes, total, stage, ..LoadProgress::default() }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RuntimeError::Stopped),
    }
}
