"""Token ids against tokenizers, of thousands of texts that are in no fixture, both ways.

Each tokenizer of shared/fixtures/tokenizers as tokenizer.json and as GGUF, and those of SmolLM2 where it is there. What is wanted of a GGUF is stated in the README beside the
fixtures: of the byte-level ones tokenizers' result with added tokens that have no flags; of the SentencePiece ones
llama.cpp's, which on texts without added tokens is tokenizers' with the legacy normalizer.

usage: tokenizer.py [--seed N] [--texts N]
"""
import argparse
import json
import os
import random

from support import peer

from gguf import GGUFReader
from tokenizers import Tokenizer

CONTROL, USER_DEFINED = 3, 4    # tokenizer.ggml.token_type

BYTE_LEVEL = ["llama3", "qwen2", "smollm2"]
SENTENCEPIECE = ["mistral-sp-legacy", "mistral-sp-metaspace"]

WORDS = ("the of and to in provenance source archive ledger 1923 3.14159 0x7f don't I'll we've you're it's O'Neill "
         "naïve façade straße Ærøskøbing Đà Nẵng ʻokina Ⅷ ½ x² ①② 12,345.67 ٣٤٥ १२३ "
         "привет мир Ελληνικά עברית العربية हिन्दी ไทย 日本語 漢字 한국어 中文字符 𠮷野家 𝒳 ﷽ "
         "e\u0301 a\u0323\u0302 \u1100\u1161\u11a8 \ufb01 \u212b \u2126 👩\u200d👩\u200d👧 🇩🇪 ❤\ufe0f 👍🏽 "
         "def main(): return{}; <tag/> &amp; http://a.b/c?d=e#f user@example.org C++ #include "
         "ſ 'ſ 'S 'LL 'T 'Re Ġ Ċ ▁ ▁▁ <0x0A> <unk> </s> [INST] <|im_start|> \ufeff \u00ad \u200b \u202e \ufffd \u0378 \U0010fffd").split(" ")
SPACES = [" ", " ", " ", " ", "  ", "   ", "\n", "\n\n", "\t", "\r\n", " \n ", "\u00a0", "\u2003", "\u3000", "\x85", "\x0b", "\x0c",
          "\u2028", "        ", ""]
RANGES = [(0x00, 0x7f), (0x20, 0x7e), (0x80, 0x17f), (0x250, 0x3ff), (0x400, 0x5ff), (0x600, 0x7ff), (0x900, 0xdff),
          (0xe00, 0x11ff), (0x1e00, 0x2fff), (0x3000, 0x33ff), (0x4e00, 0x4fff), (0xac00, 0xadff), (0xf900, 0xffff),
          (0x10000, 0x10fff), (0x1d400, 0x1d7ff), (0x1f300, 0x1faff), (0x20000, 0x20fff), (0xe0000, 0xe01ff)]


def random_character(rng):
    low, high = rng.choice(RANGES)
    while True:
        code = rng.randint(low, high)
        if not 0xd800 <= code < 0xe000:
            return chr(code)


def random_text(rng, special, corpus):
    kind = rng.randrange(6)
    if kind == 0:       # a piece of real text, cut anywhere
        text = rng.choice(corpus)
        start = rng.randrange(len(text))
        return text[start:start + rng.randrange(1, 400)]
    if kind == 1:       # noise of one or several scripts
        return "".join(random_character(rng) for _ in range(rng.randrange(1, 60)))
    if kind == 2:       # runs
        return "".join(rng.choice([" ", "\n", "a", "0", "'", "=", "é", "\u0301", "日", "😀"]) * rng.randrange(1, 40)
                       for _ in range(rng.randrange(1, 6)))
    if kind == 3:       # numbers and punctuation
        return "".join(rng.choice("0123456789 .,:;!?-+*/='\"()[]{}<>|_\n") for _ in range(rng.randrange(1, 80)))
    parts = []
    for _ in range(rng.randrange(1, 25)):
        parts += [rng.choice(WORDS), rng.choice(SPACES)]
        if kind == 4 and special and rng.random() < 0.2:
            parts.append(rng.choice(special))
    return "".join(parts)


def make_texts(count, seed, special):
    corpus = []
    for base, _, files in os.walk(os.path.join(peer.SHARED, "spec")):
        corpus += [open(os.path.join(base, f), encoding="utf-8").read() for f in sorted(files)]
    rng = random.Random(seed)
    return [""] + [random_text(rng, special, corpus) for _ in range(count)]


def added_tokens(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)["added_tokens"]


def without_flags(path):
    """The tokenizer with added tokens that are only found as they are, which is all that a GGUF can say."""
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    for token in document["added_tokens"]:
        token.update(lstrip=False, rstrip=False, single_word=False, normalized=False)
    return Tokenizer.from_str(json.dumps(document))


def as_llama_cpp(path, legacy_path):
    """A SentencePiece tokenizer whose text is prepared as the legacy normalizer does, which is llama.cpp's way where
    there are no added tokens."""
    with open(path, encoding="utf-8") as f:
        document = json.load(f)
    with open(legacy_path, encoding="utf-8") as f:
        legacy = json.load(f)
    document.update(normalizer=legacy["normalizer"], pre_tokenizer=legacy["pre_tokenizer"])
    return Tokenizer.from_str(json.dumps(document))


def answers(model, rows, key, *flags):
    out = peer.run("tokenize", "--model", model, *flags, stdin="".join(json.dumps(r) + "\n" for r in rows))
    return [json.loads(line)[key] for line in out.split("\n") if line]


def compare(what, where, inputs, found, wanted):
    """Each text; the first few that differ are shown."""
    differing = [i for i in range(len(inputs)) if i >= len(found) or found[i] != wanted[i]]
    peer.check(f"{what}: texts that differ", f"{where}, {len(inputs)} texts", len(differing), 0)
    if len(found) != len(wanted):
        peer.fail(f"{where}: {len(found)} answers to {len(wanted)} texts")
    for i in differing[:3]:
        answer = found[i] if i < len(found) else None
        print(f"    {where}: {json.dumps(inputs[i])[:400]}\n      found  {str(answer)[:400]}\n"
              f"      wanted {str(wanted[i])[:400]}")


def check_encoding(where, model, tokenizer, texts):
    rows = [{"text": t} for t in texts]
    compare("encode", where, texts, answers(model, rows, "ids"), [e.ids for e in tokenizer.encode_batch(texts)])
    compare("encode --no-special", where, texts, answers(model, rows, "ids", "--no-special"),
            [e.ids for e in tokenizer.encode_batch(texts, add_special_tokens=False)])


def check_decoding(where, model, tokenizer, texts, seed):
    """Ids of texts, and ids that no text gives."""
    rng = random.Random(seed)
    size = tokenizer.get_vocab_size()
    lists = [e.ids for e in tokenizer.encode_batch(texts)]
    lists += [[rng.randrange(size) for _ in range(rng.randrange(1, 30))] for _ in range(len(texts))]
    lists += [ids[rng.randrange(len(ids)):] for ids in lists if ids]
    rows = [{"ids": ids} for ids in lists]
    compare("decode", where, lists, answers(model, rows, "text", "--decode"),
            tokenizer.decode_batch(lists, skip_special_tokens=False))
    compare("decode --no-special", where, lists, answers(model, rows, "text", "--decode", "--no-special"),
            tokenizer.decode_batch(lists, skip_special_tokens=True))


def plain(texts, tokens):
    """Texts that hold no added token and no NUL."""
    contents = [t["content"] for t in tokens]
    return [t for t in texts if "\0" not in t and not any(c in t for c in contents)]


def check_fixture(name, options):
    stem = os.path.join(peer.FIXTURES, "tokenizers", name)
    tokens = added_tokens(stem + ".json")
    texts = make_texts(options.texts, options.seed, [t["content"] for t in tokens])
    tokenizer = Tokenizer.from_file(stem + ".json")
    check_encoding(name + ".json", stem + ".json", tokenizer, texts)
    check_decoding(name + ".json", stem + ".json", tokenizer, texts, options.seed)
    if name in BYTE_LEVEL:
        check_encoding(name + ".gguf", stem + ".gguf", without_flags(stem + ".json"), texts)
        return
    legacy = os.path.join(peer.FIXTURES, "tokenizers", "mistral-sp-legacy.json")
    texts = plain(texts, tokens + added_tokens(legacy))
    if len(texts) < options.texts // 3:
        peer.fail(f"{name}: {len(texts)} texts only are without added tokens")
    check_encoding(name + ".gguf", stem + ".gguf", as_llama_cpp(stem + ".json", legacy), texts)


def of_gguf(path):
    """tokenizers' idea of a byte-level GGUF vocabulary: its tokens and merges, prepared as SmolLM2 prepares texts."""
    with open(os.path.join(peer.FIXTURES, "tokenizers", "smollm2.json"), encoding="utf-8") as f:
        document = json.load(f)
    fields = GGUFReader(path).fields
    tokens, types, merges = (fields["tokenizer.ggml." + key].contents() for key in ("tokens", "token_type", "merges"))
    added = [i for i, kind in enumerate(types) if kind in (CONTROL, USER_DEFINED)]
    document["model"].update(vocab={t: i for i, t in enumerate(tokens)}, merges=[m.split(" ") for m in merges])
    document["added_tokens"] = [dict(id=i, content=tokens[i], single_word=False, lstrip=False, rstrip=False,
                                     normalized=False, special=types[i] == CONTROL) for i in added]
    return Tokenizer.from_str(json.dumps(document))


def check_real(options):
    gguf, folder = peer.real_model()
    for where, path in (("SmolLM2 directory", folder), ("SmolLM2 GGUF", gguf)):
        if not path:
            continue
        json_file = os.path.join(path, "tokenizer.json")
        tokenizer = Tokenizer.from_file(json_file) if os.path.isdir(path) else of_gguf(path)
        special = [t.content for t in tokenizer.get_added_tokens_decoder().values()]
        texts = make_texts(options.texts, options.seed, special)
        check_encoding(where, path, tokenizer, texts)
        check_decoding(where, path, tokenizer, texts, options.seed)


def body():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--texts", type=int, default=2000)
    options = parser.parse_args()
    for name in BYTE_LEVEL + SENTENCEPIECE:
        check_fixture(name, options)
    check_real(options)


peer.main(body)
