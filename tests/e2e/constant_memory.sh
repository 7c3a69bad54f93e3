#!/usr/bin/env bash
# Memory is constant after the first steps: RssAnon at step 200 is that at step 10, within one page, though checkpoints
# are saved and validations run in between (the first checkpoint is saved after step 10).
set -euo pipefail
binary=${YA_BINARY:?path of the program}
model=${YA_SHARED:-../shared}/fixtures/models/llama
[ -f "$model/config.json" ] || { echo "skipped: no $model"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Records of different lengths; ids within the vocabulary of 256.
for i in $(seq 1 37); do
    ids=$(seq -s , $((i % 7 + 1)) $((i % 7 + 3 + i)))
    echo "{\"input_ids\": [$ids], \"auth_weight\": 0.$((i % 10)), \"prov_entropy\": $((i % 8))}"
done >"$folder/data.jsonl"

# kib FOLDER STEP: RssAnon that metrics.jsonl reports of that step.
kib() {
    sed -n 's/.*"step": '"$2"', .*"rss_anon_mb": \([0-9.]*\),.*/\1/p' "$1/metrics.jsonl" | awk '{ printf "%d\n", $1 * 1024 + 0.5 }'
}

failures=0
# constant NAME FLAGS...
constant() {
    local name=$1 early late most
    shift
    "$binary" train --model "$model" --data "$folder/data.jsonl" --val-data "$folder/data.jsonl" --output "$folder/$name" \
        --steps 200 --batch-size 4 --learning-rate 1e-3 --logging-steps 1 --save-steps 10 --eval-steps 25 --threads 2 \
        --quiet "$@" 2>"$folder/log" || { cat "$folder/log"; exit 1; }
    early=$(kib "$folder/$name" 10) late=$(kib "$folder/$name" 200)
    most=$(for step in $(seq 11 200); do kib "$folder/$name" "$step"; done | sort -n | tail -1)
    echo "$name: $early KiB at step 10, $late KiB at step 200, at most $most KiB between"
    if [ -z "$early" ] || [ -z "$late" ] || [ "$most" -gt $((early + 4)) ] || [ "$late" -lt $((early - 4)) ]; then
        echo "FAILED: $name"
        failures=$((failures + 1))
    fi
}

constant packed --dtype f32
constant short_passes --dtype f32 --no-packing --pass-tokens 48 --grad-checkpoint
if "$binary" plan --model "$model" --dtype bf16 >/dev/null 2>"$folder/log"; then
    constant bf16 --dtype bf16
else
    grep -q "no bf16 products for this processor" "$folder/log" || { cat "$folder/log"; exit 1; }
    echo "bf16: not computed by this processor"
fi
constant all_weights --dtype f32 --lora-rank 0 --trainable '*'
exit $((failures > 0))
