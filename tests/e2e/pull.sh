#!/usr/bin/env bash
# pull against a hub on 127.0.0.1: whole, resumed, through faults, refused; what lies in the cache is what was served.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
models=${YA_SHARED:-../shared}/fixtures/models
[ -f "$models/llama/config.json" ] && command -v python3 >/dev/null || exit 77
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
export HOME=$work XDG_CACHE_HOME=$work/cache no_proxy=127.0.0.1
unset HF_HUB_CACHE HF_HOME HF_TOKEN HF_HUB_OFFLINE http_proxy HTTP_PROXY all_proxy ALL_PROXY
. "$(dirname "$0")/../support/expect.sh"
check() {
    [ "$2" "$3" "$4" ] || { echo "FAILED: $1: $2 $3 $4"; failures=$((failures + 1)); }
}

# The hub: a model that works, one of GGUF files, a data set, and one repository for each fault.
hub=$work/hub
mkdir -p "$hub/org/tiny/onnx" "$hub/org/ggufs" "$hub/datasets/org/letters/sub"
cp -r "$models/llama/." "$hub/org/tiny"
echo '{}' >"$hub/org/tiny/onnx/model.json"
head -c 5000 /dev/zero >"$hub/org/tiny/pytorch_model.bin"
head -c 2000 /dev/urandom >"$hub/org/ggufs/m.Q4_0.gguf"
head -c 3000 /dev/urandom >"$hub/org/ggufs/m.Q8_0.gguf"
echo '{"text": "a"}' >"$hub/datasets/org/letters/sub/a b.jsonl"
for fault in cut=30000 busy=2 busy=100 norange lie private evil slow; do
    name=org/${fault%%=*}
    [ "$fault" != busy=100 ] || name=org/down
    mkdir -p "$hub/$name"
    echo '{"model_type": "llama"}' >"$hub/$name/config.json"
    head -c 300000 /dev/urandom >"$hub/$name/model.safetensors"
    echo "$fault" >"$hub/$name/.faults"
done
echo "cut=100000 norange" >"$hub/org/norange/.faults"
python3 "$(dirname "$0")/../support/hub_server.py" "$hub" "$work/port" "$work/log" &
server=$!
for _ in $(seq 100); do
    [ -e "$work/port" ] && break
    sleep 0.1
done
export HF_ENDPOINT=http://127.0.0.1:$(cat "$work/port")/
cache=$work/cache/huggingface/hub

# A model: what this program reads and nothing else, as names that --model takes
expect 0 "your_ai plan --model org/tiny" "$binary" pull org/tiny
tiny=$(echo "$cache"/models--org--tiny/snapshots/*)
for file in "$models/llama"/*; do
    case ${file##*/} in *.safetensors | *.json) cmp "$file" "$tiny/${file##*/}" || failures=$((failures + 1)) ;; esac
done
check "left out" "$(find "$tiny" -name '*.bin' -o -name onnx | wc -l)" -eq 0
check "the branch" "$(cat "$cache/models--org--tiny/refs/main")" = "${tiny##*/}"
expect 0 "in all" "$binary" plan --model org/tiny --max-seq-length 16
expect 0 "llama" "$binary" inspect org/tiny
# again: nothing is fetched; what was damaged is
: >"$work/log"
expect 0 "nothing to fetch" "$binary" pull org/tiny
check "contents fetched again" "$(grep -c resolve "$work/log")" -eq 0
blob=$(readlink -f "$tiny/config.json")
size=$(stat -c %s "$blob")
head -c "$size" /dev/zero >"$blob"
expect 0 "is fetched again" "$binary" pull org/tiny
cmp "$models/llama/config.json" "$tiny/config.json" || failures=$((failures + 1))

# Several GGUF files: one must be chosen; then it has a name
expect 1 "has 2 GGUF files; choose with --include" "$binary" pull org/ggufs
expect 0 "--model org/ggufs/m.Q4_0.gguf" "$binary" pull org/ggufs --include '*q4_0.gguf' --include '*Q4_0.gguf'
cmp "$hub/org/ggufs/m.Q4_0.gguf" "$cache"/models--org--ggufs/snapshots/*/m.Q4_0.gguf || failures=$((failures + 1))
expect 1 "snapshots" "$binary" inspect org/ggufs/m.Q4_0.gguf # found, and random bytes
expect 1 "no file of org/ggufs matches" "$binary" pull org/ggufs --include '*.bin'

# A data set, with a name that must be escaped
expect 0 "analyze --input" "$binary" pull org/letters --dataset
cmp "$hub/datasets/org/letters/sub/a b.jsonl" "$cache"/datasets--org--letters/snapshots/*/sub/"a b.jsonl" || failures=$((failures + 1))

# Faults that pass: connections that break, a server that is busy, one that sends no parts
for name in cut busy; do
    expect 0 "plan --model" "$binary" pull org/$name
    cmp "$hub/org/$name/model.safetensors" "$cache"/models--org--$name/snapshots/*/model.safetensors || failures=$((failures + 1))
done
grep -q 'range=bytes=30000-' "$work/log" || { echo "FAILED: not resumed"; failures=$((failures + 1)); }
expect 1 "cannot fetch" "$binary" pull org/norange
check "a part is kept" "$(ls "$cache"/models--org--norange/blobs | grep -c incomplete)" -eq 1
echo norange >"$hub/org/norange/.faults"
expect 0 "goes on at 33.3 %" "$binary" pull org/norange
cmp "$hub/org/norange/model.safetensors" "$cache"/models--org--norange/snapshots/*/model.safetensors || failures=$((failures + 1))

# Faults that stay: wrong contents, no server, no permission, a hostile list
expect 1 "and was deleted" "$binary" pull org/lie
check "nothing wrong is kept" "$(find "$cache/models--org--lie" -type f -path '*blobs*' | wc -l)" -eq 0
check "no branch" "$([ -e "$cache/models--org--lie/refs/main" ] && echo 1 || echo 0)" -eq 0
expect 1 "HTTP 503" "$binary" pull org/down
expect 1 "set HF_TOKEN" "$binary" pull org/private
expect 1 "does not allow it" env HF_TOKEN=wrong "$binary" pull org/private
: >"$work/log"
expect 0 "plan --model" env HF_TOKEN=secret "$binary" pull org/private
check "requests of the hub with the token" "$(grep -c '^hub.*token=yes' "$work/log")" -ge 3
check "requests of the store with the token" "$(grep -c '^store.*token=yes' "$work/log")" -eq 0
check "requests of the store" "$(grep -c '^store' "$work/log")" -eq 1
expect 1 "has a path that cannot be written" "$binary" pull org/evil
expect 1 "the hub has no org/none at main" "$binary" pull org/none
expect 1 "the hub has no org/tiny at v2" "$binary" pull org/tiny --revision v2
expect 2 "expected ORG/NAME or a preset" "$binary" pull ../tiny
expect 2 "is no branch, tag or commit" "$binary" pull org/tiny --revision ../x
expect 2 "pull needs a name" "$binary" pull
expect 2 "expected the address of a hub" env HF_ENDPOINT=ftp://x "$binary" pull org/tiny
expect 1 "cannot fetch" env HF_ENDPOINT=http://127.0.0.1:1 "$binary" pull org/tiny

# Interrupted or killed, it goes on; two at once do not mix
for signal in INT KILL; do
    rm -rf "$cache/models--org--slow"
    "$binary" pull org/slow >/dev/null 2>"$work/err" &
    job=$!
    for _ in $(seq 100); do
        part=$(find "$cache/models--org--slow/blobs" -name '*.incomplete' -size +40k 2>/dev/null || true)
        [ -n "$part" ] && break
        sleep 0.05
    done
    expect 1 "by another program already" "$binary" pull org/slow
    kill -$signal $job
    code=0
    wait $job 2>/dev/null || code=$?
    [ $signal = KILL ] || check "exit code" "$code" -eq 130
    expect 0 "goes on at" "$binary" pull org/slow
    cmp "$hub/org/slow/model.safetensors" "$cache"/models--org--slow/snapshots/*/model.safetensors || failures=$((failures + 1))
done

# Offline: what is there is checked, what is not is not asked for; JSON; presets
: >"$work/log"
expect 0 "org/tiny" env HF_HUB_OFFLINE=1 "$binary" pull org/tiny
expect 1 "HF_HUB_OFFLINE forbids" env HF_HUB_OFFLINE=1 "$binary" pull org/other
check "requests offline" "$(wc -l <"$work/log")" -eq 0
expect 1 "the hub has no mlabonne/" "$binary" pull llama-8b
expect 1 "your_ai pull llama-8b fetches it" "$binary" inspect llama-8b
"$binary" pull org/tiny --json --quiet >"$work/j.json"
python3 - "$work/j.json" "$tiny" <<'END' || failures=$((failures + 1))
import json, sys
d = json.load(open(sys.argv[1]))
assert d["path"] == sys.argv[2] and d["fetched_bytes"] == 0 and d["bytes"] == sum(f["bytes"] for f in d["files"])
END
[ "$failures" -eq 0 ]
