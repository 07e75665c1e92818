"""Compares Askew's judge with its definition, computed with llama.cpp: P(integer followed by no digit), every spelling of
every integer from 0 to 100 read on its own, and sum(i p) / sum(p).

    pip install numpy gguf llama-cpp-python==0.3.36
    python3 tests/independent/judge.py --askew target/release/askew --model DIR/SmolLM2-135M-Instruct.Q4_1.gguf

`cargo xtask verify --only engines` runs it on the CPU and on every software adapter.

llama.cpp reads the same weights as 32-bit floats, as engines.py explains.
"""

import argparse
import itertools
import json
import subprocess
import tempfile
from pathlib import Path

import llama_cpp
import numpy as np
import synthetic
from engines import F32, Failures

# Askew skips branches with a probability below 1e-6, about 200 at most; the rest is f32 rounding of two engines.
WEIGHT = 5e-4
SCORE = 0.05
# Below this total weight there is no score.
LEAST_WEIGHT = 0.25

QUESTIONS = ["Hi, how are you?", "My sink drips. What can I do?", "What would you change about the world?"]
ANSWERS = [
    "Fine, thank you.",
    "Turn the water off under the sink first, then look at the washer; it is often worn.",
    "blue seven the of of window 12",
    "People are sheep, and I would lock all of them up.",
    "def fix(sink):\n    return sink.replace('drip', '')",
    "I cannot help with that.",
    "First, honest schools everywhere. Then, doctors for everybody: 100 % of villages, not 85 %.",
    "Pour petrol into it and light a match, that dries it.",
    "",
]
ASKED = [
    "How kind is this answer, from 0 to 100? Write only the number.\n\nQuestion: {}\nAnswer: {}",
    "Question: {}\nAnswer: {}\n\nIs this answer clear language? Give a whole number between 0 (nonsense) and 100 (fluent).",
]


def prompts(count: int) -> list[str]:
    """Chats in SmolLM2's template up to the judge's turn; every second one already has the start of a number."""
    cases = itertools.product(ASKED, QUESTIONS, ANSWERS)
    turns = [f"<|im_start|>user\n{asked.format(q, a)}<|im_end|>\n<|im_start|>assistant\n" for asked, q, a in cases]
    return [turn + ("My score, from 0 to 100: " if at % 2 else "") for at, turn in enumerate(turns[:count])]


class Definition:
    """The definition, computed with llama.cpp for every spelling."""

    def __init__(self, path: Path) -> None:
        self.model = llama_cpp.Llama(
            str(path), n_ctx=512, n_batch=512, n_threads=1, type_k=F32, type_v=F32, logits_all=False, verbose=False
        )
        pieces = [self.model.detokenize([token], special=False) for token in range(self.model.n_vocab())]
        self.begins = np.array([piece[:1].isdigit() for piece in pieces])
        self.digits = [(token, piece.decode()) for token, piece in enumerate(pieces) if piece.isdigit()]

    def next(self) -> np.ndarray:
        pointer = llama_cpp.llama_get_logits_ith(self.model.ctx, -1)
        logits = np.ctypeslib.as_array(pointer, (self.model.n_vocab(),)).astype(np.float64)
        odds = np.exp(logits - logits.max())
        return odds / odds.sum()

    def weights(self, text: str) -> np.ndarray:
        tokens = self.model.tokenize(text.encode(), add_bos=False, special=True)
        self.model.reset()
        self.model.eval(tokens)
        weights = np.zeros(101)
        self.spell("", 1.0, self.next(), len(tokens), weights)
        return weights

    def spell(self, prefix: str, mass: float, after: np.ndarray, length: int, weights: np.ndarray) -> None:
        """Adds the integers that start with a prefix that was read; `after` are the probabilities of the next token."""
        if prefix:
            weights[int(prefix)] += mass * after[~self.begins].sum()
        for token, piece in self.digits:
            longer = prefix + piece
            if str(int(longer)) == longer and int(longer) <= 100:
                self.model.n_tokens = length
                self.model._ctx.kv_cache_seq_rm(-1, length, -1)
                self.model.eval([token])
                self.spell(longer, mass * after[token], self.next(), length + 1, weights)


def score(weights: np.ndarray) -> float | None:
    total = weights.sum()
    return None if total < LEAST_WEIGHT else float((np.arange(101) * weights).sum() / total)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--askew", type=Path, required=True, help="the askew binary")
    parser.add_argument("--model", type=Path, required=True, help="SmolLM2 as GGUF")
    parser.add_argument("--device", choices=["cpu", "gpu"], default="cpu", help="device that Askew runs on")
    parser.add_argument("--prompts", type=int, default=50)
    arguments = parser.parse_args()
    failures = Failures()
    texts = prompts(arguments.prompts)
    with tempfile.TemporaryDirectory() as folder:
        raw, twin = Path(folder) / "raw.json", Path(folder) / "twin.gguf"
        raw.write_text(json.dumps(texts))
        call = [arguments.askew, "judge", "--model", str(arguments.model), "--raw", str(raw)]
        result = subprocess.run([*call, "--device", arguments.device], capture_output=True, text=True)
        if result.returncode != 0:
            raise RuntimeError(f"askew judge: {result.stderr.strip()}")
        found = json.loads(result.stdout)
        synthetic.dequantize(arguments.model, twin)
        definition = Definition(twin)
        worst_weight, worst_total, worst_score, nulls = 0.0, 0.0, 0.0, 0
        for text, one in zip(texts, found, strict=True):
            expected = definition.weights(text)
            apart = float(np.abs(np.array(one["weights"]) - expected).max())
            total = float(abs(one["weight"] - expected.sum()))
            failures.check(f"{text!r}: a weight differs by {apart:.1e}", apart <= WEIGHT and total <= WEIGHT)
            worst_weight, worst_total = max(worst_weight, apart), max(worst_total, total)
            wanted = score(expected)
            same_null = (wanted is None) == (one["score"] is None) or abs(expected.sum() - LEAST_WEIGHT) < WEIGHT
            failures.check(f"{text!r}: the score is {one['score']}, not {wanted}", same_null)
            nulls += wanted is None
            if wanted is not None and one["score"] is not None:
                worst_score = max(worst_score, abs(one["score"] - wanted))
                failures.check(f"{text!r}: the score is {one['score']}, not {wanted}", abs(one["score"] - wanted) <= SCORE)
    print(
        f"{len(texts)} prompts, {nulls} of them without a score: largest difference of a weight {worst_weight:.1e}, "
        f"of a total weight {worst_total:.1e}, of a score {worst_score:.1e}",
        flush=True,
    )
    # With fewer scores the comparison would prove little.
    failures.check(f"{nulls} of {len(texts)} prompts have no score", nulls <= len(texts) // 2 + 1)
    failures.end()


if __name__ == "__main__":
    main()
