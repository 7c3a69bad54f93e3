"""What Hugging Face's Punctuation, WhitespaceSplit and Digits pre-tokenizers make of texts, with the vocabulary of
pre/vocabulary.json behind them: stages.jsonl, a line {"pre_tokenizer", "text", "ids"} each.

usage: stages.py   (Python with tokenizers; after pre.py)
"""
import json
import os

from tokenizers import Tokenizer

HERE = os.path.dirname(os.path.abspath(__file__))
STAGES = [[{"type": "Punctuation", "behavior": b}] for b in
          ("Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous")]
STAGES += [[{"type": "WhitespaceSplit"}], [{"type": "WhitespaceSplit"}, {"type": "Punctuation", "behavior": "Contiguous"}],
           [{"type": "Digits", "individual_digits": True}], [{"type": "Digits", "individual_digits": False}],
           [{"type": "Punctuation", "behavior": "Isolated"}, {"type": "Digits", "individual_digits": False}]]

vocabulary = json.load(open(os.path.join(HERE, "pre", "vocabulary.json")))
texts = sorted({json.loads(line)["text"] for line in open(os.path.join(HERE, "pre", "cases.jsonl"))})
texts += ["\u166d\U000111c9\u061d\u09fd \u00ab\u2026\u00bb\u3001\u3002 --", "..a..!b", "$+<=>^`|~ #@"]
with open(os.path.join(HERE, "stages.jsonl"), "w") as f:
    for stages in STAGES:
        chain = {"type": "Sequence", "pretokenizers": stages + [
            {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}]}
        tokenizer = Tokenizer.from_str(json.dumps({
            "version": "1.0", "added_tokens": [], "pre_tokenizer": chain,
            "decoder": {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False},
            "model": {"type": "BPE", "vocab": {t: i for i, t in enumerate(vocabulary["tokens"])},
                      "merges": vocabulary["merges"]}}))
        for text in texts:
            f.write(json.dumps({"pre_tokenizer": chain, "text": text, "ids": tokenizer.encode(text).ids}) + "\n")
