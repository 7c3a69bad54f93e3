"""Decoding and prompts against llama.cpp, in turn in the same run: prints a line a round and the ratios of medians.

usage: decode.py YOUR_AI LLAMACPP_DECODE.py MODEL.gguf [--tokens 128] [--threads 2] [--rounds 3]
       [--least-decode 1.2] [--least-prompt 1.5]
LLAMACPP_DECODE.py is YA_SHARED/bench/llamacpp_decode.py; run this with a Python that has llama-cpp-python. Exits with 1
when a ratio falls below its bound. How much of the greedy texts is the same is printed, no more: llama.cpp rounds
activations to 8 bits, so that it may decide a near-tie otherwise than the exact logits do.
"""
import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile

PROMPT = "The history of measurement begins with"
LONG = 1024


def peer(a):
    command = [sys.executable, a.peer, a.model, "--tokens", a.tokens, "--threads", a.threads, "--prompt", PROMPT, "--runs", 1]
    out = subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout
    found = json.loads(out.splitlines()[-1])
    return found["tokens_per_s"], found["prompt_tokens_per_s"], found["text"]


def rates(err):
    """Tokens/s of the prompt and of new tokens, from the line that generate leaves on standard error."""
    return [float(x) for x in re.findall(r"at ([0-9.]+) tokens/s", err)]


def ours(a):
    generate = [a.program, "generate", "--model", a.model, "--threads", a.threads, "--ignore-eos"]

    def run(*flags):
        return subprocess.run([str(c) for c in generate + list(flags)], check=True, capture_output=True, text=True)

    text = run("--prompt", PROMPT, "--max-tokens", a.tokens)
    # llama.cpp's script repeats the prompt's ids up to LONG; only their number matters for the time.
    with tempfile.NamedTemporaryFile("w", suffix=".json") as ids:
        json.dump([[(37 * i) % 40000 + 10 for i in range(LONG)]], ids)
        ids.flush()
        long = run("--ids", ids.name, "--max-tokens", 1)
    return rates(text.stderr)[1], rates(long.stderr)[0], text.stdout


p = argparse.ArgumentParser()
p.add_argument("program")
p.add_argument("peer")
p.add_argument("model")
p.add_argument("--tokens", type=int, default=128)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--rounds", type=int, default=3)
p.add_argument("--least-decode", type=float, default=1.2)
p.add_argument("--least-prompt", type=float, default=1.5)
a = p.parse_args()
rounds = []
for i in range(a.rounds):
    rounds.append((ours(a), peer(a)))
    (mine, my_prompt, _), (theirs, their_prompt, _) = rounds[-1]
    print(f"round {i + 1}: new tokens/s {mine:.1f} against {theirs:.1f}, prompt tokens/s {my_prompt:.1f} against {their_prompt:.1f}",
          flush=True)


def ratio(i):
    return statistics.median(r[0][i] for r in rounds) / statistics.median(r[1][i] for r in rounds)


(_, _, text), (_, _, peers) = rounds[-1]
text, peers = text.strip(), peers.strip()
common = next((i for i, (x, y) in enumerate(zip(text, peers)) if x != y), min(len(text), len(peers)))
print(f"decoding {ratio(0):.2f} of llama.cpp (at least {a.least_decode}), prompts {ratio(1):.2f} (at least {a.least_prompt}), "
      f"greedy texts the same for {common} of {len(peers)} characters")
sys.exit(0 if ratio(0) >= a.least_decode and ratio(1) >= a.least_prompt else 1)
