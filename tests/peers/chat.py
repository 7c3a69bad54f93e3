#!/usr/bin/env python3
"""Templates with one thing changed: what Jinja makes of them, we make or refuse; nothing differs.

    python tests/peers/chat.py TEMPLATES_DIR TEST_PROGRAM [COUNT [SEED]]

TEST_PROGRAM is build/test_token_chat_public. Needs transformers and jinja2."""
import datetime
import json
import os
import random
import re
import subprocess
import sys
import tempfile

import transformers.utils.chat_template_utils as ctu

DAY = datetime.datetime(2026, 5, 28, 20, 26, 40)


class FixedDate(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return DAY


ctu.datetime = FixedDate
SWAPS = [("==", "!="), ("+", "~"), ("-%}", "%}"), ("{%-", "{%"), ("{{-", "{{"), ("if", "if not"), ("and", "or"), ("or", "and"), ("[1:]", "[:-1]"),
         ("loop.first", "loop.last"), ("loop.index0", "loop.revindex"), ("trim", "upper"), ("strip", "title"), (" in ", " not in "), ("true", "none"),
         ("false", "1.5"), ("defined", "string"), ("string", "iterable"), ("mapping", "sequence"), ("tojson", "string"), ("tojson", "tojson(indent=2)"),
         ("'", '"'), ("\\n", "\\t\\x41"), ("content", "role"), ("messages", "messages[::-1]"), ("0", "-1"), ("1", "2"), ("%}", "+%}"), ("{%", "{%+"),
         ("length", "list"), ("length", "first"), (" - ", " // "), (" + ", " * "), ("%2", "**2"), ("items()", "keys()"), (".get(", ".values("),
         ("else", "elif 1 < 2 < 3"), ("set ", "set zz = "), ("endif", "endfor"), ("user", ""), ("{#", "{{"), (".role", "['role']"), ("message.", "message[0]."),
         (" is not none", ""), ("not ", ""), ("]", "][0]"), ("'assistant'", "none"), ("system", "{}"), (")", ", 1)"), ("(", "(*"), ("|", "|default(3)|"),
         ("tool", "tools"), ("split", "rsplit"), ("'", "'''"), ("}}", "|safe + '<'}}"), ("}}", "if false}}"), ("namespace(", "dict("), ("join", "map('upper')|join"),
         ("none", "[1, 2.50, {'a': none, 3: (1,)}, 'é\"\\'\\n']"), ("loop.index", "loop.length"), ("for message in messages", "for message in messages if message.role != 'user'")]


def mutate(text, rng):
    for _ in range(100):
        old, new = rng.choice(SWAPS)
        places = [m.start() for m in re.finditer(re.escape(old), text)]
        if places:
            at = rng.choice(places)
            return text[:at] + new + text[at + len(old):]
    return text


def render(text, conversation, generation):
    try:
        template = ctu._compile_jinja_template(text)
        return {"text": template.render(messages=conversation["messages"], tools=conversation.get("tools"), documents=None,
                                        add_generation_prompt=generation, bos_token="<s>", eos_token="</s>")}
    except Exception as e:  # noqa: BLE001
        return {"error": f"{type(e).__name__}: {e}"[:300]}


def main():
    source, program = sys.argv[1:3]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    rng = random.Random(int(sys.argv[4]) if len(sys.argv) > 4 else 1)
    conversations = json.load(open(os.path.join(source, "..", "conversations.json")))
    names = sorted(os.listdir(source))
    names = rng.sample(names, min(40, len(names)))
    with tempfile.TemporaryDirectory() as directory:
        os.mkdir(directory + "/templates")
        json.dump(conversations, open(directory + "/conversations.json", "w"))
        with open(directory + "/expected.jsonl", "w") as out:
            for i in range(count):
                text = mutate(open(os.path.join(source, rng.choice(names)), newline="").read(), rng)
                open(f"{directory}/templates/m{i}.jinja", "w", newline="").write(text)
                for key in rng.sample(sorted(conversations), 4):
                    row = {"template": f"m{i}", "conversation": key, "add_generation_prompt": rng.random() < 0.5}
                    row.update(render(text, conversations[key], row["add_generation_prompt"]))
                    if len(json.dumps(row)) < 1 << 21 and not re.search(" at 0x[0-9a-f]+", row.get("text", "")):
                        out.write(json.dumps(row) + "\n")
        keep = os.environ.get("KEEP")
        if keep:
            subprocess.run(["cp", "-r", directory, keep], check=True)
        sys.exit(subprocess.run([os.path.abspath(program)], env={**os.environ, "YA_CHAT_CASES": directory}).returncode)


main()
