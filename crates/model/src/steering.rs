//! Steering vectors: vectors added to the residual stream between layers.
//!
//! Files are GGUF control vectors as llama.cpp makes them, or safetensors. In GGUF, `direction.N` belongs to layer N
//! from 0, and layer 0 has none (`llama_adapter_cvec` in `llama-adapter.cpp`). In safetensors, tensors are named
//! `layer.N` or `steering.N`, layers from 0.

use super::adapter::{AdapterError, check_architecture, number};
use super::floats::{Content, FloatFile, FloatHeader, Floats};
use super::gguf::Header;
use super::{Config, ModelError};

/// Value of the architecture key in GGUF control vectors.
const ARCHITECTURE: &str = "controlvector";
/// Optional key that names the architecture of the model that the vectors are for.
const MODEL_KEY: &str = "controlvector.model_hint";

/// Steering vectors, checked against the model that they are for.
#[derive(Clone, Debug, PartialEq)]
pub struct Steering {
    /// Display name.
    pub name: String,
    /// One entry per layer of the model: the vector (dim,) that is added to the residual stream after that layer.
    pub layers: Vec<Option<Vec<f32>>>,
}

impl Steering {
    /// Builds steering vectors from one entry per layer.
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

    /// Reads steering vectors from a whole file.
    ///
    /// # Errors
    /// A [`ModelError`] that names what cannot be used.
    pub fn from_bytes(name: &str, bytes: &[u8], config: &Config) -> Result<Self, ModelError> {
        let mut reader = SteeringReader::new(name, config);
        reader.push(bytes)?;
        reader.finish()
    }
}

/// Reads a file of steering vectors from chunks of any size. The first bytes decide between GGUF and safetensors.
#[derive(Debug)]
pub struct SteeringReader(FloatFile<Vectors>);

impl SteeringReader {
    /// Creates a reader for steering vectors of the model with this configuration.
    pub fn new(name: &str, config: &Config) -> Self {
        Self(FloatFile::new(Vectors { name: name.to_owned(), config: config.clone() }))
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
    pub fn finish(self) -> Result<Steering, ModelError> {
        self.0.finish()
    }
}

/// Context for building [`Steering`]: its name and the model's configuration.
#[derive(Debug)]
struct Vectors {
    name: String,
    config: Config,
}

impl Content for Vectors {
    /// For each layer, the index of its tensor in the file.
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
