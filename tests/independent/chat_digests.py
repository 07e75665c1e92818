"""Writes fixtures/chat_digests.json: digests of chats as transformers renders them, for tests/model_chat.rs.

    pip install transformers jinja2 gguf
    python tests/independent/chat_digests.py ~/.cache/askew/models FOLDER_OF_JINJA_FILES > tests/fixtures/chat_digests.json

The folder holds chat templates of well-known models; the fixture has only digests of the rendered chats. With `--check` at
the end the fixture is compared instead, and with `--show NAME` the rendered chats of one template are printed.
"""

import datetime
import json
import pathlib
import sys

from gguf import GGUFReader
from transformers.utils import chat_template_utils

FIXTURES = pathlib.Path(__file__).parent.parent / "fixtures"


class Clock(datetime.datetime):
    """The fixed time that the Rust test uses too."""

    @classmethod
    def now(cls, tz=None):
        return cls(2024, 11, 21, 13, 45, 6)


def fnv1a(data: bytes) -> str:
    digest = 0xCBF29CE484222325
    for byte in data:
        digest = ((digest ^ byte) * 0x100000001B3) & (2**64 - 1)
    return f"{digest:016x}"


def render(template: str, turns: list, start: str, end: str) -> str | None:
    """The text, or None if the template refuses the turns."""
    chat = [{"role": role, "content": content} for role, content in turns]
    try:
        (text,), _ = chat_template_utils.render_jinja_template(
            conversations=[chat], chat_template=template, add_generation_prompt=True, bos_token=start, eos_token=end
        )
        return text
    except Exception as error:  # jinja2's own errors, and Python's errors from operators in a template
        print(f"refused: {type(error).__name__}: {error}", file=sys.stderr)
        return None


def file_template(path: pathlib.Path) -> tuple[str, str, str] | None:
    fields = GGUFReader(path).fields
    if "tokenizer.chat_template" not in fields:
        return None
    tokens = fields["tokenizer.ggml.tokens"].contents()
    spell = lambda name: tokens[fields[f"tokenizer.ggml.{name}_token_id"].contents()]
    return fields["tokenizer.chat_template"].contents(), spell("bos"), spell("eos")


def main() -> None:
    chat_template_utils.datetime = Clock
    shared = json.loads((FIXTURES / "chat.json").read_text())
    models, folder = map(pathlib.Path, sys.argv[1:3])
    templates = {name: (text, "<s>", "</s>") for name, text in shared["templates"].items()}
    templates |= {path.stem: file_template(path) for path in sorted(models.glob("*.gguf"))}
    templates |= {path.stem: (path.read_text(), "<s>", "</s>") for path in sorted(folder.glob("*.jinja"))}
    if sys.argv[3:4] == ["--show"]:
        for turns in shared["conversations"]:
            print(json.dumps(render(templates[sys.argv[4]][0], turns, *templates[sys.argv[4]][1:])))
        return
    result = {}
    for name, template in templates.items():
        texts = template and [render(template[0], turns, *template[1:]) for turns in shared["conversations"]]
        result[name] = texts and [None if text is None else fnv1a(text.encode()) for text in texts]
    if sys.argv[3:] == ["--check"]:
        fixture = json.loads((FIXTURES / "chat_digests.json").read_text())
        differ = [name for name in fixture.keys() | result.keys() if fixture.get(name, ()) != result.get(name, ())]
        for name in sorted(differ):
            print(f"FAILED: {name}: transformers and the fixture differ")
        num_same = len(fixture.keys() | result.keys()) - len(differ)
        print(f"test result: {'FAILED' if differ else 'ok'}. {num_same} passed; {len(differ)} failed")
        sys.exit(1 if differ else 0)
    print("{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(texts)}" for name, texts in result.items()) + "\n}")


main()
