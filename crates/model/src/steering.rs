//! Steering vectors: what is added to the residual stream between layers.
//!
//! Files are GGUF control vectors as llama.cpp makes them (`direction.N` counts for layer N from 0, and there is none for
//! layer 0: `llama_adapter_cvec` in `llama-adapter.cpp`) or safetensors with `layer.N` or `steering.N`, layers from 0.

use super::adapter::{AdapterError, check_architecture, number};
use super::floats::{Content, FloatFile, FloatHeader, Floats};
use super::gguf::Header;
use super::{Config, ModelError};

/// The architecture that GGUF control vectors name.
const ARCHITECTURE: &str = "controlvector";
/// The key by which they may name the model's architecture.
const MODEL_KEY: &str = "controlvector.model_hint";

/// Steering vectors, checked against the model that they are for.
#[derive(Clone, Debug, PartialEq)]
pub struct Steering {
    /// What it is called.
    pub name: String,
    /// For each layer of the model: the vector (dim,) that is added to the residual stream after that layer.
    pub layers: Vec<Option<Vec<f32>>>,
}

impl Steering {
    /// Steering vectors from their parts.
    ///
    /// # Errors
    /// An [`AdapterError`] that names the first part that does not fit the model.
    pub fn new(name: &str, layers: Vec<Option<Vec<f32>>>, config: &Config) -> Result<Self, ModelError> {
        if layers.len() != config.num_layers {
            return Err(AdapterError::Layer { found: layers.len(), num_layers: config.num_layers }.into());
        }
        for (layer, vector) in layers.iter().enumerate() {
            let tensor = format!("layer.{layer}");
            match vector {
                Some(vector) if vector.len() != config.dim => {
                    let (found, expected) = (vec![vector.len() as u64], format!("({})", config.dim));
                    return Err(AdapterError::Shape { tensor, found, expected }.into());
                }
                Some(vector) if vector.iter().any(|x| !x.is_finite()) => {
                    return Err(AdapterError::NotFinite(tensor).into());
                }
                _ => {}
            }
        }
        if layers.iter().all(Option::is_none) {
            return Err(AdapterError::Empty.into());
        }
        Ok(Self { name: name.to_owned(), layers })
    }

    /// Steering vectors from a file.
    ///
    /// # Errors
    /// A [`ModelError`] that names what cannot be used.
    pub fn from_bytes(name: &str, bytes: &[u8], config: &Config) -> Result<Self, ModelError> {
        let mut reader = SteeringReader::new(name, config);
        reader.push(bytes)?;
        reader.finish()
    }
}

/// Reads a file of steering vectors from chunks of any size, GGUF or safetensors by its first bytes.
#[derive(Debug)]
pub struct SteeringReader(FloatFile<Vectors>);

impl SteeringReader {
    /// A reader for steering vectors of a model.
    pub fn new(name: &str, config: &Config) -> Self {
        Self(FloatFile::new(Vectors { name: name.to_owned(), config: config.clone() }))
    }

    /// Takes the next chunk.
    ///
    /// # Errors
    /// Any [`ModelError`] that the bytes so far already prove.
    pub fn push(&mut self, chunk: &[u8]) -> Result<(), ModelError> {
        self.0.push(chunk)
    }

    /// Says that no more bytes will come.
    ///
    /// # Errors
    /// [`ModelError::Truncated`], or what the last bytes prove.
    pub fn finish(self) -> Result<Steering, ModelError> {
        self.0.finish()
    }
}

/// What the tensors are read for.
#[derive(Debug)]
struct Vectors {
    name: String,
    config: Config,
}

impl Content for Vectors {
    /// Which tensor of the file each layer has.
    type Plan = Vec<Option<usize>>;
    type Built = Steering;

    fn plan(&self, header: &FloatHeader) -> Result<Self::Plan, ModelError> {
        let prefixes: &[&str] = match header {
            FloatHeader::Gguf(header) => {
                self.check_metadata(header)?;
                &["direction."]
            }
            FloatHeader::Safetensors(_) => &["layer.", "steering."],
        };
        let num_layers = self.config.num_layers;
        let mut places = vec![None; num_layers];
        for (index, tensor) in header.tensors().iter().enumerate() {
            let name = &tensor.name;
            let digits = prefixes.iter().find_map(|prefix| name.strip_prefix(prefix));
            let layer = digits.and_then(number).ok_or_else(|| AdapterError::Vector(name.clone()))?;
            if layer == 0 && matches!(header, FloatHeader::Gguf(_)) {
                return Err(AdapterError::Vector(name.clone()).into());
            }
            if tensor.row_len() != self.config.dim as u64 || tensor.num_rows() != 1 {
                let found = tensor.shape.iter().rev().copied().collect();
                let expected = format!("({})", self.config.dim);
                return Err(AdapterError::Shape { tensor: name.clone(), found, expected }.into());
            }
            let place = places.get_mut(layer).ok_or(AdapterError::Layer { found: layer, num_layers })?;
            if place.replace(index).is_some() {
                return Err(AdapterError::Repeated(name.clone()).into());
            }
        }
        Ok(places)
    }

    fn build(self, plan: Self::Plan, mut floats: Floats) -> Result<Steering, ModelError> {
        let layers = plan.into_iter().map(|index| floats.get_mut(index?).map(std::mem::take)).collect();
        Steering::new(&self.name, layers, &self.config)
    }
}

impl Vectors {
    fn check_metadata(&self, header: &Header) -> Result<(), ModelError> {
        match header.str(super::config::ARCHITECTURE_KEY)? {
            Some(ARCHITECTURE) => {}
            found => {
                let problem = format!("is \"{}\", not \"{ARCHITECTURE}\"", found.unwrap_or_default());
                return Err(AdapterError::Config { key: super::config::ARCHITECTURE_KEY.to_owned(), problem }.into());
            }
        }
        if header.metadata.contains_key(MODEL_KEY) {
            check_architecture(header, MODEL_KEY, &self.config)?;
        }
        Ok(())
    }
}
