"""Writes tiny models, adapters and steering vectors, with the logits of two independent engines for them.

    pip install torch transformers peft gguf llama-cpp-python==0.3.36
    python3 tests/independent/adapters.py DIR --llama-cpp LLAMA_CPP_SOURCES
    ASKEW_ADAPTER_CASES=DIR cargo test --test model_adapter -- --ignored --nocapture

PEFT makes and writes the adapters without training them, and transformers with PEFT computes their logits. llama.cpp's
own `convert_lora_to_gguf.py` converts them to GGUF, and llama.cpp computes the logits of those and of control vectors.
`cargo xtask verify --only adapters` does all of this.
"""

import argparse
import ctypes
import json
import subprocess
import sys
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import peft
import torch
import transformers

DIM, FF_DIM, LAYERS, HEADS, KV_HEADS, VOCAB = 64, 96, 3, 4, 2, 320
TOKENS = [5, 42, 79, 116, 153, 190, 227, 264, 301, 5, 5, 17]
F32 = 0
# The converter names types that torch before 2.3 lacks; no file here uses them.
CONVERT = """
import runpy, sys, torch
for name in ["float8_e4m3fn", "float8_e5m2", "float8_e8m0fnu", "float4_e2m1fn_x2", "uint16", "uint32", "uint64"]:
    if not hasattr(torch, name):
        setattr(torch, name, type(name, (), {})())
sys.argv = sys.argv[1:]
sys.path.insert(0, sys.argv[0].rsplit("/", 1)[0])
runpy.run_path(sys.argv[0], run_name="__main__")
"""
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
# Name, PEFT's settings, scale.
ADAPTERS = [
    ("all", {"r": 4, "lora_alpha": 8, "target_modules": ALL}, 1.0),
    ("rank_1", {"r": 1, "lora_alpha": 2, "target_modules": "all-linear"}, 1.0),
    ("rslora", {"r": 4, "lora_alpha": 2, "target_modules": ALL, "use_rslora": True}, 1.0),
    ("partial", {"r": 3, "lora_alpha": 6, "target_modules": ["q_proj", "k_proj"], "layers_to_transform": [1]}, 1.0),
    ("expression", {"r": 2, "lora_alpha": 4, "target_modules": r".*\.layers\.[02]\.mlp\.(gate|down)_proj"}, 1.0),
    ("negative", {"r": 4, "lora_alpha": 8, "target_modules": ALL}, -0.5),
    ("beyond", {"r": 8, "lora_alpha": 8, "target_modules": ["v_proj", "up_proj"]}, 2.5),
]


def base_model(architecture: str) -> torch.nn.Module:
    shared = {
        "hidden_size": DIM,
        "intermediate_size": FF_DIM,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "vocab_size": VOCAB,
        "max_position_embeddings": 64,
        "rms_norm_eps": 1e-5,
        "tie_word_embeddings": False,
    }
    torch.manual_seed(7)
    if architecture == "llama":
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**shared))
    else:
        model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(**shared))
    with torch.no_grad():
        for name, weights in model.named_parameters():
            noise = torch.randn_like(weights)
            weights.copy_(1 + 0.3 * noise if "norm" in name else noise * 1.2 / DIM**0.5)
    return model.float().eval()


def permute(weights: np.ndarray, heads: int) -> np.ndarray:
    """Permutes rows as `LlamaModel.permute` in llama.cpp's converter does."""
    grid = weights.reshape(heads, 2, weights.shape[0] // heads // 2, *weights.shape[1:])
    return grid.swapaxes(1, 2).reshape(weights.shape)


NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def byte_letters() -> list[str]:
    """GPT-2's letters for the 256 bytes."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    return [chr(byte) for byte in printable] + [chr(0x100 + i) for i in range(256 - len(printable))]


def write_base(model: torch.nn.Module, architecture: str, path: Path) -> None:
    writer = gguf.GGUFWriter(str(path), architecture)
    writer.add_block_count(LAYERS)
    writer.add_context_length(64)
    writer.add_embedding_length(DIM)
    writer.add_feed_forward_length(FF_DIM)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(KV_HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10_000.0)
    writer.add_rope_dimension_count(DIM // HEADS)
    writer.add_vocab_size(VOCAB)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    tokens = byte_letters()
    tokens += [f"<word {i}>" for i in range(VOCAB - len(tokens))]
    writer.add_token_list(tokens)
    writer.add_token_types([gguf.TokenType.NORMAL] * VOCAB)
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(VOCAB - 2)
    writer.add_eos_token_id(VOCAB - 1)
    for name, weights in model.state_dict().items():
        weights = weights.numpy()
        module, kind = name.rsplit(".", 1)
        if architecture == "llama" and "q_proj" in name:
            weights = permute(weights, HEADS)
        if architecture == "llama" and "k_proj" in name:
            weights = permute(weights, KV_HEADS)
        if module.startswith("model.layers."):
            layer, part = module.removeprefix("model.layers.").split(".", 1)
            writer.add_tensor(f"blk.{layer}.{NAMES[part]}.{kind}", weights)
        else:
            writer.add_tensor(f"{NAMES[module]}.{kind}", weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class LlamaCpp:
    """Logits by llama.cpp with keys and values in f32, with adapters and control vectors."""

    def __init__(self, path: Path) -> None:
        self.llama = llama_cpp.Llama(str(path), n_ctx=64, n_batch=64, type_k=F32, type_v=F32, verbose=False)

    def adapt(self, path: Path, scale: float) -> None:
        adapter = llama_cpp.llama_adapter_lora_init(self.llama.model, str(path).encode())
        assert adapter, f"llama.cpp reads {path}"
        pointers = (llama_cpp.llama_adapter_lora_p_ctypes * 1)(adapter)
        scales = (ctypes.c_float * 1)(scale)
        assert llama_cpp.llama_set_adapters_lora(self.llama.ctx, pointers, 1, scales) == 0

    def steer(self, vectors: dict[int, np.ndarray], scale: float) -> None:
        # Rows start at layer 1: `direction.N` is row N - 1 (`common_control_vector_load_one`).
        rows = np.zeros((LAYERS, DIM), np.float32)
        for layer, vector in vectors.items():
            rows[layer - 1] = scale * vector
        data = rows.ctypes.data_as(ctypes.POINTER(ctypes.c_float))
        assert llama_cpp.llama_set_adapter_cvec(self.llama.ctx, data, rows.size, DIM, 1, LAYERS) == 0

    def logits(self) -> list[float]:
        self.llama.reset()
        self.llama.eval(TOKENS)
        pointer = llama_cpp.llama_get_logits_ith(self.llama.ctx, -1)
        return np.ctypeslib.as_array(pointer, (VOCAB,)).astype(np.float64).tolist()


def last_logits(model: torch.nn.Module) -> list[float]:
    with torch.no_grad():
        return model(torch.tensor([TOKENS])).logits[0, -1].double().tolist()


def adapter_cases(architecture: str, folder: Path, sources: Path) -> list[dict]:
    base_folder, model_path = folder / architecture, folder / f"{architecture}.gguf"
    base = base_model(architecture)
    base.save_pretrained(base_folder)
    write_base(base, architecture, model_path)
    same = {"model": model_path.name, "tokens": TOKENS}
    cases = [
        {**same, "what": "transformers, no adapter", "logits": last_logits(base)},
        {**same, "what": "llama.cpp, no adapter", "logits": LlamaCpp(model_path).logits()},
    ]
    for name, settings, scale in ADAPTERS:
        # A new base model for each adapter, because PEFT changes the modules of its base model.
        config = peft.LoraConfig(task_type="CAUSAL_LM", **settings)
        adapted = peft.get_peft_model(base_model(architecture), config).eval()
        with torch.no_grad():
            for parameter, weights in adapted.named_parameters():
                if "lora_B" in parameter:
                    weights.copy_(torch.randn_like(weights) * 0.3)
        adapter_folder = folder / f"{architecture}_{name}"
        adapted.save_pretrained(adapter_folder)
        # PEFT's own way to change the scale.
        for module in adapted.modules():
            if hasattr(module, "scale_layer"):
                module.scale_layer(scale)
        files = {
            "config": f"{adapter_folder.name}/adapter_config.json",
            "adapter": f"{adapter_folder.name}/adapter_model.safetensors",
        }
        common = {**same, "scale": scale}
        cases.append({**common, **files, "what": f"PEFT, {architecture}, {name}", "logits": last_logits(adapted)})
        if settings.get("use_rslora"):
            continue  # llama.cpp's converter does not support it.
        for kind in ["f32", "f16"] if name == "all" else ["f32"]:
            path = folder / f"{architecture}_{name}_{kind}.gguf"
            script = sources.absolute() / "convert_lora_to_gguf.py"
            converter = [sys.executable, "-c", CONVERT, str(script), "--outtype", kind]
            subprocess.run(
                [*converter, "--base", str(base_folder), "--outfile", str(path), str(adapter_folder)],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            engine = LlamaCpp(model_path)
            engine.adapt(path, scale)
            what = f"llama.cpp, {architecture}, {name} as {kind}"
            cases.append({**common, "what": what, "adapter": path.name, "logits": engine.logits()})
    return cases


def steering_cases(architecture: str, folder: Path) -> list[dict]:
    cases = []
    random = np.random.default_rng(3)
    for layers in [[1], [2], [1, 2]]:
        vectors = {layer: random.normal(size=DIM).astype(np.float32) for layer in layers}
        path = folder / f"{architecture}_steering_{'_'.join(map(str, layers))}.gguf"
        writer = gguf.GGUFWriter(str(path), "controlvector")
        writer.add_string("controlvector.model_hint", architecture)
        writer.add_uint32("controlvector.layer_count", len(layers))
        for layer, vector in vectors.items():
            writer.add_tensor(f"direction.{layer}", vector)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        engine = LlamaCpp(folder / f"{architecture}.gguf")
        engine.steer(vectors, -0.8)
        case = {"model": f"{architecture}.gguf", "tokens": TOKENS, "steering": path.name, "scale": -0.8}
        cases.append({**case, "what": f"llama.cpp, {architecture}, steering {layers}", "logits": engine.logits()})
    return cases


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--llama-cpp", type=Path, required=True, help="where convert_lora_to_gguf.py is")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    cases = []
    for architecture in ["llama", "qwen2"]:
        cases += adapter_cases(architecture, arguments.folder, arguments.llama_cpp)
        cases += steering_cases(architecture, arguments.folder)
    (arguments.folder / "cases.json").write_text(json.dumps(cases))
    print(f"{len(cases)} cases in {arguments.folder}")


if __name__ == "__main__":
    main()
