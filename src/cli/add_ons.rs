//! Flags for adapters and steering vectors, shared by the commands that run a model.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::engine::{LoadedModel, RuntimeError};
use crate::model::{Adapter, AdapterReader, ModelError, Steering, SteeringReader};
use crate::protocol::Column;

/// Name of PEFT's configuration file, in the same folder as the weights.
const PEFT_CONFIG: &str = "adapter_config.json";
/// Bytes per read.
const CHUNK_BYTES: usize = 1 << 20;

/// The adapter and the steering vectors that are added to the model.
#[derive(Debug, Default, clap::Args)]
pub struct AddOnArgs {
    /// LoRA adapter: PEFT's adapter_model.safetensors (with adapter_config.json in the same folder) or a GGUF adapter.
    #[arg(long, value_name = "FILE")]
    lora: Option<PathBuf>,
    /// Scale of the LoRA adapter: 1 is as trained, 0 is off; any number is allowed.
    #[arg(long, value_name = "X", default_value_t = 1.0, requires = "lora", allow_negative_numbers = true)]
    lora_scale: f32,
    /// Steering vectors: a safetensors file or a GGUF control vector.
    #[arg(long, value_name = "FILE")]
    steer: Option<PathBuf>,
    /// Factor that multiplies the steering vectors.
    #[arg(long, value_name = "X", default_value_t = 1.0, requires = "steer", allow_negative_numbers = true)]
    steer_scale: f32,
}

impl AddOnArgs {
    /// Whether an adapter or steering vectors were given.
    pub(super) fn is_any(&self) -> bool {
        self.lora.is_some() || self.steer.is_some()
    }

    /// Reads the files and lays the model out for `columns` columns. Returns one column with the requested scales.
    ///
    /// # Errors
    /// When a file cannot be read, or does not fit this model.
    pub(super) async fn lay_out(&self, model: &mut LoadedModel, columns: usize) -> Result<Column, RuntimeError> {
        let (mut adapters, mut steerings, mut scales) = (Vec::new(), Vec::new(), Vec::new());
        if let Some(path) = &self.lora {
            adapters.push(adapter(path, model)?);
            scales.push(self.lora_scale);
        }
        if let Some(path) = &self.steer {
            let mut reader = SteeringReader::new(&name(path), &model.file.config);
            each_chunk(path, |chunk| reader.push(chunk))?;
            let steering: Steering = reader.finish()?;
            steerings.push(steering);
            scales.push(self.steer_scale);
        }
        if columns != 1 || !scales.is_empty() {
            model.lay_out(columns, adapters, steerings).await?;
        }
        Ok(Column { scales, seed: None })
    }
}

fn adapter(path: &Path, model: &LoadedModel) -> Result<Adapter, RuntimeError> {
    let is_peft = path.extension().is_some_and(|extension| extension == "safetensors");
    let config_path = path.with_file_name(PEFT_CONFIG);
    let config =
        is_peft.then(|| std::fs::read(&config_path).map_err(|error| failed(&config_path, &error))).transpose()?;
    let mut reader = AdapterReader::new(&name(path), config.as_deref(), &model.file.config)?;
    each_chunk(path, |chunk| reader.push(chunk))?;
    Ok(reader.finish()?)
}

fn name(path: &Path) -> String {
    path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}

fn each_chunk(path: &Path, mut push: impl FnMut(&[u8]) -> Result<(), ModelError>) -> Result<(), RuntimeError> {
    let mut file = File::open(path).map_err(|error| failed(path, &error))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        match file.read(&mut chunk).map_err(|error| failed(path, &error))? {
            0 => return Ok(()),
            len => push(&chunk[..len])?,
        }
    }
}

fn failed(path: &Path, error: &std::io::Error) -> RuntimeError {
    RuntimeError::Source(format!("{}: {error}", path.display()))
}
