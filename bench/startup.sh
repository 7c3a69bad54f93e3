#!/usr/bin/env bash
# Claim: an 8B model computes within half a second of being named, its file in the page cache.
#
# usage: bench/startup.sh YOUR_AI MAKE_GGUF [TYPE]     e.g. bench/startup.sh build/your_ai build/bench_make_gguf q4_0
# Starting the program (--version) plus what generate says that it took until the model was ready, the middle of five
# runs of each. The model is a sparse file of a few MB (TMPDIR) with 128256 tokens; the first run warms the cache.
set -euo pipefail
export LC_ALL=C
program=${1:?path of your_ai} maker=${2:?path of bench_make_gguf} type=${3:-q4_0}
limit_s=0.5 runs=5
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$maker" 8b "$type" "$folder/8b.gguf" --sparse
echo '[[1]]' >"$folder/ids.json"

middle() {
    sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
generate() {
    "$program" generate --model "$folder/8b.gguf" --ids "$folder/ids.json" --max-tokens 1 --json 2>&1 >/dev/null |
        sed -n 's/.*ready in \([0-9.]*\) s.*/\1/p'
}
start() {
    local from=$EPOCHREALTIME
    "$program" --version >/dev/null
    echo "$from $EPOCHREALTIME" | awk '{ print $2 - $1 }'
}

[ -n "$(generate)" ] || { echo "generate does not say when it was ready" >&2; exit 1; }
ready=$(for ((i = 0; i < runs; i++)); do generate; done | middle)
loaded=$(for ((i = 0; i < runs; i++)); do start; done | middle)
awk -v loaded="$loaded" -v ready="$ready" -v limit=$limit_s -v type="$type" 'BEGIN {
    printf "8B %s: program %.3f s + model %.2f s = %.2f s until the first computation (claim: below %s s)\n",
           type, loaded, ready, loaded + ready, limit
    exit !(loaded + ready < limit)
}'
