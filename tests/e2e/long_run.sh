#!/usr/bin/env bash
# 10,000 steps of SmolLM2-135M, on short rows and with the last layer adapted so that they take minutes only: RssAnon at
# steps 10, 1,000 and 10,000 is the same within a page, and what is planned holds.
# labels: slow
set -euo pipefail
binary=${YA_BINARY:?path of the program}
model=$(script/fetch-model 2>/dev/null) || { echo "skipped: no model"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for i in $(seq 1 40); do
    echo "{\"input_ids\": [1, $((i * 37 % 4000 + 3)), $(seq -s , $((i + 5)) $((i % 5 + 8 + i)))]}"
done >"$work/data.jsonl"
"$binary" train --model "$model" --data "$work/data.jsonl" --output "$work/out" --steps "${YA_LONG_STEPS:-10000}" \
    --batch-size 1 --max-seq-length 16 --pass-tokens 16 --lora-num-layers 1 --lora-rank 4 --distrust-mode off \
    --logging-steps 1 --save-steps 1000 --quiet
kib() { sed -n 's/.*"step": '"$1"', .*"rss_anon_mb": \([0-9.]*\),.*/\1/p' "$work/out/metrics.jsonl" | awk '{ printf "%d\n", $1 * 1024 + 0.5 }'; }
early=$(kib 10) later=$(kib 1000) late=$(kib "${YA_LONG_STEPS:-10000}")
echo "RssAnon at step 10: $early KiB, at step 1000: $later KiB, at the last: $late KiB"
for other in "$later" "$late"; do
    [ $((other - early)) -le 4 ] && [ $((early - other)) -le 4 ] || { echo "FAILED: it is not constant"; exit 1; }
done
grep '"event": "start"' "$work/out/metrics.jsonl" | sed 's/.*"planned_mb": \([0-9.]*\),.*/planned: \1 MB/'
