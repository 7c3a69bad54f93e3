"""Training speed and memory, ours against PyTorch + PEFT on the same job, in turn, in one run.

usage: training.py YOUR_AI MATMUL_PEAK PEER_SCRIPT HF_DIR [--dtype float32] [--steps 8] [--rounds 2] [--threads 2]
SmolLM2-135M, batch 4 x 512 full rows, rank 16 on q,k,v,o of all layers, plain mean CE. Prints what each reached and
the ratios; absolute figures are of this machine and this hour.
"""
import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from process import status_kb

p = argparse.ArgumentParser()
p.add_argument("your_ai")
p.add_argument("matmul_peak")
p.add_argument("peer")
p.add_argument("model")
p.add_argument("--dtype", default="float32", choices=("float32", "bfloat16"))
p.add_argument("--batch", type=int, default=4)
p.add_argument("--seq", type=int, default=512)
p.add_argument("--steps", type=int, default=8)
p.add_argument("--rounds", type=int, default=2)
p.add_argument("--threads", type=int, default=2)
a = p.parse_args()


def run_ours(folder, ids):
    data, out = os.path.join(folder, "rows.jsonl"), os.path.join(folder, "out")
    shutil.rmtree(out, ignore_errors=True)
    with open(data, "w") as f:
        for i in range(0, len(ids), a.seq):
            f.write(json.dumps({"input_ids": ids[i:i + a.seq]}) + "\n")
    line = [a.your_ai, "train", "--model", a.model, "--data", data, "--output", out, "--steps", str(a.steps),
            "--batch-size", str(a.batch), "--max-seq-length", str(a.seq), "--lora-rank", "16", "--lora-targets",
            "q,k,v,o", "--learning-rate", "5e-5", "--lr-schedule", "constant", "--warmup-steps", "0",
            "--distrust-mode", "off", "--shuffle", "false", "--logging-steps", "1", "--dtype",
            "f32" if a.dtype == "float32" else "bf16", "--threads", str(a.threads)]
    peak = 0.0
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    errors = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read()))
    reader.start()
    while process.poll() is None:
        peak = max(peak, status_kb(process.pid, "RssAnon")[0] / 1024)
        time.sleep(0.05)
    reader.join()
    if process.returncode:
        sys.exit("your_ai failed:\n" + errors[0])
    rows = [json.loads(x) for x in open(os.path.join(out, "metrics.jsonl"))]
    rows = [r for r in rows if "loss" in r]
    step_s = statistics.median(r["step_s"] for r in rows[2:])
    return {"tokens_per_s": a.batch * a.seq / step_s, "peak_anon_mb": peak, "losses": [r["loss"] for r in rows]}


def run_peer(folder, ids):
    file = os.path.join(folder, "ids.json")
    json.dump(ids, open(file, "w"))
    line = [sys.executable, a.peer, "--model", a.model, "--dtype", a.dtype, "--batch", str(a.batch), "--seq", str(a.seq),
            "--steps", str(a.steps), "--threads", str(a.threads), "--ids", file]
    env = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    return json.loads(subprocess.run(line, check=True, capture_output=True, text=True, env=env).stdout.splitlines()[-1])


def parameters():
    config = json.load(open(os.path.join(a.model, "config.json")))
    d, f, v = config["hidden_size"], config["intermediate_size"], config["vocab_size"]
    hd = config.get("head_dim") or d // config["num_attention_heads"]
    q, kv = hd * config["num_attention_heads"], hd * config["num_key_value_heads"]
    return config["num_hidden_layers"] * (2 * d * q + 2 * d * kv + 3 * d * f) + v * d


def main():
    folder = tempfile.mkdtemp()
    rng = random.Random(1)
    ids = [rng.randrange(1000, 32000) for _ in range(a.steps * a.batch * a.seq)]
    ours, peers, peaks = [], [], []
    try:
        for _ in range(a.rounds):
            kind = "bf16" if a.dtype == "bfloat16" else "f32"
            env = dict(os.environ, OMP_NUM_THREADS=str(a.threads))
            peaks.append(float(subprocess.run([a.matmul_peak, kind], check=True, capture_output=True, text=True,
                                              env=env).stdout))
            ours.append(run_ours(folder, ids))
            peers.append(run_peer(folder, ids))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    speed = [x["tokens_per_s"] for x in ours]
    ratios = [x["tokens_per_s"] / y["tokens_per_s"] for x, y in zip(ours, peers)]
    shares = [x["tokens_per_s"] * 4 * parameters() / 1e9 / peak for x, peak in zip(ours, peaks)]
    memory = max(x["peak_anon_mb"] for x in ours) / min(y["peak_anon_mb"] for y in peers)
    print(f"{a.dtype}, batch {a.batch} x {a.seq}, {a.threads} threads, {a.rounds} rounds in turn")
    print(f"  ours   {statistics.median(speed):8.1f} tokens/s  {max(x['peak_anon_mb'] for x in ours):7.0f} MB anonymous")
    print(f"  peer   {statistics.median(y['tokens_per_s'] for y in peers):8.1f} tokens/s  "
          f"{min(y['peak_anon_mb'] for y in peers):7.0f} MB anonymous   ({peers[0]['peer']})")
    print(f"  ratio  {statistics.median(ratios):8.2f} x speed   {memory:7.3f} of its memory")
    print("  round by round: " + ", ".join(f"{x:.1f} / {y['tokens_per_s']:.1f} = {z:.2f}"
                                           for x, y, z in zip(speed, peers, ratios)))
    print(f"  share of the measured matmul peak ({statistics.median(peaks):.0f} GFLOP/s) at 4 x parameters FLOP a token: "
          f"{100 * statistics.median(shares):.0f} %")
    if a.dtype == "float32":  # the adapters begin with different random A, but B = 0: the first loss is the model's
        print(f"  first loss: ours {ours[0]['losses'][0]:.5f}, peer {peers[0]['losses'][0]:.5f}")


main()
