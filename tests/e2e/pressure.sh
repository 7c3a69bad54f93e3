#!/usr/bin/env bash
# Live pressure: another process takes memory until MemAvailable is below pause_available_gb, gives it back, then takes
# more until it is below abort_available_gb. The run pauses, resumes, saves and ends with 4; --resume finishes, and the
# losses are those of an undisturbed run to the last bit. Before all that the page cache grows by 1 GB, which is nobody's
# leak. It takes about a fifth of what is available; the machine must have 6 GB of that, and nothing else large may start
# or end meanwhile.
# labels: slow
set -euo pipefail
binary=${YA_BINARY:?path of the program}
model=${YA_SHARED:-../shared}/fixtures/models/llama
[ -f "$model/config.json" ] || { echo "skipped: no $model"; exit 77; }
cached_mb() { awk '/^Cached:/ { print int($2 / 1024) }' /proc/meminfo; }
available_mb() { awk '/^MemAvailable:/ { print int($2 / 1024) }' /proc/meminfo; }
most=$(available_mb)
[ "$most" -ge 6144 ] || { echo "skipped: $most MB available"; exit 77; }
work=$(mktemp -d)
eater=
# tail keeps a stream without line ends in memory
eat_mb() { { head -c "$1M" /dev/zero; sleep 1000; } | tail >/dev/null & eater=$!; }
give_back() {
    local sleeper
    kill "$eater" 2>/dev/null || true
    for sleeper in $(jobs -p); do [ "$sleeper" = "${run:-}" ] || kill "$sleeper" 2>/dev/null || true; done
}
finish() { give_back; [ -z "${run:-}" ] || kill "$run" 2>/dev/null || true; rm -rf "$work"; }
trap finish EXIT
fail() { echo "FAILED: $*"; tail -3 "$work/log" || true; exit 1; }

for i in $(seq 1 23); do
    echo "{\"input_ids\": [1, $((i + 3)), $(seq -s , $((i % 7 + 9)) $((i % 5 + 40)))]}"
done >"$work/data.jsonl"
steps=${YA_PRESSURE_STEPS:-8000}
train() {
    local name=$1
    shift
    "$binary" train --model "$model" --data "$work/data.jsonl" --output "$work/$name" --batch-size 4 --dtype f32 \
        --distrust-mode off --threads 2 --logging-steps 1 --save-steps 100000 --quiet --steps "$steps" "$@" 2>>"$work/log"
}
source tests/support/runs.sh
gb() { awk "BEGIN { printf \"%.3f\", $most * $1 / 1024 }"; }

train undisturbed || fail "undisturbed: exit $?"
train disturbed --pause-available-gb "$(gb 0.90)" --abort-available-gb "$(gb 0.82)" &
run=$!
wait_for disturbed '"step": 100,'
cached=$(cached_mb)
head -c 1G /dev/zero >"$work/file"
cached=$(($(cached_mb) - cached))
[ $cached -ge 900 ] || fail "the page cache grew by $cached MB only"
at=$(losses disturbed | tail -1 | cut -d' ' -f1)
wait_for disturbed "\"step\": $((at + 200)),"
eat_mb $((most * 13 / 100))
wait_for disturbed '"event": "pause"'
give_back
wait_for disturbed '"event": "resume"'
eat_mb $((most * 21 / 100))
code=0
wait "$run" || code=$?
run=
give_back
[ $code = 4 ] || fail "exit $code, wanted 4"
! grep '"event": "leak"' "$work/disturbed/metrics.jsonl" || fail "the page cache was taken for a leak"
grep -q '"event": "critical"' "$work/disturbed/metrics.jsonl" || fail "no event critical"
stopped=$(losses disturbed | tail -1 | cut -d' ' -f1)
train disturbed --resume || fail "--resume: exit $?"
[ "$(losses disturbed | wc -l)" = "$steps" ] || fail "$(losses disturbed | wc -l) steps"
diff <(losses undisturbed) <(losses disturbed) >/dev/null || fail "the losses are not those of an undisturbed run"
grep -E '"event": "(pause|resume|critical)"' "$work/disturbed/metrics.jsonl" | sed 's/.*"event": "\([a-z]*\)", "step": \([0-9]*\), "text": "\([^"]*\)".*/\1 at step \2: \3/'
echo "stopped at step $stopped; all $steps losses equal to the last bit"
