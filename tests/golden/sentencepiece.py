"""Small SentencePiece models and what the library makes of texts: sentencepiece/NAME.model and sentencepiece/cases.jsonl, a line
{"model", "text", "ids"} each. unigram.model is there to be refused.

usage: sentencepiece.py   (Python with sentencepiece; after pre.py)
"""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path = [p for p in sys.path if os.path.abspath(p or ".") != HERE]   # this file has the library's name
import sentencepiece  # noqa: E402

OUT = os.path.join(HERE, "sentencepiece")
PLAIN = dict(model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False,
             vocab_size=600, character_coverage=0.98, split_digits=True, hard_vocab_limit=False, num_threads=1,
             allow_whitespace_only_pieces=True, minloglevel=2)
MODELS = {
    "llama": PLAIN,
    "gemma": dict(PLAIN, add_dummy_prefix=False, split_by_whitespace=False),
    "symbols": dict(PLAIN, user_defined_symbols=["<tool>", "\u2581\u2581", "\n\n"]),
    "unknown": dict(PLAIN, byte_fallback=False, vocab_size=300),
    "unigram": dict(PLAIN, model_type="unigram"),
}
texts = sorted({json.loads(line)["text"] for line in open(os.path.join(HERE, "pre", "cases.jsonl"))})
texts += ["<tool>call</tool> <tool> x", "a  b   c    d", "no\n\nbreaks\n\n\n", "\u4e9c\u54c0 rare \u9f98", "aaaaaaaaaaaaaaaaaaaa", "\u2581 lower \u2581\u2581 one"]
os.makedirs(OUT, exist_ok=True)
with open(os.path.join(OUT, "cases.jsonl"), "w") as f:
    for name, settings in MODELS.items():
        path = os.path.join(OUT, name)
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts * 4), model_prefix=path, **settings)
        os.remove(path + ".vocab")
        if name == "unigram":
            continue
        model = sentencepiece.SentencePieceProcessor(model_file=path + ".model")
        for text in texts:
            f.write(json.dumps({"model": name, "text": text, "ids": model.encode(text)}) + "\n")
