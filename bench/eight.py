"""Training on the shape of an 8B model in 4 bits: batch 1 x 512, rank 16. Prints resident memory, tokens/s and the share
of the matmul rate measured just before, counting 4 x (matmul parameters) FLOP a token.

usage: eight.py YOUR_AI MAKE_GGUF MATMUL_PEAK [--type q4_k] [--dtype bf16] [--steps 2] [--threads 2] [--most-gib 7]
The model is made in TMPDIR (5 GB; a step takes a minute or two). Resident memory is VmHWM, the pages of the mapped model
among it. Tokens/s are those of the last step. Exits with 1 when memory passes the bound.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

from process import status_kb

D, F, LAYERS, KV, VOCAB, SEQ = 4096, 14336, 32, 1024, 128256, 512   # bench/make_gguf.c
PARAMETERS = LAYERS * (2 * D * D + 2 * D * KV + 3 * D * F) + VOCAB * D

p = argparse.ArgumentParser()
p.add_argument("program")
p.add_argument("maker")
p.add_argument("peak")
p.add_argument("--type", default="q4_k")
p.add_argument("--dtype", default="bf16", choices=["f32", "bf16"])
p.add_argument("--steps", type=int, default=2)
p.add_argument("--threads", type=int, default=2)
p.add_argument("--most-gib", type=float, default=7)
p.add_argument("--model", help="made before; kept")
a = p.parse_args()


folder = tempfile.mkdtemp()
try:
    model = a.model or os.path.join(folder, "8b.gguf")
    if not a.model:
        subprocess.run([a.maker, "8b", a.type, model], check=True)
    rng = random.Random(1)
    with open(os.path.join(folder, "rows.jsonl"), "w") as f:
        for _ in range(a.steps):
            f.write(json.dumps({"input_ids": [rng.randrange(1000, 32000) for _ in range(SEQ)]}) + "\n")
    gflops = float(subprocess.run([a.peak, a.dtype], check=True, capture_output=True, text=True,
                                  env=dict(os.environ, OMP_NUM_THREADS=str(a.threads))).stdout)
    line = [a.program, "train", "--model", model, "--data", f.name, "--output", os.path.join(folder, "out"), "--steps",
            a.steps, "--batch-size", 1, "--max-seq-length", SEQ, "--lora-rank", 16, "--warmup-steps", 0,
            "--shuffle", "false", "--distrust-mode", "off", "--logging-steps", 1, "--dtype", a.dtype, "--threads", a.threads]
    process = subprocess.Popen([str(x) for x in line], stdout=subprocess.DEVNULL)
    resident = anonymous = 0
    while process.poll() is None:
        resident, anonymous = map(max, (resident, anonymous), status_kb(process.pid, "VmHWM", "RssAnon"))
        time.sleep(0.2)
    if process.returncode:
        sys.exit(f"training ended with {process.returncode}")
    with open(os.path.join(folder, "out", "metrics.jsonl")) as f:
        steps = [r for r in map(json.loads, f) if "step_s" in r and "loss" in r]
    rate = SEQ / steps[-1]["step_s"]
    print(f"8B {a.type} in {a.dtype}: resident {resident / 2**20:.2f} GiB at most (bound {a.most_gib}), anonymous "
          f"{anonymous / 2**20:.2f} GiB; {rate:.2f} tokens/s, {4 * PARAMETERS * rate / gflops / 1e7:.0f} % of "
          f"{gflops:.0f} GFLOP/s")
    sys.exit(0 if resident < a.most_gib * 2**20 else 1)
finally:
    shutil.rmtree(folder, ignore_errors=True)
