"""score --explain against support/scoring.py, a slow reading of the specification, on texts made to meet its rules.

Texts are made of the policy's words and their plurals, in parts and glued together, of white space of all kinds, digits,
brackets, hyphens, and letters beside which a word ends or does not; records have fields of every type. Every case of
shared/spec/scoring-cases.jsonl is compared too, where it is there.

usage: scoring.py [--seed N] [--records N]
"""
import argparse
import json
import os
import random

from support import peer, scoring

YEAR = 2026
os.environ["SOURCE_DATE_EPOCH"] = "1790000000"
SPACES = [" "] * 12 + ["\n", "\n\n", "\t", "  ", "\u00a0", " \u00a0\r\n", "\v", "\f", "", "\u2003", "\x1c", "\x85"]
GLUE = ["", "-", "_", "'", "’", "s", "es", "é", "ÿ", "ß", "ǅ", "×", "÷", "À", "Ɏ", "ɏ", "ɐ", ".", ",", ":", ";", "/", "\u017f",
        "\u212a", "0", "x", "日本", "😀", "—", "©", "\u00ad", "(", ")", "[", "]", "\ud7ff"]
PIECES = ("[12] [1, 2] [3-5] [1;2] [3–5] [ 7 ] [1,,2] [1 ,\n2] (Smith, 2020) (Smith 2020a) [Smith 2020] (Smith et al., 2020) "
          "(Smith et\u00a0al 2020) (Smith & Jones, 2020) (Smith and May, 2020) (June 1923) (MAY 1923) (Mayer, 1923) (O’Brien, 1999, "
          "p. 3) (Müller-Lang, 1999, pp. 3 - 5) (Ångström,1999) (\u01c5x 1999) (Smith–Lang, 2020) (smith, 2020) (Smith,  "
          "20201) ((Smith, 2020) ibid Ibid. ibidem op.cit op. cit. opcit OP CIT loc.\ncit loc cit cit "
          "US 1,234,567|US1234567|EP 12345|WO 2009|DE 1 2 3 4 5|US 12,,345|us 123456|GB 3200|FR\n12/34.5|xUS 12345|US 1234 5|"
          "copyright 1956|Copyright, 1911|(c) 1923|(C)1850|©1777|copyright © 2001|published in 1950|Published in: 1650|written "
          "1499|written in1950|published:,19999|unpublished 1950|published 1956x|copyright in, in 1950|(c)in 2030|"
          "www.cdc.gov|x.gov.uk|.gov|a-.gov.|X.GOV/|nature.com|é.gov|_.gov-x|Nature|WHO|Science|who|12345|1956|19560102|p. 3")
PIECES = [piece for part in PIECES.split("|") for piece in ([part] if "|" not in PIECES or part else [])]
LINES = ["\n1. Smith, J. 1998", "\n  2. Jones, A title, 1998 [1]", "\n3.\u00a0Müller, 19981", "\n4. May, 1998", "\n5. Smith J. 1998",
         "\n6. Smith, 1 12345 1999x\n", "\n7.\nSmith, 1998", "\n\t8. Smith, (Jones, 2001)", "\n9.Smith, 1998"]
NAMES = ["x.jsonl", "wiki.jsonl", "big_patents-2.jsonl", "newspaper.jsonl", "internet_archive.jsonl", "corporation.jsonl",
         "cnn.wiki.jsonl", "Speeches 1.jsonl", "my-arxivs.jsonl", "medical.jsonl"]
HOSTS = ["https://www.nature.com/x", "http://archive.org/nature_news", "https://who.int?Nature", "nature.com", "NIH.gov#who",
         "https://a@www.loc.gov:80/blog", "https://a@b@xloc.gov:80/blog", "ftp://x/Science", "https://NATURE.com", "://WHO",
         "https://news.example.org/u?x=http://archive.org", "archive.org", "https://Archive.Org", "https://archive.org.gov/",
         "http://sub.nara.gov", "x://y.archives.gov:1@archive.org", "", "https://en.wikipedia.org/wiki/Media"]
DATES = [1956, 1956.0, 1956.5, 0, -1950, 18630515, 18631315, "1956", "c1956", "March 5, 1923", "19560230", "195602301", "1066-1923",
         "n.d.", "", None, True, [1956], {"x": 1}, 1499, 1500, YEAR, YEAR + 1, 1969, 1970, 1994, 1995, "1850s", 1e3, 1.956e3]
TYPES = ["patent", "Patent", "patent_pre1970", "Academic Paper", "wiki", "wikipedia dump", "book", "historical book", "newspaper",
         "court record", " \u00a0x\n", "", "unknown", "UNKNOWN", None, 7, ["wiki"], "news-modern", "classical_philosophy", "facebook",
         "paper news", "\u00e9", "government", "logic__training"]
COUNTS = [0, 5, 7.0, 2.5, -1, -0.0, "12", "007", " 5", "", "x", None, True, [3], 10 ** 6, 123456789012]


def mixed_case(rng, word):
    return rng.choice([word, word, word, word.upper(), word.capitalize(), word.swapcase()])


def make_text(rng, words):
    out = []
    for _ in range(rng.choice([1, 3, 8, 20, 40])):
        kind = rng.randrange(10)
        if kind < 4:
            word = rng.choice(words)
            word = rng.choice([word, word, scoring.plural(word) or word])
            word = mixed_case(rng, word)
            if " " in word and rng.randrange(3) == 0:
                word = word.replace(" ", rng.choice(SPACES))
        elif kind < 6:
            word = rng.choice(PIECES)
        elif kind == 6:
            word = rng.choice(LINES)
        elif kind == 7:
            word = "".join(rng.choice(GLUE) for _ in range(rng.randrange(4)))
        else:
            word = rng.choice("the river ran past old mill and road turned north in a of".split())
        out.append(rng.choice(GLUE) + word + rng.choice(GLUE) if rng.randrange(4) == 0 else word)
        out.append(rng.choice(SPACES))
    text = "".join(out)
    if rng.randrange(40) == 0:
        text = text * (rng.choice([2100, 8300]) // max(len(text), 1) + 1)
    return text


def make_record(rng, words):
    record = {}
    text = make_text(rng, words)
    kind = rng.randrange(12)
    if kind == 0:
        record["messages"] = [{"role": "user", "content": text}, {"role": "assistant", "content": make_text(rng, words)},
                              {"role": "tool", "content": None}]
    elif kind == 1:
        record.update(prompt=text, completion=make_text(rng, words) + "x")
    elif kind == 2:
        record.update({rng.choice(scoring.TEXT_FIELDS): make_text(rng, words), "abstract": text, "text": rng.choice(["", "a", 5])})
    else:
        record["text"] = text
    fields = {}
    for name in scoring.DATE_FIELDS:
        if rng.randrange(6) == 0:
            fields[name] = rng.choice(DATES)
    for name in ["source", "publisher", "url"]:
        if rng.randrange(4) == 0:
            fields[name] = rng.choice(HOSTS + [make_text(rng, words)[:60], "Nature", "The WHO", 3, None, ["Nature"]])
    if rng.randrange(3) == 0:
        fields["source_type"] = rng.choice(TYPES)
    if rng.randrange(5) == 0:
        fields["citation_count"] = rng.choice(COUNTS)
    for name, value in fields.items():
        if rng.randrange(4) == 0:
            record.setdefault("metadata", {})[name] = value
            if rng.randrange(3) == 0:
                record[name] = None
        else:
            record[name] = value
    return record


def same(found, wanted):
    if isinstance(wanted, dict):
        return isinstance(found, dict) and found.keys() == wanted.keys() and all(same(found[k], wanted[k]) for k in wanted)
    if isinstance(wanted, float) or isinstance(found, float):
        # printed with 4 decimals
        return isinstance(found, (int, float)) and wanted is not None and abs(found - wanted) < 5.1e-5
    return found == wanted


def compare(policy, directory, name, records):
    path = os.path.join(directory, name)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=len(record) % 2 == 0) + "\n")
    lines = [json.loads(line) for line in peer.run("score", "--quiet", "--explain", "--threads", 2, "--input", path).split("\n") if line]
    found = {line["line"]: line for line in lines}
    for number, record in enumerate(records, 1):
        text = scoring.text_of(record)
        got = found.get(number)
        if text is None or got is None:
            if (text is None) != (got is None):
                peer.fail(f"{name}:{number}: text {text!r}, line {got}")
            continue
        wanted = scoring.score(policy, record, text, name)
        got.setdefault("trivium_category", None)
        wanted.update(file=name, line=number)
        equal = same(got, wanted)
        peer.same("score", f"{name}:{number}", equal or f"{json.dumps(got)[:1500]} of {json.dumps(record)}",
                  equal or json.dumps(wanted))


def body():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--records", type=int, default=20000)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    policy = scoring.Policy(os.path.join(peer.ROOT, "configs", "provenance", "default.yaml"), YEAR)
    words = list(policy.scores) + policy.consensus + policy.primary + [w for ws in policy.types.values() for w in ws]
    with peer.folder() as directory:
        for name in NAMES:
            compare(policy, directory, name, [make_record(rng, words) for _ in range(options.records // len(NAMES))])
        cases = os.path.join(peer.SHARED, "spec", "scoring-cases.jsonl")
        if os.path.exists(cases):
            with open(cases, encoding="utf-8") as file:
                for case in map(json.loads, file):
                    compare(policy, directory, case["file"], [case["record"]])


peer.main(body)
