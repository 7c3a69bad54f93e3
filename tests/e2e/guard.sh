#!/usr/bin/env bash
# The memory guard in whole runs: pause, resume, stop and resumption to the same loss curve; a limit that shrinks; a
# leak; too much held. What the machine says is made up: YA_SYSTEM_ROOT names a directory with proc/ and sys/ in it,
# where proc/self/status is the process's own. YA_LEAK_MB lets each step leak so many MB.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
model=${YA_SHARED:-../shared}/fixtures/models/llama
[ -f "$model/config.json" ] || { echo "skipped: no $model"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

root=$work/root
mkdir -p "$root/proc/self" "$root/sys/fs/cgroup/job"
ln -s /proc/self/status "$root/proc/self/status"
echo "0::/job" >"$root/proc/self/cgroup"
# Written over in place and at a fixed width: the run reads at any moment, from a file that it holds open.
available() { printf 'MemTotal:     16777216 kB\nMemAvailable: %8d kB\n' $(($1 * 1024)) 1<>"$root/proc/meminfo"; }
cgroup_max() { printf '%16d\n' $(($1 << 20)) | tr ' ' 0 1<>"$root/sys/fs/cgroup/job/memory.max"; }
printf '%16d\n' $((100 << 20)) | tr ' ' 0 >"$root/sys/fs/cgroup/job/memory.current"
export YA_SYSTEM_ROOT=$root

for i in $(seq 1 23); do
    echo "{\"input_ids\": [1, $((i + 3)), $(seq -s , $((i % 7 + 9)) $((i % 5 + 40)))], \"auth_weight\": 0.5, \"prov_entropy\": 2}"
done >"$work/data.jsonl"

# train NAME FLAGS...: a run in $work/NAME, its terminal in $work/NAME.log
train() {
    local name=$1
    shift
    "$binary" train --model "$model" --data "$work/data.jsonl" --output "$work/$name" --batch-size 4 --dtype f32 \
        --threads 2 --logging-steps 1 --save-steps 100000 --pause-available-gb 4 --abort-available-gb 2 "$@" \
        2>>"$work/$name.log"
}
fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}
has() { grep -qE "$2" "$work/$1/metrics.jsonl" || fail "$1: no line $2 in metrics.jsonl"; }
lacks() { ! grep -qE "$2" "$work/$1/metrics.jsonl" || fail "$1: a line $2 in metrics.jsonl"; }
source tests/support/runs.sh
ends_with() { # CODE NAME PID
    local code=0
    wait "$3" || code=$?
    [ "$code" = "$1" ] || { fail "$2: exit $code, wanted $1"; tail -3 "$work/$2.log"; }
}

steps=300
available 8192
cgroup_max 65536
train undisturbed --steps $steps || fail "undisturbed: exit $?"
lacks undisturbed '"event": "(pause|release|critical|leak|over)"'

# another process eats memory and gives it back; then eats more
train eaten --steps $steps &
run=$!
wait_for eaten '"step": 20,'
available 4000
wait_for eaten '"event": "pause", '
available 4200 # not 5 % above the limit: the pause goes on
sleep 1.2
before=$(wc -l <"$work/eaten/metrics.jsonl")
sleep 0.5
[ "$(wc -l <"$work/eaten/metrics.jsonl")" = "$before" ] || fail "eaten: it trains while it pauses"
lacks eaten '"event": "resume"'
available 4400
wait_for eaten '"event": "resume"'
available 2000
ends_with 4 eaten $run
has eaten '"event": "critical", .*"mem_available_gb": 1\.953125,'
has eaten '"event": "release", .*"rss_file_mb": .*"rss_file_mb_before": '
available 8192
train eaten --steps $steps --resume || fail "eaten: exit $? on --resume"
[ "$(losses eaten | wc -l)" = $steps ] || fail "eaten: $(losses eaten | wc -l) steps"
diff <(losses undisturbed) <(losses eaten) >/dev/null || fail "eaten: the losses are not those of an undisturbed run"

# a pause that lasts too long makes passes smaller and goes on
available 3000
train impatient --steps 3 --pause-timeout-s 0.2 --max-seq-length 64 || fail "impatient: exit $?"
has impatient '"event": "pause_timeout"'
has impatient '"event": "shrink", .*passes of 256 tokens instead of 512'
available 8192

# the cgroup's limit shrinks below what is left to be had
train shrunk --steps 100000 &
run=$!
wait_for shrunk '"step": 20,'
cgroup_max 1024
ends_with 4 shrunk $run
has shrunk '"event": "critical", '
cgroup_max 65536

# leaks: 1.2 MB a step is reported within 64 steps and stops the run in the second window; 0.5 MB is not reported
code=0
YA_LEAK_MB=1.2 train leaking --steps 300 || code=$?
[ $code = 4 ] || fail "leaking: exit $code"
has leaking '"event": "leak", "step": ([1-9]|[1-5][0-9]|6[0-4]), '
[ "$(losses leaking | wc -l)" -le 70 ] || fail "leaking: it ran for $(losses leaking | wc -l) steps"
train leaking --steps 300 --resume || fail "leaking: exit $? on --resume"
YA_LEAK_MB=0.5 train dripping --steps 300 || fail "dripping: exit $?"
lacks dripping '"event": "leak"'
YA_LEAK_MB=1.2 train warned --steps 120 --leak-action warn || fail "warned: exit $?"
[ "$(grep -c '"event": "leak"' "$work/warned/metrics.jsonl")" = 3 ] || fail "warned: not 3 windows reported"

# more than it may hold: release, then smaller passes whose memory goes back, then a stop
code=0
YA_LEAK_MB=0.9 train over --steps 300 --max-memory 40MB --max-seq-length 64 || code=$?
[ $code = 4 ] || fail "over: exit $code"
has over '"event": "release"'
has over '"event": "shrink", .*given back'
has over '"event": "over"'
given=$(sed -n 's/.*"event": "shrink".*"rss_anon_mb": \([0-9.]*\),.*"rss_anon_mb_before": \([0-9.]*\),.*/\2 \1/p' \
    "$work/over/metrics.jsonl" | head -1 | awk '{ print ($1 - $2 > 0.5) }')
[ "$given" = 1 ] || fail "over: a smaller pass gave no memory back"

# a machine with 16 GB and its profile: the limits are scaled, and nothing of ours makes it pause; one with 72 GB
profiled() { # NAME
    "$binary" train --config configs/hardware/base_16gb.yaml --model "$model" --data "$work/data.jsonl" --steps 60 \
        --output "$work/$1" --logging-steps 1 --max-seq-length 64 --threads 2 2>"$work/$1.log" || fail "$1: exit $?"
    [ "$(losses "$1" | wc -l)" = 60 ] || fail "$1: $(losses "$1" | wc -l) steps"
    lacks "$1" '"event": "(pause|release|critical|leak|over|shrink)"'
}
available 13312
cgroup_max 131072
profiled base_16gb
has base_16gb '"event": "start".*"pause_available_gb": 3\.33.*"abort_available_gb": 2\.22'
cp "$root/proc/meminfo" "$work/meminfo"
printf 'MemTotal:     75497472 kB\nMemAvailable: 60000000 kB\n' >"$root/proc/meminfo"
profiled base_72gb
has base_72gb '"event": "start".*"pause_available_gb": 15(\.0)?,.*"abort_available_gb": 10(\.0)?[,}]'
cp "$work/meminfo" "$root/proc/meminfo"
cgroup_max 65536
available 8192

# the plan against limits: nothing is begun that does not fit
code=0
train refused --steps 3 --max-memory 9MB --no-auto-fit || code=$?
[ $code = 3 ] || fail "refused: exit $code"
grep -q "GB more than .* allows; .*fits" "$work/refused.log" || { fail "refused: no advice"; tail -2 "$work/refused.log"; }
(ulimit -d 200000 && train data_limit --steps 3 --pass-tokens 65536 --no-auto-fit) && fail "data_limit: it was not refused"
grep -q "RLIMIT_DATA" "$work/data_limit.log" || { fail "data_limit: not named"; tail -2 "$work/data_limit.log"; }
train fitted --steps 20 --max-memory 24MB --max-seq-length 64 --pass-tokens 4096 || fail "fitted: exit $?"
grep -q "gradient checkpointing is on" "$work/fitted.log" || fail "fitted: no checkpointing"
grep -q "passes of 2048 tokens instead of 4096" "$work/fitted.log" || fail "fitted: no smaller passes"
train roomy --steps 20 --max-seq-length 64 --pass-tokens 4096 || fail "roomy: exit $?"
paste <(losses roomy) <(losses fitted) | awk '$1 != $3 || ($2 - $4) ^ 2 > 1e-10 { exit 1 }' ||
    fail "fitted: its losses are others than without a limit"
exit $((failures > 0))
