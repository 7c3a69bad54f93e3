"""Adapters between this program and PEFT, both ways, on each tiny family.

Ours are trained for a few steps and loaded by PeftModel.from_pretrained as they are; PEFT's are made with random B,
saved, and read by ours. The logits of both must agree within 1e-4 in f32 (shared/fixtures/README.md), and differ from
the base model's by far more. Where SmolLM2 is there, an adapter is trained on its 4-bit GGUF, and PEFT puts it on the
same weights expanded to f32. What this program does not support must be refused by name.
"""
import json
import os
import warnings

from support import peer

import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file

BOUND = 1e-4        # logits, shared/fixtures/README.md
REAL_BOUND = 5e-4   # the same of a real model, shared/fixtures/smollm2/README.md
LEAST_EFFECT = 1e-2  # of the adapter on the logits, so that the comparison says something
NAMES = {"q": "self_attn.q_proj", "k": "self_attn.k_proj", "v": "self_attn.v_proj", "o": "self_attn.o_proj",
         "gate": "mlp.gate_proj", "up": "mlp.up_proj", "down": "mlp.down_proj"}
TRAINED = {         # name: flags, what adapter_config.json must say
    "default": ([], {"r": 16, "lora_alpha": 32, "use_rslora": False, "layers_to_transform": None}),
    "rslora": (["--use-rslora", "--lora-rank", 6, "--lora-alpha", 5],
               {"r": 6, "lora_alpha": 5, "use_rslora": True}),
    "q,v": (["--lora-targets", "q,v", "--lora-rank", 3, "--lora-alpha", 7.5],
            {"r": 3, "lora_alpha": 7.5, "target_modules": ["q_proj", "v_proj"]}),
    "all": (["--lora-targets", "all", "--lora-rank", 4], {"r": 4, "lora_alpha": 8}),
    "last layer": (["--lora-num-layers", 1, "--lora-targets", "k,o,down"], {"layers_to_transform": [-1]}),
}


def base_model(path):
    model = transformers.AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager",
                                                              local_files_only=True)
    return model.eval()


def peft_logits(model, ids):
    with torch.no_grad():
        return model(input_ids=ids.long(), use_cache=False).logits


def load_in_peft(path, adapter):
    """Any warning of PEFT's (missing keys, unexpected keys) is an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return PeftModel.from_pretrained(base_model(path), adapter).eval()


def our_logits(dir, ids, *flags):
    listed = peer.write_json(os.path.join(dir, "ids.json"), ids.tolist())
    out = os.path.join(dir, "logits.safetensors")
    peer.run("logits", *flags, "--ids", listed, "--output", out, "--dtype", "f32", "--threads", 2)
    return load_file(out)["logits"]


def difference(a, b):
    return (a - b).abs().max().item() if a.shape == b.shape else float("inf")


def adapted(adapter):
    """(layer, module) pairs of an adapter file."""
    pairs = set()
    for name in load_file(os.path.join(adapter, "adapter_model.safetensors")):
        parts = name.split(".layers.")[1].split(".")
        pairs.add((int(parts[0]), ".".join(parts[1:3])))
    return pairs


def check_config(where, adapter, wanted, layers):
    with open(os.path.join(adapter, "adapter_config.json")) as f:
        config = json.load(f)
    for key, value in wanted.items():
        if value == [-1]:
            value = [layers - 1]
        found = config[key]
        peer.same("adapter_config.json", f"{where} {key}", sorted(found) if key == "target_modules" else found, value)


def check_trained(dir, family, path, gold, base):
    data = peer.write_lines(os.path.join(dir, "data.jsonl"), peer.records(
        gold["traj.input_ids"], gold["traj.labels"], gold["traj.length"], gold["traj.w"], gold["traj.H"]))
    ids, layers = gold["inf.input_ids"], len(gold["inf.hidden_last"]) - 1
    for name, (flags, config) in TRAINED.items():
        where, out = f"{family} {name}", os.path.join(dir, "out-" + name.replace(" ", "-"))
        peer.run("train", "--model", path, "--data", data, "--output", out, "--steps", 4, "--batch-size", 4,
                 "--learning-rate", 2e-2, "--lr-schedule", "constant", "--warmup-steps", 0, "--logging-steps", 1,
                 "--dtype", "f32", "--threads", 2, *flags)
        adapter = os.path.join(out, "checkpoint-4")
        theirs = peft_logits(load_in_peft(path, adapter), ids)
        ours = our_logits(dir, ids, "--model", path, "--adapter", adapter)
        peer.check("trained here, loaded by PEFT: logits", where, difference(ours, theirs), BOUND)
        if not difference(theirs, base) > LEAST_EFFECT:
            peer.fail(f"{where}: the adapter changes the logits by {difference(theirs, base):.2g} only")
        check_config(where, adapter, config, layers)
        if name == "last layer":
            peer.same("adapted modules", where, adapted(adapter), {(layers - 1, NAMES[x]) for x in ("k", "o", "down")})
        if name == "all":
            peer.same("adapted modules", where, adapted(adapter),
                      {(i, x) for i in range(layers) for x in NAMES.values()})
            found = our_logits(dir, ids, "--model", adapter)    # the checkpoint says which base it is of
            peer.check("a checkpoint as --model: logits", where, difference(found, ours), 0.0)


def make_with_peft(dir, path, name, seed=5, dtype=torch.float32, **config):
    """An adapter that PEFT made, with B at random, saved by PEFT."""
    torch.manual_seed(seed)
    config.setdefault("target_modules", ["q_proj", "k_proj", "v_proj", "o_proj"])
    out = os.path.join(dir, "peft-" + name)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")     # of PEFT's opinion on what it is told to make
        model = get_peft_model(base_model(path), LoraConfig(task_type="CAUSAL_LM", **config)).eval()
        for key, value in model.named_parameters():
            if "lora_B" in key:
                value.normal_(0, 0.3)
            if "lora_" in key and dtype != torch.float32:
                value.data = value.data.to(dtype)
        model.save_pretrained(out)
    return out


def check_read(dir, family, path, ids, base, layers):
    every = [x.split(".")[1] for x in NAMES.values()]
    made = {
        "plain": dict(r=4, lora_alpha=8, target_modules=every),
        "rslora": dict(r=5, lora_alpha=3, use_rslora=True),
        "q,v with dropout": dict(r=2, lora_alpha=4, target_modules=["q_proj", "v_proj"], lora_dropout=0.1),
        "last layer": dict(r=4, lora_alpha=8, layers_to_transform=[layers - 1]),
        "first layer": dict(r=4, lora_alpha=8, layers_to_transform=[0]),
        "patterns": dict(r=4, lora_alpha=8, target_modules=every,
                         rank_pattern={"k_proj": 2, r"layers\.0\.mlp\.(up|down)_proj": 6},
                         alpha_pattern={"layers.1.self_attn.q_proj": 3, "^model.layers.0.self_attn.v_proj": 5}),
        "expression": dict(r=3, target_modules=r".*layers\.0\..*_proj", exclude_modules=["mlp.up_proj"]),
        "rslora with patterns": dict(r=4, use_rslora=True, target_modules=every, rank_pattern={"v_proj": 9}),
        "all-linear": dict(r=1, lora_alpha=2, target_modules="all-linear"),
        "bf16": dict(r=4, lora_alpha=8, dtype=torch.bfloat16),
        "f16": dict(r=4, lora_alpha=8, dtype=torch.float16),
    }
    for name, config in made.items():
        where = f"{family} {name}"
        adapter = make_with_peft(dir, path, name.replace(" ", "-"), **config)
        theirs = peft_logits(PeftModel.from_pretrained(base_model(path), adapter).eval(), ids)
        ours = our_logits(dir, ids, "--model", path, "--adapter", adapter)
        peer.check("made by PEFT, read here: logits", where, difference(ours, theirs), BOUND)
        if not difference(theirs, base) > LEAST_EFFECT:
            peer.fail(f"{where}: the adapter changes the logits by {difference(theirs, base):.2g} only")


def check_refusals(dir, path, layers):
    """PEFT can say more than this program does; none of it may be ignored silently."""
    ids = peer.write_json(os.path.join(dir, "ids.json"), [[1, 2, 3]])
    refused = {
        "use_dora": dict(r=2, use_dora=True),
        "modules_to_save": dict(r=2, modules_to_save=["lm_head"]),
        "embed_tokens": dict(r=2, target_modules=["q_proj", "embed_tokens"]),
        "lora_bias": dict(r=2, lora_bias=True),
    }
    for word, config in refused.items():
        adapter = make_with_peft(dir, path, "refused-" + word, **config)
        peer.run("logits", "--model", path, "--adapter", adapter, "--ids", ids, "--output",
                 os.path.join(dir, "x.safetensors"), fails=word)
        peer.same("refusals", word, os.path.exists(os.path.join(dir, "x.safetensors")), False)


def check_real(gguf, path):
    """Trained on 4-bit weights, loaded by PEFT on their f32 expansion."""
    generator = torch.Generator().manual_seed(7)
    ids = torch.randint(1000, 30000, (2, 48), generator=generator)
    with peer.folder() as dir:
        data = peer.write_lines(os.path.join(dir, "data.jsonl"),
                                [{"input_ids": row.tolist(), "auth_weight": 0.1, "prov_entropy": 6.0} for row in ids])
        out = os.path.join(dir, "out")
        peer.run("train", "--model", gguf, "--data", data, "--output", out, "--steps", 3, "--batch-size", 2,
                 "--learning-rate", 1e-3, "--lr-schedule", "constant", "--warmup-steps", 0, "--lora-targets", "all",
                 "--lora-rank", 4, "--dtype", "f32", "--threads", 2)
        adapter = os.path.join(out, "checkpoint-3")
        theirs, base = peft_logits(load_in_peft(path, adapter), ids), peft_logits(base_model(path), ids)
        ours = our_logits(dir, ids, "--model", adapter)
        peer.check("trained on a 4-bit GGUF, loaded by PEFT: logits", "SmolLM2", difference(ours, theirs), REAL_BOUND)
        if not difference(theirs, base) > LEAST_EFFECT:
            peer.fail(f"SmolLM2: the adapter changes the logits by {difference(theirs, base):.2g} only")


def body():
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    torch.set_num_threads(2)
    for family in peer.FAMILIES:
        path = os.path.join(peer.FIXTURES, "models", family)
        gold = load_file(os.path.join(path, "golden.safetensors"))
        ids, layers = gold["inf.input_ids"], len(gold["inf.hidden_last"]) - 1
        base = peft_logits(base_model(path), ids)
        with peer.folder() as dir:
            check_trained(dir, family, path, gold, base)
            check_read(dir, family, path, ids, base, layers)
            if family == "llama":
                check_refusals(dir, path, layers)
    gguf, folder = peer.real_model()
    if gguf and folder:
        check_real(gguf, folder)


peer.main(body)
