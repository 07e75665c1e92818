"""Compares Askew with llama.cpp: logits on tiny models of every architecture and tensor type, logits and
greedy tokens on real models.

    pip install numpy gguf llama-cpp-python==0.3.36
    python3 tests/independent/engines.py --askew target/release/askew [--models DIR] [--device gpu]

`cargo xtask verify --only engines` runs it on the CPU and on every software adapter.

llama.cpp rounds activations to 8 bits where weights are quantized, so a quantized file is compared twice: tightly with
llama.cpp on the same weights as 32-bit floats, and loosely with llama.cpp on the file itself.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import synthetic

# Both engines compute in f32 but sum in another order, and llama.cpp looks up gelu in a table of 16-bit floats.
FLOAT_NMSE = 1e-6
# For llama.cpp's 8-bit activations.
ROUNDED_NMSE = 5e-3
# Logits closer than this (relative to their standard deviation) may swap places.
TIE = 2e-3
GREEDY_TOKENS = 16
F32 = 0


class Failures(list):
    num_passed = 0

    def check(self, what: str, passed: bool) -> None:
        if passed:
            self.num_passed += 1
        else:
            self.append(what)
            print(f"FAILED: {what}", flush=True)

    def end(self) -> None:
        """Prints the result in the format that `cargo xtask verify` counts."""
        print(f"test result: {'FAILED' if self else 'ok'}. {self.num_passed} passed; {len(self)} failed", flush=True)
        sys.exit(1 if self else 0)


class LlamaCpp:
    """The independent engine, with keys and values in f32."""

    def __init__(self, path: Path) -> None:
        self.model = llama_cpp.Llama(
            str(path), n_ctx=256, n_batch=64, n_threads=2, type_k=F32, type_v=F32, verbose=False
        )

    def logits(self, tokens: list[int]) -> np.ndarray:
        self.model.reset()
        self.model.eval(tokens)
        return self.last()

    def last(self) -> np.ndarray:
        size = self.model.n_vocab()
        pointer = llama_cpp.llama_get_logits_ith(self.model.ctx, -1)
        return np.ctypeslib.as_array(pointer, (size,)).astype(np.float64)

    def greedy(self, tokens: list[int], count: int) -> list[int]:
        logits, chosen = self.logits(tokens), []
        for _ in range(count):
            token = int(np.argmax(logits))
            if llama_cpp.llama_vocab_is_eog(llama_cpp.llama_model_get_vocab(self.model.model), token):
                break
            chosen.append(token)
            self.model.eval([token])
            logits = self.last()
        return chosen


class Askew:
    """The binary under test, on one device."""

    def __init__(self, binary: Path, device: str) -> None:
        self.binary, self.device = binary, device

    def run(self, command: str, model: Path, *arguments: str) -> dict:
        call = [self.binary, command, str(model), "--device", self.device, *arguments]
        result = subprocess.run(call, capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"askew {command} {model.name}: {result.stderr.strip()}")
        return json.loads(result.stdout)

    def logits(self, model: Path, tokens: list[int]) -> np.ndarray:
        report = self.run("logits", model, "--tokens", ",".join(map(str, tokens)))
        return np.array(report["logits"])

    def greedy(self, model: Path, text: str, count: int) -> dict:
        return self.run("generate", model, "--json", "--prompt", text, "--max-tokens", str(count))


def nmse(found: np.ndarray, expected: np.ndarray) -> float:
    return float(((found - expected) ** 2).sum() / (expected**2).sum())


def same_top(found: np.ndarray, expected: np.ndarray, count: int = 5) -> bool:
    """Whether the likeliest tokens have the same order, except for near ties."""
    order = np.argsort(-expected)[:count]
    near = TIE * expected.std()
    # The found token at each of the first five ranks must have about the expected logit.
    heights = np.sort(found)[::-1][:count]
    return bool(np.all(np.abs(found[order] - heights) <= near))


def compare(failures: Failures, askew: Askew, path: Path, prompts: list[list[int]], work: Path) -> None:
    """Compares one file with llama.cpp on its dequantized copy, and on the file itself."""
    twin = work / "twin.gguf"
    synthetic.dequantize(path, twin)
    floats, itself = LlamaCpp(twin), LlamaCpp(path)
    exact, rounded, tops = [], [], []
    for tokens in prompts:
        found = askew.logits(path, tokens)
        expected = floats.logits(tokens)
        exact.append(nmse(found, expected))
        rounded.append(nmse(found, itself.logits(tokens)))
        tops.append(same_top(found, expected))
    print(
        f"{path.stem:44} NMSE {max(exact):.1e} (f32 twin) {max(rounded):.1e} (file itself), "
        f"top five {sum(tops)}/{len(tops)}",
        flush=True,
    )
    failures.check(f"{path.stem}: NMSE {max(exact):.1e} is above {FLOAT_NMSE}", max(exact) <= FLOAT_NMSE)
    failures.check(f"{path.stem}: NMSE {max(rounded):.1e} is above {ROUNDED_NMSE}", max(rounded) <= ROUNDED_NMSE)
    failures.check(f"{path.stem}: the top five differ", all(tops))
    twin.unlink()


def tiny_models(failures: Failures, askew: Askew, work: Path, architectures: list[str]) -> None:
    prompts = [[7], [300, 12, 45, 80, 99], [(i * 37 + 5) % 400 for i in range(40)]]
    for architecture in architectures:
        source = work / f"{architecture}-F32.gguf"
        synthetic.write_model(architecture, source)
        compare(failures, askew, source, prompts, work)
        for type_name in synthetic.FILE_TYPES:
            path = work / f"{architecture}-{type_name}.gguf"
            synthetic.quantize(source, type_name, path)
            compare(failures, askew, path, prompts, work)
            path.unlink()


def real_model(failures: Failures, askew: Askew, path: Path, work: Path) -> None:
    tokenizer = LlamaCpp(path).model
    texts = ["The capital of France is", "def fibonacci(n):\n    ", "Once upon a time, in a village by the sea,"]
    prompts = [tokenizer.tokenize(text.encode(), add_bos=True, special=False) for text in texts]
    compare(failures, askew, path, prompts, work)

    twin = work / "twin.gguf"
    synthetic.dequantize(path, twin)
    floats = LlamaCpp(twin)
    for text, tokens in zip(texts, prompts):
        report = askew.greedy(path, text, GREEDY_TOKENS)
        expected = floats.greedy(tokens, GREEDY_TOKENS)
        found = report["tokens"]
        print(f"  {text!r} -> {report['text']!r}: {'equal' if found == expected else 'differs'}", flush=True)
        failures.check(f"{path.stem}: greedy tokens after {text!r} are {found}, not {expected}", found == expected)
    twin.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--askew", type=Path, required=True, help="the askew binary")
    parser.add_argument("--models", type=Path, help="a folder of real GGUF models")
    parser.add_argument("--architectures", default=",".join(synthetic.HEADS), help="tiny models to test; may be empty")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="device that Askew runs on")
    arguments = parser.parse_args()
    askew = Askew(arguments.askew, arguments.device)
    failures = Failures()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        tiny_models(failures, askew, work, [a for a in arguments.architectures.split(",") if a])
        for path in sorted(arguments.models.glob("*.gguf")) if arguments.models else []:
            real_model(failures, askew, path, work)
    failures.end()


if __name__ == "__main__":
    main()
