"""spec/scoring.md and the text of a record of spec/data.md, in the plainest Python: the other half of tests/peers/scoring.py.

Nothing here is fast, and nothing is taken from the program: words are looked for one by one, at every place.
"""
import math
import re

import yaml

WHITE = " \t\n\v\f\r\u00a0"
W = f"[{WHITE}]"
LATIN = "\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
WORD = f"[A-Za-z0-9_{LATIN}]"
DASH = "[-\u2013]"
TEXT_FIELDS = ["text", "content", "body", "abstract", "description", "summary", "ocr_eng", "ocr_text", "article",
               "document", "title", "support", "question", "answer"]
DATE_FIELDS = ["year", "date", "publication_date", "published"]

_MONTHS = "|".join("January February March April May June July August September October November December".split())
_LETTERS = f"[A-Za-z{LATIN}'\u2019-]"
# all that follow belong to a name; no month is one
N = f"(?!(?i:{_MONTHS})(?!{_LETTERS}))[A-Z{LATIN}]{_LETTERS}*(?!{_LETTERS})"
_AUTHOR = (f"{N}(?:{W}+et{W}+al\\.?|{W}+(?:&|and){W}+{N})?,?{W}*[0-9]{{4}}[a-z]?"
           f"(?:,{W}*pp?\\.{W}*[0-9]+(?:{W}*{DASH}{W}*[0-9]+)?)?")
_V = f"[{WHITE.replace(chr(10), '')}]"     # white space within a line
CITATION = re.compile("|".join([
    f"\\[[0-9]+(?:{W}*(?:[,;]|{DASH}){W}*[0-9]+)*\\]",
    f"\\({_AUTHOR}\\)",
    f"\\[{_AUTHOR}\\]",
    f"(?<!{WORD})(?i:ibid|(?:op|loc)\\.?{W}*cit)(?!{WORD})",
    f"(?:(?<=\\n)|\\A){_V}*[0-9]+\\.{_V}+{N},(?:[^\\n]*[^0-9\\n])?[0-9]{{4}}(?![0-9])[^\\n]*",
]), re.ASCII)
DATED = re.compile(f"(?:(?<!{WORD})(?:copyright|published|written)(?!{WORD})|\\(c\\)|\u00a9)(?:{W}|[,:])*"
                   f"(?:in(?:{W}|[,:])+)?([0-9]{{4}})(?![0-9])", re.ASCII | re.IGNORECASE)


def plural(word):
    low = word.lower()
    if low.endswith("s"):
        return None
    if low.endswith(("x", "z", "ch", "sh")):
        return word + "es"
    if low.endswith("y") and not (len(low) > 1 and low[-2] in "aeiou"):
        return word[:-1] + "ies"
    return word + "s"


def pattern(word):
    return f"{W}+".join(re.escape(part) for part in word.split(" "))


def parts(name):
    return re.findall("[a-z0-9]+", re.sub("[A-Z]", lambda m: m[0].lower(), name), re.ASCII)


def collapse(text):
    return re.sub(f"{W}+", " ", text).strip(" ")


class List:
    """The words of one list; `hosts`: one that begins with a point is a host suffix."""

    def __init__(self, words, as_written, hosts=False):
        self.forms = []
        low = {word.lower() for word in words if word not in as_written}
        for word in words:
            if hosts and word.startswith("."):
                form = f"(?<=[A-Za-z0-9_{LATIN}-]){pattern(word)}(?!{WORD}|-|\\.{WORD})"
                self.add(word, form, False)
                continue
            self.add(word, f"(?<!{WORD}){pattern(word)}(?!{WORD})", word in as_written)
            more = plural(word)
            if more and word not in as_written and more.lower() not in low:
                self.add(word, f"(?<!{WORD}){pattern(more)}(?!{WORD})", False)

    def add(self, word, form, is_name):
        flags = re.ASCII if is_name else re.ASCII | re.IGNORECASE
        self.forms.append((word, re.compile(f"(?=({form}))", flags), is_name,
                           re.compile(f"(?=({form}))", re.ASCII | re.IGNORECASE)))

    def find(self, text, names, host=(0, 0)):
        """The entries matched, from left to right; `names`: as written ones too."""
        found = []
        for word, form, is_name, folded in self.forms:
            if is_name and not names:
                continue
            found += [(m.start(), -m.end(1), word) for m in form.finditer(text)]
            if is_name:
                found += [(m.start(), -m.end(1), word) for m in folded.finditer(text)
                          if m.start() >= host[0] and m.end(1) <= host[1]]
        result, behind = [], 0
        for start, end, word in sorted(found, key=lambda match: match[:2]):
            if start >= behind:
                result.append(word)
                behind = -end
        return result


class Policy:
    def __init__(self, path, current_year):
        with open(path, encoding="utf-8") as file:
            self.__dict__.update(yaml.load(file, yaml.BaseLoader))
        self.last = current_year
        names = self.as_written
        self.scores = {word: float(group["score"]) for group in self.institutions for word in group["words"]}
        self.I = List(list(self.scores), names, hosts=True)
        self.S = List([word for word in self.consensus if word not in names], names)
        self.P = List([word for word in self.primary if word not in names], names)
        self.T = {name: List([word for word in words if word not in names], names)
                  for name, words in self.types.items()}
        self.dated = {prior["dated"]: name for name, prior in self.priors.items() if "dated" in prior}

    def number(self, section, key):
        value = getattr(self, section)[key]
        return [float(x) for x in value] if isinstance(value, list) else float(value)


def text_of(record, text_field=None):
    """The text of a record, or None."""
    messages = record.get("messages")
    if messages:
        text = "\n".join(message.get("content") or "" for message in messages).strip(WHITE)
        return text or None
    prompt, completion = record.get("prompt"), record.get("completion")
    if isinstance(prompt, str) and isinstance(completion, str) and completion.strip(WHITE):
        return f"{prompt}\n{completion}".strip(WHITE)
    if text_field is not None:
        value = record.get(text_field)
        return value.strip(WHITE) or None if isinstance(value, str) else None
    texts = [record[name].strip(WHITE) for name in TEXT_FIELDS if isinstance(record.get(name), str)]
    return next((text for text in texts if len(text) > 50), None) or next((text for text in texts if text), None)


def field(record, name):
    value = record.get(name)
    metadata = record.get("metadata")
    return metadata.get(name) if value is None and isinstance(metadata, dict) else value


def accept(policy, digits):
    if len(digits) == 8:
        if not (1 <= int(digits[4:6]) <= 12 and 1 <= int(digits[6:]) <= 31):
            return None
        digits = digits[:4]
    if len(digits) != 4:
        return None
    return int(digits) if float(policy.years["first"]) <= int(digits) <= policy.last else None


def year_of(policy, record, text):
    """The year and the field or the matched text."""
    for name in DATE_FIELDS:
        value = field(record, name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and value == int(value) and value >= 0:
            runs = [str(int(value))]
        else:
            runs = re.findall("[0-9]+", value, re.ASCII) if isinstance(value, str) else []
        for run in runs:
            if accept(policy, run):
                return accept(policy, run), name
    text, at = text[:2000], 0
    while match := DATED.search(text, at):
        if accept(policy, match[1]):
            return accept(policy, match[1]), collapse(match[0])
        at = match.start() + 1
    return None, None


def count_of(record):
    value = field(record, "citation_count")
    if isinstance(value, str):
        return int(value) if re.fullmatch("[0-9]+", value, re.ASCII) else None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0 and value == int(value):
        return int(value)
    return None


def institutions(policy, record, text):
    found = policy.I.find(text, names=False)
    for name in ["source", "url", "publisher"]:
        value = field(record, name)
        if not isinstance(value, str):
            continue
        host = (0, 0)
        if name == "url":
            start = value.find("://") + 3 if "://" in value else 0
            host = (start, start + len(re.match("[^/?#]*", value[start:], re.ASCII)[0]))
            bare = value[slice(*host)].split("@")[-1].split(":")[0]
            bare = re.sub("[A-Z]", lambda m: m[0].lower(), bare)
            if any(bare == exempt or bare.endswith("." + exempt) for exempt in policy.exempt_hosts):
                continue
        found += policy.I.find(value, names=True, host=host)
    return found


def hint_of(policy, name):
    name = re.sub(r"\.jsonl(\.gz|\.zst)?\Z", "", name)
    have = parts(name)
    hints = [hint for hint, _ in policy.hints]
    for hint, kind in policy.hints:
        more = plural(hint)
        for form in [hint] + ([more] if more and more not in hints else []):
            want = form.split("_")
            if any(have[i:i + len(want)] == want for i in range(len(have))):
                return kind
    return None


def once(words):
    return list(dict.fromkeys(words))


def score(policy, record, text, file):
    """What `score --explain` prints for the record."""
    number = policy.number
    text = text[:int(number("blend", "max_chars"))]
    year, year_words = year_of(policy, record, text)
    age = 1 if year is None else 0 if year < number("years", "old") else 1 if year < number("years", "recent") else 2
    spans = [match[0] for match in CITATION.finditer(text)]
    n = count_of(record)
    n = len(spans) if n is None else n
    step, cap = number("weight", "citation")
    C = min(cap, step * math.log10(n + 1))
    I_words = institutions(policy, record, text)
    I = max((policy.scores[word] for word in I_words), default=0)
    S_words, P_words = once(policy.S.find(text, False)), policy.P.find(text, False)
    step, cap = number("weight", "consensus")
    S = min(cap, step * len(S_words))
    step, cap = number("weight", "primary")
    P = -min(cap, step * len(P_words))
    A = 0 if year is None else number("weight", "age")[age]
    w = min(max(number("weight", "base") + C + I + S + A + P, 0), number("weight", "max"))

    T_words = {name: once(words.find(text, False)) for name, words in policy.T.items()}
    types = {name: int(bool(words)) for name, words in T_words.items()}
    offices = "|".join(re.escape(office) for office in policy.patent_offices)
    if re.search(f"(?<!{WORD})(?:{offices}){W}*[0-9](?:[,. /]?[0-9]){{4}}", text, re.ASCII):
        types["patent"] += 1
    source_type = field(record, "source_type")
    source_type = source_type if isinstance(source_type, str) else ""
    for part, kind, count in policy.source_type_counts:
        if part in parts(source_type):
            types[kind] += int(count)
            break
    types = {name: count for name, count in types.items() if count}
    total = sum(types.values())
    D = -sum(count / total * math.log2(count / total) for count in types.values())
    base = number("entropy", "base")[2 if year is None else age]

    def capped(key, value):
        step, cap = number("entropy", key)
        return min(cap, step * value)
    H = max(0, base + D + capped("primary", len(P_words)) + capped("types", len(types))
            - number("entropy", "institution") * I - capped("consensus", len(S_words)))

    joined, kind = "_".join(parts(source_type)), None
    if joined != "unknown" and (joined in policy.priors or joined in policy.dated):
        kind = joined
    kind = kind or hint_of(policy, file)
    name, prior = kind or source_type.strip(WHITE) or "unknown", None
    if kind:
        long_name = policy.dated.get(kind, kind)
        if "dated" not in policy.priors[long_name]:
            name = prior = long_name
        elif year is not None and year < number("years", "old"):
            name = prior = long_name
        else:
            name = policy.priors[long_name]["dated"]
    trivium = policy.priors[prior].get("trivium") if prior else None
    w_final, H_final = w, H
    if len(text) < number("blend", "min_chars"):
        prior = prior or "unknown"
        w_final, H_final = float(policy.priors[prior]["w"]), float(policy.priors[prior]["H"])
    elif prior:
        share = number("blend", "prior")
        w_final = share * float(policy.priors[prior]["w"]) + (1 - share) * w
        H_final = share * float(policy.priors[prior]["H"]) + (1 - share) * H
    return {
        "auth_weight": w_final, "prov_entropy": H_final, "source_type": name, "trivium_category": trivium,
        "citation_count": n, "primary_source_count": len(P_words),
        "explain": {
            "C": C, "I": I, "S": S, "A": A, "P": P, "n": n, "year": year, "prim": len(P_words),
            "consensus": len(S_words), "base": base, "D": D, "types": types, "w_text": w, "H_text": H, "prior": prior,
            "words": {"C": [collapse(span) for span in spans[:20]],
                      "I": once(word for word in I_words if policy.scores[word] == I), "S": S_words,
                      "P": once(P_words), "types": {name: words for name, words in T_words.items() if words},
                      "year": year_words}}}
