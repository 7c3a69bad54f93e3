"""Made corpora of raw records, with one per cent of every kind of defect: what prepare, analyze and dedupe are compared on."""
import gzip
import json
import math
import os

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
                         ("source_type", ["patent", "Academic Paper", "odd \"type\"\n", "nul\0", "nul\0s", "wiki"]), ("citation_count", [3, "12", -1]),
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
