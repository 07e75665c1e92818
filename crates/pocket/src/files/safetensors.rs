//! A writer of safetensors files.
//!
//! The `safetensors` crate sorts tensors and writes the fields of a header in another order. Its files would be valid,
//! but not byte for byte the shipped ones, which `cargo xtask pocket` writes again.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::PocketError;

/// A file that is being built.
#[derive(Default)]
pub(super) struct File {
    header: BTreeMap<String, Value>,
    data: Vec<u8>,
}

impl File {
    /// Adds a tensor. Its shape has the slowest dimension first.
    pub(super) fn tensor(&mut self, name: &str, dtype: &str, shape: &[usize], bytes: impl Iterator<Item = u8>) {
        let start = self.data.len();
        self.data.extend(bytes);
        let entry = json!({ "dtype": dtype, "shape": shape, "data_offsets": [start, self.data.len()] });
        self.header.insert(name.to_owned(), entry);
    }

    /// The bytes of the finished file.
    pub(super) fn bytes(mut self) -> Result<Vec<u8>, PocketError> {
        self.header.insert("__metadata__".to_owned(), json!({ "format": "pt" }));
        let mut header = serde_json::to_string(&self.header)?;
        // Padded with spaces, as the format's own writer does.
        header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
        Ok([(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), &self.data].concat())
    }
}

/// Steering vectors: `layer.N` is added to the residual stream after layer N.
///
/// # Errors
/// [`PocketError::Json`].
pub fn steering(vectors: &[Option<Vec<f32>>]) -> Result<Vec<u8>, PocketError> {
    let mut file = File::default();
    for (layer, vector) in vectors.iter().enumerate() {
        if let Some(vector) = vector {
            file.tensor(&format!("layer.{layer}"), "F32", &[vector.len()], vector.iter().flat_map(|x| x.to_le_bytes()));
        }
    }
    file.bytes()
}
