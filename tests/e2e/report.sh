#!/usr/bin/env bash
# A run that train made, resumed once, as report shows it: what run.json says is on the page.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
model=${YA_SHARED:-../shared}/fixtures/models/llama
[ -f "$model/config.json" ] || { echo "skipped: no $model"; exit 77; }
source tests/support/expect.sh
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for i in 1 2 3 4 5 6 7 8; do
    echo "{\"input_ids\": [1, 5, 9, $((10 + i)), 20], \"auth_weight\": 0.$i, \"prov_entropy\": $i, \"source_type\": \"<b>kind_$((i % 2))</b>\"}"
done >"$work/data.jsonl"
train() {
    "$binary" train --model "$model" --data "$work/data.jsonl" --val-data "$work/data.jsonl" --output "$work/run" \
        --warmup-steps 0 --batch-size 2 --logging-steps 1 --eval-steps 2 --threads 2 --dtype f32 --quiet "$@"
}
train --steps 4
train --steps 6 --resume

expect 0 "wrote $work/run/report.html" "$binary" report "$work/run"
for text in '&lt;b&gt;kind_1&lt;/b&gt;' 'max_seq_length' 'Best validation' 'resumed from a checkpoint' \
    'coordinated (w &gt; 0.7)' 'finished' 'Share of the weight by source' 'Records and weight by auth_weight'; do
    grep -qF -e "$text" "$work/run/report.html" || { echo "FAILED: the page does not say $text"; failures=$((failures + 1)); }
done
grep -qE 'plan [0-9]+' "$work/run/report.html" || { echo "FAILED: the page does not say what was planned"; failures=$((failures + 1)); }
expect 0 '"state": "finished"' "$binary" report "$work/run" --json
expect 0 '"processes": 2' "$binary" report "$work/run" --json
expect 0 "wrote $work/bands.svg" "$binary" report "$work/run" --chart bands --output "$work/bands.svg"
expect 1 "holds no metrics.jsonl" "$binary" report "$work"
expect 2 "report needs a run" "$binary" report
expect 2 "expected one of: loss" "$binary" report "$work/run" --chart losss
expect 1 "/proc/nowhere" "$binary" report "$work/run" --output /proc/nowhere/page.html

# a new run in the same place sets everything aside, the event files too
train --steps 1
[ -e "$work/run/earlier-1/run.json" ] && [ -e "$work/run/earlier-1/logs" ] || { echo "FAILED: not set aside"; failures=$((failures + 1)); }
[ "$(ls "$work/run/logs" | wc -l)" = 1 ] || { echo "FAILED: old event files remain"; failures=$((failures + 1)); }
exit $((failures > 0))
