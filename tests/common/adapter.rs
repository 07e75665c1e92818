//! Writes adapter files as PEFT and llama.cpp do, and merges adapters into a random model's weights.

use askew::model::quant::Quant;
use serde_json::{Map, Value, json};

use super::gguf::{GgufFile, Meta, Shape, noise};

/// The two low-rank factors for one matrix, in the row order of transformers.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) layer: usize,
    /// GGUF's name of the matrix, such as `attn_q`.
    pub(crate) matrix: &'static str,
    /// (rank, n)
    pub(crate) a: Vec<f32>,
    /// (d, rank)
    pub(crate) b: Vec<f32>,
    pub(crate) rank: usize,
}

/// Names of the matrices in GGUF and in transformers.
pub(crate) const MATRICES: [(&str, &str); 7] = [
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

fn size(n: u64) -> usize {
    usize::try_from(n).expect("small")
}

/// Number of rows and columns of a matrix.
fn rows_columns(matrix: &str, shape: Shape) -> (usize, usize) {
    let (q, kv) = (shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim);
    let (d, n) = match matrix {
        "attn_q" => (q, shape.dim),
        "attn_k" | "attn_v" => (kv, shape.dim),
        "attn_output" => (shape.dim, q),
        "ffn_gate" | "ffn_up" => (shape.ff_dim, shape.dim),
        _ => (shape.dim, shape.ff_dim),
    };
    (size(d), size(n))
}

/// Nonzero factors for some matrices of some layers, large enough to change every answer.
pub(crate) fn random_parts(shape: Shape, layers: &[usize], matrices: &[&str], rank: usize, seed: u64) -> Vec<Part> {
    let mut parts = Vec::new();
    for &layer in layers {
        for (index, &(matrix, _)) in MATRICES.iter().enumerate().filter(|(_, known)| matrices.contains(&known.0)) {
            let (d, n) = rows_columns(matrix, shape);
            let seed = seed + 100 * layer as u64 + index as u64;
            let scaled = |len, size: f32, seed| noise(len, seed).into_iter().map(|x| x * size).collect::<Vec<f32>>();
            let (a, b) = (scaled(rank * n, (3.0 / n as f32).sqrt(), seed), scaled(d * rank, 1.0, seed + 50));
            parts.push(Part { layer, matrix, a, b, rank });
        }
    }
    parts
}

/// Numbers as a safetensors or GGUF file stores them. They are replaced by the rounded numbers that a reader then sees.
pub(crate) fn store(numbers: &mut [f32], dtype: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for x in numbers {
        match dtype {
            "F16" => {
                let half = half::f16::from_f32(*x);
                *x = half.to_f32();
                bytes.extend(half.to_le_bytes());
            }
            "BF16" => {
                let half = half::bf16::from_f32(*x);
                *x = half.to_f32();
                bytes.extend(half.to_le_bytes());
            }
            _ => bytes.extend(x.to_le_bytes()),
        }
    }
    bytes
}

/// A safetensors file in parts: name, type, shape (slowest first) and bytes of each tensor.
#[derive(Clone, Debug, Default)]
pub(crate) struct SafetensorsFile {
    pub(crate) tensors: Vec<(String, String, Vec<u64>, Vec<u8>)>,
}

impl SafetensorsFile {
    pub(crate) fn tensor(&mut self, name: &str, dtype: &str, shape: &[usize], bytes: Vec<u8>) {
        let shape = shape.iter().map(|&n| n as u64).collect();
        self.tensors.push((name.to_owned(), dtype.to_owned(), shape, bytes));
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut header = Map::new();
        header.insert("__metadata__".into(), json!({"format": "pt"}));
        let mut data = Vec::new();
        for (name, dtype, shape, bytes) in &self.tensors {
            let offsets = [data.len(), data.len() + bytes.len()];
            header.insert(name.clone(), json!({"dtype": dtype, "shape": shape, "data_offsets": offsets}));
            data.extend(bytes);
        }
        let mut header = Value::Object(header).to_string();
        // The format's own writer pads with spaces.
        header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
        [(header.len() as u64).to_le_bytes().as_slice(), header.as_bytes(), &data].concat()
    }
}

/// PEFT's two files. `spelling` makes a tensor's name from the layer, the module and `A` or `B`.
pub(crate) fn peft(
    parts: &mut [Part],
    dtype: &str,
    alpha: f32,
    spelling: impl Fn(usize, &str, &str) -> String,
) -> (Value, SafetensorsFile) {
    let mut file = SafetensorsFile::default();
    for part in parts.iter_mut() {
        let module = MATRICES.iter().find(|known| known.0 == part.matrix).expect("known").1;
        let (n, d) = (part.a.len() / part.rank, part.b.len() / part.rank);
        let (a, b) = (store(&mut part.a, dtype), store(&mut part.b, dtype));
        file.tensor(&spelling(part.layer, module, "A"), dtype, &[part.rank, n], a);
        file.tensor(&spelling(part.layer, module, "B"), dtype, &[d, part.rank], b);
    }
    let rank = parts.first().map_or(1, |part| part.rank);
    (peft_config(rank, alpha), file)
}

/// The spelling of tensor names in PEFT's files.
pub(crate) fn peft_name(layer: usize, module: &str, factor: &str) -> String {
    format!("base_model.model.model.layers.{layer}.{module}.lora_{factor}.weight")
}

/// The configuration that PEFT 0.18 writes for a plain adapter.
pub(crate) fn peft_config(rank: usize, alpha: f32) -> Value {
    json!({
        "alora_invocation_tokens": null, "alpha_pattern": {}, "arrow_config": null, "auto_mapping": null,
        "base_model_name_or_path": "some/model", "bias": "none", "corda_config": null, "ensure_weight_tying": false,
        "eva_config": null, "exclude_modules": null, "fan_in_fan_out": false, "inference_mode": true,
        "init_lora_weights": true, "layer_replication": null, "layers_pattern": null, "layers_to_transform": null,
        "loftq_config": {}, "lora_alpha": alpha, "lora_bias": false, "lora_dropout": 0.05, "megatron_config": null,
        "megatron_core": "megatron.core", "modules_to_save": null, "peft_type": "LORA", "peft_version": "0.18.0",
        "qalora_group_size": 16, "r": rank, "rank_pattern": {}, "revision": null,
        "target_modules": ["q_proj", "v_proj"], "target_parameters": null, "task_type": "CAUSAL_LM",
        "trainable_token_indices": null, "use_dora": false, "use_qalora": false, "use_rslora": false,
    })
}

/// The order of rows that llama.cpp's converter gives q and k of `llama` models: a (heads, 2, half) grid of rows
/// becomes (heads, half, 2).
pub(crate) fn permuted(rows: &[f32], row_len: usize, heads: usize) -> Vec<f32> {
    let num_rows = rows.len() / row_len;
    let half = num_rows / heads / 2;
    let mut out = Vec::new();
    for new in 0..num_rows {
        let (head, i, j) = (new / (2 * half), new % (2 * half) / 2, new % 2);
        out.extend(&rows[(head * 2 * half + j * half + i) * row_len..][..row_len]);
    }
    out
}

/// Number of heads for the permutation of a matrix's rows, or `None` if the rows are not permuted.
fn permuted_heads(matrix: &str, shape: Shape, architecture: &str) -> Option<usize> {
    match (architecture, matrix) {
        ("llama", "attn_q") => Some(size(shape.heads)),
        ("llama", "attn_k") => Some(size(shape.kv_heads)),
        _ => None,
    }
}

/// A GGUF adapter with its rows in the order of llama.cpp's converter.
pub(crate) fn gguf_adapter(parts: &mut [Part], shape: Shape, architecture: &str, quant: Quant, alpha: f32) -> GgufFile {
    let mut file = GgufFile::default();
    for (key, value) in [
        ("general.architecture", Meta::Text(architecture.into())),
        ("general.type", Meta::Text("adapter".into())),
        ("general.name", Meta::Text("Random adapter".into())),
        ("adapter.type", Meta::Text("lora".into())),
        ("adapter.lora.alpha", Meta::F32(alpha)),
    ] {
        file.set(key, value);
    }
    for part in parts.iter_mut() {
        let (n, d, rank) = (part.a.len() / part.rank, part.b.len() / part.rank, part.rank as u64);
        let a = store(&mut part.a, quant.name());
        store(&mut part.b, quant.name());
        let mut b = match permuted_heads(part.matrix, shape, architecture) {
            Some(heads) => permuted(&part.b, part.rank, heads),
            None => part.b.clone(),
        };
        let b = store(&mut b, quant.name());
        let name = |factor: &str| format!("blk.{}.{}.weight.lora_{factor}", part.layer, part.matrix);
        file.tensor(&name("a"), &[n as u64, rank], quant, a);
        file.tensor(&name("b"), &[rank, d as u64], quant, b);
    }
    file
}

/// The model with `scale` × B × A added to its weights, which must be F32.
pub(crate) fn merged(model: &GgufFile, parts: &[Part], shape: Shape, architecture: &str, scale: f32) -> GgufFile {
    let mut model = model.clone();
    for part in parts {
        let (d, n) = rows_columns(part.matrix, shape);
        let mut change = vec![0.0f32; d * n];
        for row in 0..d {
            for column in 0..n {
                let products =
                    (0..part.rank).map(|k| f64::from(part.b[row * part.rank + k]) * f64::from(part.a[k * n + column]));
                #[expect(clippy::cast_possible_truncation, reason = "weights are f32")]
                let product = products.sum::<f64>() as f32;
                change[row * n + column] = product * scale;
            }
        }
        if let Some(heads) = permuted_heads(part.matrix, shape, architecture) {
            change = permuted(&change, n, heads);
        }
        let name = format!("blk.{}.{}.weight", part.layer, part.matrix);
        let tensor = model.tensors.iter_mut().find(|tensor| tensor.0 == name).expect("in the model");
        assert_eq!((tensor.2, tensor.3.len()), (Quant::F32.ggml_number(), 4 * change.len()));
        for (bytes, change) in tensor.3.as_chunks_mut::<4>().0.iter_mut().zip(change) {
            *bytes = (f32::from_le_bytes(*bytes) + change).to_le_bytes();
        }
    }
    model
}
