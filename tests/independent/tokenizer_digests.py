"""Writes fixtures/tokenizer_digests.json: digests of llama.cpp's tokens, for tests/model_tokenizer.rs.

    pip install llama-cpp-python==0.3.36
    ASKEW_TOKENIZER_OUT=DIR cargo test --test model_tokenizer -- --ignored writes_the_texts
    python tests/independent/tokenizer_digests.py DIR ~/.cache/askew/models/*.gguf > tests/fixtures/tokenizer_digests.json

With `--check` before DIR the fixture is compared instead. With `--compare ASKEW MODEL.gguf DIR` it prints the texts whose
tokens differ from those of `askew tokenize`.
"""

import ctypes
import json
import pathlib
import subprocess
import sys

import llama_cpp

BLOCK = 100
FIXTURE = pathlib.Path(__file__).parent.parent / "fixtures" / "tokenizer_digests.json"


@llama_cpp.llama_log_callback
def silent(_level, _text, _data):
    pass


def fnv1a(data: bytes) -> str:
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = ((digest ^ byte) * 0x100000001B3) & (2**64 - 1)
    return f"{digest:016x}"


class Engine:
    """llama.cpp's tokenizer, without the model's weights."""

    def __init__(self, path: pathlib.Path) -> None:
        params = llama_cpp.llama_model_default_params()
        params.vocab_only = True
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), params)
        assert self.model, path
        self.vocab = llama_cpp.llama_model_get_vocab(self.model)

    def encode(self, text: str) -> list[int]:
        data = text.encode()
        room = len(data) * 2 + 16
        ids = (llama_cpp.llama_token * room)()
        # Text, its bytes, room, add_special, parse_special.
        count = llama_cpp.llama_tokenize(self.vocab, data, len(data), ids, room, True, True)
        assert count >= 0, (text, count)
        return list(ids[:count])


    def vocabulary(self) -> dict:
        """The text that each token shows in an answer, and the tokens that end an answer."""
        shown, ends = bytearray(), []
        buffer = ctypes.create_string_buffer(4096)
        count = llama_cpp.llama_vocab_n_tokens(self.vocab)
        for token in range(count):
            # Token, room, leading spaces to strip, special.
            length = llama_cpp.llama_token_to_piece(self.vocab, token, buffer, len(buffer), 0, False)
            assert length >= 0, token
            shown += buffer.raw[:length] + b"\xff"
            if llama_cpp.llama_vocab_is_eog(self.vocab, token):
                ends.append(token)
        return {"tokens": count, "shown": fnv1a(bytes(shown)), "ends": ends}


def read_texts(folder: str) -> list[str]:
    lines = (pathlib.Path(folder) / "strings.jsonl").read_text().split("\n")
    return [json.loads(line) for line in lines if line]


def digests(engine: Engine, texts: list[str]) -> list[str]:
    blocks = []
    for start in range(0, len(texts), BLOCK):
        data = bytearray()
        for text in texts[start : start + BLOCK]:
            ids = engine.encode(text)
            data += b"".join(number.to_bytes(4, "little") for number in [len(ids), *ids])
        blocks.append(fnv1a(bytes(data)))
    return blocks


def compare(askew: str, model: str, folder: str) -> None:
    texts = read_texts(folder)
    command = [askew, "tokenize", model, f"{folder}/strings.jsonl"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    engine = Engine(pathlib.Path(model))
    num_differ = 0
    for text, line in zip(texts, lines, strict=True):
        expected, found = engine.encode(text), json.loads(line)
        if expected != found:
            num_differ += 1
            at = next((i for i, (a, b) in enumerate(zip(expected, found)) if a != b), min(len(expected), len(found)))
            if num_differ <= 20:
                print(ascii(text[:200]), at, expected[at - 3 : at + 5], found[at - 3 : at + 5])
    print(f"{num_differ} of {len(texts)} differ")
    sys.exit(1 if num_differ else 0)


def check(result: dict) -> None:
    """Compares the fixture: one check for the texts, two for each vocabulary."""
    fixture = json.loads(FIXTURE.read_text())
    pairs = {"the texts": (fixture["strings"], result["strings"])}
    for part in ["vocabularies", "models"]:
        for name in fixture[part].keys() | result[part].keys():
            pairs[f"{part}, {name}"] = fixture[part].get(name), result[part].get(name)
    differ = sorted(what for what, (expected, found) in pairs.items() if expected != found)
    for what in differ:
        print(f"FAILED: {what}: llama.cpp and the fixture differ")
    print(f"test result: {'FAILED' if differ else 'ok'}. {len(pairs) - len(differ)} passed; {len(differ)} failed")
    sys.exit(1 if differ else 0)


def main() -> None:
    llama_cpp.llama_log_set(silent, ctypes.c_void_p(0))
    if sys.argv[1] == "--compare":
        return compare(*sys.argv[2:])
    is_check = sys.argv[1] == "--check"
    folder, *models = sys.argv[2 if is_check else 1 :]
    texts = read_texts(folder)
    paths = [*sorted(pathlib.Path(folder).glob("*.gguf")), *map(pathlib.Path, models)]
    engines = {path.stem: Engine(path) for path in paths}
    result = {
        "engine": f"llama.cpp of llama-cpp-python {llama_cpp.__version__}",
        "strings": fnv1a(b"".join(text.encode() + b"\xff" for text in texts)),
        "vocabularies": {name: engine.vocabulary() for name, engine in engines.items()},
        "models": {name: digests(engine, texts) for name, engine in engines.items()},
    }
    if is_check:
        return check(result)
    for part in ["vocabularies", "models"]:
        lines = [f"  {json.dumps(name)}: {json.dumps(value)}" for name, value in result[part].items()]
        result[part] = "{\n" + ",\n".join(lines) + "\n}"
    head = [f"{json.dumps(key)}: {json.dumps(result[key])}" for key in ["engine", "strings"]]
    tail = [f"{json.dumps(key)}: {result[key]}" for key in ["vocabularies", "models"]]
    print("{\n" + ",\n".join(head + tail) + "\n}")


if __name__ == "__main__":
    main()
