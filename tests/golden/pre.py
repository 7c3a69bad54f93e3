"""How llama.cpp splits texts under the names of tokenizer.ggml.pre: pre/vocabulary.json (tokens and merges of a small
byte-level vocabulary whose merges would cross every border that a pre-tokenizer draws) and pre/cases.jsonl, a line
{"pre", "text", "ids"} each.

usage: pre.py   (Python with gguf, tokenizers, llama-cpp-python)
"""
import json
import os
import tempfile

import gguf
from llama_cpp import Llama
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

NAMES = ["llama-bpe", "falcon3", "pixtral", "smaug-bpe", "dbrx", "glm4", "deepseek-r1-qwen", "megrez", "stablelm2", "qwen35",
         "smollm", "refact", "starcoder", "command-r", "gpt-2", "phi-2", "olmo", "granite-docling", "tekken", "gpt-4o", "llama4",
         "deepseek-llm", "deepseek-coder", "deepseek-v3", "falcon", "default", None]
TEXTS = [
    "Hello world, it's 12345678 o'clock; WE'LL see!", "don't DON'T I'Ve you'LL", "  two  spaces   three \n\n new\r\nline\t\ttab \n ",
    "x=1;y+=22;/*c*/ if(a<b&&c>=333){return\"s\";}", "CamelCaseWords HTTPServer iPhone XMLhttp aBcDE", "na\u00efve \u00dcber \u00c9COLE \u00e9cole STRA\u00dfE \u0394\u03b5\u03bb\u03c4\u03b1",
    "\u65e5\u672c\u8a9e\u3068\u4e2d\u6587\u3002\u6df7\u3044 text\uff0cfull\uff11\uff12\uff13", "\ud55c\uad6d\uc5b4 \ubb38\uc7a5 123 \ub05d", "\u0939\u093f\u0928\u094d\u0926\u0940 \u092e\u0947\u0902 \u0967\u0968\u0969",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645", "e\u0301a\u0308 combining Z\u030c\u030d", "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467 emoji!!!",
    "http://a.b/c?d=e&f=%20#g path/to//file\\n", "$100.50 + 3% = ~x^2 |y| `z` _u_ \u20ac5", "a\u00a0b\u3000c\u2003d", "\u00bd \u00b2 \u216b \u2460 numbers",
    "...\n---\n===\n///\n", "'s 'S 't'll ''re", "tail spaces   ", "\n\n\n", " ", "a", "", "word/\nword /\n\n x//\r\n",
    "\u0417\u0434\u0440\u0430\u0432\u0441\u0442\u0432\u0443\u0439 \u041c\u0418\u0420 \u043c\u0438\u0440\u041c\u0418\u0420 1234567"]


def vocabulary():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.train_from_iterator(TEXTS * 3, trainers.BpeTrainer(
        vocab_size=700, min_frequency=2, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    model = json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    return tokens, [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]


def main():
    out = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pre")
    os.makedirs(out, exist_ok=True)
    tokens, merges = vocabulary()
    with open(os.path.join(out, "vocabulary.json"), "w") as f:
        json.dump({"tokens": tokens, "merges": merges}, f, ensure_ascii=True, indent=0)
    with open(os.path.join(out, "cases.jsonl"), "w") as f, tempfile.TemporaryDirectory() as dir:
        for name in NAMES:
            path = os.path.join(dir, f"{name}.gguf")
            w = gguf.GGUFWriter(path, "llama")
            w.add_tokenizer_model("gpt2")
            if name:
                w.add_tokenizer_pre(name)
            w.add_token_list(tokens)
            w.add_token_types([1] * len(tokens))
            w.add_token_merges(merges)
            w.write_header_to_file()
            w.write_kv_data_to_file()
            w.close()
            llama = Llama(path, vocab_only=True, verbose=False)
            for text in TEXTS:
                ids = llama.tokenize(text.encode(), add_bos=False, special=False) if text else []
                f.write(json.dumps({"pre": name, "text": text, "ids": ids}) + "\n")
            llama.close()


main()
