#!/usr/bin/env bash
# An output that cannot be written ends in a non-zero exit and without the output, though the input, a pipe of one batch,
# ends well afterwards.
set -euo pipefail
binary=${YA_BINARY:?path of the program}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/in.jsonl"
awk 'BEGIN { for (i = 0; i < 4096; i++) printf "{\"identifier\": \"%d\", \"text\": \"a record that takes some room, number %d\"}\n", i, i }' \
    >"$work/lines.jsonl"
code=0
(cat "$work/lines.jsonl" && sleep 0.5) >"$work/in.jsonl" &
bash -c 'trap "" XFSZ; ulimit -f 200; exec "$@"' _ "$binary" dedupe --input "$work/in.jsonl" --output "$work/out.jsonl" \
    --key identifier --threads 2 2>"$work/log" || code=$?
wait || true
[ $code = 1 ] || { echo "FAILED: dedupe to a disk that is full: exit $code, wanted 1"; exit 1; }
grep -q "File too large" "$work/log" || { echo "FAILED: no word of the disk: $(cat "$work/log")"; exit 1; }
[ "$(ls -A "$work")" = "$(printf 'in.jsonl\nlines.jsonl\nlog')" ] || { echo "FAILED: left behind: $(ls -A "$work")"; exit 1; }
