//! Reads adapter files from chunks of any size and checks them against their model.

use std::collections::BTreeMap;

use super::names::{self, Factor, Place};
use super::peft::{PeftConfig, Scaling};
use super::{Adapter, AdapterError, LowRank, MAX_RANK, shape};
use crate::config::{ARCHITECTURE_KEY, RopeStyle};
use crate::floats::{Content, FloatFile, FloatHeader, Floats};
use crate::gguf::{Header, TensorInfo};
use crate::tensors::LayerTensor;
use crate::{Config, ModelError};

/// Largest adapter accepted, in bytes as 32-bit floats. Rank 256 on every matrix of a model with 1.5 billion weights is
/// 0.6 GB.
const MAX_ADAPTER_BYTES: u64 = 1 << 30;

/// Reads an adapter file from chunks of any size. The first bytes decide between GGUF and safetensors. An adapter that
/// does not fit the model is refused as soon as the header is complete.
#[derive(Debug)]
pub struct AdapterReader(FloatFile<Parts>);

impl AdapterReader {
    /// Creates a reader for an adapter of a model. `config_json` is PEFT's `adapter_config.json`; GGUF files do not
    /// need it.
    ///
    /// # Errors
    /// [`AdapterError::Config`] or [`AdapterError::Format`] when the configuration cannot be used.
    pub fn new(name: &str, config_json: Option<&[u8]>, config: &Config) -> Result<Self, ModelError> {
        let peft = config_json.map(PeftConfig::parse).transpose()?;
        Ok(Self(FloatFile::new(Parts { name: name.to_owned(), peft, config: config.clone() })))
    }

    /// Adds the next chunk.
    ///
    /// # Errors
    /// Any [`ModelError`] that the bytes so far already prove.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), ModelError> {
        self.0.push(chunk)
    }

    /// Signals the end of the file.
    ///
    /// # Errors
    /// [`ModelError::Truncated`], or an error that the last bytes prove.
    pub fn finish(self) -> Result<Adapter, ModelError> {
        self.0.finish()
    }
}

impl Adapter {
    /// Reads an adapter from PEFT's two files.
    ///
    /// # Errors
    /// A [`ModelError`] that names what cannot be used.
    pub fn from_peft(name: &str, config_json: &[u8], safetensors: &[u8], config: &Config) -> Result<Self, ModelError> {
        let mut reader = AdapterReader::new(name, Some(config_json), config)?;
        reader.push(safetensors)?;
        reader.finish()
    }

    /// Reads an adapter from a GGUF file.
    ///
    /// # Errors
    /// A [`ModelError`] that names what cannot be used.
    pub fn from_gguf(name: &str, bytes: &[u8], config: &Config) -> Result<Self, ModelError> {
        let mut reader = AdapterReader::new(name, None, config)?;
        reader.push(bytes)?;
        reader.finish()
    }
}

/// Context for building an [`Adapter`].
#[derive(Debug)]
struct Parts {
    name: String,
    peft: Option<PeftConfig>,
    config: Config,
}

/// Where each tensor of the file belongs.
#[derive(Debug)]
struct Plan {
    scaling: Scaling,
    /// The rows of q and k are in PEFT's order and must be permuted to the order of a GGUF file.
    permutes: bool,
    /// A and B of each part, alternating.
    factors: Vec<Tensor>,
}

/// A factor: its place, its rank and the index of its tensor in the file.
#[derive(Debug)]
struct Tensor {
    place: Place,
    rank: usize,
    index: usize,
}

impl Content for Parts {
    type Plan = Plan;
    type Built = Adapter;

    fn plan(&self, header: &FloatHeader) -> Result<Plan, ModelError> {
        let (scaling, place): (_, fn(&str) -> Option<Place>) = match header {
            FloatHeader::Gguf(header) => (self.check_metadata(header)?, names::gguf),
            FloatHeader::Safetensors(_) => {
                (self.peft.ok_or(AdapterError::Incomplete("adapter_config.json"))?.scaling, names::peft)
            }
        };
        let mut factors = Vec::new();
        for (index, tensor) in header.tensors().iter().enumerate() {
            let place = place(&tensor.name).ok_or_else(|| AdapterError::Target(tensor.name.clone()))?;
            let num_layers = self.config.num_layers;
            if place.layer >= num_layers {
                return Err(AdapterError::Layer { found: place.layer, num_layers }.into());
            }
            factors.push(Tensor { place, rank: self.rank(tensor, place)?, index });
        }
        factors.sort_by_key(|factor| (factor.place, factor.index));
        check_pairs(&factors, header.tensors())?;
        let is_permuted = matches!(header, FloatHeader::Gguf(_));
        let permutes = !is_permuted && self.config.rope_style == RopeStyle::Interleaved;
        Ok(Plan { scaling, permutes, factors })
    }

    fn build(self, plan: Plan, mut floats: Floats) -> Result<Adapter, ModelError> {
        let mut layers = vec![BTreeMap::new(); self.config.num_layers];
        let mut take = |factor: &Tensor| {
            let mut numbers = floats.get_mut(factor.index).map(std::mem::take).unwrap_or_default();
            numbers.shrink_to_fit();
            numbers
        };
        for pair in plan.factors.as_chunks::<2>().0 {
            let Tensor { place: Place { layer, target, .. }, rank, .. } = pair[0];
            let (a, mut b) = (take(&pair[0]), take(&pair[1]));
            if plan.permutes && matches!(target, LayerTensor::Q | LayerTensor::K) {
                b = interleaved(&b, rank, self.config.head_dim);
            }
            if let Some(parts) = layers.get_mut(layer) {
                parts.insert(target, LowRank { rank, scale: plan.scaling.of(rank), a, b });
            }
        }
        Adapter::new(&self.name, layers, &self.config)
    }
}

impl Parts {
    /// Checks that a GGUF file is a LoRA adapter for this architecture, and reads its scale.
    fn check_metadata(&self, header: &Header) -> Result<Scaling, ModelError> {
        let is = |key: &str, expected: &str| match header.str(key)? {
            Some(found) if found == expected => Ok(()),
            Some("model") => Err(AdapterError::Format("it is a model".to_owned()).into()),
            found => {
                let found = found.map_or_else(|| "missing".to_owned(), |found| format!("\"{found}\""));
                let problem = format!("is {found}, not \"{expected}\"");
                Err(ModelError::from(AdapterError::Config { key: key.to_owned(), problem }))
            }
        };
        is("general.type", "adapter")?;
        is("adapter.type", "lora")?;
        check_architecture(header, ARCHITECTURE_KEY, &self.config)?;
        if header.metadata.contains_key(ALORA_KEY) {
            let problem = "is there: an adapter that is activated in the middle of a prompt cannot be run".to_owned();
            return Err(AdapterError::Config { key: ALORA_KEY.to_owned(), problem }.into());
        }
        Ok(match header.f32("adapter.lora.alpha")? {
            None | Some(0.0) => Scaling::One,
            Some(alpha) => Scaling::Rank(alpha),
        })
    }

    /// The rank of a factor. Its other dimension must match the model.
    fn rank(&self, tensor: &TensorInfo, place: Place) -> Result<usize, AdapterError> {
        let name = tensor.name.clone();
        let Some((d, n)) = shape(place.target, &self.config) else { return Err(AdapterError::Target(name)) };
        // A (rank, n) or B (d, rank), fastest dimension first. Some writers omit ones at the end.
        let at = |index: usize| tensor.shape.get(index).copied().unwrap_or(1);
        let (rank, found, expected, text) = match place.factor {
            Factor::A => (at(1), at(0), n, format!("(rank, {n})")),
            Factor::B => (at(0), at(1), d, format!("({d}, rank)")),
        };
        if found != expected as u64 || tensor.shape.iter().skip(2).any(|&more| more != 1) {
            let found = tensor.shape.iter().rev().copied().collect();
            return Err(AdapterError::Shape { tensor: name, found, expected: text });
        }
        if let Some(peft) = self.peft.filter(|peft| peft.rank != rank) {
            let problem = format!("is {}, but tensor \"{name}\" has rank {rank}", peft.rank);
            return Err(AdapterError::Config { key: "r".to_owned(), problem });
        }
        let small = usize::try_from(rank).ok().filter(|&rank| rank <= MAX_RANK);
        small.ok_or(AdapterError::Rank { tensor: name, found: rank, limit: MAX_RANK })
    }
}

/// Metadata key of an activated adapter (aLoRA), which only acts after certain tokens in the prompt.
const ALORA_KEY: &str = "adapter.alora.invocation_tokens";

/// Checks that a key of a GGUF file names the model's architecture.
pub(crate) fn check_architecture(header: &Header, key: &str, config: &Config) -> Result<(), ModelError> {
    let found = header.str(key)?.unwrap_or("unknown");
    if found == config.architecture {
        return Ok(());
    }
    Err(AdapterError::Architecture { found: found.to_owned(), expected: config.architecture.to_owned() }.into())
}

/// Checks that each factor is followed by its partner of the same rank, and that all of them fit into memory.
fn check_pairs(factors: &[Tensor], tensors: &[TensorInfo]) -> Result<(), ModelError> {
    if let Some(pair) = factors.windows(2).find(|pair| pair[0].place == pair[1].place) {
        return Err(AdapterError::Repeated(tensors[pair[1].index].name.clone()).into());
    }
    let mut rest = factors;
    while let [first, others @ ..] = rest {
        let name = tensors[first.index].name.clone();
        let is_partner = |second: &&Tensor| {
            (first.place.factor, second.place) == (Factor::A, Place { factor: Factor::B, ..first.place })
        };
        let Some(second) = others.first().filter(is_partner) else {
            let partner = if first.place.factor == Factor::A { Factor::B } else { Factor::A };
            let missing = format!("{partner:?} of {}", first.place.target.name(first.place.layer));
            return Err(AdapterError::Partner { tensor: name, missing }.into());
        };
        if first.rank != second.rank {
            let TensorInfo { name: tensor, shape, .. } = &tensors[second.index];
            let (tensor, found) = (tensor.clone(), shape.iter().rev().copied().collect());
            let expected = format!("rank {}, as \"{name}\" has", first.rank);
            return Err(AdapterError::Shape { tensor, found, expected }.into());
        }
        rest = &others[1..];
    }
    let num_bytes = tensors.iter().fold(0, |sum: u64, tensor| sum.saturating_add(4 * tensor.num_weights()));
    if num_bytes > MAX_ADAPTER_BYTES {
        return Err(ModelError::TooLarge { what: "bytes of adapter", found: num_bytes, limit: MAX_ADAPTER_BYTES });
    }
    Ok(())
}

/// Puts B's rows into the order that llama.cpp's converter uses for the rows of q and k of `llama` models
/// (`LlamaModel.permute`): within each head, row i of the first half and row i of the second half become neighbours.
fn interleaved(b: &[f32], rank: usize, head_dim: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(b.len());
    for head in b.chunks_exact(head_dim * rank) {
        let (first, second) = head.split_at(head.len() / 2);
        for (first, second) in first.chunks_exact(rank).zip(second.chunks_exact(rank)) {
            out.extend_from_slice(first);
            out.extend_from_slice(second);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn halves_of_a_head_become_neighbours() {
        // Two heads of four rows, rank 2; numbers are row * 10 + column.
        let b: Vec<f32> = (0..8u8).flat_map(|row| [f32::from(row) * 10.0, f32::from(row) * 10.0 + 1.0]).collect();
        let rows = |b: Vec<f32>| b.chunks(2).map(|row| row[0] / 10.0).collect::<Vec<_>>();
        assert_eq!(rows(super::interleaved(&b, 2, 4)), [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
    }
}
