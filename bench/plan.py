"""The memory plan against what a run takes: a table of settings, predicted / measured / ratio.

usage: plan.py YOUR_AI MAKE_GGUF FOLDER [--only NAME]
Each setting is planned by `your_ai plan --json` and then trained for one step, while RssAnon and RssFile of the process
are read every 5 ms; the greatest counts. Models are synthetic GGUF files of zeros (what memory is needed for does not
depend on the weights), made in FOLDER. Fails when a measured peak is above its plan or more than 3 % below it.
bf16 computes where the processor can; elsewhere those rows are said not to be measured, and the same weights stored as
bf16 are computed in f32.
"""
import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time

from process import status_kb

p = argparse.ArgumentParser()
p.add_argument("your_ai")
p.add_argument("make_gguf")
p.add_argument("folder")
p.add_argument("--only")
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()

BASE_16GB = ["--config", "configs/hardware/base_16gb.yaml", "--gradient-accumulation-steps", "1"]
CHECKPOINT = ["--grad-checkpoint"]
#        name                shape   stored  compute batch seq   more
ROWS = [("135m-1x128",       "135m", "f32",  "f32",  1, 128,  []),
        ("135m-8x128-ckpt",  "135m", "f32",  "f32",  8, 128,  CHECKPOINT),
        ("135m-1x512-ckpt",  "135m", "f32",  "f32",  1, 512,  CHECKPOINT),
        ("135m-4x512",       "135m", "f32",  "f32",  4, 512,  []),
        ("135m-8x512-q4",    "135m", "q4_0", "f32",  8, 512,  []),
        ("135m-1x2048",      "135m", "f32",  "f32",  1, 2048, []),
        ("135m-4x2048-ckpt", "135m", "bf16", "f32",  4, 2048, CHECKPOINT),
        ("135m-4x512-bf16",  "135m", "bf16", "bf16", 4, 512,  []),
        ("1b-1x128",         "1b",   "q8_0", "f32",  1, 128,  []),
        ("1b-4x512-ckpt",    "1b",   "bf16", "f32",  4, 512,  CHECKPOINT),
        ("1b-1x512",         "1b",   "f32",  "f32",  1, 512,  []),
        ("1b-1x2048-ckpt",   "1b",   "q4_0", "f32",  1, 2048, CHECKPOINT),
        ("1b-8x128-bf16",    "1b",   "bf16", "bf16", 8, 128,  CHECKPOINT),
        ("8b-1x512-16gb",    "8b",   "q4_0", "f32",  1, 512,  BASE_16GB)]


def model_file(shape, stored):
    path = os.path.join(a.folder, f"{shape}-{stored}.gguf")
    if not os.path.exists(path):
        subprocess.run([a.make_gguf, shape, stored, path, "--sparse"], check=True, stdout=subprocess.DEVNULL)
    return path


def measure(line):
    peak = [0, 0]
    with open(os.path.join(a.folder, "log"), "w") as log:
        process = subprocess.Popen(line, stdout=log, stderr=log)
        while process.poll() is None:
            peak = [max(x) for x in zip(peak, status_kb(process.pid, "RssAnon", "RssFile"))]
            time.sleep(0.005)
    if process.returncode:
        sys.exit(f"{' '.join(line)} failed:\n" + open(log.name).read())
    return [x / 1024 for x in peak]


def row(name, shape, stored, compute, batch, seq, more):
    data, out = os.path.join(a.folder, "rows.jsonl"), os.path.join(a.folder, "out")
    rng = random.Random(1)
    with open(data, "w") as f:
        for _ in range(batch):
            f.write(json.dumps({"input_ids": [rng.randrange(1000, 30000) for _ in range(seq)]}) + "\n")
    flags = ["--model", model_file(shape, stored), "--batch-size", str(batch), "--max-seq-length", str(seq), "--steps",
             "1", "--warmup-steps", "0", "--distrust-mode", "off", "--dtype", compute, "--threads", str(a.threads)] + more
    plan = subprocess.run([a.your_ai, "plan", "--json", *flags], capture_output=True, text=True)
    if plan.returncode and compute == "bf16" and "bf16" in plan.stderr:
        print(f"{name:18} not measured: {plan.stderr.strip().splitlines()[-1]}")
        return True
    if plan.returncode:
        sys.exit(plan.stderr)
    plan = json.loads(plan.stdout)
    shutil.rmtree(out, ignore_errors=True)
    anon, file = measure([a.your_ai, "train", *flags, "--data", data, "--output", out])
    predicted = plan["anonymous_peak_mb"]
    good = anon <= predicted <= anon / 0.97
    print(f"{name:18} {stored:5} {compute:5} {batch:2} x {seq:<5} {predicted:10.1f} {anon:10.1f} {anon / predicted:8.4f} "
          f"{file:10.1f}  {'ok' if good else 'FAILED'}", flush=True)
    return good


def main():
    os.makedirs(a.folder, exist_ok=True)
    print(f"{'':18} {'file':5} {'type':5} {'batch':10} {'planned MB':>10} {'peak MB':>10} {'ratio':>8} {'files MB':>10}")
    good = [row(*r) for r in ROWS if a.only is None or a.only in r[0]]
    sys.exit(0 if all(good) else 1)


main()
