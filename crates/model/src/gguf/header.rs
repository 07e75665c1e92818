//! Metadata and tensor descriptions: everything that precedes the weights.

use std::collections::BTreeMap;

use super::Value;
use super::reader::{Reader, Step, Stop};
use crate::quant::Quant;
use crate::{ModelError, config};

/// Longest header accepted. The largest real ones (260 000 tokens with merges) take about 15 MB.
pub const MAX_HEADER_BYTES: usize = 64 << 20;
/// Most metadata keys and most tensors accepted. Real files have dozens of keys and hundreds of tensors.
const MAX_ENTRIES: u64 = 1 << 16;
/// Most dimensions that GGML allows.
const MAX_DIMENSIONS: u32 = 4;
/// Alignment of tensors in bytes when `general.alignment` is missing.
const DEFAULT_ALIGNMENT: u64 = 32;

/// A tensor's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorInfo {
    /// The tensor's name, such as `blk.0.attn_q.weight`.
    pub name: String,
    /// Fastest dimension first: a matrix W (d, n) is `[n, d]`.
    pub shape: Vec<u64>,
    /// Storage format.
    pub quant: Quant,
    /// Position of the first byte, counted from the start of the file.
    pub offset: u64,
    /// Bytes that the tensor takes in the file.
    pub num_bytes: u64,
}

impl TensorInfo {
    /// Length of a row: the fastest dimension.
    pub fn row_len(&self) -> u64 {
        self.shape.first().copied().unwrap_or(1)
    }

    pub fn num_rows(&self) -> u64 {
        self.shape.iter().skip(1).product()
    }

    pub fn num_weights(&self) -> u64 {
        self.row_len() * self.num_rows()
    }
}

/// A complete header.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// GGUF version.
    pub version: u32,
    /// Metadata by key.
    pub metadata: BTreeMap<String, Value>,
    /// Tensors in the order in which they are stored.
    pub tensors: Vec<TensorInfo>,
    /// Length of the header in bytes, without the padding after it.
    pub num_bytes: u64,
    /// Position of the first tensor byte in the file.
    pub data_start: u64,
}

impl Header {
    /// The tensor with this name, if the file has it.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// Length of the whole file in bytes, computed from the header.
    pub fn file_bytes(&self) -> u64 {
        self.tensors.last().map_or(self.data_start, |last| last.offset + last.num_bytes)
    }

    fn bad(key: &str, problem: &str) -> ModelError {
        ModelError::BadKey { key: key.to_owned(), problem: problem.to_owned() }
    }

    /// An integer of at most 32 bits, if the key is present. Some writers store one number per layer: if all are equal,
    /// they count as one number.
    ///
    /// # Errors
    /// [`ModelError::BadKey`] for another type or a number out of range.
    pub fn u32(&self, key: &str) -> Result<Option<u32>, ModelError> {
        let wide = match self.metadata.get(key) {
            None => return Ok(None),
            Some(Value::Uint(x)) => i64::try_from(*x).ok(),
            Some(Value::Int(x)) => Some(*x),
            Some(Value::Ints(list)) => list.first().copied().filter(|first| list.iter().all(|x| x == first)),
            Some(_) => None,
        };
        let narrow = wide.and_then(|x| u32::try_from(x).ok());
        narrow.map(Some).ok_or_else(|| Self::bad(key, "is not a whole number of 32 bits"))
    }

    /// An integer with a required key.
    ///
    /// # Errors
    /// As [`Header::u32`], and [`ModelError::MissingKey`].
    pub fn required_u32(&self, key: &str) -> Result<u32, ModelError> {
        self.u32(key)?.ok_or_else(|| ModelError::MissingKey(key.to_owned()))
    }

    /// A number, if the key is present.
    ///
    /// # Errors
    /// [`ModelError::BadKey`] for another type or a value that is not finite.
    pub fn f32(&self, key: &str) -> Result<Option<f32>, ModelError> {
        match self.metadata.get(key) {
            None => Ok(None),
            #[expect(clippy::cast_possible_truncation, reason = "GGUF writes these as f32")]
            Some(Value::Float(x)) if x.is_finite() => Ok(Some(*x as f32)),
            Some(_) => Err(Self::bad(key, "is not a finite number")),
        }
    }

    /// Text, if the key is present.
    ///
    /// # Errors
    /// [`ModelError::BadKey`] for another type.
    pub fn str(&self, key: &str) -> Result<Option<&str>, ModelError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Self::bad(key, "is not text")),
        }
    }

    /// A flag, if the key is present.
    ///
    /// # Errors
    /// [`ModelError::BadKey`] for another type.
    pub fn bool(&self, key: &str) -> Result<Option<bool>, ModelError> {
        match self.metadata.get(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Self::bad(key, "is not true or false")),
        }
    }
}

/// Reads a header from chunks of any size.
///
/// The bytes are kept until the header is complete. They are parsed from the start each time their number has doubled,
/// so the work stays linear and an unsupported file is refused as early as possible.
#[derive(Debug, Default)]
pub struct HeaderParser {
    bytes: Vec<u8>,
    next_attempt: usize,
    takes_any_architecture: bool,
}

impl HeaderParser {
    /// A parser for files that are not models, such as adapters. The caller must check their architecture.
    pub fn of_any_architecture() -> Self {
        Self { takes_any_architecture: true, ..Self::default() }
    }

    /// Adds the next chunk. Returns the header once it is complete, with the bytes already read past its end. Do not
    /// push again after that.
    ///
    /// # Errors
    /// Any [`ModelError`] that the bytes so far already prove.
    pub fn push(&mut self, chunk: &[u8]) -> Result<Option<(Header, Vec<u8>)>, ModelError> {
        if self.bytes.len() + chunk.len() > MAX_HEADER_BYTES + (32 << 20) {
            let found = (self.bytes.len() + chunk.len()) as u64;
            return Err(ModelError::TooLarge { what: "bytes of header", found, limit: MAX_HEADER_BYTES as u64 });
        }
        self.bytes.extend_from_slice(chunk);
        if self.bytes.len() < self.next_attempt {
            return Ok(None);
        }
        self.attempt()
    }

    /// Signals the end of the file.
    ///
    /// # Errors
    /// [`ModelError::Truncated`], unless the header turns out to be complete or bad.
    pub fn finish(&mut self) -> Result<(Header, Vec<u8>), ModelError> {
        let at = self.bytes.len() as u64;
        self.attempt()?.ok_or_else(|| ModelError::Truncated { at, reading: "the header".to_owned() })
    }

    fn attempt(&mut self) -> Result<Option<(Header, Vec<u8>)>, ModelError> {
        match parse(&self.bytes, self.takes_any_architecture) {
            Ok((header, end)) => {
                let rest = self.bytes.split_off(end);
                self.bytes = Vec::new();
                Ok(Some((header, rest)))
            }
            Err(Stop::Bad(error)) => Err(error),
            Err(Stop::NeedMore) if self.bytes.len() > MAX_HEADER_BYTES => {
                let found = self.bytes.len() as u64;
                Err(ModelError::TooLarge { what: "bytes of header", found, limit: MAX_HEADER_BYTES as u64 })
            }
            Err(Stop::NeedMore) => {
                self.next_attempt = self.bytes.len().saturating_mul(2);
                Ok(None)
            }
        }
    }
}

/// Parses a header and returns it with its length in bytes.
fn parse(bytes: &[u8], takes_any_architecture: bool) -> Step<(Header, usize)> {
    let mut reader = Reader::new(bytes);
    let magic = reader.array::<4>()?;
    if &magic != b"GGUF" {
        return Err(ModelError::NotGguf { found: magic }.into());
    }
    let version = reader.u32()?;
    if !(2..=3).contains(&version) {
        return Err(ModelError::Version(version).into());
    }
    let num_tensors = limited(reader.u64()?, "tensors")?;
    let num_keys = limited(reader.u64()?, "metadata keys")?;

    let mut metadata = BTreeMap::new();
    for _ in 0..num_keys {
        let key = reader.string("a key")?;
        let value = reader.value(&key)?;
        if key == config::ARCHITECTURE_KEY && !takes_any_architecture {
            config::check_architecture(&value)?;
        }
        metadata.insert(key, value);
    }
    let alignment = match metadata.get("general.alignment") {
        None => DEFAULT_ALIGNMENT,
        Some(Value::Uint(x)) if x.is_power_of_two() && *x <= 1 << 20 => *x,
        Some(other) => return Err(ModelError::Corrupt(format!("alignment is {other:?}")).into()),
    };

    let mut tensors = Vec::new();
    for _ in 0..num_tensors {
        tensors.push(tensor(&mut reader)?);
    }
    let data_start = (reader.at as u64).next_multiple_of(alignment);
    place(&mut tensors, data_start, alignment)?;
    Ok((Header { version, metadata, tensors, num_bytes: reader.at as u64, data_start }, reader.at))
}

fn limited(found: u64, what: &'static str) -> Step<u64> {
    if found > MAX_ENTRIES { Err(ModelError::TooLarge { what, found, limit: MAX_ENTRIES }.into()) } else { Ok(found) }
}

fn tensor(reader: &mut Reader<'_>) -> Step<TensorInfo> {
    let name = reader.string("a tensor's name")?;
    let num_dimensions = reader.u32()?;
    if num_dimensions > MAX_DIMENSIONS {
        return Err(ModelError::Corrupt(format!("tensor \"{name}\" has {num_dimensions} dimensions")).into());
    }
    let mut shape = Vec::new();
    for _ in 0..num_dimensions {
        shape.push(reader.u64()?);
    }
    let type_number = reader.u32()?;
    let offset = reader.u64()?;
    let quant = Quant::from_ggml(type_number).map_err(|found| ModelError::TensorType {
        tensor: name.clone(),
        found,
        supported: Quant::names(),
    })?;
    let corrupt = |problem: &str| ModelError::Corrupt(format!("tensor \"{name}\" {problem}"));
    let num_weights = shape.iter().try_fold(1u64, |product, &n| product.checked_mul(n));
    let num_weights =
        num_weights.filter(|&n| n > 0 && n < 1 << 48).ok_or_else(|| corrupt("has an impossible shape"))?;
    let row_len = shape.first().copied().unwrap_or(1);
    if row_len % quant.block_len() as u64 != 0 {
        return Err(
            corrupt(&format!("has rows of {row_len}, not a multiple of its block of {}", quant.block_len())).into()
        );
    }
    let num_bytes = num_weights / quant.block_len() as u64 * quant.block_bytes() as u64;
    Ok(TensorInfo { name, shape, quant, offset, num_bytes })
}

/// Converts offsets to positions in the file, sorts by position, and refuses overlaps and repeated names.
fn place(tensors: &mut [TensorInfo], data_start: u64, alignment: u64) -> Step<()> {
    for tensor in tensors.iter_mut() {
        let aligned = tensor.offset.is_multiple_of(alignment);
        let place = tensor.offset.checked_add(data_start).filter(|&x| aligned && x < 1 << 52);
        tensor.offset = place.ok_or_else(|| ModelError::Corrupt(format!("tensor \"{}\" is misplaced", tensor.name)))?;
    }
    tensors.sort_by_key(|tensor| tensor.offset);
    for pair in tensors.windows(2) {
        if pair[0].offset + pair[0].num_bytes > pair[1].offset {
            let problem = format!("tensors \"{}\" and \"{}\" overlap", pair[0].name, pair[1].name);
            return Err(ModelError::Corrupt(problem).into());
        }
    }
    let mut names: Vec<&str> = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(ModelError::Corrupt(format!("tensor \"{}\" occurs twice", pair[0])).into()),
        None => Ok(()),
    }
}
