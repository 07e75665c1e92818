//! Files of few small tensors (adapters, steering vectors), read whole as 32-bit floats from chunks of any size.

use super::adapter::AdapterError;
use super::gguf::{self, Header, RowSink, TensorInfo, WeightStream};
use super::{ModelError, safetensors};

/// The header of such a file, in either format.
#[derive(Debug)]
pub(super) enum FloatHeader {
    /// A GGUF file of any architecture.
    Gguf(Header),
    /// A safetensors file. Shapes are fastest dimension first, as in GGUF.
    Safetensors(safetensors::Header),
}

impl FloatHeader {
    /// The tensors in the order in which they are stored.
    pub(super) fn tensors(&self) -> &[TensorInfo] {
        match self {
            Self::Gguf(header) => &header.tensors,
            Self::Safetensors(header) => &header.tensors,
        }
    }

    /// Position of the first byte after the header.
    fn end(&self) -> u64 {
        match self {
            Self::Gguf(header) => header.num_bytes,
            Self::Safetensors(header) => header.data_start,
        }
    }
}

/// The values of each tensor, in the order of [`FloatHeader::tensors`].
pub(super) type Floats = Vec<Vec<f32>>;

/// The kind of content that a file is read as.
pub(super) trait Content {
    /// Describes where the values of each tensor belong.
    type Plan;
    /// The result of reading the file.
    type Built;

    /// Checks every name, type and shape before the first value is read.
    fn plan(&self, header: &FloatHeader) -> Result<Self::Plan, ModelError>;

    /// Puts the values into their places.
    fn build(self, plan: Self::Plan, floats: Floats) -> Result<Self::Built, ModelError>;
}

/// A file while it is being read. Memory use grows with the bytes received, never with a length that the file claims.
#[derive(Debug)]
pub(super) struct FloatFile<C: Content> {
    content: C,
    stage: Stage<C::Plan>,
}

#[derive(Debug)]
enum Stage<P> {
    /// Too few bytes so far to distinguish the formats.
    Start(Vec<u8>),
    Gguf(gguf::HeaderParser),
    Safetensors(safetensors::HeaderParser),
    Data(P, WeightStream, Sink),
}

impl<C: Content> FloatFile<C> {
    pub(super) fn new(content: C) -> Self {
        Self { content, stage: Stage::Start(Vec::new()) }
    }

    /// Adds the next chunk.
    ///
    /// # Errors
    /// Any [`ModelError`] that the bytes so far already prove.
    pub(super) fn push(&mut self, chunk: &[u8]) -> Result<(), ModelError> {
        match &mut self.stage {
            Stage::Start(bytes) => {
                bytes.extend_from_slice(chunk);
                let Some(magic) = bytes.first_chunk::<4>() else { return Ok(()) };
                let is_gguf = magic == b"GGUF";
                let bytes = std::mem::take(bytes);
                self.stage = if is_gguf {
                    Stage::Gguf(gguf::HeaderParser::of_any_architecture())
                } else {
                    Stage::Safetensors(safetensors::HeaderParser::default())
                };
                self.push(&bytes)
            }
            Stage::Gguf(parser) => match parser.push(chunk)? {
                Some((header, rest)) => self.begin(&FloatHeader::Gguf(header), &rest),
                None => Ok(()),
            },
            Stage::Safetensors(parser) => match parser.push(chunk)? {
                Some((header, rest)) => self.begin(&FloatHeader::Safetensors(header), &rest),
                None => Ok(()),
            },
            Stage::Data(_, stream, sink) => stream.push(chunk, sink),
        }
    }

    fn begin(&mut self, header: &FloatHeader, rest: &[u8]) -> Result<(), ModelError> {
        let plan = self.content.plan(header)?;
        let stream = WeightStream::new(header.tensors(), header.end());
        self.stage = Stage::Data(plan, stream, Sink::default());
        self.push(rest)
    }

    /// Signals the end of the file.
    ///
    /// # Errors
    /// [`ModelError::Truncated`], or an error that the last bytes prove.
    pub(super) fn finish(mut self) -> Result<C::Built, ModelError> {
        if let Stage::Gguf(parser) = &mut self.stage {
            let (header, rest) = parser.finish()?;
            self.begin(&FloatHeader::Gguf(header), &rest)?;
        }
        let cut = |at: u64| ModelError::Truncated { at, reading: "the header".to_owned() };
        match self.stage {
            Stage::Data(plan, stream, sink) => {
                stream.finish()?;
                self.content.build(plan, sink.floats)
            }
            Stage::Start(bytes) => Err(cut(bytes.len() as u64)),
            Stage::Safetensors(parser) => Err(cut(parser.num_bytes())),
            Stage::Gguf(_) => Err(cut(0)),
        }
    }
}

#[derive(Debug, Default)]
struct Sink {
    floats: Floats,
}

impl RowSink for Sink {
    type Error = ModelError;

    fn rows(&mut self, tensor: &TensorInfo, first_row: u64, bytes: &[u8]) -> Result<(), ModelError> {
        if first_row == 0 {
            self.floats.push(Vec::new());
        }
        let Some(numbers) = self.floats.last_mut() else { return Ok(()) };
        let start = numbers.len();
        let quant = tensor.quant;
        numbers.resize(start + bytes.len() / quant.block_bytes() * quant.block_len(), 0.0);
        quant.dequantize(bytes, &mut numbers[start..]);
        if numbers[start..].iter().any(|x| !x.is_finite()) {
            return Err(AdapterError::NotFinite(tensor.name.clone()).into());
        }
        Ok(())
    }
}
