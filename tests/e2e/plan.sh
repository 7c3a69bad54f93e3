#!/usr/bin/env bash
# The memory plan against what runs of many kinds take: never below the greatest RssAnon of any step, and at most 3 %
# above it. These models are tiny, so that 3 % is less than half a MB: whatever is not measured shows. And the plan's
# words and figures for models that are not here. script/bench plan does the same with large models.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
models=${YA_SHARED:-../shared}/fixtures/models
[ -f "$models/llama/config.json" ] || { echo "skipped: no $models/llama"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

for i in $(seq 1 29); do
    echo "{\"input_ids\": [1, $(seq -s , $((i % 7 + 9)) $((i % 11 * 13 + 40)))], \"source_type\": \"kind_$((i % 5))\", \"auth_weight\": 0.$((i % 10)), \"prov_entropy\": $((i % 8))}"
done >"$work/data.jsonl"

# planned MODEL FLAGS...: runs five steps and compares
planned() {
    local model=$1 plan most
    shift
    plan=$("$binary" plan --model "$models/$model" --json --quiet "$@" | sed 's/.*"anonymous_peak_mb": \([0-9.]*\),.*/\1/;q')
    rm -rf "$work/out"
    "$binary" train --model "$models/$model" --data "$work/data.jsonl" --output "$work/out" --steps 5 --save-steps 2 \
        --logging-steps 1 --quiet "$@" 2>"$work/log" || { fail "$model $*: $(tail -1 "$work/log")"; return; }
    most=$(sed -n 's/.*"rss_anon_mb": \([0-9.]*\).*/\1/p' "$work/out/metrics.jsonl" | sort -g | tail -1)
    echo "$model $*: planned $plan MB, took $most MB"
    awk "BEGIN { exit !($most > 1 && $plan >= $most && $plan <= $most / 0.97) }" || fail "$model $*"
}

planned llama --dtype f32 --threads 1
planned llama --dtype f32 --threads 2 --lora-targets all --lora-rank 64
planned llama --threads 2 --grad-checkpoint --pass-tokens 96 --max-seq-length 64 --batch-size 12
planned llama3-tied --threads 2 --lora-num-layers 1 --max-seq-length 2048
planned qwen2 --dtype f32 --threads 2 --gradient-accumulation-steps 16
planned qwen3 --threads 1 --lora-targets down --max-seq-length 100
planned mistral-swa --dtype f32 --threads 2 --no-packing --lora-dropout 0.1
planned llama --dtype f32 --threads 2 --lora-rank 0 --trainable '*'
export DNNL_MAX_CPU_ISA=AVX2
planned llama --dtype f32 --threads 2
planned qwen3 --dtype f32 --threads 1 --lora-targets all --max-seq-length 300
unset DNNL_MAX_CPU_ISA

# a shape whose weights are not on this machine; every field of the JSON
XDG_CACHE_HOME=$work/none HF_HOME=$work/none "$binary" plan --model llama-8b --memory 64 --json --max-seq-length 256 \
    >"$work/plan.json" 2>"$work/log" || fail "preset: $(tail -1 "$work/log")"
for field in anonymous_peak_mb mapped_mb budget_mb fits settings regions; do
    grep -q "\"$field\": " "$work/plan.json" || fail "preset: no $field"
done
grep -q '"fits": true' "$work/plan.json" || fail "preset: it does not fit 64 GB"
for field in name bytes lifetime reason; do
    [ "$(grep -c "\"$field\": " "$work/plan.json")" -ge 8 ] || fail "preset: regions without $field"
done
grep -q "is not on this machine" "$work/log" || fail "preset: it is not said that its weights are not here"

# what does not fit is said with the shortfall and with what would fit, and that is true
"$binary" plan --model "$models/llama" --dtype f32 --max-seq-length 2048 --max-memory 20MB 2>"$work/log" ||
    fail "too small: exit $?"
grep -q "does not fit: .* GB more than .* max_memory allows; the largest that fits is with " "$work/log" ||
    fail "too small: $(tail -1 "$work/log")"
advice=$(sed -n 's/.*the largest that fits is with \(.*\)/\1/p' "$work/log")
# shellcheck disable=SC2086
"$binary" plan --model "$models/llama" --dtype f32 --max-seq-length 2048 --max-memory 20MB --json $advice 2>/dev/null |
    grep -q '"fits": true' || fail "too small: it does not fit with $advice"
exit $((failures > 0))
