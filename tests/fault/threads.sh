#!/usr/bin/env bash
# What OpenMP's variables, affinity and more threads than processors do: results equal to the bit to those of an
# undisturbed run with the same --threads, or exit 2 and a sentence. YA_ALL=1: every command, each number of threads.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. "$(dirname "$0")/../support/jobs.sh"
unset OMP_NUM_THREADS OMP_WAIT_POLICY
make_inputs

disturbances=(OMP_DYNAMIC=true OMP_THREAD_LIMIT=1 OMP_MAX_ACTIVE_LEVELS=0 "taskset -c 0")
chosen=(train evaluate generate)
numbers=(2)
if [ "${YA_ALL:-}" = 1 ]; then
    disturbances+=(OMP_THREAD_LIMIT=3 OMP_NUM_THREADS=1 OMP_NUM_THREADS=2,2 OMP_MAX_ACTIVE_LEVELS=4 OMP_NESTED=true
        OMP_SCHEDULE=dynamic OMP_PROC_BIND=true "OMP_PLACES={0}" OMP_CANCELLATION=true OMP_STACKSIZE=256k
        "OMP_DYNAMIC=true OMP_THREAD_LIMIT=2 taskset -c 1")
    chosen=(train evaluate plan generate validate logits prepare score analyze dedupe export)
    numbers=(1 2 3 4 7)
fi

for job in "${chosen[@]}"; do
    for n in "${numbers[@]}"; do
        more="--threads $n"
        run "$job" plain || fail "$job $more: exit $?"
        for how in "${disturbances[@]}"; do
            code=0
            # shellcheck disable=SC2086 # words are meant
            run "$job" disturbed $how || code=$?
            if [ $code = 2 ] && grep -q "^your_ai $job: OpenMP gives" "$work/disturbed/stderr"; then
                continue
            fi
            [ $code = 0 ] || fail "$how $job $more: exit $code: $(tail -1 "$work/disturbed/stderr")"
            same plain disturbed || fail "$how $job $more: another result: $(head -1 "$work/difference")"
        done
    done
done

# threads that are not said: as many as there may be
more=
run evaluate limited OMP_THREAD_LIMIT=1 || fail "evaluate under OMP_THREAD_LIMIT=1: exit $?"
more="--threads 1"
run evaluate plain || fail "evaluate $more: exit $?"
same plain limited || fail "evaluate under OMP_THREAD_LIMIT=1 is not evaluate --threads 1"

# processors that are taken away while it runs
more="--threads 2 --steps 100 --save-steps 100 --eval-steps 100"
run train plain || fail "train $more: exit $?"
run train disturbed OMP_DYNAMIC=true bash -c '"$@" & sleep 0.3; taskset -apc 0 $! >/dev/null 2>&1; wait $!' _ ||
    fail "train on processors that are taken away: exit $?"
same plain disturbed || fail "train on processors that are taken away: $(head -1 "$work/difference")"
exit $((failures > 0))
