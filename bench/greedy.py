"""Greedy text of SmolLM2 in Q4_1 against PyTorch in f32 on the same weights and against llama.cpp, a line a prompt.

usage: greedy.py YOUR_AI MODEL.gguf HF_DIRECTORY [--tokens 32] [--threads 2]
HF_DIRECTORY holds the same weights expanded to f32 (YA_SHARED/bench/export_smollm2.py); run this with a Python that has torch,
transformers and llama-cpp-python. Exits with 1 when a token of ours is not PyTorch's best, or within NEAR of it. llama.cpp
rounds activations to 8 bits: where it parts from both, how far its token is below the best is printed, no more.
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
peer = Llama(a.model, n_ctx=512, n_threads=a.threads, verbose=False)
exact = transformers.AutoModelForCausalLM.from_pretrained(a.expanded, dtype=torch.float32, local_files_only=True).eval()


def of_peer(ids):
    peer.reset()
    out = []
    for token in peer.generate(ids, temp=0.0):
        out.append(token)
        if len(out) == a.tokens:
            return out
    return out


def of_ours(ids):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump([ids], f)
        f.flush()
        line = [a.program, "generate", "--model", a.model, "--ids", f.name, "--max-tokens", a.tokens, "--ignore-eos",
                "--json", "--threads", a.threads]
        out = subprocess.run([str(x) for x in line], check=True, capture_output=True, text=True).stdout
    return json.loads(out)["ids"]


wrong = same = 0
for prompt in PROMPTS:
    ids = peer.tokenize(prompt.encode(), add_bos=False)
    ours, theirs = of_ours(ids), of_peer(ids)
    with torch.no_grad():
        logits = exact(torch.tensor([ids + ours])).logits[0, len(ids) - 1:-1]
    below = [(logits[i].max() - logits[i][ours[i]]).item() for i in range(a.tokens)]
    wrong += sum(x > NEAR for x in below)
    k = next((i for i in range(a.tokens) if ours[i] != theirs[i]), a.tokens)
    line = f"{prompt!r}: PyTorch's best in {sum(x == 0 for x in below)} of {a.tokens}, llama.cpp the same for {k}"
    if k < a.tokens:
        line += f", where its token is {(logits[k].max() - logits[k][theirs[k]]).item():.3f} below the best"
    same += k == a.tokens
    print(line, flush=True)
print(f"{wrong} tokens of ours are not PyTorch's; llama.cpp's texts are the same for {same} of {len(PROMPTS)} prompts")
sys.exit(1 if wrong else 0)
