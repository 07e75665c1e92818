//! From bytes to a model that can run: headers first, then weights in one pass and in bounded memory.

use std::ops::ControlFlow;
use std::rc::Rc;

use super::model::{Engine, LoadedModel, narrow};
use super::protocol::{Device, LoadProgress, LoadStage, ModelCard, QuantCount};
use super::{ByteSource, RuntimeError};
use crate::gpu::{DeviceCaps, Gpu, GpuError, GpuModel, GpuWeightsBuilder, Layout};
use crate::model::config::count_quants;
use crate::model::gguf::{HeaderParser, RowSink, WeightStream};
use crate::model::reference::{Reference, WeightsBuilder};
use crate::model::{ModelError, ModelFile};

/// Tokens that the cache holds unless the model was trained for fewer. 2048 tokens of a 135M model take 94 MB.
pub const DEFAULT_CONTEXT: usize = 2048;
/// Bytes handed to the driver before it must have taken them.
const FLUSH_BYTES: u64 = 16 << 20;
/// Bytes between two progress reports.
const REPORT_BYTES: u64 = 2 << 20;

/// Where a model runs.
#[derive(Clone, Debug)]
pub enum Processor {
    /// The f32 reference.
    Cpu,
    /// A GPU.
    Gpu(Rc<Gpu>),
}

/// Reads a file's headers, and the bytes that came with them past their end.
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
    let mut file = ModelFile::from_header(&header)?;
    if let Some(template) = &mut file.template {
        template.set_clock(super::clock::now);
    }
    if let Some(total) = source.total_bytes().filter(|&total| source.is_total_exact() && total < header.file_bytes()) {
        let reading = format!("weights that end at byte {}", header.file_bytes());
        return Err(ModelError::Truncated { at: total, reading }.into());
    }
    let stream = WeightStream::new(&file.tensors, header.num_bytes);
    Ok((file, stream, rest))
}

/// Loads a model. `progress` is told how far it is and may stop it.
///
/// # Errors
/// What keeps the model from running, or [`RuntimeError::Stopped`].
pub async fn load(
    source: &mut impl ByteSource,
    name: &str,
    processor: &Processor,
    mut progress: impl FnMut(LoadProgress) -> ControlFlow<()>,
) -> Result<LoadedModel, RuntimeError> {
    let total = source.total_bytes();
    report(&mut progress, 0, total, LoadStage::Headers)?;
    let (file, stream, rest) = read_headers(source).await?;
    let mut weights = Weights { source, stream, rest, total, progress: &mut progress };
    let (engine, context) = match processor {
        Processor::Cpu => {
            let mut builder = WeightsBuilder::default();
            weights.pour(&mut builder, async || Ok(())).await?;
            let context = DEFAULT_CONTEXT.min(file.config.trained_context);
            let reference = Reference::new(file.config.clone(), builder.build(&file)?, context);
            (Engine::Cpu(Box::new(reference)), context)
        }
        Processor::Gpu(gpu) => {
            let mut builder = gpu.checked(|| GpuWeightsBuilder::new(gpu, &file)).await?;
            weights.pour(&mut builder, async || gpu.flush().await).await?;
            report(&mut progress, total.unwrap_or_default(), total, LoadStage::Pipelines)?;
            let columns = 1;
            let context = GpuModel::context(gpu, &file.config, columns, DEFAULT_CONTEXT);
            let built = Rc::new(builder.build());
            let layout = Layout { context, columns, ..Layout::default() };
            let model = gpu.checked(|| GpuModel::new(gpu, &file.config, &built, &layout)).await?;
            (Engine::Gpu(Box::new(model)), context)
        }
    };
    let card = card(&file, name, context);
    Ok(LoadedModel { file, card, context, engine })
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
    /// Passes all rows to `sink`, waiting for `flush` now and then.
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
                report(&mut self.progress, at, self.total, LoadStage::Weights)?;
                reported = at;
            }
            chunk = self.source.next_chunk().await?;
        }
        self.stream.finish()?;
        Ok(flush().await?)
    }
}

fn report(
    progress: &mut impl FnMut(LoadProgress) -> ControlFlow<()>,
    bytes: u64,
    total: Option<u64>,
    stage: LoadStage,
) -> Result<(), RuntimeError> {
    match progress(LoadProgress { bytes, total, stage }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(RuntimeError::Stopped),
    }
}

/// A device as the page knows it.
pub fn device(caps: &DeviceCaps) -> Device {
    Device {
        adapter: caps.adapter.clone(),
        backend: caps.backend.clone(),
        software: caps.is_software,
        max_buffer_bytes: caps.max_buffer_bytes,
        max_binding_bytes: caps.max_binding_bytes,
        shader_f16: caps.shader_f16,
        subgroups: caps.subgroups,
    }
}

/// What the reader is told of a model. `context` is the length of its cache in tokens.
pub fn card(file: &ModelFile, name: &str, context: usize) -> ModelCard {
    let quant_count = |(quant, num_tensors, bytes): (crate::model::quant::Quant, u32, u64)| QuantCount {
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
    }
}
