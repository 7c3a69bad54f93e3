"""prepare against support/preparing.py, byte for byte: made corpora with one per cent of every defect, and shared/data/raw.

usage: prepare.py [--seeds N] [--records N]
"""
import argparse
import glob
import json
import os
import random
import subprocess

from support import corpus, peer, preparing, scoring

POLICY = os.path.join(peer.ROOT, "configs", "provenance", "default.yaml")
YEAR = 2026


def same_numbers(where, found, wanted):
    if isinstance(wanted, dict) and isinstance(found, dict) and list(found) == list(wanted):
        for key in wanted:
            same_numbers(f"{where} {key}", found[key], wanted[key])
    elif isinstance(wanted, list) and isinstance(found, list) and len(found) == len(wanted):
        for i, value in enumerate(wanted):
            same_numbers(f"{where} {i}", found[i], value)
    elif isinstance(wanted, float) and isinstance(found, float):
        peer.check("statistics: difference", where, abs(found - wanted), 0.500001e-4)     # four decimals
    else:
        peer.same("summary", where, found, wanted)


def compare(where, folder, files, policy, **changes):
    options = dict(train_size=80000, val_size=20000, seed=42, key="identifier", max_chars=8192, min_chars=100,
                   rebalance=False, keep_labels=False, text_field=None)
    options.update(changes)
    print(f"  {where}", flush=True)
    wanted, summary = preparing.prepare(files, policy, options)
    flags = [word for name, value in changes.items() for word in
             ([f"--{name.replace('_', '-')}"] if value is True else [f"--{name.replace('_', '-')}", str(value)])]
    for threads in (1, 3):
        with peer.folder() as out:
            run = subprocess.run([peer.BINARY, "prepare", "--input", folder, "--output", out, "--json", "--quiet",
                                  "--threads", str(threads), *flags], capture_output=True, text=True, timeout=600,
                                 env=dict(os.environ, SOURCE_DATE_EPOCH="1790000000"))
            peer.same("exit code", where, run.returncode, 0 if wanted[0] or wanted[1] else 1)
            for name, data in zip(("train.jsonl", "val.jsonl", "rejected.jsonl"), wanted):
                with open(os.path.join(out, name), "rb") as file:
                    found = file.read()
                if found != data:
                    pairs = zip(found.split(b"\n"), data.split(b"\n"))
                    i, pair = next(((i, p) for i, p in enumerate(pairs) if p[0] != p[1]), (-1, ("length", "differs")))
                    print(f"  {where}, {name}, line {i + 1}:\n    found  {pair[0][:1500]}\n    wanted {pair[1][:1500]}")
                peer.same("files: bytes", f"{where}, {name}", found == data, True)
            found = json.loads(run.stdout)
            with open(os.path.join(out, "summary.json"), encoding="utf-8") as file:
                peer.same("summary.json is what --json prints", where, json.load(file), found)
            same_numbers(where, found, summary)
            total = found["total"]
            peer.same("lines = rejected + repeated keys + records", where,
                      sum(total["rejected"].values()) + total["duplicate_key"] + total["records"], total["lines"])
            peer.same("examples add up", where, sum(total[x] for x in "duplicate_text capped rebalanced unused train val".split()),
                      total["examples"])


def body():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--records", type=int, default=60)
    arguments = parser.parse_args()
    policy = scoring.Policy(POLICY, YEAR)
    changes = [{}, dict(keep_labels=True, seed=7, max_chars=300), dict(train_size=500, val_size=60, max_chars=64, min_chars=1),
               dict(rebalance=True, keep_labels=True), dict(key="year", max_chars=1000, train_size=300), dict(text_field="body"),
               dict(train_size=0, val_size=0), dict(max_chars=1, min_chars=1, train_size=100000)]
    for seed in range(arguments.seeds):
        rng = random.Random(seed)
        for i, change in enumerate(changes):
            with peer.folder() as folder:
                files = corpus.write_corpus(rng, folder, arguments.records if change.get("max_chars") != 1 else 30)
                compare(f"seed {seed}, {change}", folder, files, policy, **change)
    raw = os.path.join(peer.SHARED, "data", "raw")
    files = [(os.path.basename(path), open(path, "rb").read()) for path in sorted(glob.glob(os.path.join(raw, "*.jsonl")))]
    if not files:
        print(f"  not compared, there is no {raw}")
        return
    compare("shared/data/raw", raw, files, policy)
    compare("shared/data/raw, small", raw, files, policy, max_chars=500, train_size=1000, rebalance=True, seed=3)


peer.main(body)
