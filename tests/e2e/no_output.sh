#!/usr/bin/env bash
# Every command that prints, to a device that is full and to no standard output at all: exit 1, and it says why.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
models=${YA_SHARED:-../shared}/fixtures/models
[ -f "$models/llama/config.json" ] && [ -w /dev/full ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

llama=$models/llama
for i in 1 2 3 4 5 6; do
    echo "{\"input_ids\": [1, 5, 9, $((10 + i)), 20], \"auth_weight\": 0.05, \"prov_entropy\": 7.5}"
done > "$work/ids.jsonl"
for i in 1 2 3 4 5 6; do
    echo "{\"text\": \"A text of some length, number $i, that was written on 12 May 1931 in Vienna by hand.\"}"
done > "$work/text.jsonl"
echo '[[5, 6, 7]]' > "$work/ids.json"
"$binary" train --model "$llama" --data "$work/ids.jsonl" --output "$work/run" --steps 2 --warmup-steps 0 --quiet

check() { # check COMMAND...: with both kinds of standard output that takes nothing
    local got=0
    "$binary" "$@" > /dev/full 2> "$work/said" || got=$?
    [ "$got" = 1 ] && [ -s "$work/said" ] || { echo "FAILED: $* > /dev/full: exit $got"; failures=$((failures + 1)); }
    got=0
    "$binary" "$@" >&- 2> "$work/said" || got=$?
    [ "$got" = 1 ] && [ -s "$work/said" ] || { echo "FAILED: $* >&-: exit $got"; failures=$((failures + 1)); }
}

check --help
check --version
check --reference
check --man
check --completion bash
check train --help
check plan --model "$llama" --json
check inspect --model "$llama"
check inspect --model "$llama" --json
check evaluate --model "$llama" --data "$work/ids.jsonl"
check evaluate --model "$llama" --data "$work/ids.jsonl" --json
check generate --model "$llama" --ids "$work/ids.json" --max-tokens 3 --json
check score --input "$work/text.jsonl"
check analyze --input "$work/text.jsonl"
check analyze --input "$work/text.jsonl" --json
check recommend --json
check setup --json --output "$work/profile.yaml"
check report "$work/run" --json
check report "$work/run" --output /dev/stdout
check report "$work/run" --chart loss --output /dev/stdout
check logits --model "$llama" --ids "$work/ids.json" --output /dev/stdout
check dedupe --input "$work/text.jsonl" --output "$work/kept.jsonl"
check prepare --input "$work/text.jsonl" --output "$work/prepared"
check validate --model "$llama" --suite source-preference --json --output "$work/answers"
[ -L /dev/stdout ] || { echo "FAILED: /dev/stdout is no link any more"; failures=$((failures + 1)); }

# /dev/stdout that is a plain file is written to, and stays the link that it is
"$binary" report "$work/run" --chart loss --output /dev/stdout > "$work/chart.svg" 2> /dev/null
grep -q '<svg' "$work/chart.svg" || { echo "FAILED: no chart"; failures=$((failures + 1)); }
[ -L /dev/stdout ] || { echo "FAILED: /dev/stdout is no link any more"; failures=$((failures + 1)); }
exit $((failures > 0))
