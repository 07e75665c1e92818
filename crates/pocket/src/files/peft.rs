//! Writes the two files of a PEFT adapter.

use serde_json::json;

use super::safetensors::File;
use crate::PocketError;
use crate::train::{Lora, MATRICES, Matrix};

/// The contents of `adapter_model.safetensors` and `adapter_config.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peft {
    /// The factors in 16 bits. [`Lora::round`] has rounded them to that.
    pub safetensors: Vec<u8>,
    /// The configuration: rank, alpha and modules.
    pub config: String,
}

/// The name of a matrix in transformers.
const fn module(matrix: Matrix) -> &'static str {
    match matrix {
        Matrix::Q => "self_attn.q_proj",
        Matrix::K => "self_attn.k_proj",
        Matrix::V => "self_attn.v_proj",
        Matrix::O => "self_attn.o_proj",
        Matrix::Gate => "mlp.gate_proj",
        Matrix::Up => "mlp.up_proj",
        Matrix::Down => "mlp.down_proj",
    }
}

/// Builds an adapter's files.
///
/// # Errors
/// [`PocketError::Json`].
pub fn peft(lora: &Lora) -> Result<Peft, PocketError> {
    let (shape, rank) = (lora.shape, lora.rank);
    let mut file = File::default();
    for layer in 0..shape.layers {
        for matrix in MATRICES {
            let (d, n) = shape.rows_columns(matrix);
            let (a, b) = lora.factors(layer, matrix);
            let (a, b) = (&lora.numbers[a], &lora.numbers[b]);
            let is_rotated = matches!(matrix, Matrix::Q | Matrix::K);
            let halves = is_rotated.then(|| halves(b, rank, shape.head_dim()));
            let b = halves.as_deref().unwrap_or(b);
            for (factor, numbers, size) in [("lora_A", a, [rank, n]), ("lora_B", b, [d, rank])] {
                let name = format!("base_model.model.model.layers.{layer}.{}.{factor}.weight", module(matrix));
                let bytes = numbers.iter().flat_map(|&x| half::f16::from_f32(x).to_le_bytes());
                file.tensor(&name, "F16", &size, bytes);
            }
        }
    }
    let safetensors = file.bytes()?;
    let config = json!({
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": "askew-pocket",
        "r": rank,
        "lora_alpha": lora.scale * rank as f32,
        "lora_dropout": 0.0,
        "bias": "none",
        "fan_in_fan_out": false,
        "inference_mode": true,
        "target_modules": MATRICES.map(|matrix| module(matrix).rsplit('.').next().unwrap_or_default()),
    });
    Ok(Peft { safetensors, config: serde_json::to_string_pretty(&config)? })
}

/// Reorders B's rows of q and k for transformers, where rotated pairs are half a head apart: rows 2i and 2i + 1 of a
/// head become i and i + head_dim / 2.
fn halves(b: &[f32], rank: usize, head_dim: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(b.len());
    for head in b.chunks_exact(head_dim * rank) {
        for first in [0, 1] {
            head.chunks_exact(rank).skip(first).step_by(2).for_each(|row| out.extend_from_slice(row));
        }
    }
    out
}
