"""spec/data.md, "Input" and "prepare", in the plainest Python: the other half of tests/peers/prepare.py.

All texts are held in memory, one step after the other is done on all records, and nothing is taken from the program.
Of scores it takes those of support/scoring.py.
"""
import json
import math
import re
from fractions import Fraction

from support import scoring

WHITE = scoring.WHITE
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
SPACE = re.compile(r"[ \t\r\n]*")
DEEPEST = 256
LONGEST = 64 << 20
REASONS = ["long", "json", "object", "messages", "text", "labels", "short"]


class Bad(Exception):
    pass


class Node:
    """A JSON value: its type, what it means, and its tokens as written, without white space between them."""

    def __init__(self, kind, value, raw):
        self.kind, self.value, self.raw = kind, value, raw


def skip(text, at):
    return SPACE.match(text, at).end()


def read_string(text, at):
    try:
        value, end = json.decoder.scanstring(text, at + 1, True)
    except ValueError as e:
        raise Bad from e
    if any(0xD800 <= ord(c) <= 0xDFFF for c in value):
        raise Bad
    if re.search(r"\\u(?![0-9A-Fa-f]{4})", re.sub(r"\\[^u]", "", text[at:end])):
        raise Bad
    return Node("string", value, text[at:end]), end


def read_value(text, at, depth=0):
    at = skip(text, at)
    c = text[at:at + 1]
    if c == '"':
        return read_string(text, at)
    if c in ("{", "["):
        return read_container(text, at, depth + 1)
    for word, kind, value in (("true", "boolean", True), ("false", "boolean", False), ("null", "null", None)):
        if text.startswith(word, at):
            return Node(kind, value, word), at + len(word)
    match = NUMBER.match(text, at)
    if not match:
        raise Bad
    return Node("number", match[0], match[0]), match.end()


def read_container(text, at, depth):
    if depth > DEEPEST:
        raise Bad
    is_object = text[at] == "{"
    close = "}" if is_object else "]"
    members, items, raws = {}, [], []
    at = skip(text, at + 1)
    while text[at:at + 1] != close:
        if raws:
            if text[at:at + 1] != ",":
                raise Bad
            at = skip(text, at + 1)
        before = ""
        if is_object:
            if text[at:at + 1] != '"':
                raise Bad
            name, at = read_string(text, at)
            at = skip(text, at)
            if text[at:at + 1] != ":":
                raise Bad
            at += 1
            before = name.raw + ":"
        value, at = read_value(text, at, depth)
        if is_object:
            members.pop(name.value, None)       # of a repeated key the last counts, in its place
            members[name.value] = value
        items.append(value)
        raws.append(before + value.raw)
        at = skip(text, at)
    raw = ("{" if is_object else "[") + ",".join(raws) + close
    return Node("object" if is_object else "array", members if is_object else items, raw), at + 1


def plain(node):
    """What support/scoring.py wants: numbers as Python's, where they are none others as texts of no meaning."""
    if node.kind == "object":
        return {name: plain(value) for name, value in node.value.items()}
    if node.kind == "array":
        return [plain(value) for value in node.value]
    if node.kind == "number":
        return json.loads(node.value)
    return node.value


def lines_of(data):
    """(number, bytes) of each line that is not blank."""
    if data.startswith(b"\xef\xbb\xbf"):
        data = data[3:]
    parts = data.split(b"\n")
    ended = len(parts) - 1
    for i, line in enumerate(parts):
        if i < ended and line.endswith(b"\r"):
            line = line[:-1]
        if line.decode("utf-8", "replace").strip(WHITE):
            yield i + 1, line


class Record:
    """A line: `reason` when it is bad; else its fields, kind and text."""

    def __init__(self, line, options):
        self.reason = self.read(line, options)

    def read(self, line, options):
        if len(line) > LONGEST:
            return "long"
        try:
            text = line.decode("utf-8")
            node, at = read_value(text, 0)
            if skip(text, at) != len(text):
                raise Bad
        except (UnicodeDecodeError, Bad):
            return "json"
        if node.kind != "object":
            return "object"
        self.fields = node.value
        metadata = self.fields.get("metadata")
        self.metadata = metadata.value if metadata and metadata.kind == "object" else {}
        reason = self.find_text(options["text_field"])
        if reason:
            return reason
        self.text = self.text.strip(WHITE)
        if not self.text:
            return "text"
        self.labels = None
        if options["keep_labels"]:
            pair = [self.fields.get(name) for name in ("auth_weight", "prov_entropy")]
            if all(label is not None and label.kind != "null" for label in pair):
                if any(label.kind != "number" for label in pair):
                    return "labels"
                w, h = (float(label.value) for label in pair)
                if not (0 <= w <= 0.99 and 0 <= h < math.inf):
                    return "labels"
                self.labels = (float(f"{w:.4f}"), float(f"{h:.4f}"))
        if self.kind == "text" and len(self.text) < options["min_chars"]:
            return "short"
        return None

    def find_text(self, text_field):
        messages = self.fields.get("messages")
        self.holders = []
        if messages is not None and messages.kind not in ("null", "array"):
            return "messages"
        if messages is not None and messages.kind == "array" and messages.value:
            contents = []
            for message in messages.value:
                if message.kind != "object" or getattr(message.value.get("role"), "kind", "") != "string":
                    return "messages"
                content = message.value.get("content")
                if content is None or content.kind == "null":
                    continue
                if content.kind != "string":
                    return "messages"
                contents.append(content.value)
            self.kind, self.text = "chat", "\n".join(contents)
            return None
        pair = [self.fields.get(name) for name in ("prompt", "completion")]
        if all(part and part.kind == "string" for part in pair) and pair[1].value.strip(WHITE):
            self.kind, self.text = "completion", pair[0].value + "\n" + pair[1].value
            self.holders = ["prompt", "completion"]
            return None
        names = scoring.TEXT_FIELDS if text_field is None else [text_field]
        texts = [(name, self.fields[name].value.strip(WHITE)) for name in names
                 if name in self.fields and self.fields[name].kind == "string"]
        texts = [(name, text) for name, text in texts if text]
        if not texts:
            return "text"
        long = [(name, text) for name, text in texts if len(text) > 50 or text_field is not None]
        name, self.text = (long or texts)[0]
        self.kind, self.holders = "text", [name]
        return None

    def key(self, name):
        node = self.fields.get(name)
        if node is None or node.kind == "null":
            node = self.metadata.get(name)
        if node is None or node.kind not in ("string", "number"):
            return None
        return node.value or None

    def plain(self):
        return {name: plain(node) for name, node in self.fields.items()}

    def metadata_json(self):
        scalar = ("string", "number", "boolean")
        own = {name: node for name, node in self.fields.items() if node.kind in scalar}
        out = {name: node for name, node in own.items() if name not in self.holders}
        for name, node in self.metadata.items():
            if node.kind in scalar and name not in own:
                out[name] = node
        return "{" + ", ".join(f"{quote(name)}: {node.raw}" for name, node in out.items()) + "}"


def quote(text):
    out = []
    short = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
    for c in text:
        out.append(short.get(c) or (f"\\u{ord(c):04x}" if ord(c) < 32 else c))
    return '"' + "".join(out) + '"'


def chunks_of(text, longest):
    out = []
    while len(text) > longest:
        best = None
        for match in re.finditer(f"[{WHITE}]+", text):
            if longest // 2 <= match.start() <= longest:
                rank = min(match[0].count("\n"), 2)
                if best is None or rank >= best[0]:
                    best = rank, match.start()
            if match.start() > longest:
                break
        cut = best[1] if best else longest
        out.append(text[:cut].strip(WHITE))
        text = text[cut:].strip(WHITE)
    return out + [text]


def normalize(text):
    lower = "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)
    return re.sub(f"[{WHITE}]+", " ", lower).strip(" ")


def draw(seed, i):
    mask = 2 ** 64 - 1
    z = (seed + (i + 1) * 0x9E3779B97F4A7C15) & mask
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & mask
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & mask
    return z ^ z >> 31


def band_of(policy, w):
    return "low" if w < policy.number("bands", "low") else "high" if w > policy.number("bands", "high") else "mid"


def take(records, size):
    """Those whose examples still fit, and the others."""
    taken, left = [], []
    for record in records:
        if len(record.examples) <= size:
            size -= len(record.examples)
            taken.append(record)
        else:
            left.append(record)
    return taken, left


def count_examples(records):
    return sum(len(record.examples) for record in records)


def prior_weight(policy, name):
    kind = scoring.hint_of(policy, name) or "unknown"
    return float(policy.priors[policy.dated.get(kind, kind)]["w"])


def statistics(values, weights):
    """Mean and deviation, exact until the root."""
    n = sum(weights)
    if n == 0:
        return None, None
    values = [Fraction(f"{value:.4f}") for value in values]
    mean = sum(value * weight for value, weight in zip(values, weights)) / n
    variance = sum(value * value * weight for value, weight in zip(values, weights)) / n - mean * mean
    return float(mean), math.sqrt(variance)


def example_json(record, chunk):
    if record.kind == "text":
        head = f'{{"text": {quote(chunk)}'
    elif record.kind == "chat":
        head = f'{{"messages": {record.fields["messages"].raw}'
    else:
        head = f'{{"prompt": {record.fields["prompt"].raw}, "completion": {record.fields["completion"].raw}'
    score = record.score
    trivium = f', "trivium_category": "{score["trivium_category"]}"' if score["trivium_category"] else ""
    return (f'{head}, "auth_weight": {record.w:.4f}, "prov_entropy": {record.h:.4f}, '
            f'"source_type": {quote(score["source_type"])}{trivium}, "citation_count": {score["citation_count"]}, '
            f'"primary_source_count": {score["primary_source_count"]}, "metadata": {record.metadata_json()}}}\n')


def prepare(files, policy, options):
    """files: [(name, bytes)]. Returns the bytes of train, val and rejected, and the summary as an object."""
    counts = {name: dict(lines=0, rejected={}, duplicate_key=0, records=0, examples=0, duplicate_text=0, capped=0,
                         rebalanced=0, unused=0, train=0, val=0) for name, _ in files}
    rejected, kept, texts = [], [], set()
    for name, data in files:
        count, keys = counts[name], set()
        for number, line in lines_of(data):
            count["lines"] += 1
            record = Record(line, options)
            if record.reason:
                count["rejected"][record.reason] = count["rejected"].get(record.reason, 0) + 1
                raw = line[:1000] if record.reason == "long" else line
                rejected.append(f'{{"file": {quote(name)}, "line": {number}, "reason": "{record.reason}", '
                                f'"raw": {quote(raw.decode("utf-8", "replace"))}}}\n')
                continue
            key = record.key(options["key"])
            if key is not None and key in keys:
                count["duplicate_key"] += 1
                continue
            count["records"] += 1
            record.file, record.examples = name, []
            chunks = chunks_of(record.text, options["max_chars"]) if record.kind == "text" else [record.text]
            count["examples"] += len(chunks)
            for chunk in chunks:
                if normalize(chunk) in texts:
                    count["duplicate_text"] += 1
                else:
                    texts.add(normalize(chunk))
                    record.examples.append(chunk)
            if record.examples:
                keys.add(key)
                kept.append(record)
    for i, record in enumerate(kept):
        record.score = scoring.score(policy, record.plain(), record.text, record.file)
        w, h = record.score["auth_weight"], record.score["prov_entropy"]
        record.w, record.h = record.labels or (float(f"{w:.4f}"), float(f"{h:.4f}"))
        record.band, record.draw = band_of(policy, record.w), (draw(options["seed"], i), i)
    kept.sort(key=lambda record: record.draw)

    def drop(records, why):
        for record in records:
            counts[record.file][why] += len(record.examples)
            record.out = why

    for name, _ in files:
        divisor = {"low": 3, "mid": 5, "high": 6}[band_of(policy, prior_weight(policy, name))]
        drop(take([r for r in kept if r.file == name], options["train_size"] // divisor)[1], "capped")
    kept = [record for record in kept if not hasattr(record, "out")]
    low = count_examples(r for r in kept if r.band == "low")
    if options["rebalance"] and 0 < 5 * low < count_examples(kept):
        high = 4 * low * 35 // 100
        drop(take([r for r in kept if r.band == "high"], high)[1], "rebalanced")
        drop(take([r for r in kept if r.band == "mid"], 3 * low - high)[1], "rebalanced")
    kept = [record for record in kept if not hasattr(record, "out")]
    val, rest = take(kept, min(options["val_size"], count_examples(kept) // 5))
    train, rest = take(rest, options["train_size"])
    drop(rest, "unused")
    for where, records in (("train", train), ("val", val)):
        for record in records:
            counts[record.file][where] += len(record.examples)
    out = ["".join(example_json(r, chunk) for r in records for chunk in r.examples) for records in (train, val)]
    return [text.encode() for text in out] + ["".join(rejected).encode()], summary(counts, train + val, options)


def summary(counts, chosen, options):
    total = {key: {} if key == "rejected" else sum(count[key] for count in counts.values())
             for key in next(iter(counts.values()))}
    for reason in REASONS:
        n = sum(count["rejected"].get(reason, 0) for count in counts.values())
        if n:
            total["rejected"][reason] = n
    n = count_examples(chosen)
    bands = {}
    for band in ("low", "mid", "high"):
        members = [record for record in chosen if record.band == band]
        weights = [len(record.examples) for record in members]
        w, h = (statistics([getattr(record, x) for record in members], weights) for x in "wh")
        bands[band] = dict(count=sum(weights), share=sum(weights) / n if n else None,
                           w_mean=w[0], w_std=w[1], H_mean=h[0], H_std=h[1])
    trivium = {name: count_examples(r for r in chosen if (r.score["trivium_category"] or "unknown") == name)
               for name in ("grammar", "logic", "rhetoric", "unknown")}
    high = count_examples(record for record in chosen if record.h >= 5.5)
    warnings = [name for name, part in (("low", bands["low"]["count"]), ("entropy", high)) if 5 * part < n]
    return dict(seed=options["seed"], total=total, files=[dict(file=name, **count) for name, count in counts.items()],
                bands=bands, trivium=trivium, entropy_share=high / n if n else None, warnings=warnings)
