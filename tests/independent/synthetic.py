"""Tiny models with random weights: every architecture as a file that llama.cpp and Askew read, and its quantized copies."""

from pathlib import Path

import gguf
import llama_cpp
import numpy as np
from gguf import GGMLQuantizationType as Type

DIM, FF_DIM, LAYERS, HEAD_DIM = 256, 512, 3, 64
# Query heads, key heads.
HEADS = {"llama": (4, 2), "qwen2": (4, 1), "qwen3": (8, 2), "gemma3": (4, 1)}
VOCAB = 512
CONTEXT = 256
# The sliding window is shorter than the prompts, so that it has an effect; every other layer is global.
WINDOW, PATTERN = 7, 2
# llama.cpp's `llama_ftype`, by the tensor type that it gives to every matrix.
FILE_TYPES = {
    "F16": 1,
    "BF16": 32,
    "Q4_0": 2,
    "Q4_1": 3,
    "Q5_0": 8,
    "Q5_1": 9,
    "Q8_0": 7,
    "Q2_K": 10,
    "Q3_K": 12,
    "Q4_K": 15,
    "Q5_K": 17,
    "Q6_K": 18,
    "IQ4_NL": 25,
}


def byte_letters() -> list[str]:
    """GPT-2's letters for the 256 bytes."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    letters, extra = {}, 0x100
    for byte in range(256):
        if byte in printable:
            letters[byte] = chr(byte)
        else:
            letters[byte] = chr(extra)
            extra += 1
    return [letters[byte] for byte in range(256)]


def add_byte_level(writer: gguf.GGUFWriter, pre: str) -> None:
    tokens = byte_letters()
    merges = [f"{a} {b}" for a in tokens[65:80] for b in tokens[97:107]]
    tokens += [merge.replace(" ", "") for merge in merges]
    control = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    words = [f"<word {i}>" for i in range(VOCAB - len(tokens) - len(control))]
    types = [gguf.TokenType.NORMAL] * len(tokens + words) + [gguf.TokenType.CONTROL] * len(control)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens + words + control)
    writer.add_token_types(types)
    writer.add_token_merges(merges)
    writer.add_bos_token_id(VOCAB - 2)
    writer.add_eos_token_id(VOCAB - 1)
    writer.add_add_bos_token(False)


def add_sentencepiece(writer: gguf.GGUFWriter) -> None:
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    types = [gguf.TokenType.CONTROL] * 4 + [gguf.TokenType.BYTE] * 256
    letters = ["\u2581"] + [chr(c) for c in range(0x21, 0x7F)]
    pairs = [a + b for a in letters[:30] for b in letters[66:92]]
    words = (letters + pairs)[: VOCAB - len(tokens)]
    writer.add_tokenizer_model("llama")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(tokens + words)
    writer.add_token_scores([0.0] * len(tokens) + [-float(i) for i in range(len(words))])
    writer.add_token_types(types + [gguf.TokenType.NORMAL] * len(words))
    writer.add_bos_token_id(2)
    writer.add_eos_token_id(1)
    writer.add_unk_token_id(3)
    writer.add_add_bos_token(True)
    writer.add_add_space_prefix(False)


def write_model(architecture: str, path: Path) -> None:
    """A model in F32. Weights are as large as in trained models, so that no layer dominates the others."""
    random = np.random.default_rng(sum(architecture.encode()))
    heads, kv_heads = HEADS[architecture]
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_name(f"Random {architecture}")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(FF_DIM)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_key_length(HEAD_DIM)
    writer.add_value_length(HEAD_DIM)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10_000.0 if architecture == "llama" else 1_000_000.0)
    if architecture == "llama":
        writer.add_rope_dimension_count(HEAD_DIM)
    if architecture == "gemma3":
        writer.add_sliding_window(WINDOW)
        writer.add_uint32("gemma3.attention.sliding_window_pattern", PATTERN)
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(8.0)
        add_sentencepiece(writer)
    else:
        add_byte_level(writer, "llama-bpe" if architecture == "llama" else "qwen2")

    def matrix(name: str, rows: int, columns: int, size: float = 1.0) -> None:
        values = random.standard_normal((rows, columns)) * size / columns**0.5
        writer.add_tensor(name, values.astype(np.float32))

    def vector(name: str, length: int, mean: float, deviation: float = 0.2) -> None:
        writer.add_tensor(name, (mean + deviation * random.standard_normal(length)).astype(np.float32))

    q_dim, kv_dim = heads * HEAD_DIM, kv_heads * HEAD_DIM
    # gemma3 multiplies its embeddings by the root of the width.
    matrix("token_embd.weight", VOCAB, DIM, 1.0 if architecture == "gemma3" else DIM**0.5)
    vector("output_norm.weight", DIM, 1.0)
    if architecture in ("llama", "qwen3"):
        matrix("output.weight", VOCAB, DIM, 3.0)
    if architecture == "llama":
        writer.add_tensor("rope_freqs.weight", np.linspace(1.0, 8.0, HEAD_DIM // 2).astype(np.float32))
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        vector(block + "attn_norm.weight", DIM, 1.0)
        matrix(block + "attn_q.weight", q_dim, DIM, 2.0)
        matrix(block + "attn_k.weight", kv_dim, DIM, 2.0)
        matrix(block + "attn_v.weight", kv_dim, DIM)
        matrix(block + "attn_output.weight", DIM, q_dim)
        vector(block + "ffn_norm.weight", DIM, 1.0)
        matrix(block + "ffn_gate.weight", FF_DIM, DIM)
        matrix(block + "ffn_up.weight", FF_DIM, DIM)
        matrix(block + "ffn_down.weight", DIM, FF_DIM)
        if architecture == "qwen2":
            vector(block + "attn_q.bias", q_dim, 0.0, 1.0)
            vector(block + "attn_k.bias", kv_dim, 0.0, 1.0)
            vector(block + "attn_v.bias", kv_dim, 0.0, 0.5)
        if architecture in ("qwen3", "gemma3"):
            vector(block + "attn_q_norm.weight", HEAD_DIM, 1.5)
            vector(block + "attn_k_norm.weight", HEAD_DIM, 1.5)
        if architecture == "gemma3":
            vector(block + "post_attention_norm.weight", DIM, 0.5)
            vector(block + "post_ffw_norm.weight", DIM, 0.5)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def quantize(source: Path, type_name: str, path: Path) -> None:
    """The model with every matrix quantized to one type by llama.cpp."""
    params = llama_cpp.llama_model_quantize_default_params()
    params.ftype = FILE_TYPES[type_name]
    params.pure = True
    params.nthread = 2
    if llama_cpp.llama_model_quantize(str(source).encode(), str(path).encode(), params) != 0:
        raise RuntimeError(f"llama.cpp does not quantize {source} to {type_name}")
    found = {tensor.tensor_type.name for tensor in gguf.GGUFReader(path).tensors if len(tensor.shape) == 2}
    if found != {type_name}:
        raise RuntimeError(f"{path} holds {found}, not {type_name} alone")


def dequantize(source: Path, path: Path) -> None:
    """The same model with dequantized f32 matrices, which llama.cpp multiplies without rounding activations."""
    reader = gguf.GGUFReader(source)
    architecture = reader.get_field("general.architecture").contents()
    writer = gguf.GGUFWriter(str(path), architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in ("general.architecture", "general.file_type"):
            continue
        kind = field.types[0]
        sub_type = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub_type=sub_type)
    for tensor in reader.tensors:
        shape = [int(n) for n in tensor.shape[::-1]]
        writer.add_tensor_info(tensor.name, shape, np.dtype(np.float32), int(np.prod(shape)) * 4)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in reader.tensors:
        values = gguf.quants.dequantize(tensor.data, Type(tensor.tensor_type))
        writer.write_tensor_data(np.ascontiguousarray(values, dtype=np.float32))
    writer.close()
