#!/usr/bin/env python3
"""Small templates for every construct, with what transformers' Jinja makes of them.

    python tests/golden/chat.py > tests/golden/chat/constructs.jsonl

{"template", "text"} or, where Jinja raises, {"template", "error"}. bos_token is <s>, eos_token </s>."""
import copy
import json

import transformers.utils.chat_template_utils as ctu

MESSAGES = [
    {"role": "system", "content": " Be brief.\n"},
    {"role": "user", "content": "Wie groß ist 'Ägypten'? \"é\" \U0001f9ed\t<b>&\n\nline"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "area", "arguments": {"of": "Ägypten", "n": [1, 2.5, True, None]}}}]},
    {"role": "tool", "content": "[]", "name": "area", "tool_call_id": "c1"},
    {"role": "assistant", "content": "1,002,450 km²", "reasoning_content": "  think\n"},
]
V = ["none", "true", "false", "0", "1", "-7", "2.5", "-0.0", "1e16", "1e-5", "''", "'abc'", "'É \\n'", "[]", "[1, 'a', none]", "(1,)", "(1, 2)", "{}", "{'a': 1, 2: [none]}",
     "missing", "range(3)", "messages", "messages[2]", "messages[0].content", "namespace(a=1)", "messages[2].tool_calls"]
LINES = []
add = LINES.append
FILTERS = ["string", "trim", "upper", "lower", "title", "capitalize", "safe", "e", "escape", "forceescape", "length", "count", "abs", "int", "float", "round", "round(1)", "round(1, 'ceil')",
           "round(0, 'floor')", "default('d')", "default('d', true)", "list", "join('-')", "join", "first", "last", "reverse|list", "sort", "sort(reverse=true)", "unique|list", "min", "max",
           "sum", "items|list", "dictsort", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)", "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "indent", "indent(2, true)",
           "indent('> ', first=true, blank=true)", "center(12)", "wordcount", "string|truncate(9)", "string|truncate(9, true, '!')", "replace('a', 'xy')", "replace('e', '', 1)", "string|urlencode",
           "batch(2)|list", "batch(2, 'z')|list", "map('string')|list", "map('upper')|join('|')", "select|list", "reject('none')|list", "select('string')|list", "attr('x')|default('no')"]
TESTS = ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "boolean", "true", "false", "integer", "float", "number", "callable", "even", "odd", "divisibleby 2", "lower", "upper",
         "eq 1", "equalto('abc')", "ne 1", "lt 1", "ge 1", "in [1, 'abc', none]", "sameas none", "sameas true", "escaped"]


S = [
    {"role": "system", "content": " Be brief.\n"},
    {"role": "user", "content": "Wie groß ist 'Ägypten'? \"é\" \U0001f9ed\t<b>&\n\nline"},
    {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "area", "arguments": {"of": "Ägypten", "n": [1, 2.5, True, None]}}}]},
    {"role": "tool", "content": "[]", "name": "area", "tool_call_id": "c1"},
    {"role": "assistant", "content": "1,002,450 km²", "reasoning_content": "  think\n"},
]
V = ["none", "true", "false", "0", "1", "-7", "2.5", "-0.0", "1e16", "1e-5", "''", "'abc'", "'É \\n'", "[]", "[1, 'a', none]", "(1,)", "(1, 2)", "{}", "{'a': 1, 2: [none]}",
     "missing", "range(3)", "messages", "messages[2]", "messages[0].content", "namespace(a=1)", "messages[2].tool_calls"]
LINES = []
add = LINES.append
FILTERS = ["string", "trim", "upper", "lower", "title", "capitalize", "safe", "e", "escape", "forceescape", "length", "count", "abs", "int", "float", "round", "round(1)", "round(1, 'ceil')",
           "round(0, 'floor')", "default('d')", "default('d', true)", "list", "join('-')", "join", "first", "last", "reverse|list", "sort", "sort(reverse=true)", "unique|list", "min", "max",
           "sum", "items|list", "dictsort", "tojson", "tojson(indent=2)", "tojson(ensure_ascii=true)", "tojson(sort_keys=true)", "tojson(separators=(',', ':'))", "indent", "indent(2, true)",
           "indent('> ', first=true, blank=true)", "center(12)", "wordcount", "string|truncate(9)", "string|truncate(9, true, '!')", "replace('a', 'xy')", "replace('e', '', 1)", "string|urlencode",
           "batch(2)|list", "batch(2, 'z')|list", "map('string')|list", "map('upper')|join('|')", "select|list", "reject('none')|list", "select('string')|list", "attr('x')|default('no')"]
TESTS = ["defined", "undefined", "none", "string", "mapping", "iterable", "sequence", "boolean", "true", "false", "integer", "float", "number", "callable", "even", "odd", "divisibleby 2", "lower", "upper",
         "eq 1", "equalto('abc')", "ne 1", "lt 1", "ge 1", "in [1, 'abc', none]", "sameas none", "sameas true", "escaped"]


def put(text):
    add("{%% set v = %s %%}%s" % (v, text))  # not a constant, which Jinja would fold


for v in V:
    for f in FILTERS:
        put("{{ v|%s }}" % f)
    for t in TESTS:
        put("{{ v is %s }}" % t)
    put("{{ v }}|{{ not v }}|{{ v ~ 1 }}")
    put("{% for x in v %}{{ loop.index }}:{{ x }},{% else %}none{% endfor %}")
    for s in ["[0]", "[-1]", "['a']", ".a", "[1:]", "[:-1]", "[::-1]", "[::2]", "[-2:5:1]", "[none:2]", "[9:]", ".items()|list", ".get('a')", ".append(1)", ".keys()|list", ".upper()"]:
        if v != "range(3)" or ":" not in s:  # a range that is not written from 0 in ones is refused
            put("{{ v%s }}" % s)
    for w in ["none", "2", "-2.5", "'b'", "[1]", "(1,)", "missing", "true", "{'a': 1}"]:
        for op in ["+", "-", "*", "/", "//", "%", "==", "!=", "<", ">=", "in", "not in", "and", "or", "~"]:
            put("{{ v %s (%s) }}" % (op, w))
        put("{{ v if (%s) else v }}" % w)
S = ["'  a b  c '", "'x,y,,z'", "'aXbXc'", "'É\\u00a0ß\\n\\r\\nz'", "''", "'123'", "'<think>\\na\\n</think>\\n\\nb'", "\"It's 'q'\"", "messages[1].content"]
for s in S:
    for m in ["strip()", "lstrip()", "rstrip()", "strip(' ac')", "lstrip('a ')", "split()", "split(',')", "split('X', 1)", "split(none, 1)", "rsplit('X', 1)", "rsplit(none, 1)", "split('</think>')[-1]",
              "splitlines()", "splitlines(true)", "partition('X')", "rpartition(',')", "startswith('x')", "startswith(('a', 'x'))", "startswith('X', 1)", "endswith('c ')", "endswith('z', 0, 99)", "replace('X', '--')", "replace('', '.')",
              "replace('b', '', 1)", "upper()", "lower()", "title()", "capitalize()", "swapcase()", "find('b')", "rfind('X')", "index('Q')", "count('X')", "count('')", "isdigit()", "isalpha()", "isalnum()",
              "isspace()", "isupper()", "islower()", "isnumeric()", "isdecimal()", "zfill(6)", "center(11, '*')", "ljust(5)", "rjust(9, '.')", "removeprefix('a')", "removesuffix('c')", "join(['p', 'q'])",
              "join('pq')", "join([1])", "split('')", "foo"]:
        add("{{ (%s).%s }}" % (s, m))
    add("{{ %s[1] }}|{{ %s[-2:] }}|{{ %s[::-1] }}|{{ [%s] }}|{{ %s|list }}" % (s, s, s, s, s))
FORMATS = ["'%s' % 'a'", "'%s %s' % (1, none)", "'%5.1f|%-5d|%05d|%+d' % (2.25, 3, -4, 5)", "'%x %X %o %%' % (255, 255, 8)", "'%(a)s' % {'a': 1}", "'%r' % 'q'", "'%s' % (1, 2)", "'%d' % 'x'", "'%.2s|%4s' % ('abc', 'x')",
           "'%e' % 12345.678", "'%g' % 0.0001", "'{} {}'.format(1, 'a')", "'{1}{0}'.format(1, 2)", "'{a!s:>4}|{b:<4}|{c:^5}'.format(a='x', b='y', c='z')", "'{:05d} {:.2f} {:,}'.format(42, 1.005, 1234567)", "'{{}}'.format()",
           "'{}'.format()", "'%s'|format('z')", "'%(k)s'|format(k=3)", "'{:x}'.format(255)", "'{:>6}|{:*^7}'.format(1.5, 'a')"]
for f in FORMATS:
    add("{{ %s }}" % f)
LINES += [
    "{% set x = 1 %}{% for i in [1,2] %}{{ x }}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}", "{% if true %}{% set y = 2 %}{% endif %}{{ y }}{{ z }}", "{% set a, b = 1, 2 %}{{ a }}{{ b }}", "{% set a, b = [1] %}",
    "{% set ns = namespace(n=0, l=[]) %}{% for i in range(3) %}{% set ns.n = ns.n + i %}{% set ns.l = ns.l + [i] %}{% endfor %}{{ ns.n }}{{ ns.l }}", "{% set q.x = 1 %}", "{% set q = {} %}{% set q.x = 1 %}",
    "{% macro m(a, b='B', c=a) %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c=3) }}{{ m(b=2, a=1) }}{{ m() }}", "{% macro m(a) %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, 3, k=4) }}", "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(z=2) }}", "{% macro m() %}<{{ caller(7) }}>{% endmacro %}{% call(n) m() %}x{{ n }}{% endcall %}", "{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}", "{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(5) }}",
    "{% set x = 1 %}{% macro m() %}{{ x }}{% endmacro %}{% set x = 2 %}{{ m() }}", "{% for i in [1] %}{% set k = 5 %}{% macro m() %}{{ k }}{{ i }}{% endmacro %}{{ m() }}{% endfor %}{{ m is defined }}", "{% macro m(x) %}{% set x = x ~ 'y' %}{{ x }}{% endmacro %}{{ m('a') }}{{ x is defined }}",
    "{% set b %}  block {{ 1 }} {% endset %}[{{ b }}]", "{% set b | upper | trim %} blk {% endset %}[{{ b }}]", "{% filter upper | replace('A', '4') %}banana{{ ' x' }}{% endfilter %}", "{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a is defined }}", "{% with %}{% set a = 3 %}{{ a }}{% endwith %}{{ a }}",
    "{% for i in range(6) if i % 2 %}{{ i }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.revindex }}{{ loop.revindex0 }};{% endfor %}", "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% elif i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}",
    "{% for i in [] %}a{% else %}empty{% endfor %}", "{% for i in none %}{% endfor %}", "{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k }}{{ v }}{{ loop.cycle('x', 'y') }}{% endfor %}", "{% for k in {'a': 1} %}{{ k }}{% endfor %}", "{% for i in [1,1,2] %}{{ loop.changed(i) }}{{ loop.previtem }}{{ loop.nextitem }}{% endfor %}",
    "{% for t in [{'n': 1, 'c': [{'n': 2, 'c': []}]}] recursive %}{{ t.n }}{{ loop.depth }}[{{ loop(t.c) }}]{% endfor %}", "{% for i in range(3) %}{% for j in range(2) %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}", "{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}",
    "{%- for m in messages -%}\n  {{- m.role -}}\n{%- endfor -%}\n", "a\n  {% if true %}\n  b\n  {% endif %}\nc\n\n", "a\n  {%+ if true %}\n b {%- endif +%}\nc", "  {# c #}  x {#- d -#}  y\n{# e #}\nz", "{% raw %}{{ x }}{% y %}{% endraw %}|{%- raw -%}  {{ }}  {%- endraw -%} z", "  {% raw %}\n a {% endraw %}\n",
    "x\r\n{{ 'a\r\nb' }}\ry\r\n", "{{ 'a' 'b' \"c\" }}", "{{ '\\x41\\u00e9\\U0001f600\\101\\q\\'' }}", "{{ 1_000 + 0x1F + 0b11 + 0o17 }}{{ 1.5e3 }}{{ 1e2 }}", "{{ 2 ** 3 ** 2 }}{{ -2 ** 2 }}{{ -3|abs }}{{ 7 // -2 }}{{ 7 % -3 }}{{ -7 // 2 }}{{ 7.5 % -2 }}{{ 7.5 // 2 }}", "{{ 1 < 2 < 3 }}{{ 1 < 2 > 5 }}{{ 3 > 2 == true }}",
    "{{ 'a' if false }}|{{ ('a' if false) is defined }}", "{{ 1 if true else 2 if false else 3 }}", "{{ not true or true and false }}", "{{ [1, 2,] }}{{ {'a': 1,} }}{{ (1,) }}{{ () }}", "{{ {'a': {'b': [1, {'c': 'd'}]}}.a.b[1].c }}", "{{ 'ab'.0 }}{{ [4, 5].1 }}", "{{ a.b }}", "{{ a['b'] }}", "{{ a.b.c is defined }}", "{{ a() }}",
    "{{ a + 1 }}", "{{ none.x }}", "{{ none.x.y }}", "{{ messages[0].nope }}|{{ messages[9] }}|{{ messages[0]['items'] is callable }}", "{{ messages[9].role }}", "{{ messages.append(1) }}", "{{ {}.update({}) }}", "{{ messages[0].pop('role') }}", "{{ 1 // 0 }}", "{{ 'a' < 1 }}", "{{ [1] < [1, 2] }}{{ (1, 'a') < (1, 'b') }}", "{{ range(3) }}{{ range(1, 9, 3)|list }}{{ range(5, 0, -2)|list }}{{ range(3)[1] }}",
    "{{ dict(a=1, b=[2]) }}{{ dict([('x', 1)]) }}{{ dict({'q': 1}, z=2) }}", "{{ raise_exception('why') }}", "{{ strftime_now('%d') is string }}", "{{ bos_token }}{{ eos_token }}{{ tools }}{{ documents }}{{ add_generation_prompt }}{{ pad_token is defined }}", "{% generation %}a{% set g = 1 %}{{ g }}{% endgeneration %}{{ g is defined }}",
    "{{ messages|selectattr('role', 'equalto', 'assistant')|map(attribute='content')|list }}", "{{ messages|map(attribute='name', default='-')|join(',') }}", "{{ messages|rejectattr('tool_calls', 'defined')|list|length }}", "{{ messages|selectattr('content')|list|length }}", "{{ messages|selectattr('role', 'in', ['user', 'tool'])|map(attribute='role')|list }}",
    "{{ messages|map('length')|list }}", "{{ messages|length }}{{ messages|last|length }}{{ (messages|first).role }}", "{{ messages|selectattr('role', 'eq', 'x')|first|default('none') }}", "{% if messages|selectattr('role', 'eq', 'x') %}yes{% endif %}", "{{ messages|map(attribute='role')|length }}", "{{ messages|map(attribute='role') is string }}", "{% set g = [1, 2]|map('string') %}{{ g|list }}{{ g|list }}",
    "{{ messages[2].tool_calls[0].function.arguments|tojson }}", "{{ messages|tojson(indent=4) }}", "{{ messages|tojson }}", "{{ messages[2]|string }}", "{{ messages[2].tool_calls[0].function.arguments.items()|list }}", "{{ messages[2].tool_calls[0].function.arguments.items() }}", "{% for k, v in messages[2].tool_calls[0].function.arguments|items %}{{ k }}={{ v }};{% endfor %}", "{{ {'b': 1, 'a': 2, 'B': 0}|dictsort }}{{ {'b': 1, 'a': 2}|dictsort(by='value') }}{{ {'b': 1, 'B': 2}|dictsort(true, reverse=true) }}",
    "{{ ('<a>'|safe) + '<b>' }}{{ '<b>' + ('<a>'|safe) }}{{ ('<a>'|safe) ~ '<b>' }}", "{{ '<a>'|e|e }}", "{{ {1: 'a', none: 2, true: 3}|tojson }}", "{{ {(1, 2): 3}|tojson }}", "{{ 1.0|tojson }}{{ 1e400|tojson }}{{ '\\u007f\\u2028/'|tojson }}", "{{ [missing]|tojson }}", "{{ namespace(a=1) is mapping }}", "{{ {'a': 1} == {'a': 1.0} }}{{ [1] == (1,) }}{{ 1 == true }}{{ '1' == 1 }}{{ missing == missing2 }}", "{{ {[1]: 2} }}", "{{ 'x' in missing }}{{ 'x' in 5 }}", "{{ missing|length }}{{ missing|upper }}|{{ missing|join }}|{{ missing|list }}",
    "{{ [3, 1, 2]|sort|join }}{{ ['b', 'A', 'c']|sort }}{{ ['b', 'A']|sort(case_sensitive=true) }}{{ [{'k': 2}, {'k': 1}]|sort(attribute='k') }}", "{{ [1, 'a']|sort }}", "{{ ['a', 'A', 'b']|unique|list }}{{ [1, 1.0, true]|unique|list }}", "{{ [[1, 2], [3]]|sum(start=[]) }}{{ [{'v': 2}, {'v': 3}]|sum('v') }}", "{{ '3.7'|int }}{{ 'x'|int(9) }}{{ '0x1f'|int(base=16) }}{{ ' 12 '|int }}{{ '1_0'|float }}{{ 'nan'|float }}{{ 3.99|int }}",
    "{{ *x }}", "{{ 'a", "{% if %}", "{% for x in %}", "{% endfor %}", "{% if x %}", "{{ x | nope }}", "{{ x is nope }}", "{% nope %}", "{{ (1 }}", "{{ 1) }}", "{{ 1 2 }}", "{# open", "{% raw %}", "{{ }}", "{% set 1 = 2 %}", "{{ {'a' 1} }}", "{{ foo(a=1, 2) }}", "{{ x.1y }}", "{{ $ }}", "{{ 'a' is string is true }}", "{% break %}", "{% macro %}", "{{ loop }}", "{% set x %}", "{%if true%}{%else%}{%endif%}ok{{1}}{{-2-}} 3", "{% if messages[0]['role'] == 'system' -%}\n  S\n{%- else -%}\n U\n{%- endif %}\n!",
    "{{ messages[1:]|map(attribute='role')|join(' ') }}{{ messages[-1].content[:5] }}{{ messages[1].content[4:9]|upper }}", "{{ 'a,b'.split(',')|last }}{{ ('a' ~ 1 ~ none ~ missing ~ [1]) }}", "{{ [1, 2, 3][1:][0] }}{{ 'abc'[1:][0] }}", "{% for c in 'aé' %}{{ c }}.{% endfor %}", "{{ ['a', 'b']|join(', ') + '!' if true else '' }}", "{% set x = ['a']*3 %}{{ x }}{{ 'ab' * 2 }}{{ 0 * 'a' }}",
]


def render(text):
    try:
        out = ctu._compile_jinja_template(text).render(messages=copy.deepcopy(MESSAGES), tools=None, documents=None, add_generation_prompt=True, bos_token="<s>", eos_token="</s>")
        return {"text": out}
    except Exception as e:  # noqa: BLE001
        return {"error": f"{type(e).__name__}: {e}"[:100]}


print(json.dumps({"messages": MESSAGES, "add_generation_prompt": True}))
for line in LINES:
    got = render(line)
    if " at 0x" not in got.get("text", ""):
        print(json.dumps({"template": line, **got}))
