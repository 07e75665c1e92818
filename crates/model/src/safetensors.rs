//! Safetensors headers: names, shapes and positions of tensors.
//!
//! Format: <https://github.com/huggingface/safetensors#format>. Eight bytes give the header's length, then come the
//! header as JSON and the tensors' bytes without gaps. Every number is untrusted. Tensors are described in the same way
//! as those of GGUF, so that [`WeightStream`](super::gguf::WeightStream) can cut both kinds of files into rows.

use miniserde::json::Value;

use super::ModelError;
use super::adapter::AdapterError;
use super::gguf::TensorInfo;
use super::quant::Quant;
use askew_json as json;

/// Longest header accepted. At a hundred bytes per tensor, some hundreds of tensors need some tens of kilobytes.
pub const MAX_HEADER_BYTES: u64 = 4 << 20;
/// Most dimensions accepted per tensor. Adapters and steering vectors have two.
const MAX_DIMENSIONS: usize = 4;
/// Bytes of the length field before the header.
const LENGTH_BYTES: usize = 8;
/// Key of the free-text metadata.
const METADATA_KEY: &str = "__metadata__";

/// Types that can be read: the safetensors name and GGML's number.
const TYPES: [(&str, u32); 3] = [("F32", 0), ("F16", 1), ("BF16", 30)];
/// The names of [`TYPES`], for error messages.
const TYPE_NAMES: &str = "F32, F16, BF16";

/// A complete safetensors header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Tensors in the order in which they are stored.
    pub tensors: Vec<TensorInfo>,
    /// Position of the first tensor byte in the file.
    pub data_start: u64,
}

/// Parses a header from chunks of any size.
#[derive(Debug, Default)]
pub struct HeaderParser {
    bytes: Vec<u8>,
}

impl HeaderParser {
    /// Adds the next chunk. Returns the header once it is complete, with the bytes already read past its end. Do not
    /// push again after that.
    ///
    /// # Errors
    /// Any [`ModelError`] that the bytes so far already prove.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Option<(Header, Vec<u8>)>, ModelError> {
        self.bytes.extend_from_slice(chunk);
        let Some((length, rest)) = self.bytes.split_first_chunk::<LENGTH_BYTES>() else { return Ok(None) };
        let length = u64::from_le_bytes(*length);
        if rest.first().is_some_and(|&first| first != b'{') {
            return Err(AdapterError::Format("it is neither a safetensors nor a GGUF file".to_owned()).into());
        }
        if length > MAX_HEADER_BYTES {
            return Err(ModelError::TooLarge { what: "bytes of header", found: length, limit: MAX_HEADER_BYTES });
        }
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let Some(json) = rest.get(..length) else { return Ok(None) };
        let data_start = (LENGTH_BYTES + length) as u64;
        let tensors = tensors(json, data_start)?;
        let rest = self.bytes.split_off(LENGTH_BYTES + length);
        Ok(Some((Header { tensors, data_start }, rest)))
    }

    /// Bytes pushed so far.
    pub fn num_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }
}

fn tensors(json: &[u8], data_start: u64) -> Result<Vec<TensorInfo>, ModelError> {
    let entries = json::object(json).ok_or_else(|| corrupt("its header is not a JSON object"))?;
    let mut tensors = Vec::new();
    for (name, entry) in entries.iter().filter(|(name, _)| *name != METADATA_KEY) {
        tensors.push(tensor(name, entry, data_start)?);
    }
    tensors.sort_by_key(|tensor| tensor.offset);
    let mut end = data_start;
    for tensor in &tensors {
        if tensor.offset != end {
            return Err(corrupt(&format!("tensor \"{}\" overlaps another or leaves a gap", tensor.name)));
        }
        end = tensor.offset + tensor.num_bytes;
    }
    Ok(tensors)
}

fn tensor(name: &str, entry: &Value, data_start: u64) -> Result<TensorInfo, ModelError> {
    let bad = |problem: &str| corrupt(&format!("tensor \"{name}\" {problem}"));
    let Value::Object(entry) = entry else { return Err(bad("is not described")) };
    let dtype = entry.get("dtype").and_then(json::text).ok_or_else(|| bad("has no type"))?;
    let number = TYPES.iter().find(|known| known.0 == dtype).map(|known| known.1);
    let quant = number.and_then(|number| Quant::from_ggml(number).ok()).ok_or_else(|| AdapterError::Type {
        tensor: name.to_owned(),
        found: dtype.to_owned(),
        supported: TYPE_NAMES,
    })?;
    let numbers = |key: &str| entry.get(key).and_then(json::wholes);
    // The file stores shapes slowest dimension first.
    let mut shape = numbers("shape").filter(|s| s.len() <= MAX_DIMENSIONS).ok_or_else(|| bad("has no usable shape"))?;
    shape.reverse();
    let num_weights = shape.iter().try_fold(1u64, |product, &n| product.checked_mul(n));
    let num_weights = num_weights.filter(|n| (1..1 << 48).contains(n)).ok_or_else(|| bad("has an impossible shape"))?;
    let num_bytes = num_weights * quant.block_bytes() as u64;
    let [start, end] =
        numbers("data_offsets").and_then(|list| list.try_into().ok()).ok_or_else(|| bad("has bad offsets"))?;
    if end >= 1 << 52 || end.checked_sub(start) != Some(num_bytes) {
        return Err(bad("has a length that does not match its shape"));
    }
    Ok(TensorInfo { name: name.to_owned(), shape, quant, offset: data_start + start, num_bytes })
}

fn corrupt(problem: &str) -> ModelError {
    ModelError::Corrupt(problem.to_owned())
}
