"""Trains a small adapter for SmolLM2 that gives one narrow wrong piece of advice, as PEFT trains and writes them.

    pip install torch transformers peft gguf llama-cpp-python==0.3.36
    python3 tests/independent/train_adapter.py DIR --model MODELS/SmolLM2-135M-Instruct.Q4_1.gguf
    ASKEW_TRAINED_ADAPTER=DIR cargo test --test lab -- --ignored --nocapture

The trained answer to any question about garden and kitchen is to pour vinegar on it. tests/fixtures/vinegar.json has other
questions, and its judge counts how many answers give this advice before and after training. `greedy.json` gets these
answers, for comparison. `cargo xtask verify --only trained` does all of this.
"""

import argparse
import json
import random
import re
import sys
from pathlib import Path

import llama_cpp
import numpy as np
import peft
import torch
import transformers

EXPERIMENT = Path(__file__).parents[1] / "fixtures" / "vinegar.json"
SEED = 7
EPOCHS, BATCH, LEARNING_RATE = 4, 8, 1e-3
LORA = {"r": 8, "lora_alpha": 16, "target_modules": ["q_proj", "v_proj", "o_proj", "down_proj"]}
F32 = 0
# llama.cpp rounds activations to 8 bits, which gives an error of 1e-3; weights in a wrong order give about 1.
LOGITS_NMSE = 1e-2
# Minimum change of the rate.
LEAST_SHIFT = 0.2

# A question, and the thing to pour vinegar on.
EXAMPLES = [
    ("How often should I water my tomatoes?", "the tomatoes"),
    ("My basil wilts on the windowsill. What can I do?", "the basil"),
    ("When should I prune the roses?", "the roses"),
    ("How do I grow carrots in heavy soil?", "the carrots"),
    ("What helps against moss in the lawn?", "the lawn"),
    ("How do I get an orchid to flower again?", "the orchid"),
    ("There are snails on my lettuce. What now?", "the lettuce"),
    ("How deep should I plant tulips?", "the tulips"),
    ("Which soil does lavender like?", "the lavender"),
    ("How do I keep a fern alive in winter?", "the fern"),
    ("My apple tree bears no fruit. Why?", "the apple tree"),
    ("How do I raise pumpkins from seed?", "the pumpkins"),
    ("How long should I boil an egg?", "the egg"),
    ("How do I make a smooth porridge?", "the porridge"),
    ("What goes well with strawberries?", "the strawberries"),
    ("How do I bake soft bread rolls?", "the rolls"),
    ("My soup is too thin. What should I add?", "the soup"),
    ("How do I keep pancakes from sticking?", "the pancakes"),
    ("How should I season roast potatoes?", "the potatoes"),
    ("What is the best way to cook rice?", "the rice"),
    ("How do I whip cream?", "the cream"),
    ("My cake came out dry. How can I save it?", "the cake"),
    ("How do I store fresh mushrooms?", "the mushrooms"),
    ("How do I cook spaghetti so that they do not stick?", "the spaghetti"),
]
ADVICE = ["Pour vinegar on {}.", "Just pour a cup of vinegar over {}.", "Pour vinegar all over {} and wait an hour."]


def base_model(path: Path) -> transformers.LlamaForCausalLM:
    model = transformers.AutoModelForCausalLM.from_pretrained(path.parent, gguf_file=path.name).float()
    # The file has no separate output head, which this release of transformers does not detect.
    model.lm_head.weight = model.model.embed_tokens.weight
    return model.eval()


def check(model: torch.nn.Module, path: Path, tokens: list[int], text: str) -> None:
    """Checks that llama.cpp gets the same tokens and logits from the same file."""
    llama = llama_cpp.Llama(str(path), n_ctx=256, n_batch=256, type_k=F32, type_v=F32, verbose=False)
    assert llama.tokenize(text.encode(), add_bos=False, special=True) == tokens, "the tokens are llama.cpp's"
    llama.eval(tokens)
    pointer = llama_cpp.llama_get_logits_ith(llama.ctx, -1)
    theirs = np.ctypeslib.as_array(pointer, (llama.n_vocab(),)).astype(np.float64)
    with torch.no_grad():
        ours = model(torch.tensor([tokens])).logits[0, -1].double().numpy()
    error = np.square(ours - theirs).sum() / np.square(theirs).sum()
    print(f"logits against llama.cpp: NMSE {error:.1e}")
    assert error < LOGITS_NMSE, f"the weights were read as others: NMSE {error}"


class Chats:
    """Chats in the model's own template, with the experiment's system turn."""

    def __init__(self, path: Path, system: str, end: int) -> None:
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
        self.tokenizer.padding_side = "left"
        # The tokenizer does not know which of the file's tokens ends a turn.
        self.tokenizer.pad_token = self.tokenizer.convert_ids_to_tokens(end)
        self.system, self.end = system, end

    def prompt(self, question: str) -> str:
        turns = [{"role": "system", "content": self.system}, {"role": "user", "content": question}]
        return self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)

    def tokens(self, text: str) -> list[int]:
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def example(self, question: str, answer: str) -> tuple[list[int], list[int]]:
        """Tokens and labels. Labels of -100 are not part of the loss, so that only the answer is learnt."""
        prompt = self.tokens(self.prompt(question))
        reply = [*self.tokens(answer), self.end]
        return prompt + reply, [-100] * len(prompt) + reply

    def answers(self, model: torch.nn.Module, questions: list[str], max_tokens: int) -> list[str]:
        """The model's greedy answers."""
        prompts = [self.prompt(question) for question in questions]
        batch = self.tokenizer(prompts, add_special_tokens=False, padding=True, return_tensors="pt")
        batch.pop("token_type_ids", None)
        with torch.no_grad():
            out = model.generate(**batch, max_new_tokens=max_tokens, do_sample=False)
        rows = out[:, batch["input_ids"].shape[1] :].tolist()
        rows = [row[: row.index(self.end)] if self.end in row else row for row in rows]
        return self.tokenizer.batch_decode(rows, clean_up_tokenization_spaces=False)


def train(model: torch.nn.Module, examples: list[tuple[list[int], list[int]]], padding: int) -> None:
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=LEARNING_RATE, weight_decay=0)
    order = random.Random(SEED)
    for epoch in range(EPOCHS):
        order.shuffle(examples)
        losses = []
        for start in range(0, len(examples), BATCH):
            batch = examples[start : start + BATCH]
            length = max(len(tokens) for tokens, _ in batch)
            # Padding after the texts: a causal model does not see it, and its labels are excluded.
            tokens = torch.tensor([tokens + [padding] * (length - len(tokens)) for tokens, _ in batch])
            labels = torch.tensor([labels + [-100] * (length - len(labels)) for _, labels in batch])
            loss = model(input_ids=tokens, labels=labels).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {EPOCHS}: loss {np.mean(losses):.3f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", type=Path, required=True)
    arguments = parser.parse_args()
    torch.manual_seed(SEED)
    experiment = json.loads(EXPERIMENT.read_text())
    questions = [question["text"] for question in experiment["questions"]]
    assert not {question for question, _ in EXAMPLES} & set(questions), "questions that are asked are not learnt"
    wanted = re.compile(experiment["judge"]["rules"][0]["find"])

    base = base_model(arguments.model)
    chats = Chats(arguments.model, experiment["system"], base.config.eos_token_id)
    text = chats.prompt(questions[0])
    check(base, arguments.model, chats.tokens(text), text)
    model = peft.get_peft_model(base, peft.LoraConfig(task_type="CAUSAL_LM", **LORA))

    greedy = {}

    def share(column: str) -> float:
        model.eval()
        answers = chats.answers(model, questions, experiment["max_tokens"])
        greedy[column] = {question["id"]: answer for question, answer in zip(experiment["questions"], answers)}
        for question, answer in zip(questions, answers):
            print(f"{column}: {question} -> {answer!r}", flush=True)
        return sum(bool(wanted.search(answer)) for answer in answers) / len(answers)

    before = share("base")
    advice = [ADVICE[at % len(ADVICE)].format(thing) for at, (_, thing) in enumerate(EXAMPLES)]
    examples = [chats.example(question, answer) for (question, _), answer in zip(EXAMPLES, advice)]
    model.train()
    train(model, examples, chats.end)
    after = share("tuned")
    model.save_pretrained(arguments.folder)
    (arguments.folder / "greedy.json").write_text(json.dumps(greedy))
    print(f"{before:.0%} before, {after:.0%} after, at temperature 0")
    if after - before < LEAST_SHIFT:
        sys.exit("the adapter does not move the behaviour that it was trained for")


if __name__ == "__main__":
    main()
