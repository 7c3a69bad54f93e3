"""analyze and dedupe against the plainest Python, on made corpora with one per cent of every defect.

All of analyze's numbers of each file and in total; the lines that dedupe keeps by several keys; of dedupe --near, on texts
that share parts, that no pair of 0.9 or more is kept and none of 0.6 or less is dropped.

usage: analyze.py [--seeds N] [--records N]
"""
import argparse
import json
import math
import os
import random
import re
import subprocess

from support import corpus, peer, preparing, scoring

POLICY = os.path.join(peer.ROOT, "configs", "provenance", "default.yaml")
OPTIONS = dict(text_field=None, keep_labels=False, min_chars=0)
UNIQUE = ["identifier", "id", "url", "title"]
BROKEN = ("long", "json", "object")


def pull(w, h):
    s, s0 = math.log(1 - w + 1e-8) + h, math.log(0.10 + 1e-8) + 1
    return min(max(max(s, 0) ** 2 / s0 ** 2, 1), 64)


def labels_of(fields):
    """(w, H), "bad", or None when one is lacking."""
    pair = [fields.get(name) for name in ("auth_weight", "prov_entropy")]
    if any(label is None or label.kind == "null" for label in pair):
        return None
    if any(label.kind != "number" for label in pair):
        return "bad"
    w, h = (float(label.value) for label in pair)
    return (w, h) if 0 <= w <= 0.99 and 0 <= h < math.inf else "bad"


def statistics(values, *names):
    out = {"count": len(values), "min": None, "max": None, "mean": None, "std": None}
    if values:
        mean = sum(values) / len(values)
        out.update(min=min(values), max=max(values), mean=mean,
                   std=math.sqrt(sum((x - mean) ** 2 for x in values) / len(values)))
    return {name: out[name] for name in ("count", "min", "max", "mean", *names)}


def share_flag(share):
    return "OK" if share < 0.01 else "WARN" if share < 0.1 else "HIGH"


class Analysis:
    def __init__(self):
        self.counts = dict.fromkeys(["records", "parse_errors", "no_text", "scored", "bad_labels"], 0)
        self.fields, self.values, self.sources = {}, {}, {}
        self.years, self.w, self.H, self.texts, self.pairs = [], [], [], [], []
        self.unknown, self.static = 0, False

    def add(self, policy, record, file):
        if record.reason in BROKEN:
            self.counts["parse_errors"] += 1
            return
        self.counts["records"] += 1
        for name, node in record.fields.items():
            field = self.fields.setdefault(name, {"count": 0, "types": {}})
            field["count"] += 1
            field["types"][node.kind] = field["types"].get(node.kind, 0) + 1
        for name in UNIQUE:
            if record.key(name) is not None:
                self.values.setdefault(name, []).append(record.key(name))
        text = None if record.reason else record.text
        labels = labels_of(record.fields)
        self.pairs.append(labels)
        if text is None:
            self.counts["no_text"] += 1
        else:
            self.texts.append(len(text))
        if labels == "bad":
            self.counts["bad_labels"] += 1
        score = scoring.score(policy, record.plain(), text or "", file)
        year = score["explain"]["year"]
        if year is not None:
            self.years.append(year)
        if labels == "bad" or (labels is None and text is None):
            return
        if labels is None:
            self.counts["scored"] += 1
            self.unknown += year is None
        w, h = labels or (float(f"{score[name]:.4f}") for name in ("auth_weight", "prov_entropy"))
        self.w.append(w)
        self.H.append(h)
        self.sources.setdefault(score["source_type"], []).append(pull(w, h))

    def labels_are_static(self):
        rounded = {pair if pair in (None, "bad") else tuple(f"{x:.4f}" for x in pair) for pair in self.pairs}
        return len(self.pairs) >= 100 and len(rounded) == 1 and not rounded & {None, "bad"}

    def result(self):
        bands = {"low": sum(w < 0.3 for w in self.w), "high": sum(w > 0.7 for w in self.w)}
        bands["mid"] = len(self.w) - bands["low"] - bands["high"]
        bins = {"w": [0] * 10, "H": [0] * 10}
        for w, h in zip(self.w, self.H):
            bins["w"][min(int(w * 10), 9)] += 1
            bins["H"][min(int(h), 9)] += 1
        unique = {}
        for name in (name for name in UNIQUE if name in self.values):
            total, different = len(self.values[name]), len(set(self.values[name]))
            share = 1 - different / total
            unique[name] = {"total": total, "unique": different, "duplicate_share": share, "flag": share_flag(share)}
        pulls = [v for group in self.sources.values() for v in group]
        order = sorted(self.sources.items(), key=lambda item: (-len(item[1]), item[0].encode()))
        flags = [("low", self.w and 5 * bands["low"] < len(self.w)), ("high", 2 * bands["high"] > len(self.w)),
                 ("static_labels", self.static)]
        return {**self.counts, "fields": self.fields, "unique": unique,
                "years": {**statistics(self.years), "unknown": self.unknown},
                "w": {**statistics(self.w, "std"), **bands, "histogram": bins["w"]},
                "H": {**statistics(self.H, "std"), "histogram": bins["H"]},
                "text": {**statistics(self.texts), "total": sum(self.texts)},
                "ess": sum(pulls) ** 2 / sum(v * v for v in pulls) if pulls else None,
                "sources": [{"source_type": name, "records": len(group), "weight_share": sum(group) / sum(pulls)}
                            for name, group in order],
                "flags": [flag for flag, raised in flags if raised]}


def same(where, found, wanted):
    if isinstance(wanted, dict) and isinstance(found, dict) and found.keys() == wanted.keys():
        for key in wanted:
            same(f"{where} {key}", found[key], wanted[key])
    elif isinstance(wanted, list) and isinstance(found, list) and len(found) == len(wanted):
        for i, value in enumerate(wanted):
            same(f"{where} {i}", found[i], value)
    elif isinstance(wanted, (int, float)) and isinstance(found, float):
        peer.check("analyze: difference", where, abs(found - wanted), 0.500001e-4)     # four decimals
    else:
        peer.same("analyze", where, found, wanted)


def compare_analyze(policy, folder, files):
    total, results = Analysis(), []
    for name, data in files:
        one = Analysis()
        for _, line in preparing.lines_of(data):
            record = preparing.Record(line, OPTIONS)
            one.add(policy, record, name)
            total.add(policy, record, name)
        one.static = one.labels_are_static()
        total.static |= one.static
        results.append({"file": name, **one.result()})
    found = [peer.run("analyze", "--quiet", "--json", "--threads", n, "--input", folder) for n in (1, 2)]
    peer.same("analyze: threads", folder, found[0] == found[1], True)
    same("analyze", json.loads(found[0]), {"files": results, "total": total.result()})


def compare_keys(folder, name, data, key):
    seen, kept = set(), []
    counts = dict.fromkeys(["original", "unique", "duplicates", "missing", "bad"], 0)
    for _, line in preparing.lines_of(data):
        counts["original"] += 1
        record = preparing.Record(line, OPTIONS)
        if record.reason in BROKEN:
            counts["bad"] += 1
            continue
        value = record.key(key)
        counts["missing"] += value is None
        if value in seen:
            counts["duplicates"] += 1
            continue
        if value is not None:
            seen.add(value)
        counts["unique"] += 1
        kept.append(line + b"\n")
    out = os.path.join(folder, "out.jsonl")
    found = peer.run("dedupe", "--quiet", "--json", "--input", os.path.join(folder, "raw", name), "--output", out, "--key", key)
    peer.same("dedupe: counts", f"{name} {key}", json.loads(found), counts)
    with open(out, "rb") as file:
        peer.same("dedupe: lines", f"{name} {key}", file.read() == b"".join(kept), True)


def grams_of(text):
    words = re.findall("[0-9A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f]+", preparing.normalize(text))
    n = min(len(words), 5)
    return {tuple(words[i:i + n]) for i in range(len(words) - n + 1)}


def related_texts(rng):
    words = [f"w{i}" for i in range(3000)]
    texts = []
    for size in [1, 3, 5, 8, 30, 100, 400, 2000] * 8:
        base = [rng.choice(words) for _ in range(size)]
        texts.append(base)
        for changed in (0, 1, 2, size // 60, size // 25):
            copy = list(base)
            for _ in range(changed):
                copy[rng.randrange(size)] = rng.choice(words)
            texts.append(copy + [rng.choice(words) for _ in range(rng.choice([0, 0, 0, size // 12, size // 9, size // 4]))])
    rng.shuffle(texts)
    return ["".join(rng.choice([word, word, word.upper()]) + rng.choice([" ", "  ", "\n", ", "]) for word in text)
            for text in texts]


def compare_near(rng, folder):
    texts = related_texts(rng)
    path, out = os.path.join(folder, "near.jsonl"), os.path.join(folder, "near-out.jsonl")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"n": n, "text": text}) + "\n" for n, text in enumerate(texts))
    runs = []
    for threads in (1, 2):
        peer.run("dedupe", "--quiet", "--near", "--threads", threads, "--input", path, "--output", out)
        with open(out, encoding="utf-8") as file:
            runs.append([json.loads(line)["n"] for line in file])
    peer.same("dedupe --near: threads", "near", runs[0], runs[1])
    grams, kept = [grams_of(text) for text in texts], set(runs[0])
    for n, mine in enumerate(grams):
        nearest = max((len(mine & grams[k]) / len(mine | grams[k]) for k in kept if k < n), default=0)
        if n in kept:
            peer.same("dedupe --near: kept", f"{n}, nearest {nearest}", nearest < 0.9, True)
        else:
            peer.same("dedupe --near: dropped", f"{n}, nearest {nearest}", nearest > 0.6, True)


def body():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--records", type=int, default=120)
    arguments = parser.parse_args()
    os.environ["SOURCE_DATE_EPOCH"] = "1790000000"
    policy = scoring.Policy(POLICY, 2026)
    for seed in range(arguments.seeds):
        rng = random.Random(seed)
        with peer.folder() as folder:
            raw = os.path.join(folder, "raw")
            os.mkdir(raw)
            files = corpus.write_corpus(rng, raw, arguments.records)
            compare_analyze(policy, raw, files)
            for name, data in files:
                for key in ("identifier", "year", "extra", "z"):
                    compare_keys(folder, name, data, key)
            compare_near(rng, folder)


peer.main(body)
