#!/usr/bin/env bash
# setup, recommend, benchmark and optimize as a user types them, with an empty cache and tiny models.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
models=${YA_SHARED:-../shared}/fixtures/models
[ -f "$models/llama/config.json" ] || exit 77
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache XDG_CONFIG_HOME=$work/config HOME=$work TMPDIR=$work
. "$(dirname "$0")/../support/expect.sh"

# value FILE KEY: a number or word of a JSON document with one key a line.
value() {
    sed -n 's/^ *"'"$2"'": "\{0,1\}\([^",]*\).*/\1/p' "$1" | head -1
}
check() {
    [ "$2" "$3" "$4" ] || { echo "FAILED: $1: $2 $3 $4"; failures=$((failures + 1)); }
}

# setup writes a profile that plan takes, and keeps the earlier one
expect 0 "your_ai recommend" "$binary" setup
expect 0 "profile.yaml.earlier" "$binary" setup
expect 0 "in all" "$binary" plan --model "$models/llama" --config "$work/config/your_ai/profile.yaml"

# threads bound to their places, as on many servers: still all of the machine's, also after a restart
threads() {
    "$binary" setup 2>&1 | sed -n 's/^threads *//p'
}
[ "$(threads)" = "$(OMP_PROC_BIND=true threads)" ] || { echo "FAILED: OMP_PROC_BIND takes threads away"; exit 1; }

# recommend: for more memory a model at least as large, and only what the plan says fits
last=0
for gb in 16 64 192; do
    "$binary" recommend --memory $gb --json --quiet >"$work/r.json"
    grep -q '"recommended": "' "$work/r.json" || { echo "FAILED: nothing for $gb GB"; exit 1; }
    name=$(value "$work/r.json" recommended)
    size=$(grep -A3 "\"model\": \"$name\"" "$work/r.json" | sed -n 's/.*"parameters": \([0-9]*\).*/\1/p')
    check "recommended for $gb GB" "$size" -ge "$last"
    last=$size
    planned=$("$binary" plan --model "$name" --memory $gb --json --quiet | grep -c '"fits": true')
    check "plan of $name for $gb GB" "$planned" -eq 1
done
expect 2 "did you mean" "$binary" recommend --memroy 3
# the figures are those of plan, in either type of products
for dtype in f32 bf16; do
    "$binary" recommend --memory 64 --dtype $dtype --json --quiet >"$work/r.json"
    advised=$(sed -n '/"model": "hermes-70b"/,/}/s/.*"anonymous_peak_mb": \([0-9]*\).*/\1/p' "$work/r.json")
    "$binary" plan --model hermes-70b --memory 64 --config max_64gb --dtype $dtype --json --quiet >"$work/p.json"
    planned=$(sed -n 's/.*"anonymous_peak_mb": \([0-9]*\).*/\1/p' "$work/p.json")
    check "advice on $dtype, MB less than the plan" $((planned - advised)) -le 5
    check "advice on $dtype, MB more than the plan" $((advised - planned)) -le 5
done
# what it says to type next: the stored type that was meant is made by export; profiles have names
expect 0 "your_ai pull hermes-70b" "$binary" recommend --memory 64
expect 0 "your_ai export --model hermes-70b --to gguf --dtype q4_0 --output hermes-70b-q4_0.gguf" "$binary" recommend --memory 64
expect 0 "your_ai train --config max_64gb --model hermes-70b-q4_0.gguf" "$binary" recommend --memory 64
expect 0 "in all" "$binary" plan --model hermes-70b --memory 64 --config max_64gb
expect 1 "cannot open" "$binary" plan --model hermes-70b --config max_65gb
expect 0 "written:" "$binary" export --model "$models/llama" --to gguf --dtype q4_0 --output "$work/q.gguf"

# benchmark: the broken one is reported, the other is measured
mkdir "$work/broken"
echo '{}' >"$work/broken/config.json"
"$binary" benchmark --models "$work/broken,$models/llama" --max-seq-length 16 --batch-size 2 --steps 3 \
    --output "$work/out" --json --quiet >"$work/b.json"
check "measured" "$(grep -c '"ok": true' "$work/b.json")" -eq 1
check "failed" "$(grep -c '"ok": false' "$work/b.json")" -eq 1
grep -q 'model_type is missing' "$work/b.json" || { echo "FAILED: no reason in benchmark"; failures=$((failures + 1)); }
expect 1 "there is no model to measure" "$binary" benchmark

# optimize: interrupted, it redoes no finished trial; its profile trains
search=("$binary" optimize --model "$models/llama" --quick --max-seq-length 16 --threads 1 --output "$work/opt")
"${search[@]}" >"$work/log" 2>&1 &
job=$!
for _ in $(seq 600); do
    [ "$(cat "$work/opt/trials.jsonl" 2>/dev/null | wc -l)" -ge 2 ] && break
    sleep 0.1
done
kill -INT $job 2>/dev/null || true
code=0
wait $job || code=$?
check "exit code of the interrupted search" "$code" -eq 130
before=$(wc -l <"$work/opt/trials.jsonl")
cp "$work/opt/trials.jsonl" "$work/first.jsonl"
"${search[@]}" --json >"$work/o.json" 2>"$work/log" || { cat "$work/log"; exit 1; }
check "trials done before" "$(grep -c 'done before' "$work/log")" -eq "$before"
check "trials of the grid" "$(grep -c '"round":1' "$work/opt/trials.jsonl")" -eq 12
finalists=$(grep -c '"round":2' "$work/opt/trials.jsonl") # the fastest are measured again
check "finalists" "$finalists" -ge 1
check "finalists" "$finalists" -le 4
cp "$work/opt/trials.jsonl" "$work/all.jsonl"
"${search[@]}" >/dev/null 2>&1
cmp -s "$work/all.jsonl" "$work/opt/trials.jsonl" || { echo "FAILED: a finished search ran trials"; failures=$((failures + 1)); }
# the result is the fastest of all that was measured
fastest=$(sed -n 's/.*"tokens_per_s":\([0-9.]*\).*/\1/p' "$work/all.jsonl" | sort -g | tail -1)
grep -qF "$(printf '%.1f tokens/s' "$fastest")" "$work/opt/optimized.yaml" || { echo "FAILED: $fastest is not in the profile"; failures=$((failures + 1)); }
cmp -s "$work/first.jsonl" <(head -n "$before" "$work/opt/trials.jsonl") || { echo "FAILED: the journal was rewritten"; failures=$((failures + 1)); }
echo '{"input_ids": [1, 5, 9, 10, 20], "auth_weight": 0.05, "prov_entropy": 7.5}' >"$work/data.jsonl"
expect 0 "done:" "$binary" train --config "$work/opt/optimized.yaml" --model "$models/llama" --data "$work/data.jsonl" \
    --output "$work/run" --steps 2
[ ! -e "$work/opt/trial" ] || { echo "FAILED: a trial's directory is left"; failures=$((failures + 1)); }
[ "$failures" -eq 0 ]
