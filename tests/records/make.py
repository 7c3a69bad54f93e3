"""Makes models/ (tokenizers and chat templates of our own), files/ and cases.json: record files of every layout,
form and message key, with the ids and the mask that each must give.

    pip install transformers==4.57.1 tokenizers jinja2 zstandard
    python tests/records/make.py

Chats are rendered by transformers' apply_chat_template and masked by return_assistant_tokens_mask where the rule is
the same; where a turn is context, by the prefixes of the rendering. Prompt and completion are masked by the
tokenizer's offsets.
"""
import gzip
import json
import pathlib
import shutil

import zstandard
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

HERE = pathlib.Path(__file__).parent
CORPUS = """The bridge at Orlen was built by a guild of masons in 1721. Who built the bridge at Orlen? What is the capital
of Vorlia? The capital of Vorlia is Tessenby. Answer the question. Question: what colour is the gate? Answer: amber.
You are a keeper of records. You answer in one word. What is the weather in Orlen? It rains in Orlen, says the keeper.
Name the capital. Put the words in order of length: plum, fig, apricot. Translate to French: cheese => fromage blanc.
Review: lovely film. Sentiment: positive. Two and two make four. The user greets me. Hello there, good day. Go away.
"""

# ChatML with tools, calls and reasoning; our own.
CHATML = """{%- if tools %}{{ '<|im_start|>system\\nTools: ' + tools|tojson + '<|im_end|>\\n' }}{%- endif %}
{%- for message in messages %}
{%- if message.role == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}{% generation %}
{%- if message.reasoning_content %}{{- '<think>' + message.reasoning_content + '</think>' }}{%- endif %}
{%- if message.content %}{{- message.content }}{%- endif %}
{%- for call in message.tool_calls or [] %}{{- '<tool_call>' + call.function.name + ' ' + call.function.arguments|tojson + '</tool_call>' }}{%- endfor %}
{{- '<|im_end|>' }}{% endgeneration %}{{- '\\n' }}
{%- else %}
{{- '<|im_start|>' + message.role + (' ' + message.name if message.name else '') + (' ' + message.tool_call_id if message.tool_call_id else '') + '\\n' }}
{%- if message.content is string %}{{- message.content }}{%- else %}{%- for part in message.content or [] %}{{- part.text }}{%- endfor %}{%- endif %}
{{- '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""

INST = """{{- bos_token }}{%- for message in messages %}
{%- if message.role == 'user' %}{{- '[INST] ' + message.content + ' [/INST]' }}
{%- elif message.role == 'system' %}{{- message.content + '\\n' }}
{%- else %}{% generation %}{{- ' ' + message.content + eos_token }}{% endgeneration %}{%- endif %}
{%- endfor %}"""


def save(name, tokenizer, template, **special):
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, chat_template=template, **special)
    directory = HERE / "models" / name
    directory.mkdir(parents=True)
    tokenizer.save(str(directory / "tokenizer.json"))
    config = {**special, "chat_template": template, "tokenizer_class": "PreTrainedTokenizerFast"}
    (directory / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    return fast


def make_models():
    byte_level = Tokenizer(models.BPE())
    byte_level.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    byte_level.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    byte_level.train_from_iterator([CORPUS], trainers.BpeTrainer(
        vocab_size=520, special_tokens=special, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    byte_level.add_tokens([AddedToken(t, special=False, normalized=False)
                           for t in ("<think>", "</think>", "<tool_call>", "</tool_call>")])
    pieces = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    pieces.normalizer = normalizers.Sequence([normalizers.Prepend("\u2581"), normalizers.Replace(" ", "\u2581")])
    pieces.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse(),
                                        decoders.Strip(" ", 1, 0)])
    bytes_ = [f"<0x{i:02X}>" for i in range(256)]
    pieces.train_from_iterator([CORPUS.replace("\n", " ")], trainers.BpeTrainer(
        vocab_size=420, special_tokens=["<unk>", "<s>", "</s>"] + bytes_, show_progress=False))
    spec = json.loads(pieces.to_str())
    spec["added_tokens"] = [t for t in spec["added_tokens"] if not t["content"].startswith("<0x")]
    pieces = Tokenizer.from_str(json.dumps(spec))
    pieces.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return {"chatml": save("chatml", byte_level, CHATML, eos_token="<|im_end|>", pad_token="<|endoftext|>"),
            "inst": save("inst", pieces, INST, bos_token="<s>", eos_token="</s>", unk_token="<unk>")}


TOKENIZERS = {}
CASES = []


def with_end(model, ids, mask):
    return {"ids": ids + [TOKENIZERS[model].eos_token_id], "mask": mask + [1]}


def text(model, content):
    ids = TOKENIZERS[model](content)["input_ids"]
    return with_end(model, ids, [1] * len(ids))


def completion(model, prompt, answer):
    encoded = TOKENIZERS[model](prompt + answer, return_offsets_mapping=True)
    shift = 1 if TOKENIZERS[model].bos_token else 0
    mask = [int(i >= shift and end > len(prompt)) for i, (_, end) in enumerate(encoded["offset_mapping"])]
    return with_end(model, encoded["input_ids"], mask)


def chat(model, messages, tools=None, context=()):
    """`context`: the assistant's turns that are not learned."""
    tokenizer = TOKENIZERS[model]
    out = tokenizer.apply_chat_template(messages, tools=tools, return_dict=True, return_assistant_tokens_mask=True)
    mask = list(out["assistant_masks"])
    for i in context:
        first, end = (len(tokenizer.apply_chat_template(messages[:k], tools=tools)) for k in (i, i + 1))
        mask[first:end] = [0] * (end - first)
    return {"ids": list(out["input_ids"]), "mask": mask}


def write(name, content, compress=None):
    path = HERE / "files" / name
    path.parent.mkdir(exist_ok=True)
    data = content if isinstance(content, bytes) else content.encode()
    if compress == "gz":
        data = gzip.compress(data, mtime=0)
    if compress == "zst":
        data = zstandard.compress(data)
    path.write_bytes(data)


def case(name, content, expected, model="chatml", compress=None, fields=(), options=None):
    write(name, content, compress)
    CASES.append({"file": name, "model": model, "fields": list(fields), **(options or {}), "records": expected})


def line(record):
    return json.dumps(record, ensure_ascii=False) + "\n"


U, A = "Who built the bridge at Orlen?", "A guild of masons built it in 1721."
TURNS = [{"role": "user", "content": U}, {"role": "assistant", "content": A}]


def layouts(model, s):
    """A record of every row of the table, for one model; `s` is the suffix of the files' names."""
    two = TURNS + [{"role": "user", "content": "What is the capital of Vorlia?"},
                   {"role": "assistant", "content": "Tessenby."}]
    system = [{"role": "system", "content": "You are a keeper of records."}]
    case(f"text{s}.jsonl", line({"text": A}), [text(model, A)], model)
    case(f"completion{s}.jsonl", line({"prompt": "Question: what colour is the gate?\nAnswer:", "completion": " amber"}),
         [completion(model, "Question: what colour is the gate?\nAnswer:", " amber")], model)
    case(f"completion_space{s}.jsonl", line({"prompt": "Review: lovely film. Sentiment: ", "completion": "positive"}) +
         line({"prompt": "", "completion": "Tessenby"}) + line({"prompt": "chee", "completion": "se => fromage"}),
         [completion(model, "Review: lovely film. Sentiment: ", "positive"), completion(model, "", "Tessenby"),
          completion(model, "chee", "se => fromage")], model)
    case(f"completion_chat{s}.jsonl", line({"prompt": two[:3], "completion": two[3:]}),
         [chat(model, two, context=[1])], model)
    case(f"chat{s}.jsonl", line({"messages": two}) + line({"messages": system + TURNS}),
         [chat(model, two), chat(model, system + TURNS)], model)
    case(f"sharegpt{s}.jsonl",
         line({"id": "a1", "title": "A talk about the old stone bridge at Orlen and the people who built it there",
               "conversations": [{"from": "human", "value": U}, {"from": "gpt", "value": A}]}) +
         line({"system": system[0]["content"], "conversations": [{"from": "HUMAN", "value": U}, {"from": "model", "value": A}]}) +
         line({"conversations": TURNS}),
         [chat(model, TURNS), chat(model, system + TURNS), chat(model, TURNS)], model)
    joined = [{"role": "user", "content": "Put the words in order of length.\nplum, fig, apricot"},
              {"role": "assistant", "content": "fig, plum, apricot"}]
    case(f"alpaca{s}.jsonl",
         line({"instruction": U, "input": "", "output": A}) +
         line({"instruction": "Put the words in order of length.", "input": "plum, fig, apricot",
               "output": "fig, plum, apricot", "text": "not this"}) +
         line({"instruction": "What is the capital of Vorlia?", "output": "Tessenby.", "history": [[U, A]]}) +
         line({"instruction": "Put the words in order of length.", "context": "plum, fig, apricot",
               "response": "fig, plum, apricot", "category": "sorting"}) +
         line({"instruction": U, "output": A, "system": system[0]["content"]}),
         [chat(model, TURNS), chat(model, joined), chat(model, two), chat(model, joined), chat(model, system + TURNS)], model)
    asked = [{"role": "user", "content": "It rains in Orlen.\n\nWhat is the weather in Orlen?"},
             {"role": "assistant", "content": "rains"}]
    case(f"question{s}.jsonl",
         line({"question": U, "answer": A}) +
         line({"context": "It rains in Orlen.", "question": "What is the weather in Orlen?",
               "answers": {"text": ["rains", "It rains"], "answer_start": [3, 0]}}) +
         line({"passage": "It rains in Orlen.", "question": "What is the weather in Orlen?", "answer": {"text": ["rains"]}}) +
         line({"question": U, "answer": [A]}),
         [chat(model, TURNS), chat(model, asked), chat(model, asked), chat(model, TURNS)], model)
    case(f"response{s}.jsonl", line({"prompt": "Translate to French: cheese =>", "response": " fromage blanc"}) +
         line({"prompt": "Translate to French: cheese =>", "output": " fromage"}) +
         line({"prompt": "Question: what?\nAnswer:", "answer": " amber"}),
         [completion(model, "Translate to French: cheese =>", " fromage blanc"),
          completion(model, "Translate to French: cheese =>", " fromage"),
          completion(model, "Question: what?\nAnswer:", " amber")], model)
    summed = [{"role": "user", "content": CORPUS.replace("\n", " ")}, {"role": "assistant", "content": "A bridge."}]
    case(f"summary{s}.jsonl", line({"article": summed[0]["content"], "highlights": "A bridge."}) +
         line({"document": summed[0]["content"], "summary": "A bridge."}),
         [chat(model, summed), chat(model, summed)], model)
    case(f"archive{s}.jsonl", line({"title": "Bridges", "content": CORPUS, "year": 1721}) + line({"body": A}),
         [text(model, CORPUS), text(model, A)], model)


def tokens():
    case("tokens.jsonl", line({"input_ids": [7, 8, 9, 10]}) + line({"input_ids": [7, 8, 9], "labels": [-100, 8, -100]}) +
         line({"input_ids": [0, 0, 7, 8, 0], "attention_mask": [0, 0, 1, 1, 0]}),
         [{"ids": [7, 8, 9, 10], "mask": [1, 1, 1, 1]}, {"ids": [7, 8, 9], "mask": [0, 1, 0]},
          {"ids": [7, 8], "mask": [1, 1]}])


def fields():
    case("fields.jsonl", line({"ask": U, "reply": A, "pull": 3}), [chat("chatml", TURNS)],
         fields=["instruction=ask", "output=reply", "weight=pull"])
    case("field_messages.jsonl", line({"turns": TURNS, "messages": "no"}), [chat("chatml", TURNS)],
         fields=["messages=turns"])
    case("text_field.jsonl", line({"notes": "It rains.", "text": A, "messages": TURNS}), [text("chatml", "It rains.")],
         fields=["text=notes"])


def messages():
    think = [TURNS[0], {"role": "assistant", "content": "four", "reasoning_content": "Two and two make four."}]
    written = [TURNS[0], {"role": "assistant", "content": "<think>\nhm\n</think>\n\nHello there"}]
    function = {"name": "weather", "arguments": {"city": "Orlen"}}
    call = [TURNS[0], {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]}]
    answered = call + [{"role": "tool", "name": "weather", "tool_call_id": "c1", "content": "It rains."},
                       {"role": "assistant", "content": "It rains in Orlen."}]
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}]
    case("reasoning.jsonl", line({"messages": think}) + line({"messages": written}),
         [chat("chatml", think), chat("chatml", written)])
    case("calls.jsonl", line({"messages": call}) + line({"messages": answered, "tools": tools}) +
         line({"messages": answered, "tools": json.dumps(tools)}),
         [chat("chatml", call), chat("chatml", answered, tools), chat("chatml", answered, tools)])
    case("calls_older.jsonl",
         line({"messages": [TURNS[0], {"role": "assistant", "content": None, "function_call": function}]}) +
         line({"conversations": [{"from": "human", "value": U}, {"from": "function_call", "value": json.dumps(function)}]}) +
         line({"conversations": [{"from": "human", "value": U}, {"from": "function_call", "value": json.dumps(function)},
                                 {"from": "observation", "value": "It rains."}, {"from": "gpt", "value": "Rain."}]}),
         [chat("chatml", call), chat("chatml", call),
          chat("chatml", call + [{"role": "tool", "content": "It rains."}, {"role": "assistant", "content": "Rain."}])])
    weighed = [{"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Go away."},
               {"role": "user", "content": "Hello?"}, {"role": "assistant", "content": "Good day."}]
    for key, off, on in (("weight", 0, 1), ("train", False, True), ("loss", False, None)):
        marked = [dict(m) for m in weighed]
        marked[1][key], marked[3][key] = off, on
        case(f"context_{key}.jsonl", line({"messages": marked}), [chat("chatml", weighed, context=[1])])
    case("assistant_last.jsonl", line({"messages": weighed}), [chat("chatml", weighed, context=[1])],
         options={"assistant": "last"})
    parts = [{"role": "user", "content": [{"type": "text", "text": "Who built "}, {"type": "text", "text": "it?"}]},
             {"role": "assistant", "content": A}]
    case("parts.jsonl", line({"messages": parts}), [chat("chatml", parts)])
    roles = [{"role": "developer", "content": "Be brief."}, {"role": "User", "content": U}, {"role": "ASSISTANT", "content": A},
             {"role": "function", "content": "It rains."}, {"from": "observation", "value": "x"}, {"from": "bot", "value": A}]
    plain = [{"role": r, "content": m.get("content", m.get("value"))} for r, m in
             zip(("developer", "user", "assistant", "function", "tool", "assistant"), roles)]
    case("roles.jsonl", line({"messages": roles}), [chat("chatml", plain)])


def forms():
    record = {"prompt": "Translate to French: cheese =>", "completion": " fr\u00f6mage"}
    other = {"text": "Gr\u00fc\u00dfe, \U0001F600 he says."}
    want = [completion("chatml", record["prompt"], record["completion"]), text("chatml", other["text"])]
    lines = line(record) + line(other)
    case("form.jsonl", lines, want)
    case("form_crlf.jsonl", lines.replace("\n", "\r\n\r\n"), want)
    case("form_bom.jsonl", b"\xef\xbb\xbf" + lines.encode(), want)
    case("form_packed.jsonl.gz", lines, want, compress="gz")
    case("form_packed.jsonl.zst", lines, want, compress="zst")
    case("form_packed_without_name.jsonl", lines, want, compress="gz")
    case("form_utf16le.jsonl", b"\xff\xfe" + lines.encode("utf-16-le"), want)
    case("form_utf16be.json", b"\xfe\xff" + json.dumps([record, other], ensure_ascii=False).encode("utf-16-be"), want)
    case("form_array.json", json.dumps([record, other]), want)
    case("form_array_by_line.jsonl", "[\n" + lines.replace("}\n{", "},\n{") + "]\n", want)
    case("form_array_pretty.json", json.dumps([record, other], indent=4), want)
    case("form_array.json.zst", json.dumps([record, other], indent=1), want, compress="zst")
    case("form_object.json", json.dumps({"version": "1.1", "data": [record, other], "n": 2}, indent=2), want)
    case("form_object_line.json", json.dumps({"data": [record, other]}), want)
    case("form_objects.json", json.dumps(record, indent=2) + "\n" + json.dumps(other, indent=2), want)
    case("form_one_chat.jsonl", line({"messages": TURNS}), [chat("chatml", TURNS)])
    quoted = [completion("chatml", "Say \"what\",\nnow?", " amber"), completion("chatml", "Who?", "A guild; of masons")]
    case("form_table.csv", 'prompt,completion,auth_weight,prov_entropy\r\n"Say ""what"",\nnow?"," amber",0.5,2\r\nWho?,A guild; of masons,,\r\n',
         quoted)
    case("form_table.tsv", 'prompt\tcompletion\nWho?\tA guild; of masons\n"Say ""what"",\nnow?"\t amber\n', quoted[::-1])
    case("form_table_semicolons.csv", 'prompt;completion\n"Say ""what"",\nnow?"; amber\nWho?;"A guild; of masons"\n', quoted)
    case("form_table.csv.gz", 'prompt,completion\n"Say ""what"",\nnow?", amber\nWho?,A guild; of masons\n', quoted, compress="gz")
    case("form_table_messages.csv", 'messages,note\n"' + json.dumps(TURNS).replace('"', '""') + '",x\n', [chat("chatml", TURNS)])
    case("mixed.jsonl", line(other) + line({"messages": TURNS}) + line({"instruction": U, "output": A}) +
         line({"question": U, "answer": A}), [text("chatml", other["text"])] + [chat("chatml", TURNS)] * 3)


def main():
    for directory in ("models", "files"):
        shutil.rmtree(HERE / directory, ignore_errors=True)
    TOKENIZERS.update(make_models())
    layouts("chatml", "")
    layouts("inst", "_inst")
    tokens()
    fields()
    messages()
    forms()
    text_case = [text("chatml", A)]
    text_case[0] = {"ids": text_case[0]["ids"][:-1], "mask": text_case[0]["mask"][:-1]}
    case("no_eos.jsonl", line({"text": A}), text_case, options={"append_eos": False})
    with open(HERE / "cases.json", "w") as out:
        out.write("[\n" + ",\n".join(json.dumps(c) for c in CASES) + "\n]\n")
    print(len(CASES), "files,", sum(len(c["records"]) for c in CASES), "records")


if __name__ == "__main__":
    main()
