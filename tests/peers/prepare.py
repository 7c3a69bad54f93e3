"""prepare against support/preparing.py, byte for byte: made corpora with one per cent of every defect, and shared/data/raw.

usage: prepare.py [--seeds N] [--records N]
"""
import argparse
import glob
import gzip
import json
import math
import os
import random
import subprocess

from support import peer, preparing, scoring

POLICY = os.path.join(peer.ROOT, "configs", "provenance", "default.yaml")
YEAR = 2026
WORDS = ("the river archive of letters and a patent US 1,234,567 experiment measured in 1923 published 1880 WHO Nature "
         "(Smith, 2020) [12] studies show news journal naïve Straße 世界 мир 😀 government wikipedia interview diary "
         "experts agree, official. Reported: laboratory; observation? \u00a0 tail").split(" ")
SPACES = [" "] * 12 + ["\n", "\n\n", "\r\n", "\t", "\u00a0", " \n \n ", "\n \n\n"]
NAMES = ["patent.jsonl", "arxiv_part.jsonl", "news_cnn.jsonl", "plain.jsonl.gz", "wiki.jsonl"]


def text_of(rng, longest):
    return "".join(rng.choice(WORDS) + rng.choice(SPACES) for _ in range(rng.randint(1, longest)))


def record_of(rng, i):
    text = text_of(rng, rng.choice([5, 40, 40, 400]))
    record = {rng.choice(["text", "text", "text", "body", "answer"]): text, "identifier": f"id-{i}"}
    kind = rng.random()
    if kind < 0.1:
        record = {"messages": [{"role": "user", "content": text, "n": 1.50}, {"role": "assistant"},
                               {"role": "assistant", "content": text_of(rng, 30)}], "identifier": i}
    elif kind < 0.2:
        record = {"prompt": text, "completion": text_of(rng, 20), "extra": True}
    for name, values in (("year", [1923, "c1850", 1980, 2001, "20010304"]), ("url", ["https://nature.com/x"]),
                         ("source_type", ["patent", "Academic Paper", "odd \"type\"\n", "wiki"]), ("citation_count", [3, "12", -1]),
                         ("metadata", [{"year": 1901, "text": "x", "list": [1], "b": False, "identifier": "m"}, 3]),
                         ("auth_weight", [0.5, 0.123456, 0, 0.99]), ("prov_entropy", [1, 5.5, 7.25]), ("text", [])):
        if values and rng.random() < 0.3:
            record[name] = rng.choice(values)
    return record


def line_of(rng, i, old):
    """A line, and with one per cent each a defect."""
    record = record_of(rng, i)
    defect = rng.randrange(100)
    if defect == 0:
        return json.dumps(record).encode()[:-rng.randint(1, 9)]
    if defect == 1:
        return json.dumps(record, ensure_ascii=False).encode().replace(b"i", b"\xff", 1)
    if defect == 2:
        return json.dumps({"text": "lone \ud800 surrogate", **record}).encode()
    if defect == 3:
        return json.dumps({**record, "x": math.nan}).encode()
    if defect == 4:
        depth = rng.choice([254, 255, 256, 300])
        return json.dumps(record).encode()[:-1] + b', "deep": ' + b"[" * depth + b"]" * depth + b"}"
    if defect == 5:
        return rng.choice([b"[1, 2]", b"3", b'"text"', b"null"])
    if defect == 6:
        return json.dumps({"messages": rng.choice([3, [3], [{"content": "x"}], [{"role": "user", "content": 3}]])}).encode()
    if defect == 7:
        return json.dumps({"text": " \u00a0\n", "identifier": f"blank-{i}"}).encode()
    if defect == 8:
        return json.dumps({**record, "auth_weight": rng.choice(["high", 1.5, -0.1]), "prov_entropy": 2}).encode()
    if defect == 9:
        return json.dumps({"text": text_of(rng, 4)}).encode()
    if defect == 10 and old:
        return rng.choice(old)
    if defect == 11 and old:
        return rng.choice(old).replace(b"e", b"E").replace(b"identifi", b"other")
    if defect == 12:
        return b"  \t"
    if defect == 13:
        return json.dumps(record).encode()[:-1] + b', "\\u0074ext": "twice ' + b"ab " * 60 + b'", "n" : 1e999 , "z":-0.0}'
    return json.dumps(record, ensure_ascii=rng.random() < 0.5).encode()


def write_corpus(rng, folder, n_records):
    files, old = [], []
    for name in sorted(NAMES):
        lines = []
        for i in range(n_records):
            lines.append(line_of(rng, i, old))
            old.append(lines[-1])
        end = rng.choice([b"\n", b"\r\n"])
        data = rng.choice([b"", b"\xef\xbb\xbf"]) + end.join(lines) + rng.choice([b"", end])
        middle = len(data) // 3
        stored = gzip.compress(data[:middle]) + gzip.compress(data[middle:]) if name.endswith(".gz") else data
        with open(os.path.join(folder, name), "wb") as file:
            file.write(stored)
        files.append((name, data))
    return files


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
                files = write_corpus(rng, folder, arguments.records if change.get("max_chars") != 1 else 30)
                compare(f"seed {seed}, {change}", folder, files, policy, **change)
    raw = os.path.join(peer.SHARED, "data", "raw")
    files = [(os.path.basename(path), open(path, "rb").read()) for path in sorted(glob.glob(os.path.join(raw, "*.jsonl")))]
    if not files:
        print(f"  not compared, there is no {raw}")
        return
    compare("shared/data/raw", raw, files, policy)
    compare("shared/data/raw, small", raw, files, policy, max_chars=500, train_size=1000, rebalance=True, seed=3)


peer.main(body)
