#!/usr/bin/env bash
# The N-th allocation, then the N-th call of the system, fails: a run ends with 0 and the right results, or with another
# exit code, a sentence on stderr and nothing under a final name that is not whole. YA_POINTS: how many N a command.
set -euo pipefail
work=$(mktemp -d)
[ -n "${YA_KEEP:-}" ] || trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/../support/jobs.sh"
shim=$(dirname "$binary")/libfailing_calls.so
points=${YA_POINTS:-8}
read -ra chosen <<<"${YA_JOBS:-train evaluate prepare dedupe report export}"
read -ra kinds <<<"${YA_KINDS:-memory calls}"
more=
# What the program would start itself again for.
export GOMP_SPINCOUNT=1000 GLIBC_TUNABLES=glibc.malloc.tcache_count=0
make_inputs
run train trained || fail "train: exit $?"

# whole NAME: what it left under final names is as the undisturbed run left it
whole() {
    local path
    for path in "$work/$1"/out* "$work/$1"/out/*; do
        case $path in
        *'*' | */metrics.jsonl | */run.json | */logs | "$work/$1/out") continue ;;
        esac
        # a best checkpoint may be that of an earlier validation
        if [ "${path##*/}" = checkpoint-best ]; then
            (cd "$path" && sha256sum --quiet -c SHA256SUMS >"$work/difference" 2>&1) || return 1
        else
            diff -rq "$path" "$work/plain${path#"$work/$1"}" >"$work/difference" || return 1
        fi
    done
}

# judge CODE WORDS
judge() {
    if [ "$1" = 0 ]; then
        same plain failed || fail "$2: exit 0 and another result: $(head -1 "$work/difference")"
    elif [ "$1" -ge 128 ]; then
        fail "$2: ended by signal $(($1 - 128)): $(tail -1 "$work/failed/stderr")"
    else
        grep -qE '^(your_ai|libgomp|\S*your_ai: error while loading)' "$work/failed/stderr" || fail "$2: exit $1 without a word: $(tail -1 "$work/failed/stderr")"
        whole failed || fail "$2: exit $1 and left: $(head -1 "$work/difference")"
    fi
    [ -z "${YA_TRACE:-}" ] || echo "$2: $1: $(tail -1 "$work/failed/stderr")"
}

for job in "${chosen[@]}"; do
    run "$job" plain || fail "$job: exit $?"
    for kind in "${kinds[@]}"; do
        run "$job" counted LD_PRELOAD="$shim" YA_FAIL=$kind YA_FAIL_COUNT="$work/count" || fail "$job: exit $?"
        same plain counted || fail "$job: the shim alone changes the result"
        count=$(cat "$work/count")
        step=$((count > points ? count / points : 1))
        for ((n = 1 + step / 2; n <= count; n += step)); do
            code=0
            run "$job" failed LD_PRELOAD="$shim" YA_FAIL=$kind YA_FAIL_AT=$n || code=$?
            judge $code "$job with $kind $n of $count failing"
        done
        [ -z "${YA_TRACE:-}" ] || echo "$job: $count of $kind, each ${step}th tried"
    done
done
exit $((failures > 0))
