"""What `export` writes, in the programs it is written for: transformers, PEFT, the gguf package and llama.cpp.

Each tiny family with its PEFT adapter: the merged directory in transformers, the PEFT directory in peft. Models with a
vocabulary (made here, of each family, with the shared tokenizers): merged GGUF files and GGUF adapters in llama.cpp give
the same greedy tokens as this program and the same logits; tokenizers written in the other form give the same ids in
tokenizers and in llama.cpp. Q8_0 and Q4_0 equal gguf.quants bit by bit.
"""
import json
import os
import shutil
import warnings

from support import peer

import gguf
import numpy as np
import tokenizers
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file

try:
    import llama_cpp
except ImportError:
    llama_cpp = None

BOUND = 1e-4         # logits in f32: shared/fixtures/README.md
LLAMA_BOUND = 1e-2   # llama.cpp keeps keys and values in f16
GREEDY = 32
# family: tokenizer, settings. The vocabulary is padded beyond the tokenizer's, as published models' are.
MADE = {
    "llama": ("llama3", transformers.LlamaConfig, dict(rope_theta=500000.0, tie_word_embeddings=False, rope_scaling={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32})),
    "mistral": ("mistral-sp-legacy", transformers.MistralConfig, dict(sliding_window=None, rms_norm_eps=1e-4)),
    "qwen2": ("qwen2", transformers.Qwen2Config, dict(tie_word_embeddings=True)),
    "qwen3": ("qwen2", transformers.Qwen3Config, dict(head_dim=32, tie_word_embeddings=False)),
    "llama-yarn": ("llama3", transformers.LlamaConfig, dict(rope_scaling={
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32, "attention_factor": 1.3})),
    "qwen2-yarn": ("qwen2", transformers.Qwen2Config, dict(rope_scaling={
        "rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32})),
    "llama-linear": ("llama3", transformers.LlamaConfig, dict(rope_scaling={"rope_type": "linear", "factor": 2.5})),
    "smollm2": ("smollm2", transformers.LlamaConfig, dict(tie_word_embeddings=True, rope_theta=100000.0)),
}
VOCAB = 2016
TEXTS = ["The sea is 1234567 miles wide, isn't it?", "  Zwei  Leerzeichen\n\n\tund \u00dcmlaute: \u00e4\u00f6\u00fc\u00df", "\u65e5\u672c\u8a9e and \U0001f600!",
         "def f(x):\n    return x ** 2  # comment", "<s> not special? </s>", "a" * 200 + " 0.5e-3", ""]


def hf_model(path):
    return transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager",
                                                             local_files_only=True).eval()


def hf_logits(model, ids):
    with torch.no_grad():
        return model(input_ids=torch.as_tensor(ids).long(), use_cache=False).logits


def our_logits(dir, ids, *flags):
    out = os.path.join(dir, "logits.safetensors")
    peer.run("logits", *flags, "--ids", peer.write_json(os.path.join(dir, "ids.json"), ids), "--output", out, "--dtype",
             "f32", "--threads", 2)
    return load_file(out)["logits"].clone()     # the file is written again


def our_greedy(dir, ids, *flags):
    out = peer.run("generate", *flags, "--ids", peer.write_json(os.path.join(dir, "ids.json"), [ids]), "--max-tokens",
                   GREEDY, "--ignore-eos", "--dtype", "f32", "--threads", 2, "--json")
    return json.loads(out)["ids"]


def export(to, out, *flags):
    peer.run("export", "--to", to, "--output", out, "--force", "--quiet", "--threads", 2, *flags)
    return out


def difference(a, b):
    return (torch.as_tensor(a) - torch.as_tensor(b)).abs().max().item() if a.shape == b.shape else float("inf")


def check_family(dir, family):
    path = os.path.join(peer.FIXTURES, "models", family)
    adapter, gold = os.path.join(path, "adapter"), load_file(os.path.join(path, "golden.safetensors"))
    ids, wanted = gold["inf.input_ids"], gold["lora.logits"]
    merged = export("merged", os.path.join(dir, "merged"), "--model", adapter, "--dtype", "f32")
    peer.check("merged directory in transformers: logits", family, difference(hf_logits(hf_model(merged), ids), wanted),
               BOUND)
    own = export("merged", os.path.join(dir, "own"), "--model", adapter)
    stored = load_file(os.path.join(path, "model.safetensors")) if os.path.exists(
        os.path.join(path, "model.safetensors")) else None
    if stored:
        types = {t.dtype for t in load_file(os.path.join(own, "model.safetensors")).values()}
        peer.same("stored type without --dtype", family, types, {t.dtype for t in stored.values()})
    file = export("gguf", os.path.join(dir, "merged.gguf"), "--model", adapter, "--dtype", "f32")
    back = export("merged", os.path.join(dir, "back"), "--model", file)
    peer.check("GGUF and back in transformers: logits", family, difference(hf_logits(hf_model(back), ids), wanted), BOUND)
    lora = export("gguf-adapter", os.path.join(dir, "lora.gguf"), "--model", adapter)
    if llama_cpp and family != "mistral-swa":   # llama.cpp's llama architecture has no window
        plain = export("gguf", os.path.join(dir, "plain.gguf"), "--model", path, "--dtype", "f32")
        for what, args in (("merged GGUF", (file,)), ("GGUF adapter", (plain, lora))):
            found = LlamaCpp(*args).logits(ids[0].tolist())
            peer.check(f"fixture's {what} in llama.cpp: logits", family, difference(found, wanted[0]), LLAMA_BOUND)
    again = export("adapter", os.path.join(dir, "again"), "--model", path, "--adapter", lora)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        model = PeftModel.from_pretrained(hf_model(path), again).eval()
    peer.check("GGUF adapter back in peft: logits", family, difference(hf_logits(model, ids), wanted), BOUND)


def make_model(dir, family):
    """A random model with a tokenizer, and an adapter with ranks and alphas of its own in some layers."""
    name, kind, more = MADE[family]
    source = os.path.join(peer.FIXTURES, "tokenizers", name)
    base, adapter = os.path.join(dir, "base"), os.path.join(dir, "adapter")
    for path in (base, adapter):
        shutil.rmtree(path, ignore_errors=True)
    reader = gguf.GGUFReader(source + ".gguf")
    bos, eos = (int(reader.get_field(f"tokenizer.ggml.{x}_token_id").contents()) for x in ("bos", "eos"))
    torch.manual_seed(11)
    config = kind(**{**dict(vocab_size=VOCAB, hidden_size=64, intermediate_size=96, num_hidden_layers=2,
                            num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=256,
                            initializer_range=0.1, bos_token_id=bos, eos_token_id=eos), **more})
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    with torch.no_grad():
        for key, value in model.named_parameters():
            if key.endswith("bias") or "norm" in key:
                value.add_(torch.randn_like(value) * 0.1)
            if "embed_tokens" in key or "lm_head" in key:   # padding is never the best
                value[tokenizers.Tokenizer.from_file(source + ".json").get_vocab_size():] = 0
    model.save_pretrained(base)
    shutil.copy(source + ".json", os.path.join(base, "tokenizer.json"))
    special = transformers.PreTrainedTokenizerFast(tokenizer_file=source + ".json")
    peer.write_json(os.path.join(base, "tokenizer_config.json"), {
        "tokenizer_class": "PreTrainedTokenizerFast", "bos_token": special.convert_ids_to_tokens(bos),
        "eos_token": special.convert_ids_to_tokens(eos), "chat_template": "{% for m in messages %}{{ m.content }}{% endfor %}"})
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = get_peft_model(model, LoraConfig(
            r=4, lora_alpha=6, task_type="CAUSAL_LM", target_modules=["q_proj", "k_proj", "v_proj", "o_proj", "up_proj"],
            rank_pattern={"k_proj": 2}, alpha_pattern={"layers.1.self_attn.q_proj": 3}))
        for key, value in model.named_parameters():
            if "lora_B" in key:
                value.normal_(0, 0.1)
        model.save_pretrained(adapter)
    return base, adapter


class LlamaCpp:
    def __init__(self, path, lora=None):
        self.model = llama_cpp.Llama(model_path=path, lora_path=lora, n_ctx=256, n_threads=1, n_threads_batch=1, logits_all=True, verbose=False)

    def logits(self, ids):
        self.model.reset()
        self.model.eval(ids)
        return torch.from_numpy(np.array(self.model.scores[:len(ids)]))

    def greedy(self, ids):
        """Tokens; None when the best two logits come as near to each other on the way as its cache rounds."""
        self.model.reset()
        self.model.eval(ids)
        out = []
        for _ in range(GREEDY):
            scores = np.array(self.model.scores[self.model.n_tokens - 1])
            best = np.sort(scores)[-2:]
            if best[1] - best[0] <= 2 * LLAMA_BOUND:
                return None
            out.append(int(scores.argmax()))
            self.model.eval(out[-1:])
        return out

    def tokens(self, text):
        return self.model.tokenize(text.encode(), add_bos=False, special=True)


def clear_prompt(model, where):
    """A prompt that llama.cpp continues without a tie, and how."""
    for seed in range(300):
        prompt = torch.randint(3, 1400, (12,), generator=torch.Generator().manual_seed(seed)).tolist()
        found = model.greedy(prompt)
        if found:
            return prompt, found
    raise RuntimeError(f"{where}: no prompt without a tie")


def check_llama_cpp(dir, family, base, adapter):
    ids = torch.randint(3, 1400, (24,), generator=torch.Generator().manual_seed(3)).tolist()
    plain = our_logits(dir, [ids], "--model", base)[0]
    wanted = our_logits(dir, [ids], "--model", base, "--adapter", adapter)[0]
    if not difference(plain, wanted) > 10 * LLAMA_BOUND:
        peer.fail(f"{family}: the adapter changes the logits by {difference(plain, wanted):.2g} only")
    unmerged = export("gguf", os.path.join(dir, "base.gguf"), "--model", base, "--dtype", "f32")
    lora = export("gguf-adapter", os.path.join(dir, "lora.gguf"), "--model", base, "--adapter", adapter)
    runs = {"merged f32": (export("gguf", os.path.join(dir, "m32.gguf"), "--model", base, "--adapter", adapter, "--dtype", "f32"), None),
            "merged f16": (export("gguf", os.path.join(dir, "m16.gguf"), "--model", base, "--adapter", adapter, "--dtype", "f16"), None),
            "GGUF adapter": (unmerged, lora)}
    for what, (path, adapter_file) in runs.items():
        model, where = LlamaCpp(path, adapter_file), f"{family} {what}"
        ours = our_logits(dir, [ids], "--model", path)[0] if what == "merged f16" else wanted
        peer.check(f"{what} in llama.cpp: logits", where, difference(model.logits(ids), ours), LLAMA_BOUND)
        prompt, found = clear_prompt(model, where)
        mine = our_greedy(dir, prompt, "--model", path) if what == "merged f16" else our_greedy(
            dir, prompt, "--model", base, "--adapter", adapter)
        peer.same(f"{what} in llama.cpp: {GREEDY} greedy tokens", where, found, mine)
    for kind in ("q8_0", "q4_0"):   # loads and runs: how far it is off is quantisation's
        path = export("gguf", os.path.join(dir, "q.gguf"), "--model", base, "--adapter", adapter, "--dtype", kind)
        model = LlamaCpp(path)
        ours = our_logits(dir, [ids], "--model", path)[0]
        error, scale = difference(model.logits(ids), ours), ours.abs().max().item()
        peer.check(f"merged {kind} in llama.cpp: logits, of the largest", f"{family} {kind}", error / scale, 0.1)


def check_tokenizers(dir, family, base):
    reference = tokenizers.Tokenizer.from_file(os.path.join(base, "tokenizer.json"))
    file = export("gguf", os.path.join(dir, "base.gguf"), "--model", base, "--dtype", "f32")
    back = export("merged", os.path.join(dir, "back"), "--model", file)
    ours = tokenizers.Tokenizer.from_file(os.path.join(back, "tokenizer.json"))
    fast = transformers.AutoTokenizer.from_pretrained(back)
    cpp = LlamaCpp(file)
    for text in TEXTS:
        wanted = reference.encode(text, add_special_tokens=True).ids
        peer.same("tokenizer.json of a GGUF vocabulary in tokenizers: ids", f"{family} {text[:30]!r}",
                  ours.encode(text, add_special_tokens=True).ids, wanted)
        peer.same("the same in transformers: ids", f"{family} {text[:30]!r}", fast(text)["input_ids"], wanted)
        if not (family.startswith("qwen") and text != __import__("unicodedata").normalize("NFC", text)) and text:
            peer.same("GGUF vocabulary in llama.cpp: ids", f"{family} {text[:30]!r}", cpp.tokens(text),
                      reference.encode(text, add_special_tokens=False).ids)
    peer.same("chat template", family, fast.apply_chat_template([{"role": "user", "content": "x"}], tokenize=False), "x")
    peer.same("bos and eos", family, (fast.bos_token_id, fast.eos_token_id), (cpp.model.token_bos(), cpp.model.token_eos()))
    config = transformers.AutoConfig.from_pretrained(back)
    peer.same("config.json of a GGUF file", family, config.vocab_size, VOCAB)
    peer.same("config.json of a GGUF file", family, config.model_type, "llama" if family in ("mistral", "smollm2") else family)


def check_types(dir, base):
    """Q8_0 and Q4_0 of every matrix against gguf.quants, bit by bit."""
    plain = {t.name: t for t in gguf.GGUFReader(export("gguf", os.path.join(dir, "f.gguf"), "--model", base, "--dtype", "f32")).tensors}
    for kind, number in (("q8_0", gguf.GGMLQuantizationType.Q8_0), ("q4_0", gguf.GGMLQuantizationType.Q4_0),
                         ("bf16", gguf.GGMLQuantizationType.BF16), ("f16", gguf.GGMLQuantizationType.F16)):
        reader = gguf.GGUFReader(export("gguf", os.path.join(dir, "q.gguf"), "--model", base, "--dtype", kind))
        n = 0
        for t in reader.tensors:
            if t.tensor_type != number:
                continue
            values = np.asarray(plain[t.name].data, dtype=np.float32)
            wanted = gguf.quants.quantize(values.reshape(-1, values.shape[-1]), number)
            peer.same(f"{kind} against gguf.quants: bytes", t.name, np.array_equal(
                np.asarray(t.data).view(np.uint8).ravel(), np.ascontiguousarray(wanted).view(np.uint8).ravel()), True)
            n += 1
        if n == 0:
            peer.fail(f"{kind}: no tensor of that type was written")


def body():
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(2)
    for family in peer.FAMILIES:
        with peer.folder() as dir:
            check_family(dir, family)
    if llama_cpp is None:
        peer.fail("llama-cpp-python is not installed: script/peers-venv")
        return
    for family in MADE:
        with peer.folder() as dir:
            base, adapter = make_model(dir, family)
            check_llama_cpp(dir, family, base, adapter)
            check_tokenizers(dir, family, base)
            if family == "llama":
                check_types(dir, base)


peer.main(body)
