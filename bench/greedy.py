"""Greedy text of SmolLM2 in Q4_1 against PyTorch in f32 on the same weights and against llama.cpp, a line a prompt.

usage: greedy.py YOUR_AI MODEL.gguf HF_DIRECTORY [--tokens 32] [--threads 2]
HF_DIRECTORY holds the same weights expanded to f32 (YA_SHARED/bench/export_smollm2.py); run this with a Python that has torch,
transformers and llama-cpp-python. Exits with 1 when a token of ours is not PyTorch's best, or within NEAR of it. llama.cpp
rounds activations to 8 bits, and what is rounded otherwise for the last bit of a sum rounds all that follows otherwise: its text
depends on the order of its sums. So its text is shown beside ours, no more, with how far its token is below the best where they
part, and beside its own when it is given the same prompt token by token.
"""
import argparse
import json
import subprocess
import sys
import tempfile

import torch
import transformers
from llama_cpp import Llama

PROMPTS = ["The history of measurement begins with", "The capital of France is", "Water boils at", "def fibonacci(n):",
           "Once upon a time there was", "The three laws of motion are", "In 1969, humans first",
           "The best way to learn a language is", "A recipe for bread:", "Light travels faster than"]
NEAR = 1e-3   # of logits: shared/fixtures/smollm2/README.md allows 5e-4 each

p = argparse.ArgumentParser()
p.add_argument("program")
p.add_argument("model")
p.add_argument("expanded")
p.add_argument("--tokens", type=int, default=32)
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()
torch.set_num_threads(a.threads)
peer = Llama(a.model, n_ctx=512, n_threads=a.threads, verbose=False, logits_all=True)
exact = transformers.AutoModelForCausalLM.from_pretrained(a.expanded, dtype=torch.float32, local_files_only=True).eval()


def of_peer(ids, at_once):
    """Its likeliest tokens behind ids, given `at_once` of them at a time."""
    peer.reset()
    for i in range(0, len(ids), at_once):
        peer.eval(ids[i:i + at_once])
    out = []
    while len(out) < a.tokens:
        out.append(int(peer.scores[peer.n_tokens - 1].argmax()))
        peer.eval(out[-1:])
    return out


def in_common(x, y):
    return next((i for i in range(a.tokens) if x[i] != y[i]), a.tokens)


def of_ours(ids):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump([ids], f)
        f.flush()
        line = [a.program, "generate", "--model", a.model, "--ids", f.name, "--max-tokens", a.tokens, "--ignore-eos",
                "--json", "--threads", a.threads]
        out = subprocess.run([str(x) for x in line], check=True, capture_output=True, text=True).stdout
    return json.loads(out)["ids"]


wrong = same = itself = 0
for prompt in PROMPTS:
    ids = peer.tokenize(prompt.encode(), add_bos=False)
    ours, theirs, one_by_one = of_ours(ids), of_peer(ids, len(ids)), of_peer(ids, 1)
    with torch.no_grad():
        logits = exact(torch.tensor([ids + ours])).logits[0, len(ids) - 1:-1]
    below = [(logits[i].max() - logits[i][ours[i]]).item() for i in range(a.tokens)]
    wrong += sum(x > NEAR for x in below)
    k, own = in_common(ours, theirs), in_common(theirs, one_by_one)
    line = f"{prompt!r}: PyTorch's best in {sum(x == 0 for x in below)} of {a.tokens}, llama.cpp the same for {k}"
    if k < a.tokens:
        line += f", where its token is {(logits[k].max() - logits[k][theirs[k]]).item():.3f} below the best"
    same += k == a.tokens
    itself += own == a.tokens
    print(f"{line}; llama.cpp as itself token by token for {own}", flush=True)
print(f"{wrong} tokens of ours are not PyTorch's; llama.cpp's texts are the same for {same} of {len(PROMPTS)} prompts, and for "
      f"{itself} as its own from the prompt token by token")
sys.exit(1 if wrong else 0)
